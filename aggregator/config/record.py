"""What all records of a configuration have in common: frozen, strict, silent about secrets."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr

from aggregator.config.references import Revealed
from aggregator.urls import redact


class Record(BaseModel):
    """Base of all records: unknown keys are errors, nothing changes after construction."""

    PLACES: ClassVar[frozenset[str]] = frozenset()
    """Fields that say where the record comes from; they are no keys of the file."""
    SECRETS: ClassVar[frozenset[str]] = frozenset()
    """Keys that may hold secrets: references to environment and files are replaced in them."""

    _referenced: tuple[str, ...] = PrivateAttr(default=())
    _templates: Mapping[str, str] = PrivateAttr(default_factory=dict)

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    def model_post_init(self, context: object) -> None:
        """Keep what the references in this table stood for, told by the reader as context."""
        if isinstance(context, Revealed):
            self._referenced = context.secrets
            self._templates = context.shown

    @property
    def referenced(self) -> tuple[str, ...]:
        """What the references in this table stood for."""
        return self._referenced

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """Copy with other values; what was computed from the old ones (who is secret here) is forgotten."""
        copy = super().model_copy(update=update, deep=deep)
        for name in copy.__dict__.keys() - type(self).model_fields.keys():
            del copy.__dict__[name]
        return copy

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        for name, value in super().__repr_args__():
            yield name, redact(value) if isinstance(value, str) else value
