"""Structured damage of an archive: its messages stay messages, and what is in them makes no sense."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from synthetic_archive import part

from specc.reader.protobuf.messages import message
from specc.reader.protobuf.wire_format import archive_budget, spans

TEXTS = ("", "\0", "a b", "self", "__call__", "_x", "é", "x" * 300, "class", "inputs", "a/b", ":", "serving_default", "1", "-",
         "score", "\u202e", "examples:score")  # fmt: skip
NUMBERS = (0, -1, -2, 1, 2, 3, 7, 9, 13, 100, 254, 300, 10**18, 2**31 - 1, 2**62, -(2**31))
_IN_GRAPH = {1: "MetaGraphDef.MetaInfoDef", 5: "MetaGraphDef.SignatureDefEntry"}
_IN_OBJECTS = {1: "SavedObject", 2: "SavedObjectGraph.ConcreteFunctionsEntry"}
_OBJECTS = 7


def mutated(content: bytes, draw: random.Random) -> bytes:
    """A ``saved_model.pb`` with some fields of its messages changed, removed, repeated or exchanged."""
    return _rewritten(content, lambda number, graph: _rewritten(graph, lambda each, part: _graph(each, part, draw)))


def _graph(number: int, content: bytes, draw: random.Random) -> bytes:
    if number == _OBJECTS:
        return _rewritten(content, lambda each, inner: _damaged(_IN_OBJECTS.get(each), inner, draw))
    return _damaged(_IN_GRAPH.get(number), content, draw)


def _rewritten(content: bytes, change: Any) -> bytes:
    parts = spans(content, 0, len(content), archive_budget())
    return b"".join(part(each.number, change(each.number, content[each.start : each.end])) for each in parts)


def _damaged(name: str | None, content: bytes, draw: random.Random) -> bytes:
    if name is None:
        return content
    proto = message(name).FromString(content)
    while draw.random() < 0.6:
        places = list(_places(proto))
        if places:
            _damage(*draw.choice(places), places, draw)
    encoded: bytes = proto.SerializeToString()
    return encoded


def is_repeated(field: Any) -> bool:
    """Whether a field is repeated; only newer releases of protobuf have the property, and they deprecate the label."""
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return bool(field.label == field.LABEL_REPEATED)


def _places(proto: Any) -> Iterator[tuple[Any, Any]]:
    for field, found in proto.ListFields():
        yield proto, field
        if field.message_type is not None:
            for each in found if is_repeated(field) else (found,):
                yield from _places(each)


def _damage(owner: Any, field: Any, places: list[tuple[Any, Any]], draw: random.Random) -> None:
    found = getattr(owner, field.name)
    if field.message_type is not None:
        others = [getattr(one, other.name) for one, other in places if other.message_type is field.message_type]
        others = [each for other in others for each in (other if hasattr(other, "add") else (other,))]
        chosen = message_like(draw.choice(others)) if others else None
        if not is_repeated(field):
            owner.ClearField(field.name) if draw.random() < 0.3 else found.CopyFrom(chosen)
        elif len(found) and draw.random() < 0.4:
            del found[draw.randrange(len(found))]
        elif chosen is not None:
            found.add().CopyFrom(chosen)
        return
    try:
        if is_repeated(field):
            found[draw.randrange(len(found))] = _scalar(found[0], draw)
        else:
            setattr(owner, field.name, _scalar(found, draw))
    except ValueError:  # the number does not fit
        pass


def message_like(proto: Any) -> Any:
    """A copy, since a message may be put into itself."""
    return type(proto).FromString(proto.SerializeToString())


def _scalar(like: Any, draw: random.Random) -> Any:
    match like:
        case bool():
            return not like
        case str():
            return draw.choice(TEXTS)
        case bytes():
            return draw.choice(TEXTS).encode()
        case int():
            return draw.choice(NUMBERS)
        case _:
            return draw.choice((float("nan"), float("inf"), 1e308, -0.0))
