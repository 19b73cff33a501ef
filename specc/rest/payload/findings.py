"""The findings about one request, with the leaves of the spec that they are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from specc.diagnostics import Diagnostic, Place, SpecPath, finding
from specc.rest.signatures import RestSignature, RestTensor
from specc.rules.table import PayloadRule
from specc.source.limits import MAX_FINDINGS


class EnoughError(Exception):
    """There are as many findings as a report has; a million more would take a gigabyte of memory."""


@dataclass
class Findings:
    """Collects the findings about one request, in the order in which they are found, until there are enough."""

    all: list[Diagnostic] = field(default_factory=list)

    def add(  # noqa: PLR0913  # each is one field
        self,
        rule: PayloadRule,
        path: SpecPath,
        message: str,
        hint: str = "",
        *,
        leaf: SpecPath = (),
        other: Place | None = None,
        on_key: bool = False,
    ) -> None:
        """Adds one. ``leaf`` is a path in the spec, ``other`` is another place in the request.

        Raises:
            EnoughError: it is the last one that a report has.
        """
        related = [Place(message="declared here", path=leaf, file=SPEC)] if leaf else []
        related += [] if other is None else [other]
        self.all.append(finding(rule, path, message, hint, on_key=on_key, related=tuple(related)))
        if len(self.all) >= MAX_FINDINGS:
            raise EnoughError

    def __len__(self) -> int:
        return len(self.all)


SPEC = "spec"
"""The file of a related place that is in the spec, whose real name the caller knows."""


def leaf_path(signature: RestSignature, tensor: RestTensor) -> SpecPath:
    """The path of a tensor's leaf in the document; that of the receiver for its messages."""
    at: SpecPath = ("endpoints", signature.name)
    if tensor.leaf is not None:
        return (*at, *tensor.leaf.path)
    return (*at, "receivers", signature.receiver) if signature.receiver is not None else at


def listed(names: Iterator[str] | list[str] | tuple[str, ...]) -> str:
    """Names for a message: the first twenty."""
    known = list(names)
    return ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
