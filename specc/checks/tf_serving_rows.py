"""Check for tensors that REST's row format cannot carry; see specc.rest.forms."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext, CheckedEndpoint, named_first_dim
from specc.diagnostics import Diagnostic, finding
from specc.language.tensor_string import ANY
from specc.language.trees import Tensor, has_default
from specc.language.wire_names import BoundLeaf
from specc.rest.forms import rows_of


def tf_serving_rows(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for inputs and outputs with other numbers of rows than the batch, so that ``instances`` cannot be used.

    Scalar and fixed inputs are ``unbatched-input``; those with a default are ``tf-serving-rest-default``.
    """
    for checked in context.served():
        batch = next((name for bound in checked.inputs if (name := named_first_dim(bound.leaf))), None)
        if batch is None or checked.endpoint.method != "predict":
            continue
        for what, bound in _leaves_with_side(checked):
            problem = _rows_problem(bound, batch, what)
            if problem:
                message = f"REST's row format, 'instances', cannot carry the {what} {bound.name!r}: it {problem}"
                dense = isinstance(bound.leaf, Tensor)
                fix = f"begin its shape with {batch!r}" if dense else "declare it dense, padded to one length"
                hint = f"{fix}, or let clients use the columnar format, 'inputs'"
                yield finding("tf-serving-rows", bound.path, message, hint)


def _leaves_with_side(checked: CheckedEndpoint) -> Iterator[tuple[str, BoundLeaf]]:
    yield from (("input", bound) for bound in checked.inputs if not has_default(bound.leaf))
    yield from (("output", bound) for bound in checked.outputs)


def _rows_problem(bound: BoundLeaf, batch: str, what: str) -> str:
    leaf, rows = bound.leaf, rows_of(bound.leaf)
    if not isinstance(leaf, Tensor):
        return f"is {leaf.kind}, and its components have different numbers of rows"
    if isinstance(rows, str) and rows not in (ANY, batch):
        return f"has {rows!r} rows where others have {batch!r}"
    if what == "output" and leaf.shape == ():
        return "is a scalar"
    return f"has a fixed first dimension, {rows}" if what == "output" and isinstance(rows, int) else ""
