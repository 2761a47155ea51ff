"""Replaces `${env:NAME}`, `${file:PATH}` and `${credential:NAME}` in values by what they stand for.

So that secrets need not stand in files that people share. It is done once, when the configuration
is read; only keys that may hold a secret are looked at; no message quotes what was found. It
refuses to run commands and to put references into what a reference stands for.
"""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from aggregator.config.files import Mistake
from aggregator.config.positions import KeyPath

LONGEST = 4_096  # characters of a value
HIDDEN = "***"

_MARK = re.compile(r"\$(\$)\{|\$\{([^{}]*)(\}?)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}\Z", re.ASCII)
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.@-]{0,254}\Z", re.ASCII)  # systemd.exec(5)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ONE_LINE = "write it as one line of UTF-8 text"
_ENCODE = "percent-encode what they stand for: / is %2F, ? is %3F, # is %23, @ is %40"
_HOW = "write ${env:NAME}, ${file:PATH} or ${credential:NAME}; $${ stands for ${ itself"


class _UnknownError(Exception):
    """A reference that cannot be replaced: what is wrong with it and what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Revealed:
    """A table whose references have been replaced; `failed` keys are left out of it."""

    table: Mapping[str, object]
    secrets: tuple[str, ...] = field(default=(), repr=False)  # what the references stood for
    shown: Mapping[str, str] = field(default_factory=dict)  # texts at the top, with *** for each reference
    mistakes: tuple[Mistake, ...] = ()

    @property
    def failed(self) -> frozenset[str | int]:
        """Keys at the top that could not be read."""
        return frozenset(mistake.path[0] for mistake in self.mistakes)


@dataclass(frozen=True, slots=True)
class References:
    """Where the values of references come from."""

    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    folder: Path = Path()  # where relative paths start

    def reveal(self, table: Mapping[str, object], keys: frozenset[str]) -> Revealed:
        """Replace all references in the values of these keys, however deep in lists and tables."""
        secrets: list[str] = []
        shown: dict[str, str] = {}
        mistakes: list[Mistake] = []

        def walk(value: object, path: KeyPath) -> object:
            if isinstance(value, dict):
                return {name: walk(each, (*path, name)) for name, each in value.items()}
            if isinstance(value, list):
                return [walk(each, (*path, index)) for index, each in enumerate(value)]
            if not isinstance(value, str) or "${" not in value:
                return value
            try:
                text, public, found = self._replaced(value)
                if not _is_same_server(public, text):
                    raise _UnknownError("would name another server once its references are replaced", _ENCODE)
            except _UnknownError as error:
                mistakes.append(Mistake(path, str(error), error.hint))
                return value
            secrets.extend(found)
            if len(path) == 1:
                shown[str(path[0])] = public
            return text

        result = {name: walk(value, (name,)) if name in keys else value for name, value in table.items()}
        return Revealed(result, tuple(secrets), shown, tuple(mistakes))

    def _replaced(self, text: str) -> tuple[str, str, list[str]]:
        """Give a text with its references replaced, the same with *** instead, and what replaced them."""
        secrets: list[str] = []

        def replace(match: re.Match[str]) -> str:
            literal, inside, end = match.groups()
            if literal:
                return match.group()[1:]
            secrets.append(self._value(inside, is_closed=bool(end)))
            return secrets[-1]

        found = _MARK.sub(replace, text)
        public = _MARK.sub(lambda match: match.group()[1:] if match[1] else HIDDEN, text)
        return found, public, secrets

    def _value(self, inside: str, *, is_closed: bool) -> str:
        kind, mark, name = inside.partition(":")
        if not is_closed or not mark or kind not in ("env", "file", "credential"):
            raise _UnknownError("has a reference that cannot be understood", _HOW)
        if kind == "env":
            what, value = f"the variable {name}", self._variable(name)
        elif kind == "file":
            what, value = "a file", _content(self.folder / name, "a file")
        else:
            what, value = f"the credential {name}", self._credential(name)
        if not value:
            raise _UnknownError(f"needs {what}, which is empty", "give it a value")
        if len(value) > LONGEST:
            raise _UnknownError(f"needs {what}, which is too long", f"at most {LONGEST} characters")
        if _CONTROL.search(value):
            raise _UnknownError(f"needs {what}, which holds control characters", _ONE_LINE)
        return value

    def _variable(self, name: str) -> str:
        if not _VARIABLE.match(name):
            raise _UnknownError(
                "names a variable that cannot exist", "letters, digits and _: ${env:NEWS_TOKEN}"
            )
        value = self.environ.get(name)
        if value is None:
            hint = "set it in the environment of the daemon, or use ${file:PATH}"
            raise _UnknownError(f"needs the variable {name}, which is not set", hint)
        return value

    def _credential(self, name: str) -> str:
        if not _CREDENTIAL.match(name):
            raise _UnknownError("names a credential that cannot exist", "the name in LoadCredential=")
        folder = self.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            hint = f"add LoadCredential={name}:PATH to the unit of systemd, or use ${{file:PATH}}"
            raise _UnknownError(f"needs the credential {name}, but systemd handed none over", hint)
        return _content(Path(folder) / name, f"the credential {name}")


def literal(text: str) -> str:
    """Write a text so that nothing in it is taken for a reference."""
    return text.replace("${", "$${")


def _is_same_server(public: str, text: str) -> bool:
    """Tell whether an address keeps the server that it names openly: a password may hold a slash."""
    try:
        named, found = urlsplit(public), urlsplit(text)
    except ValueError:
        return "://" not in public
    server = named.netloc.rpartition("@")[2]
    return not server or HIDDEN in server or server == found.netloc.rpartition("@")[2]


def _content(path: Path, what: str) -> str:
    """Read a file that holds one value; a newline at its end does not count."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe would never end
            raise _UnknownError(f"needs {what}, which is not a file", "only regular files can be read")
        with path.open("rb") as file:
            body = file.read(4 * LONGEST + 2)  # a character takes at most four bytes
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (isinstance(error, OSError) and error.strerror) or "there is no such file"
        hint = "relative paths start in the folder of the configuration"
        raise _UnknownError(f"needs {what}, which cannot be read: {reason.lower()}", hint) from None
    if len(body) > 4 * LONGEST:
        raise _UnknownError(f"needs {what}, which is too long", f"at most {LONGEST} characters")
    try:
        return body.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise _UnknownError(f"needs {what}, which is not UTF-8", _ONE_LINE) from None
