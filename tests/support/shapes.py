"""Whether plain data has a shape that is written down as types: no key more, none less, no other type."""

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict


def differences(value: object, shape: Any, path: str = "$") -> Iterator[str]:
    """Give where the value and the shape part, a line each."""
    if is_typeddict(shape):
        yield from _of_table(value, shape, path)
        return
    origin, parts = get_origin(shape), get_args(shape)
    if origin in (Union, UnionType):
        if not any(_suits(value, part, path) for part in parts):
            yield f"{path}: {value!r} is none of {parts}"
    elif origin is Literal:
        if value not in parts:
            yield f"{path}: {value!r} is none of {parts}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for index, each in enumerate(value):
            yield from differences(each, parts[0], f"{path}[{index}]")
    elif origin is Mapping:
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no table"
            return
        for key, each in value.items():
            yield from differences(each, parts[1], f"{path}.{key}")
    elif not _is(value, shape):
        yield f"{path}: {value!r} is no {shape}"


def _suits(value: object, shape: Any, path: str) -> bool:
    return not any(differences(value, shape, path))


def _of_table(value: object, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no table"
        return
    hints = get_type_hints(shape, include_extras=True)
    needed = {name for name, hint in hints.items() if get_origin(hint) is not NotRequired}
    yield from (f"{path}.{name} is missing" for name in sorted(needed - value.keys()))
    yield from (f"{path}.{name} is not documented" for name in sorted(value.keys() - hints.keys()))
    for name in hints.keys() & value.keys():
        hint = hints[name]
        yield from differences(
            value[name], get_args(hint)[0] if get_origin(hint) is NotRequired else hint, f"{path}.{name}"
        )


def _is(value: object, kind: Any) -> bool:
    if kind is None or kind is NoneType:
        return value is None
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)
