"""Check for inputs that a server cannot batch with those of other requests."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext, CheckedEndpoint, first_dim, part_to_mark, varies
from specc.diagnostics import Diagnostic, finding
from specc.language.trees import has_default
from specc.language.wire_names import BoundLeaf


def unbatched_input(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for scalars and fixed numbers of rows, with which a server must run each request separately.

    TensorFlow Serving and Triton join requests along the first dimension of every input (batching_session.h: "all
    input tensors have the same 0th-dimension size B"). Inputs with a default are exempt: most clients omit them.
    """
    for checked in context.served():
        unbatched = unbatched_leaves(checked)
        if not unbatched:
            continue
        if len(unbatched) == len([bound for bound in checked.inputs if not has_default(bound.leaf)]):
            path = unbatched[0].path if len(unbatched) == 1 else (*checked.path, "inputs")
            message = f"a request to {checked.name!r} holds one example, so a server cannot batch requests"
            hint = "begin each shape with a dim such as 'batch', or turn the check off if this is intended"
            yield finding("unbatched-input", path, message, hint)
            continue
        for bound in unbatched:
            size = first_dim(bound.leaf)
            what = "is a scalar" if size is None else f"has a fixed first dimension, {size},"
            message = f"the input {bound.name!r} {what} beside a batch, so a server cannot batch requests"
            hint = "begin its shape with the dim of the others" + (", or give it a default" if size is None else "")
            part = "" if size is None else part_to_mark(size, bound.leaf)
            yield finding("unbatched-input", bound.path, message, hint, part=part)


def unbatched_leaves(checked: CheckedEndpoint) -> list[BoundLeaf]:
    """The inputs whose first dimension does not vary, except those with a default or of unknown rank."""
    return [
        bound
        for bound in checked.inputs
        if bound.leaf.shape is not None and not varies(bound.leaf) and not has_default(bound.leaf)
    ]
