"""The two sides of a comparison: what is known of OLD and of NEW."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from specc.compatibility.dims import Bounds, Dims
from specc.language.document import Document


@dataclass(frozen=True, eq=False)
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
    unpublished: frozenset[str] = field(default=frozenset())
    """Endpoints of a graph that are functions without a signature, and can only be called in Python."""
    tags: frozenset[str] | None = None
    """The tags of an archive without a contract; None for those that the document says."""
    receivers: frozenset[str] = field(default=frozenset())
    """Endpoints that are signatures of receivers: their one input is messages, which hold what is not said here."""
    rewritten: Mapping[str, str] = field(default_factory=dict)
    """Endpoints in another form than they are written in, each with the name that it is written under."""

    @cached_property
    def dims(self) -> Dims:
        """The bounds of the document's dims."""
        return {name: Bounds(dim.min, dim.max) for name, dim in self.document.dims.items()}


@dataclass(frozen=True, eq=False)
class Comparison:
    """OLD and NEW."""

    old: Described
    new: Described
