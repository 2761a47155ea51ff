"""Where each key and value of a TOML text stands, because tomllib does not say.

It scans text that tomllib has already accepted and never judges it: what is valid, and what a
value means, is for tomllib. Lines and columns count from 1, columns in characters.
"""

import re
import tomllib
from bisect import bisect_right

KeyPath = tuple[str | int, ...]  # ("source", 3, "tags", 0): the first tag of the fourth source

_SPACE = re.compile(r"[ \t]*")
_FILLER = re.compile(r"(?:[ \t\n]|#[^\n]*+)*")  # between the elements of an array, and between lines
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_STRING = re.compile(
    r""""{3}(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}|'{3}(?:[^']|'{1,2}(?!'))*'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[ \t]*\n\s*|.)", re.DOTALL)
_SCALAR = re.compile(r"[^\s,\]}#]+(?: [0-9][^\s,\]}#]*)?")  # a date and a time may be parted by one space


class Positions:
    """The places of all keys and values of one text."""

    def __init__(self, text: str) -> None:
        """Scan a text that tomllib accepts."""
        scanner = _Scanner(text.replace("\r\n", "\n"))  # as tomllib does, so that lines agree
        scanner.document()
        self._places = scanner.places
        self._text = scanner.text
        self._newlines = [match.start() for match in re.finditer("\n", scanner.text)]

    def paths(self) -> tuple[KeyPath, ...]:
        """Give the path of every table, key and array element, in the order of the text."""
        return tuple(self._places)

    def key(self, path: KeyPath) -> tuple[int, int]:
        """Give line and column of a key, or of the table that should hold it."""
        return self._place(self._nearest(path)[0])

    def value(self, path: KeyPath) -> tuple[int, int]:
        """Give line and column where a value begins, or of the table that should hold it."""
        return self._place(self._nearest(path)[1])

    def content(self, path: KeyPath) -> tuple[int, int]:
        """Give line and column of the first character of a string, inside its quotes."""
        return self._place(self._nearest(path)[2])

    def escapes(self, path: KeyPath) -> tuple[tuple[int, int, int], ...]:
        """Give for each escape in a string where it goes on: characters of the value so far, line, column.

        Between two of them the text of the file is the value.
        """
        _, start, content = self._nearest(path)
        written = _STRING.match(self._text, start)
        if not written or not self._text.startswith('"', start):
            return ()
        found = []
        spared = content  # what the file has more than the value
        for match in _ESCAPE.finditer(self._text, content, written.end()):
            is_break = "\n" in match[0]  # gives nothing; any other escape gives a character
            spared += len(match[0]) - (0 if is_break else 1)
            found.append((match.end() - spared, *self._place(match.end())))
        return tuple(found)

    def _nearest(self, path: KeyPath) -> tuple[int, int, int]:
        for length in range(len(path), 0, -1):
            if found := self._places.get(path[:length]):
                return found
        return (0, 0, 0)

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._newlines, offset - 1)
        start = self._newlines[line - 1] + 1 if line else 0
        return (line + 1, offset - start + 1)


class _Scanner:
    """One pass over the text; `places` maps a path to the offsets of its key, value and content."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.places: dict[KeyPath, tuple[int, int, int]] = {}
        self._counts: dict[KeyPath, int] = {}  # arrays of tables, and how many tables each has so far

    def document(self) -> None:
        table: KeyPath = ()
        self._skip(_FILLER)
        while self.offset < len(self.text):
            if self.text[self.offset] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_FILLER)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if match := pattern.match(self.text, self.offset):
            self.offset = match.end()

    def _key(self) -> list[tuple[str, int]]:
        """Read a dotted key: its parts and where each begins."""
        parts = []
        while match := _KEY.match(self.text, self.offset):
            raw = match.group()
            name = _unquoted(raw) if raw[0] in "\"'" else raw
            parts.append((name, self.offset))
            self.offset = match.end()
            self._skip(_SPACE)
            if not self.text.startswith(".", self.offset):
                break
            self.offset += 1
            self._skip(_SPACE)
        return parts

    def _header(self) -> KeyPath:
        """Read [a.b] or [[a.b]] and give the path of the table that it opens."""
        start = self.offset
        is_array = self.text.startswith("[[", start)
        self.offset += 2 if is_array else 1
        self._skip(_SPACE)
        parts = self._key()
        self.offset += 2 if is_array else 1
        path: KeyPath = ()
        for place, (name, offset) in enumerate(parts):
            path += (name,)
            is_last = place == len(parts) - 1
            self.places.setdefault(path, (offset, start, start))
            if is_last and is_array:
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path += (self._counts[path] - 1,)
                self.places.setdefault(path, (start, start, start))
        return path

    def _pair(self, table: KeyPath) -> None:
        """Read one `key = value`, at the top or within an inline table."""
        path = table
        parts = self._key()
        if not parts:  # not TOML: leave the rest alone rather than spin
            self.offset = len(self.text)
            return
        for name, offset in parts:
            path += (name,)
            self.places.setdefault(path, (offset, offset, offset))
        self._skip(_SPACE)
        self.offset += 1  # "="
        self._skip(_SPACE)
        self._value(path, parts[-1][1])

    def _value(self, path: KeyPath, key_offset: int) -> None:
        start = self.offset
        opening = self.text[start : start + 3]
        content = start
        if opening[:1] in ("[", "{"):
            self.places[path] = (key_offset, start, start)
            self._array(path) if opening[0] == "[" else self._inline_table(path)
            return
        if opening[:1] in ('"', "'"):
            is_long = opening in ('"""', "'''")
            content += 3 if is_long else 1
            if is_long and self.text.startswith("\n", content):
                content += 1  # trimmed by the grammar
            self._skip(_STRING)
        else:
            self._skip(_SCALAR)
        if self.offset == start:  # not TOML
            self.offset = len(self.text)
        self.places[path] = (key_offset, start, content)

    def _array(self, path: KeyPath) -> None:
        self.offset += 1
        count = 0
        self._skip(_FILLER)
        while self.offset < len(self.text) and self.text[self.offset] != "]":
            self._value((*path, count), self.offset)
            count += 1
            self._next_element()
        self.offset += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.offset += 1
        self._skip(_FILLER)
        while self.offset < len(self.text) and self.text[self.offset] != "}":
            self._pair(path)
            self._next_element()
        self.offset += 1

    def _next_element(self) -> None:
        self._skip(_FILLER)
        if self.text.startswith(",", self.offset):
            self.offset += 1
            self._skip(_FILLER)


def _unquoted(key: str) -> str:
    try:
        return next(iter(tomllib.loads(f"{key}=0")))
    except tomllib.TOMLDecodeError:  # an escape that there is not: not TOML
        return key
