"""The two sides of a comparison: what is known of OLD and of NEW."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from specc.compatibility.dims import Bounds, Dims
from specc.language.document import Document


@dataclass(frozen=True)
class Described:
    """One side: a document, and how much of it is known.

    For an archive built from a spec, ``document`` is that of its contract without the endpoints that were left out, and
    nothing in it is optional.
    """

    document: Document
    has_contract: bool = True
    """False for a document that was read from a graph: ``?`` and ``null`` then mean that something is not known."""
    has_python: bool = True
    """False for an archive of TensorFlow 1, which has no revived object."""
    undescribed: frozenset[str] = field(default=frozenset())
    """Endpoints of which only the wire is known, not the Python tree."""

    @cached_property
    def dims(self) -> Dims:
        """The bounds of the document's dims."""
        return {name: Bounds(dim.min, dim.max) for name, dim in self.document.dims.items()}


@dataclass(frozen=True)
class Comparison:
    """OLD and NEW."""

    old: Described
    new: Described
