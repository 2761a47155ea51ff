"""Says what is wrong with a table in the words of the user: pydantic's errors -> messages and hints.

It never quotes a value: one may be a secret, and the place is shown anyway.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from functools import cache
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aggregator.config.files import Document, Mistake
from aggregator.config.positions import KeyPath
from aggregator.config.record import Record
from aggregator.config.references import References, Revealed
from aggregator.config.schema import TopicConfig, TopicTest
from aggregator.errors import Problem
from aggregator.model import ListingRule

RecordT = TypeVar("RecordT", bound=Record)

_PHRASES = {  # by pydantic's error type; {…} comes from the error's context
    "string_type": "must be text in quotes",
    "path_type": "must be text in quotes",
    "is_instance_of": "must be text in quotes",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "finite_number": "must be a finite number",
    "dict_type": "must be a table",
    "mapping_type": "must be a table",
    "dataclass_type": "must be a table",
    "model_type": "must be a table",
    "tuple_type": "must be a list",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}
_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
# A key of the file whose field has another name.
_FIELDS: dict[tuple[type[Record], str], str] = {(TopicConfig, "test"): "tests"}
_NAMES: dict[tuple[type[Record], int | str], str] = {(TopicConfig, "tests"): "test"}


@cache
def keys(model: type[Record]) -> tuple[str, ...]:
    """Give the keys that a table of this kind may have in a file, in the order of the record."""
    names = [name for name in model.model_fields if name not in model.PLACES]
    return tuple(_NAMES.get((model, name), name) for name in names)


def unknown(path: KeyPath, known: Iterable[str], hint: str | None = None, *, what: str = "key") -> Mistake:
    """Describe a name that does not exist, with the nearest one that does."""
    name, known = str(path[-1]), tuple(known)
    hint = nearest(name, known) or hint or listed(known)
    return Mistake(path, f'unknown {what} "{printable(name)}"', hint, is_about_key=True)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Ask whether the nearest known name was meant; None where none is near."""
    words = {_plain(word): word for word in known}
    close = get_close_matches(_plain(name), words, 1)
    return f'did you mean "{words[close[0]]}"?' if close else None


def listed(known: Iterable[str]) -> str:
    """List the names that exist."""
    return "known: " + ", ".join(sorted(known))


def record(
    table: object,
    model: type[RecordT],
    places: Mapping[str, object],
    references: References | None = None,
) -> tuple[RecordT | None, tuple[Mistake, ...]]:
    """Read a table as a record; `places` fills the fields that are no keys of the file.

    References in values that may hold secrets are replaced first (None: there are none); where that
    fails, nothing else is said about the value.
    """
    if not isinstance(table, dict):
        return None, (Mistake((), "must be a table"),)
    known = keys(model)
    mistakes = [unknown((name,), known) for name in table if name not in known]
    revealed = references.reveal(table, model.SECRETS) if references else Revealed(table)
    mistakes += [
        replace(mistake, message=_sentence(mistake.path, mistake.message)) for mistake in revealed.mistakes
    ]
    accepted = {
        _FIELDS.get((model, name), name): value for name, value in revealed.table.items() if name in known
    }
    try:
        result = model.model_validate({**accepted, **places}, context=revealed)
    except ValidationError as error:
        details = [
            detail
            for detail in error.errors(include_url=False)
            if not detail["loc"] or detail["loc"][0] not in revealed.failed
        ]
        for detail in details:
            if detail["loc"] and isinstance(accepted.get(str(detail["loc"][0])), str):
                detail["loc"] = detail["loc"][:1]  # one text where a list may stand too
        return None, (*mistakes, *(_mistake(detail, model) for detail in details))
    return None if revealed.mistakes else result, tuple(mistakes)


def tables(document: Document, name: str, model: type[Record], problems: list[Problem]) -> Sequence[object]:
    """Give the [[name]] tables of a file that holds nothing else."""
    known = keys(model)
    for stray in document.table:
        if stray != name:
            hint = f"the keys of a {name} stand below a line [[{name}]]" if stray in known else None
            problems.append(document.problem(unknown((stray,), (name,), hint)))
    found = document.table.get(name, [])
    if not isinstance(found, list):
        hint = f"write [[{name}]] with two brackets"
        problems.append(document.problem(Mistake((name,), f"{name} must be a list of tables", hint)))
        return ()
    return found


def _mistake(detail: ErrorDetails, model: type[Record]) -> Mistake:
    kind = detail["type"]
    path = tuple(_NAMES.get((model, part), part) for part in detail["loc"])
    context = detail.get("ctx", {})
    if kind in _UNKNOWN:
        return unknown(path, _keys_within(model, detail["loc"]))
    if kind == "missing":
        return Mistake(path, _sentence(path, "is missing"))
    if kind == "config":
        return Mistake(path, _sentence(path, context["message"]), context["hint"])
    if kind == "literal_error":
        value = detail["input"]
        hint = (
            nearest(value, re.findall(r"'([^']*)'", context["expected"])) if isinstance(value, str) else None
        )
        return Mistake(path, _sentence(path, "must be " + context["expected"].replace("'", '"')), hint)
    phrase = _PHRASES.get(kind, detail["msg"].lower()).format_map(context)
    return Mistake(path, _sentence(path, phrase))


def _keys_within(model: type[Record], loc: tuple[int | str, ...]) -> tuple[str, ...]:
    """Give the keys of the table inside a record that holds an unknown one."""
    if loc[0] == "listing":
        return tuple(field.name for field in fields(ListingRule))
    return keys(TopicTest) if loc[0] == "tests" else keys(model)


def _sentence(path: KeyPath, phrase: str) -> str:
    return f"{_label(path)} {phrase}" if path else phrase


def _label(path: KeyPath) -> str:
    """Name a key as it is written in the file; the number of an element counts from 1."""
    text = ""
    for part in path:
        text += f" (number {part + 1})" if isinstance(part, int) else f".{part}" if text else part
    return printable(text)


def printable(text: str) -> str:
    """Make a name from a file safe to print on one line."""
    return "".join(char if char.isprintable() else "?" for char in text[:100])


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
