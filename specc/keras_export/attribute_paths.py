"""Finds the attribute path on a model of a function or variable that was added in code, so that a spec can name it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.write.variables import distinct, find_variables, identity, select
from specc.errors import SpecError
from specc.language.document import DEFAULT_FUNCTION, Selection

_VARIABLE_LISTS = (
    "optimizer.variables",
    "variables",
    "trainable_variables",
    "non_trainable_variables",
    "metrics_variables",
)
"""The paths of a model's lists of variables."""
_LISTS_OF_SINGLES = ("variables", "optimizer.variables")
"""The paths of the lists in which a single variable is looked up."""
_MAX_DEPTH = 4
"""The longest path, in names; deeper parts are not a public interface."""


def function_path(model: Any, function: Callable[..., Any]) -> str | None:
    """The path of ``function`` on ``model``, or None if it has none, such as a lambda or a layer in a list."""
    name = getattr(getattr(function, "python_function", function), "__name__", "")
    for path, part in _named_parts(model):
        if function is part or _is_same_function(_attribute_or_none(part, DEFAULT_FUNCTION), function):
            return path or DEFAULT_FUNCTION
        names = (name, *(key for key, value in vars(part).items() if value is function))
        for each in names:
            if _is_public(each) and _is_same_function(_attribute_or_none(part, each), function):
                return _join_path(path, each)
    return None


def selections(model: Any, variables: Iterable[Any]) -> tuple[Selection, ...] | None:
    """The selections of exactly ``variables`` on ``model``, in their order, or None if there are none."""
    wanted = distinct(find_variables(list(variables)))
    for path in _VARIABLE_LISTS:
        if _selects_exactly({"from": path}, model, [named.variable for named in wanted]):
            return (Selection.model_validate({"from": path}),)
    found: list[Selection] = []
    for named in wanted:
        candidates = [{"from": source, "match": named.path} for source in _LISTS_OF_SINGLES]
        candidates += [{"from": path} for path in _variable_paths(model, named.variable)]
        chosen = next((each for each in candidates if _selects_exactly(each, model, [named.variable])), None)
        if chosen is None:
            return None
        found.append(Selection.model_validate(chosen))
    return tuple(found) or None


def _selects_exactly(selection: dict[str, str], model: Any, wanted: list[Any]) -> bool:
    try:
        chosen = select(Selection.model_validate(selection), model, ())
    except SpecError:
        return False
    return [identity(named.variable) for named in chosen] == [identity(variable) for variable in wanted]


def _variable_paths(model: Any, variable: Any) -> Iterator[str]:
    for path, part in _named_parts(model):
        for name, value in vars(part).items():
            if _is_public(name) and isinstance(value, (tf.Variable, keras.Variable)):
                yield from (
                    _join_path(path, name)
                    for named in find_variables(value)
                    if identity(named.variable) == identity(variable)
                )


def _named_parts(model: Any) -> Iterator[tuple[str, Any]]:
    """``model`` and the layers and modules reachable by its attributes, nearest first, each with its path."""
    level, seen = [("", model)], {id(model)}
    for _ in range(_MAX_DEPTH):
        below: list[tuple[str, Any]] = []
        for path, part in level:
            if not hasattr(part, "__dict__"):
                continue
            yield path, part
            for name, value in vars(part).items():
                if _is_public(name) and isinstance(value, (keras.Layer, tf.Module)) and id(value) not in seen:
                    seen.add(id(value))
                    below.append((_join_path(path, name), value))
        level = below


def _attribute_or_none(part: Any, name: str) -> Any:
    try:
        return getattr(part, name, None)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # a property runs user code
        return None


def _is_same_function(found: Any, function: Any) -> bool:
    """Whether both are the same function; a method is a new object on each lookup."""
    return found is function or (callable(found) and type(found) is type(function) and bool(found == function))


def _is_public(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not name.startswith("_")


def _join_path(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
