"""The two formats of TensorFlow Serving's JSON: rows, ``instances``, and columns, ``inputs``.

g3doc/api_rest.md of tensorflow/serving, "Specifying input tensors in row format": use it "if all named input tensors
have the same 0-th dimension". A response is made the same way: "has no shape information" for a scalar, "has
inconsistent batch size" else (``MakeRowFormatJsonFromTensors``, util/json_tensor.cc). In both formats the only output
is printed without its name.
"""

from __future__ import annotations

from collections.abc import Sequence

from specc.language.tensor_string import Dimension
from specc.language.trees import Leaf, Tensor
from specc.language.wire_names import BoundLeaf


def is_bare(outputs: Sequence[BoundLeaf]) -> bool:
    """Whether an answer is the value of its only tensor, without the name."""
    return len(outputs) == 1 and len(outputs[0].components) == 1


def rows_of(leaf: Leaf) -> Dimension | None:
    """The number of rows of a tensor; None if it has none: the components of a composite have different ones."""
    return leaf.shape[0] if isinstance(leaf, Tensor) and leaf.shape else None
