"""Check for outputs with an unknown batch dimension."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext, named_first_dim
from specc.diagnostics import Diagnostic, did_you_mean, finding
from specc.language.tensor_string import ANY


def unknown_batch(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for outputs whose first dim is in no input, although the inputs have a named batch.

    If the inputs have none, the dim may be a size that the function decides, such as how many samples it draws.
    """
    for checked in context.endpoints:
        shapes = [bound.leaf.shape for bound in checked.inputs]
        input_dims = {dim for shape in shapes for dim in shape or () if isinstance(dim, str) and dim != ANY}
        batches = dict.fromkeys(name for bound in checked.inputs if (name := named_first_dim(bound.leaf)))
        if not batches or None in shapes:
            continue
        for bound in checked.outputs:
            dim = named_first_dim(bound.leaf)
            if dim is not None and input_dims.isdisjoint(bound.leaf.shape or ()):
                message = f"the first dimension of {bound.name!r}, {dim!r}, is in no input"
                near = did_you_mean(dim, batches) or f"write a dim of the inputs, such as {next(iter(batches))!r}"
                hint = f"{near}, or '?' where the function decides the size" if near[-1] != "?" else near
                yield finding("unknown-batch", bound.path, message, hint, part=dim)
