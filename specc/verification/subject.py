"""Subject: one endpoint under test, and where an archive has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from specc.diagnostics import SpecPath
from specc.language.document import Document, Endpoint
from specc.language.signatures import SERVABLE, PublishedSignature, published_signatures_of
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves
from specc.verification.protocol import Way

WAYS: tuple[Way, ...] = tuple(way for way in get_args(Way) if way != "model")
"""The ways to call an archive."""
WIRE_WAYS: tuple[Way, ...] = ("signature", "session")
"""The ways that call signatures."""


@dataclass(frozen=True)
class Subject:
    """The endpoint called ``name``."""

    document: Document
    name: str
    left_out: tuple[str, ...] = ()
    """The endpoints that the archive was built without."""

    @property
    def endpoint(self) -> Endpoint:
        """What the document declares."""
        return self.document.endpoints[self.name]

    @property
    def path(self) -> SpecPath:
        """The endpoint's path in the document."""
        return ("endpoints", self.name)

    @property
    def inputs(self) -> tuple[BoundLeaf, ...]:
        """The leaves of the arguments."""
        return input_leaves(self.endpoint, self.path)

    @property
    def outputs(self) -> tuple[BoundLeaf, ...]:
        """The leaves of the result."""
        return output_leaves(self.endpoint, self.path)

    @property
    def signatures(self) -> Sequence[PublishedSignature]:
        """The published signatures of the endpoint."""
        return () if self.name in self.left_out else published_signatures_of(self.document, self.name)

    @property
    def is_expected_pure(self) -> bool:
        """Whether the same call has to give the same answer."""
        if self.endpoint.pure is not None:
            return self.endpoint.pure
        return self.endpoint.method in SERVABLE and self.endpoint.kwargs.get("training") is not True

    def addresses(self) -> Mapping[Way, str]:
        """What takes the endpoint's own inputs, by way."""
        direct = [each.key for each in self.signatures if each.receiver is None and not each.alias_of]
        found: dict[Way, str] = {"attribute": self.name, "model": self.name}
        if direct:
            found |= dict.fromkeys(WIRE_WAYS, direct[0])
        return found


def listed(ways: Sequence[str]) -> str:
    """Ways as a message names them: ``the attribute and the session``."""
    words = [f"the {way}" for way in ways]
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)
