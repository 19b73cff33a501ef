"""Record: the base class of every model of the language, which reads its short form and writes its canonical JSON.

A field whose JSON has a special form declares it with a member of :class:`Form` in its annotation.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, model_validator


class Form(Enum):
    """How the value of a field is written in JSON."""

    KEEPS_ORDER = auto()
    """The order of keys in the value, at any depth, is that of the document; elsewhere keys are sorted."""
    ONE_OR_MORE = auto()
    """An array of one item is written as the item; where the field is an object, its values are such arrays."""
    SET = auto()
    """An array whose order and repetitions mean nothing."""
    EXPLICIT_NULL = auto()
    """Null is a value of its own, unlike a missing key."""


class Record(BaseModel):
    """Base class of every model of the language: frozen, with unknown keys as errors."""

    # Each model is built on first use: a document builds its own validator, with those of all its parts in it.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def to_json(self, *, sort_keys: bool = True) -> Any:
        """The canonical JSON: fields in the order of the model, without those that have their default value.

        Keys that authors chose are sorted, except where a field keeps their order or ``sort_keys`` is false.
        """
        data: dict[str, Any] = {}
        implied = self._implied()
        for field in _written_fields(type(self)):
            value = getattr(self, field.name)
            if field.name in implied or (value is field.default and not field.is_always_written):
                continue
            written = _field_to_json(value, field.forms, sort_keys=sort_keys)
            if field.is_always_written or written != field.default_json:
                data[field.key] = written
        return data

    def _implied(self) -> tuple[str, ...]:
        """The names of the fields whose value follows from others, so that they are not written."""
        return ()


class ShortRecord(Record):
    """Base class of a Record that may be written as the value of its field ``short`` if no other field is set."""

    short: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _from_short(cls, value: Any) -> Any:
        return {cls.short: value} if isinstance(value, str) else value

    def to_json(self, *, sort_keys: bool = True) -> Any:
        """The canonical JSON: the short form if no other field is set."""
        data = super().to_json(sort_keys=sort_keys)
        return data[self.short] if list(data) == [self.short] else data


def to_json(value: Any, *, sort_keys: bool = True) -> Any:
    """A value of the language as plain JSON data: lists for tuples, canonical JSON for records."""
    match value:
        case Record():
            return value.to_json(sort_keys=sort_keys)
        case dict():
            keys = sorted(value) if sort_keys else value
            return {key: to_json(value[key], sort_keys=sort_keys) for key in keys}
        case list() | tuple():
            return [to_json(item, sort_keys=sort_keys) for item in value]
        case _:
            return value


def forms_of(metadata: list[Any]) -> frozenset[Form]:
    """The forms among the annotations of a field."""
    return frozenset(note for note in metadata if isinstance(note, Form))


def ordered_keys(model: type[Record]) -> tuple[str, ...]:
    """The keys of ``model`` in whose values the order of keys matters."""
    return tuple(field.key for field in _written_fields(model) if Form.KEEPS_ORDER in field.forms)


class _WrittenField(NamedTuple):
    name: str
    key: str
    forms: frozenset[Form]
    is_always_written: bool
    default: Any
    default_json: Any


@lru_cache(maxsize=64)
def _written_fields(model: type[Record]) -> tuple[_WrittenField, ...]:
    fields = []
    for name, field in model.model_fields.items():
        forms = forms_of(field.metadata)
        always = field.is_required() or Form.EXPLICIT_NULL in forms
        # pydantic 2.10 wants the data of other fields for every factory, although none here takes it.
        default = None if always else field.get_default(call_default_factory=True, validated_data={})
        fields.append(
            _WrittenField(
                name, field.alias or name, forms, always, default, _field_to_json(default, forms, sort_keys=True)
            )
        )
    return tuple(fields)


def _field_to_json(value: Any, forms: frozenset[Form], *, sort_keys: bool) -> Any:
    if Form.SET in forms and value:
        value = sorted(set(value))
    data = to_json(value, sort_keys=sort_keys and Form.KEEPS_ORDER not in forms)
    if Form.ONE_OR_MORE not in forms or not data:
        return data
    return {key: array_or_item(item) for key, item in data.items()} if isinstance(data, dict) else array_or_item(data)


def array_or_item(items: list[Any]) -> Any:
    """The JSON of an array that may be written as its one item."""
    return items[0] if len(items) == 1 else items
