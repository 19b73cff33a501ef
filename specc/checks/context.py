"""The context of checks: a document, with the leaves of each endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from specc.checks.built_graph import Built
from specc.diagnostics import SpecPath
from specc.language.document import Document, Endpoint
from specc.language.signatures import has_signature
from specc.language.tensor_string import ANY, Dimension
from specc.language.trees import Leaf
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves


@dataclass(frozen=True)
class CheckedEndpoint:
    """An endpoint with its name, its place in the document, and its leaves."""

    name: str
    endpoint: Endpoint
    path: SpecPath
    inputs: tuple[BoundLeaf, ...]
    outputs: tuple[BoundLeaf, ...]


NOT_BUILT = Built()


@dataclass(frozen=True)
class CheckContext:
    """One valid document, and what a build of it found."""

    document: Document
    built: Built = NOT_BUILT

    @cached_property
    def endpoints(self) -> tuple[CheckedEndpoint, ...]:
        """The endpoints, in the order of the document."""
        return tuple(_checked_endpoint(name, endpoint) for name, endpoint in self.document.endpoints.items())

    def served(self) -> Iterator[CheckedEndpoint]:
        """The endpoints that a server calls; none in an archive for training or evaluation."""
        if self.document.mode == "predict":
            yield from (each for each in self.published() if each.endpoint.method not in ("train", "eval"))

    def converted(self, *, only_default: bool = False) -> Iterator[CheckedEndpoint]:
        """The endpoints that a converter converts: those with a signature, or only the default one."""
        yield from (each for each in self.published() if not only_default or each.name == self.document.default)

    def published(self) -> Iterator[CheckedEndpoint]:
        """The endpoints that have a signature, and so wire names for clients."""
        yield from (each for each in self.endpoints if has_signature(self.document, each.name))


def _checked_endpoint(name: str, endpoint: Endpoint) -> CheckedEndpoint:
    at: SpecPath = ("endpoints", name)
    return CheckedEndpoint(name, endpoint, at, input_leaves(endpoint, at), output_leaves(endpoint, at))


def first_dim(leaf: Leaf) -> Dimension | None:
    """The first dimension; None for a scalar, and where the rank is unknown."""
    return leaf.shape[0] if leaf.shape else None


def varies(leaf: Leaf) -> bool:
    """Whether the first dimension may have several sizes."""
    return isinstance(first_dim(leaf), str)


def named_first_dim(leaf: Leaf) -> str | None:
    """The name of the first dimension, or None if it has none."""
    dim = first_dim(leaf)
    return dim if isinstance(dim, str) and dim != ANY else None


def part_to_mark(dim: Dimension, leaf: Leaf) -> str:
    """``dim`` as the part of the tensor string that a finding marks; empty unless it occurs there exactly once."""
    return str(dim) if leaf.shape is not None and leaf.shape.count(dim) == 1 else ""
