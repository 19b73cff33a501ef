"""Pairs of receivers: which receiver of OLD is which one of NEW, by the key of its signature or else by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specc.change import Judgement, Surface
from specc.compatibility.addresses import callable_pairs
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.halves import Half
from specc.compatibility.sides import Comparison
from specc.diagnostics import SpecPath
from specc.language.document import Endpoint
from specc.language.receivers import Receiver


@dataclass(frozen=True)
class ReceiverPair:
    """A receiver of OLD and that of NEW which takes its messages."""

    pair: EndpointPair
    old_name: str
    new_name: str

    @property
    def old(self) -> Receiver:
        """The receiver in OLD."""
        return self.pair.old.endpoint.receivers[self.old_name]

    @property
    def new(self) -> Receiver:
        """The receiver in NEW."""
        return self.pair.new.endpoint.receivers[self.new_name]

    @property
    def paths(self) -> tuple[SpecPath, SpecPath]:
        """The paths in OLD and in NEW."""
        return receiver_path(self.pair.old, self.old_name), receiver_path(self.pair.new, self.new_name)

    @property
    def key(self) -> str:
        """The key of the signature in OLD."""
        return receiver_key(self.pair, self.pair.old.endpoint, self.old_name)

    def judged(self, judgement: Judgement) -> dict[Surface, Judgement]:
        """``judgement`` on the surfaces that have receivers."""
        return self.pair.judged(judgement, ("wire", "rest"))


def receiver_path(half: Half, name: str) -> SpecPath:
    """The path of a receiver."""
    return (*half.path, "receivers", name)


def receiver_key(pair: EndpointPair, endpoint: Endpoint, name: str) -> str:
    """The key of the signature of a receiver."""
    return pair.name if endpoint.receiver == name else f"{name}:{pair.name}"


def served_pairs(comparison: Comparison) -> Iterator[EndpointPair]:
    """The pairs of endpoints with signatures, of which one has receivers."""
    for pair in callable_pairs(comparison):
        if pair.seen("wire", "rest") and (pair.old.endpoint.receivers or pair.new.endpoint.receivers):
            yield pair


def is_plain_changed(pair: EndpointPair) -> bool:
    """Whether the plain key of an endpoint takes messages from now on, or no longer, or those of another receiver.

    A plain receiver with another name is still the same one, since clients do not use the name, unless that name had a
    key of its own.
    """
    old, new = pair.old.endpoint, pair.new.endpoint
    return old.receiver != new.receiver and (None in (old.receiver, new.receiver) or new.receiver in old.receivers)


def successor(pair: EndpointPair, name: str) -> str | None:
    """The receiver of NEW that takes the messages of the receiver ``name`` of OLD."""
    if name == pair.old.endpoint.receiver and not is_plain_changed(pair):
        return pair.new.endpoint.receiver
    return name if name in pair.new.endpoint.receivers else None


def receiver_pairs(comparison: Comparison) -> Iterator[ReceiverPair]:
    """The receivers that both sides have."""
    for pair in served_pairs(comparison):
        for name in sorted(pair.old.endpoint.receivers):
            other = successor(pair, name)
            if other is not None:
                yield ReceiverPair(pair, name, other)
