"""A receiver's calls: the features that messages have and lack, and what stands for those that they lack.

Sizes of dims and answers are not judged here. The endpoint's own inputs have a signature beside each receiver, and what a
receiver parses is one of the requests to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from enumeration_calls import NOTHING, Reading, Tensors
from enumeration_tensors import Choices, Chosen, Universe, exact

from specc.language.document import Endpoint
from specc.language.dtypes import DTYPES, Family
from specc.language.example_features import ParsedFeature, parsed_features

Place = tuple[str, str]
"""Where a feature is in a message: its part (of a SequenceExample: context or lists), and its key."""


@dataclass(frozen=True)
class Held:
    """The values of a feature. ``sizes`` are those of one message; ``uneven`` if one has fewer steps than another, or none.

    Whether a signature takes two messages is not judged.
    """

    dtype: str
    layout: str
    sizes: tuple[Any, ...] = ()
    uneven: bool = False


@dataclass(frozen=True)
class Messages:
    """A vector of messages of one protocol buffer."""

    protocol: str
    features: Mapping[Place, Held]


class ReceiverCalls:
    """The calls of a receiver's signature."""

    def __init__(self, endpoint: Endpoint, receiver: str, side: str) -> None:
        self.side, self.protocol = side, endpoint.receivers[receiver].kind
        # A composite leaf and a dense one may have the same name: that of the one is only a prefix.
        self.features = {
            tuple(part.wire_name for part in item.leaf.components): item
            for item in parsed_features(endpoint, endpoint.receivers[receiver])
        }

    def request_choices(self, universe: Universe) -> Choices:
        return {(self.side, name): _held(item) for name, item in self.features.items()}

    def answer_choices(self, universe: Universe) -> Choices:
        return {}

    def request(self, chosen: Chosen, given: Tensors = NOTHING) -> Messages:
        held = {_place(item): chosen[self.side, name] for name, item in self.features.items()}
        return Messages(self.protocol, {place: values for place, values in held.items() if values is not None})

    def read(self, request: Any) -> Reading | None:
        if not isinstance(request, Messages) or request.protocol != self.protocol:
            return None
        filled: dict[Any, Any] = {}
        for name, item in self.features.items():
            held = request.features.get(_place(item)) if item.parsed != "constant" else None
            filled[name] = _value_of_absent(item) if held is None else _place(item)
            if filled[name] is None or (held is not None and not _parses(item, held)):
                return None
            if held is not None and held.uneven:
                padding = item.default if item.default is not None else _zero(item)
                filled[name, "padding"] = exact(padding, item.leaf.leaf.dtype)
        return Reading({}, filled)

    def answer(self, reading: Reading, chosen: Chosen, given: Tensors = NOTHING) -> Any:
        return None

    def permits(self, reading: Reading, request: Any, answer: Any) -> bool:
        return True


def _place(item: ParsedFeature) -> Place:
    return ("lists" if item.in_lists else "context", item.key)


def _held(item: ParsedFeature) -> tuple[Held | None, ...]:
    """What messages may hold of a feature; None if they lack it."""
    match item.parsed:
        case "constant":
            return (None,)
        case "fixed":
            there = Held(item.dtype, "dense", item.shape)
            return (there,) if item.default is None else (there, None)
        case "sequence":
            return (Held(item.dtype, "dense", (item.steps, *item.shape), uneven=item.steps is None),)
        case "ragged" | "sparse":
            return (Held(item.dtype, item.parsed, (*item.shape, *item.splits)), None)


def _value_of_absent(item: ParsedFeature) -> Any:
    """What stands for a feature that all messages lack, or None if they are refused."""
    match item.parsed:
        case "constant":
            return "default", exact(item.leaf.leaf.default, item.leaf.leaf.dtype)  # type: ignore[union-attr]
        case "fixed":
            return None if item.default is None else ("default", exact(item.default, item.leaf.leaf.dtype))
        case _:
            return None if item.steps else ("empty",)


def _parses(item: ParsedFeature, held: Held) -> bool:
    if item.dtype != held.dtype:
        return False
    match item.parsed:
        case "fixed":
            return held.layout == "dense" and not held.uneven and held.sizes == item.shape
        case "sequence":
            fixed = item.steps is not None
            steps = not fixed or (not held.uneven and held.sizes[:1] == (item.steps,))
            return (
                held.layout == "dense"
                and len(held.sizes) == len(item.shape) + 1
                and steps
                and held.sizes[1:] == item.shape
            )
        case _:
            return held.layout == item.parsed and held.sizes == (*item.shape, *item.splits)


def _zero(item: ParsedFeature) -> Any:
    return "" if DTYPES[item.dtype].family is Family.STRING else 0
