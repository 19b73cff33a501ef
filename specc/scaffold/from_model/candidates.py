"""Candidates for an endpoint: a function of the model, and how it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from specc.compiler.trace.call_arguments import ArityError, argument_of, place_arguments
from specc.diagnostics import Diagnostic, SpecPath, finding, kind_of
from specc.errors import SpecError
from specc.language.document import DEFAULT_ARGUMENTS, Endpoint
from specc.language.trees import Tree, tensor
from specc.scaffold.from_model.output_names import OutputName
from specc.scaffold.inferred_spec import Guess

_UNKNOWN = tensor("bool[]")
"""A placeholder for the outputs until the function is traced."""


@dataclass(frozen=True)
class Candidate:
    """An endpoint without its outputs and the names of its dimensions.

    ``function`` is what the endpoint runs; ``python`` is the same, to be traced for other shapes; ``output_names``
    are the model's own names for a bare output or the items of a list.
    """

    name: str
    endpoint: Endpoint
    function: Callable[..., Any]
    python: Callable[..., Any]
    autograph: bool = False
    output_names: tuple[OutputName, ...] = ()
    guesses: tuple[Guess, ...] = ()

    @property
    def path(self) -> SpecPath:
        """The path of the endpoint in its document."""
        return ("endpoints", self.name)


def declare_endpoint(
    function: str, arguments: Sequence[str], inputs: Sequence[Tree], kwargs: Mapping[str, Any]
) -> Endpoint:
    """The endpoint without its outputs."""
    names = () if len(inputs) == 1 and tuple(arguments) == DEFAULT_ARGUMENTS else tuple(arguments)
    fields = {"arguments": names} if names else {}
    return Endpoint(function=function, kwargs=dict(kwargs), inputs=tuple(inputs), outputs=_UNKNOWN, **fields)


def split_arguments(
    signature: inspect.Signature | None, given: Mapping[str, Any], is_tensor: Callable[[Any], bool], path: SpecPath
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The inputs among ``given``, values by parameter, under their names in a document, and the kwargs among them.

    Raises:
        SpecError: an endpoint cannot call the function with these arguments.
    """
    names_in_document = argument_of(signature) if signature is not None else {}
    inputs = {names_in_document.get(name, name): value for name, value in given.items() if is_tensor(value)}
    fixed = {name: value for name, value in given.items() if not is_tensor(value) and value is not None}
    try:
        place_arguments(tuple(inputs), fixed, signature)
    except ArityError as error:
        raise SpecError([_uncallable_finding(path, f"the inputs are {', '.join(inputs)}: {error}")]) from None
    for name, value in fixed.items():
        if not isinstance(value, (bool, int, float, str)):
            raise SpecError(
                [_uncallable_finding(path, f"{name!r} was {_kind(value)}, which cannot be written in a spec")]
            )
    return inputs, fixed


def _kind(value: Any) -> str:
    # TensorFlow replaces an object that it does not record by one of a private class.
    return "a Python object" if type(value).__name__ == "UnknownArgument" else kind_of(value)


def _uncallable_finding(path: SpecPath, message: str) -> Diagnostic:
    hint = 'write a function that takes tensors only, and name it in "function"'
    return finding("wrong-arity", path, message, hint)
