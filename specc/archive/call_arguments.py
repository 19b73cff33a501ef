"""Which parameter of a function each declared argument goes to: by name where the names say it, else by position."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from specc.language.canonical import DEFAULT_ARGUMENTS

TRAINING = "training"
"""A Keras layer's own option, which Keras fills where a call leaves it out."""
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class ArityError(Exception):
    """The declared arguments do not fit the parameters; the text says why."""


@dataclass(frozen=True)
class Placement:
    """How a function is called: the indices of the arguments that go by position, and those that go by keyword."""

    by_position: tuple[int, ...]
    by_keyword: tuple[tuple[str, int], ...] = ()

    @property
    def in_order(self) -> bool:
        """Whether all go by position, in the order of the document."""
        return not self.by_keyword and self.by_position == tuple(range(len(self.by_position)))

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function``, called with the arguments in the order of the document."""
        if self.in_order:
            return function

        def placed(*arguments: Any, **kwargs: Any) -> Any:
            named = {name: arguments[index] for name, index in self.by_keyword}
            return function(*(arguments[index] for index in self.by_position), **named, **kwargs)

        placed._specc_calls = function  # type: ignore[attr-defined]  # see runs_in_tensorflow
        return placed


def place_arguments(
    names: Sequence[str],
    kwargs: Mapping[str, Any],
    signature: inspect.Signature | None,
    options: Collection[str] = (),
) -> Placement:
    """How a function with this ``signature`` is called with arguments of these ``names`` and with ``kwargs``.

    ``options`` are keyword arguments that it takes beside its parameters. Where every name is a parameter (with
    ``**kwargs``, where one is), each argument goes to the parameter of its name. Where none is, or the one argument has
    no name of its own, they go by position.

    Raises:
        ArityError: some of the names are parameters and some are not; a parameter stays empty or is filled twice; or
            an argument would land, by position, on a parameter with a default while others stay empty.
    """
    in_order = Placement(tuple(range(len(names))))
    if signature is None:
        return in_order
    parameters = list(signature.parameters.values())
    takes = {kind: any(each.kind is kind for each in parameters) for kind in inspect._ParameterKind}
    known = {each.name: each for each in parameters if each.kind in (*_BY_POSITION, inspect.Parameter.KEYWORD_ONLY)}
    positional = [each for each in parameters if each.kind in _BY_POSITION]
    by_keyword = {name for name, each in known.items() if each.kind is not inspect.Parameter.POSITIONAL_ONLY}
    for name in kwargs:
        if name not in by_keyword and name not in options and not takes[inspect.Parameter.VAR_KEYWORD]:
            raise ArityError(f"got an unexpected keyword argument {name!r}")
    twice = [name for name in names if name in kwargs]
    if twice:
        raise ArityError(f"{twice[0]!r} is an argument, and in kwargs too")
    named = [name for name in names if name in known]
    if tuple(names) != DEFAULT_ARGUMENTS and named:
        if takes[inspect.Parameter.VAR_POSITIONAL] and list(names[: len(named)]) == [each.name for each in positional]:
            return in_order  # the others are its *args
        if len(named) == len(names) or takes[inspect.Parameter.VAR_KEYWORD]:
            return _by_name(names, kwargs, known, positional)
        other = next(name for name in names if name not in known)
        raise ArityError(f"{named[0]!r} is a parameter and {other!r} is not")
    _require_filled(len(names), kwargs, known, positional, has_more=takes[inspect.Parameter.VAR_POSITIONAL])
    if tuple(names) != DEFAULT_ARGUMENTS:
        _require_none_skipped(len(names), kwargs, positional)
    indices = range(len(names))
    option = [index for index in indices if index < len(positional) and positional[index].name == TRAINING]
    by_position = tuple(index for index in indices if index not in option)
    return Placement(by_position, tuple((TRAINING, index) for index in option))


def _by_name(
    names: Sequence[str],
    kwargs: Mapping[str, Any],
    known: Mapping[str, inspect.Parameter],
    positional: Sequence[inspect.Parameter],
) -> Placement:
    index = {name: position for position, name in enumerate(names)}
    for name, parameter in known.items():
        if parameter.default is inspect.Parameter.empty and name not in index and name not in kwargs:
            raise ArityError(f"missing a required argument: {name!r}")
    leading: list[int] = []
    for parameter in positional:
        if parameter.name not in index or parameter.name == TRAINING:  # which Keras passes by keyword itself
            break
        leading.append(index[parameter.name])
    others = [name for name in names if index[name] not in leading]
    for name in others:
        if name in known and known[name].kind is inspect.Parameter.POSITIONAL_ONLY:
            raise ArityError(f"{name!r} goes by position only, and a parameter before it is left out")
    return Placement(tuple(leading), tuple((name, index[name]) for name in others))


def _require_filled(
    count: int,
    kwargs: Mapping[str, Any],
    known: Mapping[str, inspect.Parameter],
    positional: Sequence[inspect.Parameter],
    *,
    has_more: bool,
) -> None:
    """Raises ArityError unless ``count`` arguments by position fill what has no default."""
    if count > len(positional) and not has_more:
        raise ArityError("too many positional arguments")
    taken, left = positional[:count], [each.name for each in positional[count:]]
    left += [name for name, each in known.items() if each.kind is inspect.Parameter.KEYWORD_ONLY]
    for each in taken:
        if each.name in kwargs:
            raise ArityError(f"multiple values for argument {each.name!r}")
    for name in left:
        if known[name].default is inspect.Parameter.empty and name not in kwargs:
            raise ArityError(f"missing a required argument: {name!r}")


def _require_none_skipped(count: int, kwargs: Mapping[str, Any], positional: Sequence[inspect.Parameter]) -> None:
    """Raises ArityError where an argument might be meant for a later parameter than the one at its position."""
    optional = [each.name for each in positional[:count] if each.default is not inspect.Parameter.empty]
    empty = [each.name for each in positional[count:] if each.name not in (*kwargs, TRAINING)]
    if optional and empty:
        reason = f"by position one would go to {optional[0]!r}, which has a default, and leave {empty[0]!r} empty"
        raise ArityError(f"{reason}; call it as the parameter that it is for")
