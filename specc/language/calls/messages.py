"""The serialized messages that a receiver parses into the inputs of a call, without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping

from specc.language.calls.flat_tensor import FlatTensor
from specc.language.document import Endpoint


def to_messages(endpoint: Endpoint, receiver: str, inputs: Mapping[str, FlatTensor]) -> FlatTensor | None:
    """The one input of the receiver called ``receiver``: a string vector of one tf.Example (or SequenceExample) a row.

    None if no messages parse into exactly these ``inputs``: the leaves have different numbers of rows, a float64 is not
    a float32, a constant is not its default, or a sparse tensor is not what a feature of variable length parses into.
    """
    raise NotImplementedError
