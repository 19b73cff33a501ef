"""Check for tensors that keep Triton from batching.

For requests to be batched, "the shape should have at least 1 dimension and the first dimension must be -1", of
every input and output (``CompareDims`` and ``ModelSupportsBatch``, src/tensorflow_utils.cc of
triton-inference-server/tensorflow_backend, where a tensor of unknown rank counts as a scalar). All inputs of a request
have one first dimension, "batch size does not match other inputs" (``InferenceRequest::Normalize`` of
triton-inference-server/core), which the components of a ragged or sparse tensor do not have.
"""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext, first_dim, varies
from specc.diagnostics import Diagnostic, finding
from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf


def triton_batching(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for tensors that cannot be batched, in endpoints with inputs that can."""
    for checked in context.served():
        if not any(isinstance(bound.leaf, Tensor) and varies(bound.leaf) for bound in checked.inputs):
            continue
        for bound in (*checked.inputs, *checked.outputs):
            problem = _batching_problem(bound)
            if problem:
                message = f"Triton cannot batch requests to {checked.name!r}: {bound.name!r} {problem}"
                hint = f"{_shape_fix(bound)}, or set max_batch_size to 0"
                yield finding("triton-batching", bound.path, message, hint)


def _shape_fix(bound: BoundLeaf) -> str:
    dense = isinstance(bound.leaf, Tensor)
    return "begin its shape with the dim of the batch" if dense else "declare it dense, padded to one length"


def _batching_problem(bound: BoundLeaf) -> str:
    leaf = bound.leaf
    if not isinstance(leaf, Tensor):
        return f"is {leaf.kind}, and its components have different numbers of rows"
    if leaf.shape is None:
        return "has no known rank, which counts as a scalar"
    if not leaf.shape:
        return "is a scalar"
    return "" if varies(leaf) else f"has a fixed first dimension, {first_dim(leaf)}"
