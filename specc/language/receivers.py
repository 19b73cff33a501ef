"""Receivers: further ways into an endpoint, whose leaves are parsed out of serialized protocol buffers."""

from __future__ import annotations

from typing import Annotated, Literal

from specc.language.leaf_fields import FILLED_OBJECT
from specc.language.scalars import Flag, NonEmpty, Text
from specc.language.trees import Record
from specc.language.values import Value

RECEIVER_INPUT = "inputs"
"""The wire name of a receiver's one input, a vector of serialized protocol buffers."""


class Feature(Record):
    """How one leaf is parsed, where what its tree says will not do."""

    key: NonEmpty | None = None
    """The feature's key in the protocol buffer, where it is not the leaf's wire name."""
    default: Value = None
    """What the feature is in an example that lacks it; without one, a dense feature must be there."""
    sequence: Flag | None = None
    """Whether it stands in the feature lists of a SequenceExample; by itself, where the second dim is not fixed."""


class Receiver(Record):
    """A way into an endpoint: one string vector, ``inputs``, of serialized protocol buffers."""

    kind: Literal["tf_example", "tf_sequence_example"]
    """The protocol buffer: tf.train.Example or tf.train.SequenceExample."""
    description: Text = ""
    """Who sends them."""
    features: Annotated[dict[NonEmpty, Feature], *FILLED_OBJECT] | None = None
    """How single leaves are parsed, by their wire names."""
