"""The smallest request of an endpoint, as the witness of a change that has nothing to do with its tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specc.change import SURFACES, Judgement, Surface, Witness
from specc.compatibility.sides import Described
from specc.language.wire_names import input_leaves


def refused(
    side: Described, name: str, surfaces: Mapping[Surface, Judgement], reason: str, address: str = ""
) -> Witness | None:
    """The smallest request of the endpoint ``name``, on the first surface that breaks; None if none does."""
    for surface in SURFACES:
        if surfaces.get(surface) == "breaking":
            return Witness(surface, address or name, smallest_request(side, name, surface), None, reason)
    return None


def smallest_request(side: Described, name: str, surface: Surface) -> dict[str, dict[str, Any]]:
    return {leaf.name: {"dtype": leaf.leaf.dtype, "shape": []} for leaf in input_leaves(side.document.endpoints[name])}
