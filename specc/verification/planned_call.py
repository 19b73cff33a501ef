"""PlannedCall: a declared example, or a generated call, before it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from specc.language.calls.call import Call
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.sizes import leaf_shape
from specc.language.tensor_string import ANY
from specc.language.wire_names import BoundLeaf
from specc.verification.call_sizes import InputAxes
from specc.verification.rows import row_count, take_rows


@dataclass(frozen=True)
class PlannedCall:
    """A call of one endpoint.

    ``case`` names the example, or the generated case. ``promised`` is whether the contract promises an answer: every
    value is between two declared bounds, or stands in an example.
    """

    case: str
    inputs: Mapping[str, FlatTensor]
    left_out: frozenset[str] = frozenset()
    promised: bool = True
    example: Call | None = None
    """The example, of a call that was declared."""
    is_empty: bool = False
    """Whether it has no rows."""

    @property
    def title(self) -> str:
        """What a message calls it: ``the example `night` ``, or the generated case."""
        return f"the example `{self.case}`" if self.example is not None else f"`{self.case}`"


def named_sizes(leaves: Iterable[BoundLeaf], inputs: Mapping[str, FlatTensor]) -> dict[str, int]:
    """The size of each named dim in a call."""
    sizes: dict[str, int] = {}
    for leaf in leaves:
        for dim, size in zip(leaf.leaf.shape or (), leaf_shape(leaf, inputs), strict=False):
            if isinstance(dim, str) and dim != ANY and size is not None:
                sizes.setdefault(dim, size)
    return sizes


def with_rows(planned: PlannedCall, axes: InputAxes, choose: Callable[[int], Sequence[int]]) -> PlannedCall | None:
    """The call with those of its rows that ``choose`` returns for their number; None where it has no rows.

    Inputs whose first axis is not the rows stay as they are.
    """
    inputs, counts = dict(planned.inputs), set()
    for leaf in axes.leaves:
        if axes.axes[leaf.name][:1] == (axes.rows,):
            count = row_count(leaf, planned.inputs) or 0
            counts.add(count)
            inputs |= take_rows(leaf, planned.inputs, choose(count)) if count else {}
    return replace(planned, inputs=inputs) if len(counts) == 1 and counts != {0} else None
