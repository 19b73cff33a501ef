"""Check for a first dimension that has a name in some inputs and is '?' in others."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext, first_dim, named_first_dim, part_to_mark
from specc.diagnostics import Diagnostic, finding
from specc.language.tensor_string import ANY


def inconsistent_dim(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for inputs whose first dimension is '?' although that of other inputs has a name.

    Whether the two sizes are equal is then not declared. In an output '?' is a size that the function
    decides, which is not a finding.
    """
    for checked in context.endpoints:
        names = dict.fromkeys(name for bound in checked.inputs if (name := named_first_dim(bound.leaf)))
        if not names:
            continue
        for bound in checked.inputs:
            if first_dim(bound.leaf) == ANY:
                listed = ", ".join(map(repr, names))
                message = f"the first dimension of {bound.name!r} is '?', but that of other inputs is {listed}"
                hint = f"write {next(iter(names))!r}, or declare a dim of its own if the sizes may differ"
                yield finding("inconsistent-dim", bound.path, message, hint, part=part_to_mark(ANY, bound.leaf))
