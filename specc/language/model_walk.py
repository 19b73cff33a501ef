"""The structure of a document, derived from its models: the models, and what they expect at a path in its JSON.

All code that follows a path through a document uses this module, so that a new key is declared only in the models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import Discriminator

from specc.diagnostics import SpecPath
from specc.language.document import Document
from specc.language.record import Form, Record, ShortRecord, forms_of
from specc.language.trees import NODES, TAG, Dict, List, Node, is_long_form

_KEY = "[key]"
"""What pydantic writes after a key that is wrong itself."""


@lru_cache(maxsize=1)
def models() -> tuple[type[Record], ...]:
    """Document and every model that it is made of, each once, in the order of their first mention."""
    found: dict[type[Record], None] = {}
    waiting: list[type[Record]] = [Document]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found[model] = None
            mentioned = [each for annotation in fields_of(model).values() for each in _records_in(annotation)]
            waiting += reversed(mentioned)
    return tuple(found)


@lru_cache(maxsize=64)
def fields_of(model: type[Record]) -> dict[str, Any]:
    """The annotation of each key of ``model``."""
    model.model_rebuild()  # models are built on first use, and refer to each other
    return {
        field.alias or name: Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        for name, field in model.model_fields.items()
    }


def _records_in(annotation: Any) -> Iterator[type[Record]]:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        yield annotation
    for argument in get_args(annotation):
        yield from _records_in(argument)


@dataclass(frozen=True)
class ModelCursor:
    """A place in the JSON of a document, with what the models expect there.

    ``data`` is the value at ``path``, None where it is missing. ``model`` is the model of the object that the last key
    is in, and ``node`` the path of the last node of a tree. ``expected`` is an annotation of the models.
    """

    data: Any
    path: SpecPath = ()
    model: type[Record] = Document
    node: SpecPath | None = None
    expected: Any = Document
    forms: frozenset[Form] = frozenset()

    def follow_location(self, location: Iterable[str | int]) -> ModelCursor:
        """The place at one of pydantic's locations.

        These name each member of a union, and the fields that a short form leaves out.
        """
        cursor = self
        for part in location:
            if cursor.is_tree and isinstance(part, str) and part.startswith(TAG):
                cursor = cursor._expecting(NODES[part.removeprefix(TAG)])
            elif not (part == _KEY and not (isinstance(cursor.data, dict) and part in cursor.data)):
                cursor = cursor.enter(part)
        return cursor

    def around(self, part: str | int) -> ModelCursor:
        """The place here that has a part of the canonical document in it, of which the JSON may have a longer form."""
        if self.is_tree:
            node = self._expecting(NODES.get(_kind_of_node(self.data), Any))
            return node.enter("items") if node.expected in (List, Dict) else node  # whose short form has no items
        if Form.ONE_OR_MORE in self.forms and get_origin(self.expected) is tuple and isinstance(part, str):
            return self.enter(0)
        return self

    def place_of(self, part: str | int) -> tuple[SpecPath, Any]:
        """The path and the value of one part, which are those of this place if a short form leaves that part out."""
        if self._is_left_out(part):
            return self.path, self.data
        match self.data, part:
            case dict(), str():
                value = self.data.get(part)
            case list() | tuple(), int() if part < len(self.data):
                value = self.data[part]
            case _:
                value = None
        return (*self.path, part), value

    @property
    def is_tree(self) -> bool:
        """Whether a tree is expected here."""
        return any(isinstance(note, Discriminator) for note in get_args(self.expected))

    def _expecting(self, annotation: Any, forms: frozenset[Form] = frozenset()) -> ModelCursor:
        """The same place, where ``annotation`` is expected, in one of ``forms`` or its own."""
        annotation, own = _without_annotations(annotation)
        cursor = replace(self, expected=annotation, forms=forms | own)
        return replace(cursor, node=cursor.path) if cursor.is_tree else cursor

    def enter(self, part: str | int) -> ModelCursor:
        """The place of one part, which is this one if a short form leaves that part out."""
        expected, arguments = self.expected, get_args(self.expected)
        path, data = self.place_of(part)
        inner = replace(self, data=data, path=path)
        if isinstance(expected, type) and issubclass(expected, Record):
            return replace(inner, model=expected)._expecting(fields_of(expected).get(str(part), Any))
        match get_origin(expected):
            case origin if origin is tuple and arguments[-1] is ...:
                return inner._expecting(arguments[0])
            case origin if origin is tuple and isinstance(part, int) and part < len(arguments):
                return inner._expecting(arguments[part])
            case origin if origin is dict:
                return inner._expecting(arguments[1], self.forms)
            case _:
                return inner._expecting(Any)

    def _is_left_out(self, part: str | int) -> bool:
        expected = self.expected
        if isinstance(expected, type) and issubclass(expected, Record):
            return _leaves_out(expected, part, self.data)
        is_one = Form.ONE_OR_MORE in self.forms and not isinstance(self.data, (list, tuple))
        return is_one and get_origin(expected) is tuple and get_args(expected)[-1] is ...


class PathFollower:
    """Follows paths of the canonical document through its JSON; what two paths have in common is followed once."""

    def __init__(self, data: Any) -> None:
        self._cursors: dict[SpecPath, ModelCursor] = {(): ModelCursor(data)}
        self._around: dict[tuple[SpecPath, bool], ModelCursor] = {}

    def follow(self, path: SpecPath) -> tuple[SpecPath, Any]:
        """The path in the JSON, and the value there."""
        if not path:
            root = self._cursors[()]
            return root.path, root.data
        *parents, last = path
        known = (tuple(parents), isinstance(last, str))
        if known not in self._around:
            self._around[known] = self._cursor(known[0]).around(last)
        return self._around[known].place_of(last)

    def _cursor(self, path: SpecPath) -> ModelCursor:
        known = len(path)
        while path[:known] not in self._cursors:
            known -= 1
        cursor = self._cursors[path[:known]]
        for end in range(known, len(path)):
            cursor = cursor.around(path[end]).enter(path[end])
            self._cursors[path[: end + 1]] = cursor
        return cursor


def _leaves_out(model: type[Record], part: str | int, data: Any) -> bool:
    """Whether ``data`` is a short form of ``model``, in which the key ``part`` is not written."""
    if issubclass(model, ShortRecord):
        return part == model.short and isinstance(data, str)
    return issubclass(model, Node) and part == "items" and not is_long_form(data)


def _kind_of_node(data: Any) -> str:
    """The kind of the node that is written as ``data``; empty for what is not a tree."""
    match data:
        case str():
            return "tensor"
        case list():
            return "list"
        case dict():
            return str(data["kind"]) if is_long_form(data) else "dict"
        case _:
            return ""


def _without_annotations(annotation: Any) -> tuple[Any, frozenset[Form]]:
    """An annotation without null and without the notes around it, and the forms among these; a tree stays as it is."""
    forms: frozenset[Form] = frozenset()
    while True:
        arguments = get_args(annotation)
        if get_origin(annotation) is Annotated:
            if any(isinstance(note, Discriminator) for note in arguments):
                return annotation, forms
            forms |= forms_of(list(arguments[1:]))
            annotation = arguments[0]
        elif get_origin(annotation) in (Union, UnionType) and NoneType in arguments:
            (annotation,) = (argument for argument in arguments if argument is not NoneType)
        else:
            return annotation, forms
