"""Pairs of features: how a receiver of OLD and that of NEW parse one and the same leaf."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from specc.compatibility.halves import Half
from specc.compatibility.message_requests import axis_bounds
from specc.compatibility.pairing import WireKey, wire_key
from specc.compatibility.receiver_pairs import ReceiverPair, receiver_pairs
from specc.compatibility.sides import Comparison
from specc.diagnostics import SpecPath
from specc.language.example_features import ParsedFeature, parsed_features
from specc.language.receivers import Receiver
from specc.language.trees import Leaf, Tensor, leaf_kind


@dataclass(frozen=True)
class FeaturePair:
    """The features of a leaf that keeps its wire names, kind, dtype and rank."""

    receivers: ReceiverPair
    old: ParsedFeature
    new: ParsedFeature

    @property
    def paths(self) -> tuple[SpecPath, SpecPath]:
        """The places in OLD and NEW that say how the leaf is parsed."""
        old, new = self.receivers.paths
        return _said(self.receivers.old, old, self.old), _said(self.receivers.new, new, self.new)

    @property
    def subject(self) -> tuple[str, ...]:
        """What a change of the feature is about."""
        return (self.receivers.pair.name, self.receivers.old_name, self.old.leaf.name)

    @property
    def is_kept(self) -> bool:
        """Whether NEW parses from each message what OLD parsed from it."""
        return self._is_in_one_part and not self._needs_all_steps

    @property
    def is_told(self) -> bool:
        """Whether a change of the leaf's own sizes, which its direct signature has too, reports that it is not kept."""
        return not self._accepts_sizes

    @property
    def _is_in_one_part(self) -> bool:
        return self.old.in_lists == self.new.in_lists

    @property
    def _needs_all_steps(self) -> bool:
        """Whether a message that was padded to the length of others must now have all steps itself.

        An endpoint that takes one message at most is not told apart.
        """
        was_padded = self.old.parsed == "sequence" and self.old.steps is None
        is_padded = self.new.parsed == "sequence" and self.new.steps is None
        return was_padded and not is_padded

    @property
    def _accepts_sizes(self) -> bool:
        pair = self.receivers.pair
        old, new = self.old.leaf.leaf.shape or (), self.new.leaf.leaf.shape or ()
        sizes = zip(old[1:], new[1:], strict=True)
        return all(axis_bounds(two, pair.new.dims).hold(axis_bounds(one, pair.old.dims)) for one, two in sizes)


def _said(receiver: Receiver, path: SpecPath, feature: ParsedFeature) -> SpecPath:
    name = feature.leaf.name
    return (*path, "features", name) if name in (receiver.features or {}) else path


@dataclass(frozen=True)
class ComparedFeatures:
    """The features of all receivers that both sides have: those that differ, and those of leaves that only NEW has."""

    changed: tuple[FeaturePair, ...]
    added: tuple[tuple[ReceiverPair, ParsedFeature], ...]


@lru_cache(maxsize=2)  # several rules look at them
def compared_features(comparison: Comparison) -> ComparedFeatures:
    """The ComparedFeatures of receivers that still take the same kind of messages.

    A leaf with another wire name, kind, dtype or rank is a change of its direct signature, which every endpoint with
    receivers has.
    """
    changed: list[FeaturePair] = []
    added: list[tuple[ReceiverPair, ParsedFeature]] = []
    for receivers in receiver_pairs(comparison):
        if receivers.old.kind != receivers.new.kind:
            continue
        before = features_of(receivers.pair.old, receivers.old)
        for key, new in features_of(receivers.pair.new, receivers.new).items():
            old = before.get(key)
            if old is None:
                added.append((receivers, new))
            elif _type(old.leaf.leaf) == _type(new.leaf.leaf) and _parsing(old) != _parsing(new):
                changed.append(FeaturePair(receivers, old, new))
    return ComparedFeatures(tuple(changed), tuple(added))


def features_of(half: Half, receiver: Receiver) -> dict[WireKey, ParsedFeature]:
    """The features of a receiver by the wire names of their leaves."""
    return {wire_key(each.leaf): each for each in parsed_features(half.endpoint, receiver)}


def _type(leaf: Leaf) -> tuple[object, ...]:
    return (leaf_kind(leaf), leaf.dtype, None if leaf.shape is None else len(leaf.shape))


def _parsing(feature: ParsedFeature) -> tuple[object, ...]:
    """All that the rules about features look at."""
    leaf = feature.leaf.leaf
    default = leaf.default if isinstance(leaf, Tensor) and feature.parsed == "constant" else feature.default
    return (feature.key, feature.parsed, feature.in_lists, feature.steps, repr(default))
