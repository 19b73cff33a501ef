"""pydantic's errors as Diagnostics: one for each defect, with a path in the document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from specc.diagnostics import Diagnostic, SpecPath, closest, did_you_mean, finding
from specc.language.document import Dim, Document, Endpoint, Selection
from specc.language.jax_options import JaxOptions
from specc.language.receivers import Feature, Receiver
from specc.language.save_options import SaveOptions, Sharding
from specc.language.scalars import describe, shorten
from specc.language.trees import (
    TAG,
    Dict,
    List,
    NamedTuple,
    Ragged,
    RaggedNames,
    Sparse,
    SparseNames,
    Tensor,
    Tuple,
    is_long_form,
)
from specc.rules.table import RuleId

_NODES: dict[str, type[BaseModel]] = {
    "tensor": Tensor,
    "ragged": Ragged,
    "sparse": Sparse,
    "list": List,
    "tuple": Tuple,
}
_NODES |= {"namedtuple": NamedTuple, "dict": Dict}
_CHOICE = re.compile(r"'([^']+)'")


@dataclass(frozen=True)
class Defect:
    """One finding of pydantic. ``place`` is the path of the value to change or add.

    ``node`` is the path of the tree node that it is a part of, or None outside trees. ``meant`` is the known key that
    an unknown one is close to.
    """

    finding: Diagnostic
    place: SpecPath
    node: SpecPath | None
    meant: str = ""


def diagnose(error: ValidationError, data: Any) -> Iterator[Defect]:
    """Every defect that pydantic found in ``data``, in the order of the document."""
    for detail in error.errors(include_url=False):
        place, model, node = _follow(detail["loc"], data)
        if detail["type"] == "missing" and node == place:
            node = _follow(detail["loc"][:-2], data)[2]  # a pair without its tree: the node around it
        meant = closest(str(place[-1]), keys_of(model)) if detail["type"] == "extra_forbidden" else ""
        yield Defect(_diagnostic(detail, place, model), place, node, meant)


def _follow(loc: Sequence[str | int], data: Any) -> tuple[SpecPath, type[BaseModel], SpecPath | None]:
    """The document path of a location in pydantic's models, with the model of the last object on it, and the last node.

    Inside a tree a location has the union's members, and the fields that short forms omit; the document shows which
    form is used.
    """
    path: list[str | int] = []
    trail: SpecPath = ()  # the parts of the location since the last tree node
    current, kind, short = data, "", False
    node: SpecPath | None = None
    for part in loc:
        if isinstance(part, str) and part.startswith(TAG) and _is_tree(kind, trail):
            kind, trail, short = part.removeprefix(TAG), (), not is_long_form(current)
            node = tuple(path)
            continue
        trail = (*trail, part)
        if short and part == "items":
            short = False
        elif part == "[key]" and not (isinstance(current, dict) and part in current):
            pass
        elif len(path) == 2 and path[0] == "variable_collections" and part == 0 and not isinstance(current, list):
            pass  # a collection of one selection may omit the array
        elif part in (0, "from", "callback") and isinstance(current, str):
            pass  # a single name stands for an array of one, and a plain path for a selection or a callback
        else:
            path.append(part)
            current = _child(current, part)
            short = False
    return tuple(path), _model_at(kind, trail), tuple(path) if _is_tree(kind, trail) else node


def _is_tree(kind: str, trail: SpecPath) -> bool:
    """Whether there is a tree at ``trail`` below a node of ``kind``, or below the document if that is empty."""
    match kind, trail:
        case "", ("endpoints", _, "inputs", _) | ("endpoints", _, "outputs"):
            return True
        case ("list" | "tuple" | "dict", ("items", _)) | ("namedtuple", ("fields", _, 1)):
            return True
        case _:
            return False


def _model_at(kind: str, trail: SpecPath) -> type[BaseModel]:
    """The model of the last object on ``trail``."""
    match kind, trail:
        case ("ragged", ("names", _)):
            return RaggedNames
        case ("sparse", ("names", _)):
            return SparseNames
        case "", ("dims", _, _):
            return Dim
        case "", ("endpoints", _, _):
            return Endpoint
        case "", ("endpoints", _, "jax", _):
            return JaxOptions
        case "", ("endpoints", _, "receivers", _, _):
            return Receiver
        case "", ("endpoints", _, "receivers", _, "features", _, _):
            return Feature
        case "", ("save_options", _):
            return SaveOptions
        case "", ("save_options", "experimental_sharding_callback", _):
            return Sharding
        case "", ("variable_collections", *_):
            return Selection
        case _:
            return _NODES.get(kind, Document)


def _child(value: Any, part: str | int) -> Any:
    match value, part:
        case dict(), str():
            return value.get(part)
        case list() | tuple(), int() if part < len(value):
            return value[part]
        case _:
            return None


def _diagnostic(detail: ErrorDetails, path: SpecPath, model: type[BaseModel]) -> Diagnostic:
    found, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return _missing(path)
        case "extra_forbidden":
            key = str(path[-1])
            keys = keys_of(model)
            hint = did_you_mean(key, keys) or f"the keys here are {', '.join(keys)}"
            return finding("unknown-key", path, f"unknown key {shorten(key)!r}", hint, on_key=True)
        case "model_type" | "dict_type" | "model_attributes_type":
            return _wrong_type(path, "an object", found)
        case "tuple_type" | "list_type":
            return _wrong_type(path, "an array", found)
        case "too_long":
            limit, length = context["max_length"], context["actual_length"]
            return finding("wrong-length", path, f"expected at most {limit} items here, found {length}")
        case "literal_error":
            text = f"expected {context['expected']}, found {describe(found)}"
            choices = _CHOICE.findall(context["expected"])
            hint = did_you_mean(found, choices) if isinstance(found, str) else ""
            return finding("bad-choice", path, text, hint)
        case rule:
            message, hint, part = (context.get(key, "") for key in ("message", "hint", "part"))
            if rule == "unknown-kind" and isinstance(found, dict) and "kind" in found:
                path = (*path, "kind")
            id = cast(RuleId, rule)  # see problem() in scalars
            return finding(id, path, message or detail["msg"], hint, part=part, on_key=detail["loc"][-1:] == ("[key]",))


def _missing(path: SpecPath) -> Diagnostic:
    last = path[-1]
    if isinstance(last, int):
        hint = "a field of a namedtuple is a pair of its name and its tree"
        return finding("wrong-length", path[:-1], "expected two items here", hint)
    return finding("missing-key", path[:-1], f"the key {last!r} is missing")


def _wrong_type(path: SpecPath, expected: str, found: Any) -> Diagnostic:
    hint = ""
    match path:
        case ("endpoints", _, "inputs"):
            hint = '"inputs" is the list of positional arguments: put brackets around a single one'
        case ("dims",):
            hint = 'an object with a key for each name: {"batch": {}}'
        case ("dims", _):
            hint = 'write {} for any size, or bounds: {"min": 1, "max": 512}'
        case ("endpoints",):
            hint = 'an object with a key for each name: {"score": {"inputs": [...], "outputs": ...}}'
        case (*_, "fields"):
            hint = "an array of pairs of a name and a tree"
    return finding("wrong-type", path, f"expected {expected}, found {describe(found)}", hint)


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that a JSON object of ``model`` may have."""
    return tuple(field.alias or name for name, field in model.model_fields.items())
