"""Check for several outputs that differ only in position."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.language.trees import List, Tuple

_MAX_SHOWN = 3


def unnamed_output(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for lists and tuples of outputs without names: on the wire ``output_0``, ``output_1``."""
    for checked in context.published():
        unnamed = [bound.name for bound in checked.outputs if bound.leaf.name is None]
        if isinstance(checked.endpoint.outputs, (List, Tuple)) and len(unnamed) > 1:
            more = f" and {len(unnamed) - _MAX_SHOWN} more" if len(unnamed) > _MAX_SHOWN else ""
            message = f"clients can tell these outputs apart only by position: {', '.join(unnamed[:_MAX_SHOWN])}{more}"
            hint = 'give each leaf a "name", or return a dict'
            yield finding("unnamed-output", (*checked.path, "outputs"), message, hint)
