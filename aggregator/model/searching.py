"""What a search may ask of the index: a small tree of keys that every text it looks for satisfies."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the index, or the beginning of one."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of some keys or groups, at least one."""

    children: tuple["Narrowing", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of some keys or groups."""

    children: tuple["Narrowing", ...]


Narrowing = Key | AllOf | AnyOf
