"""Matches declared arguments to a function's parameters: by name if the names are parameters, else by position."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from specc.language.document import DEFAULT_ARGUMENTS
from specc.language.validation.legal_names import argument_names

TRAINING = "training"
"""A Keras layer's option, which Keras passes to the layer's ``call`` by keyword."""
POSITIONAL_KINDS = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
VARIADIC_KINDS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class ArityError(Exception):
    """The declared arguments do not fit the parameters; the message is the reason."""


@dataclass(frozen=True)
class Placement:
    """How a function is called: the indices of the arguments passed by position, and those passed by keyword."""

    by_position: tuple[int, ...]
    by_keyword: tuple[tuple[str, int], ...] = ()

    @property
    def in_order(self) -> bool:
        """Whether all are passed by position, in the order of the document."""
        return not self.by_keyword and self.by_position == tuple(range(len(self.by_position)))

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function``, called with the arguments in the order of the document."""
        if self.in_order:
            return function

        def placed(*arguments: Any, **kwargs: Any) -> Any:
            named = {name: arguments[index] for name, index in self.by_keyword}
            return function(*(arguments[index] for index in self.by_position), **named, **kwargs)

        placed._specc_calls = function  # type: ignore[attr-defined]  # see backends.unwrap_function
        return placed


def place_arguments(
    names: Sequence[str],
    kwargs: Mapping[str, Any],
    signature: inspect.Signature | None,
    options: Collection[str] = (),
) -> Placement:
    """The Placement of arguments with these ``names``, and of ``kwargs``, for a function with this ``signature``.

    ``options`` are keyword arguments that it takes in addition to its parameters, or only by keyword. If every name is
    a parameter (with ``**kwargs``: if at least one is), each argument is passed to the parameter of its name. If none
    is, they are passed by position, and so are a single ``inputs`` and TensorFlow's own names for ``*args``.

    Raises:
        ArityError: some names are parameters and some are not; a required parameter is not filled, or one is filled
            twice; or an argument passed by position would fill a parameter with a default while others are not filled.
    """
    if signature is None:
        return Placement(tuple(range(len(names))))
    call = _Call(signature, kwargs, options)
    call.require_known_kwargs()
    twice = [name for name in names if call.parameter(name) in kwargs]
    if twice and not _are_default_names(names):
        raise ArityError(f"{twice[0]!r} is an argument and also in kwargs")
    named = [name for name in names if name in call.known]
    if not named or (_are_default_names(names) and (call.positional or call.has(inspect.Parameter.VAR_POSITIONAL))):
        return call.by_position(len(names), refuse_filled_defaults=not _are_default_names(names))
    if call.has(inspect.Parameter.VAR_POSITIONAL) and [call.parameter(name) for name in names[: len(named)]] == [
        each.name for each in call.positional
    ]:
        return call.by_position(len(names))  # the others go to *args
    if len(named) == len(names) or call.has(inspect.Parameter.VAR_KEYWORD):
        return call.by_name(names)
    other = next(name for name in names if name not in call.known)
    raise ArityError(f"{named[0]!r} is a parameter and {other!r} is not")


def argument_of(signature: inspect.Signature) -> dict[str, str]:
    """The argument name in a document for each parameter."""
    plain = [each.name for each in signature.parameters.values() if each.kind not in VARIADIC_KINDS]
    return dict(zip(plain, argument_names(plain), strict=True))


def require_positional_arity(
    count: int, kwargs: Mapping[str, Any], signature: inspect.Signature | None, options: Collection[str] = ()
) -> None:
    """Raises ArityError if ``count`` positional arguments do not fit the ``signature``."""
    if signature is not None:
        _Call(signature, kwargs, options).by_position(count)


def _are_default_names(names: Sequence[str]) -> bool:
    """Whether the names are defaults: a single ``inputs``, or TensorFlow's own for ``*args``."""
    return tuple(names) in (DEFAULT_ARGUMENTS, tuple(f"args_{index}" for index in range(len(names))))


class _Call:
    """The parameters of a function, and the keyword arguments that are always passed."""

    def __init__(self, signature: inspect.Signature, kwargs: Mapping[str, Any], options: Collection[str]) -> None:
        self._all = list(signature.parameters.values())
        self._kwargs, self._options = kwargs, options
        self.positional = [each for each in self._all if each.kind in POSITIONAL_KINDS]
        self.known = {name: signature.parameters[parameter] for parameter, name in argument_of(signature).items()}

    def has(self, kind: Any) -> bool:
        """Whether it takes ``*args``, or ``**kwargs``."""
        return any(each.kind is kind for each in self._all)

    def parameter(self, name: str) -> str:
        """The parameter for an argument of this name; in ``**kwargs`` it has the argument's own name."""
        return self.known[name].name if name in self.known else name

    def require_known_kwargs(self) -> None:
        """Raises ArityError if one of ``kwargs`` cannot be passed."""
        taken = {each.name for each in self.known.values() if each.kind is not inspect.Parameter.POSITIONAL_ONLY}
        for name in self._kwargs:
            if name not in taken and name not in self._options and not self.has(inspect.Parameter.VAR_KEYWORD):
                raise ArityError(f"got an unexpected keyword argument {name!r}")

    def by_name(self, names: Sequence[str]) -> Placement:
        """Places each argument at the parameter of its name: by position until one is left out, then by keyword."""
        index = {self.parameter(name): position for position, name in enumerate(names)}
        self._require_filled(index)
        leading: list[int] = []
        for parameter in self.positional:
            if parameter.name not in index or parameter.name == TRAINING:
                break
            leading.append(index[parameter.name])
        others = [name for name in names if index[self.parameter(name)] not in leading]
        for name in others:
            if name in self.known and self.known[name].kind is inspect.Parameter.POSITIONAL_ONLY:
                raise ArityError(f"{name!r} is positional-only, and a parameter before it is left out")
        return Placement(tuple(leading), tuple((self.parameter(name), index[self.parameter(name)]) for name in others))

    def by_position(self, count: int, *, refuse_filled_defaults: bool = False) -> Placement:
        """Places all in order; ``refuse_filled_defaults`` raises if one fills a default while another stays empty."""
        if count > len(self.positional) and not self.has(inspect.Parameter.VAR_POSITIONAL):
            raise ArityError("too many positional arguments")
        taken = self.positional[:count]
        for each in taken:
            if each.name in self._kwargs:
                raise ArityError(f"multiple values for argument {each.name!r}")
            if each.name == TRAINING and TRAINING in self._options:
                raise ArityError(
                    f"one of them would be passed by position as {TRAINING!r}; if that is intended, give it that name"
                )
        self._require_filled([each.name for each in taken])
        optional = [each.name for each in taken if each.default is not inspect.Parameter.empty]
        empty = [each.name for each in self.positional[count:] if each.name not in (*self._kwargs, TRAINING)]
        if refuse_filled_defaults and optional and empty:
            reason = (
                f"one would be passed by position as {optional[0]!r}, which has a default, and leave {empty[0]!r} empty"
            )
            raise ArityError(f"{reason}; name it after its parameter")
        return Placement(tuple(range(count)))

    def _require_filled(self, filled: Collection[str]) -> None:
        for each in self.known.values():
            if each.default is inspect.Parameter.empty and each.name not in (*filled, *self._kwargs):
                raise ArityError(f"missing a required argument: {each.name!r}")


def positional_names(signature: inspect.Signature) -> list[str]:
    """The names of the parameters that can be passed by position."""
    return [parameter.name for parameter in signature.parameters.values() if parameter.kind in POSITIONAL_KINDS]
