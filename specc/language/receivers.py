"""Receivers: signatures that parse an endpoint's inputs out of serialized protocol buffers."""

from __future__ import annotations

from typing import Annotated, Literal

from specc.language.leaf_fields import NON_EMPTY_OBJECT
from specc.language.record import Record
from specc.language.scalars import Flag, NonEmpty, Text
from specc.language.values import Value

RECEIVER_INPUT = "inputs"
"""The wire name of a receiver's one input, a vector of serialized protocol buffers."""


class Feature(Record):
    """How one leaf is parsed, where the defaults from its tree do not fit."""

    key: NonEmpty | None = None
    """The feature's key in the protocol buffer; by default the leaf's wire name."""
    default: Value = None
    """The feature's value in an example that lacks it; without a default, a dense feature is required."""
    sequence: Flag | None = None
    """Whether it is in the feature lists of a SequenceExample; by default, if the second dim is not fixed."""


class Receiver(Record):
    """A signature of an endpoint that takes one string vector, ``inputs``, of serialized protocol buffers."""

    kind: Literal["tf_example", "tf_sequence_example"]
    """The protocol buffer: tf.train.Example or tf.train.SequenceExample."""
    description: Text = ""
    """Who sends the messages."""
    features: Annotated[dict[NonEmpty, Feature], *NON_EMPTY_OBJECT] | None = None
    """How individual leaves are parsed, by wire name."""
