"""Digests of the variables of a loaded archive, or of a model, and of the members of its collections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from specc.verification.child.tensors import digest, from_tensor
from specc.verification.protocol import VariableDigest, Variables


def digest_variables(listed: Iterable[tuple[str, Any]], collections: Mapping[str, Iterable[Any]]) -> Variables:
    """The ``listed`` variables, with their names, and the collections, each variable with its position in the list."""
    named = list(listed)
    digests = [_digest(name, variable) for name, variable in named]
    positions = {id(variable): position for position, (_, variable) in reversed([*enumerate(named)])}
    members = {name: [each for each in found if isinstance(each, tf.Variable)] for name, found in collections.items()}
    return Variables(
        tuple(digests),
        {
            name: tuple(
                (positions[id(each)], digests[positions[id(each)]])
                if id(each) in positions
                else (None, _digest(own_name(each), each))
                for each in variables
            )
            for name, variables in members.items()
        },
    )


def own_name(variable: Any) -> str:
    """The name that TensorFlow has for a variable, without its output number."""
    return str(variable.name.partition(":")[0])


def _digest(name: str, variable: Any) -> VariableDigest:
    tensor = from_tensor(variable)
    return VariableDigest(name, tensor.dtype, tensor.shape, digest(tensor))
