"""Repair of a document with defects, so that the rules between its parts can run and one run reports all findings."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from specc.diagnostics import SpecPath
from specc.language.validation.pydantic_errors import Defect

_TREE = "float32[...]"
"""The placeholder for a tree with a defect: it has no dims and an unknown rank."""
_ABOUT_TREES = ("receivers", "rowwise", "tolerance", "examples")
"""The keys of an endpoint whose meaning depends on its trees."""
_DEPTH_OF_PARTS = 3
"""Paths of this length and above lead into one endpoint."""


class BeyondRepairError(Exception):
    """A defect makes the meaning of the rest of the document uncertain."""


def repair(data: Any, defects: Iterable[Defect]) -> tuple[Any, frozenset[SpecPath]]:
    """A copy of ``data`` without ``defects``, and the changed paths, about which rules must not report anything.

    Raises:
        BeyondRepairError: a defect makes the meaning of the rest uncertain.
    """
    whole, doubtful = copy.deepcopy(data), set[SpecPath]()
    # Unknown keys go first: the object around one may be replaced for another reason.
    for defect in sorted(defects, key=lambda defect: defect.finding.rule != "unknown-key"):
        doubtful.update(_mend(whole, defect))
    return whole, frozenset(doubtful)


def is_doubtful(path: SpecPath, doubtful: frozenset[SpecPath]) -> bool:
    """Whether a finding at ``path`` may be a result of a repair: inside one, or around one in the same endpoint."""
    return any(
        path[: len(place)] == place or (len(path) >= _DEPTH_OF_PARTS and place[: len(path)] == path)
        for place in doubtful
    )


def _mend(data: Any, defect: Defect) -> tuple[SpecPath, ...]:
    """Repairs one defect in place, and returns the paths that are now in doubt."""
    place = defect.place
    if defect.finding.rule == "unknown-key":
        around = _parent(data, place)
        value = around.pop(place[-1], None)
        if not defect.meant or defect.meant in around:
            return (place,)
        around[defect.meant] = value  # so that rules find the key that was misspelt
        return (place, (*place[:-1], defect.meant))
    match place:
        case ("specc",):
            data["specc"] = 1
        case ("default",):
            data["default"] = None
        case () | ("endpoints",) | ("dims",):
            raise BeyondRepairError
        case ("endpoints", name):
            data["endpoints"][name] = {"inputs": [_TREE], "outputs": _TREE}
        case ("dims", name, *_):
            data["dims"][name] = {}
            if defect.finding.on_key:
                del data["dims"][name]
        case ("variable_collections", name, *_):
            data["variable_collections"][name] = "variables"
        case ("endpoints", name, field, *_):
            return _mend_endpoint(data["endpoints"][name], ("endpoints", name), str(field), defect)
        case ("mode", *_):
            data["mode"] = _mode_of_default(data)
        case (field, *_):
            data.pop(field, None)
    return (place[:2],)


def _mode_of_default(data: Any) -> str:
    """A mode that fits the default endpoint."""
    endpoints = data.get("endpoints")
    named = endpoints if isinstance(endpoints, dict) else {}
    default = data.get("default", next(iter(named), None))
    endpoint = named.get(default) if isinstance(default, str) else None
    method = endpoint.get("method") if isinstance(endpoint, dict) else None
    return str(method) if method in ("train", "eval") else "predict"


def _mend_endpoint(endpoint: dict[str, Any], at: SpecPath, field: str, defect: Defect) -> tuple[SpecPath, ...]:
    match field:
        case "inputs" if defect.node is None:
            endpoint["inputs"] = [_TREE]
            return (at,)
        case "outputs" if defect.node is None:
            endpoint["outputs"] = _TREE
            return ((*at, "outputs"), *((*at, key) for key in _ABOUT_TREES))
        case "inputs" | "outputs" if defect.node is not None:
            _replace(endpoint, defect.node[len(at) :], _TREE)
            return (defect.node, *((*at, key) for key in _ABOUT_TREES))
        case "arguments":
            inputs, names = endpoint.get("inputs"), endpoint["arguments"]
            count = len(inputs) if isinstance(inputs, list) else 0
            said = names if isinstance(names, list) else [None] * count
            endpoint["arguments"] = [
                name if isinstance(name, str) and name else f"argument_{index}" for index, name in enumerate(said)
            ]
            return (defect.place,)
        case "receivers" if len(defect.place) > len(at) + 1:
            name = str(defect.place[len(at) + 1])
            endpoint["receivers"] = {**endpoint["receivers"], name: {"kind": "tf_example"}}
            return ((*at, "receivers", name),)
        case "receivers" | "receiver":
            endpoint.pop("receivers", None)
            endpoint.pop("receiver", None)
            return (at,)
        case _:
            endpoint.pop(field, None)
    return ((*at, field),)


def _replace(data: Any, path: SpecPath, value: Any) -> None:
    """Puts ``value`` at ``path``, unless what is around it was replaced already."""
    parent = _parent(data, path)
    if isinstance(parent, (dict, list)):
        parent[path[-1]] = value  # type: ignore[index]  # the path was found in the data


def _parent(data: Any, path: SpecPath) -> Any:
    for part in path[:-1]:
        if not isinstance(data, (dict, list)):
            return {}
        data = data[part]  # type: ignore[index]
    return data
