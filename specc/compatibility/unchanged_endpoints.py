"""Endpoints that say the same in both documents: most are, and there is nothing to compare."""

from __future__ import annotations

from collections.abc import Iterator

from specc.compatibility.addresses import endpoint_pairs
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.sides import Comparison
from specc.language.document import Endpoint
from specc.language.trees import Tree


def changed_pairs(comparison: Comparison) -> Iterator[EndpointPair]:
    """The pairs of endpoints of which the inputs, the outputs or a dim are not the same, or not known."""
    old, new = comparison.old, comparison.new
    is_known = old.has_contract and new.has_contract and old.undescribed == new.undescribed and old.dims == new.dims
    for pair in endpoint_pairs(comparison):
        if not (is_known and _says_the_same(pair.old.endpoint, pair.new.endpoint)):
            yield pair


def _says_the_same(old: Endpoint, new: Endpoint) -> bool:
    """Whether all is the same that the rules about inputs and outputs look at.

    Equal trees are compared as text too, since -0.0 equals 0.0, and true equals 1.
    """
    if (old.arguments, old.method, old.inputs, old.outputs) != (new.arguments, new.method, new.inputs, new.outputs):
        return False
    pairs = zip((*old.inputs, old.outputs), (*new.inputs, new.outputs), strict=True)
    return all(one is two or _text(one) == _text(two) for one, two in pairs)


def _text(tree: Tree) -> str:
    return repr(tree.to_json())
