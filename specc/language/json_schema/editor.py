"""Keywords of the JSON Schema for editors only, as VS Code's JSON language service reads them.

Other validators ignore them. A snippet is a value with placeholders.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from specc.language.document import Document, Endpoint, Selection
from specc.language.jax_options import JaxOptions
from specc.language.receivers import Receiver
from specc.language.save_options import SaveOptions, Sharding
from specc.language.trees import KINDS, NODES

KIND = "The kind of node that this object is the long form of."

MEANINGS: dict[tuple[type[BaseModel], str], dict[str | None, str]] = {
    (Document, "mode"): {
        "predict": "For serving: the tag serve, and the key serving_default.",
        "train": "For training: the tag train, and the key train.",
        "eval": "For evaluation: the tag eval, and the key eval.",
    },
    (Endpoint, "method"): {
        "predict": "Any inputs and any outputs.",
        "classify": "Takes one string vector of tf.Examples; returns scores (float32), classes (string), or both.",
        "regress": "Takes one string vector of tf.Examples; returns one float32 tensor.",
        "train": "Any inputs; returns a dict of loss, predictions and metrics.",
        "eval": "Any inputs; returns a dict of loss, predictions and metrics.",
    },
    (Receiver, "kind"): {
        "tf_example": "Each message is a tf.train.Example.",
        "tf_sequence_example": "Each message is a tf.train.SequenceExample: a context, and lists of features.",
    },
    (SaveOptions, "experimental_variable_policy"): {
        "save_variable_devices": "The devices of variables are saved.",
        "expand_distributed_variables": "The devices are saved, and each copy of a distributed variable too.",
        None: "Neither.",
    },
}
"""The meaning of each value of a key with a fixed set of values."""

ENTRIES: dict[tuple[type[BaseModel], str], str] = {
    (Endpoint, "kwargs"): "The value of one keyword argument: any JSON.",
    (JaxOptions, "jax2tf_kwargs"): "The value of one argument of jax2tf.convert: any JSON.",
    (SaveOptions, "function_aliases"): "The endpoint whose function has this alias.",
}
"""The meaning of a value under a name that the author chose, where its type does not show it."""

_REST: dict[str, dict[str, Any]] = {
    "tensor": {"dtype": "${1:float32}", "shape": ["${2:batch}"], "description": "$3"},
    "ragged": {"dtype": "${1:string}", "shape": ["${2:batch}", "?"]},
    "sparse": {"dtype": "${1:float32}", "shape": ["${2:batch}", "?"]},
    "list": {"items": ["${1:float32[batch]}"]},
    "tuple": {"items": ["${1:float32[batch]}"]},
    "namedtuple": {"typename": "${1:Pair}", "fields": [["${2:left}", "${3:float32[batch]}"]]},
    "dict": {"items": {"${1:id}": "${2:int64[batch]}"}},
}
SNIPPETS: dict[str, list[dict[str, Any]]] = {
    "Document": [
        {
            "label": "a spec with one endpoint",
            "description": "The shortest whole document.",
            "body": {
                "specc": 1,
                "model": "${1:module:attribute}",
                "dims": {"batch": {}},
                "endpoints": {
                    "${2:score}": {"inputs": ["${3:float32[batch, 3]}"], "outputs": "${4:float32[batch, 1]}"},
                },
            },
        }
    ],
    "Endpoint": [
        {
            "label": "an endpoint",
            "description": "One argument and one result.",
            "body": {"inputs": ["${1:float32[batch, 3]}"], "outputs": "${2:float32[batch, 1]}"},
        }
    ],
    "Receiver": [
        {
            "label": "a receiver of tf.Examples",
            "description": "Every feature's key is the wire name of its leaf.",
            "body": {"kind": "tf_example"},
        }
    ],
    "Tree": [
        {"label": kind, "description": NODES[kind].__doc__, "body": {"kind": kind, **_REST[kind]}} for kind in KINDS
    ],
}
"""Whole values that an editor offers, by definition."""

KIND_SNIPPETS = [{"label": json.dumps(kind), "description": node.__doc__, "body": kind} for kind, node in NODES.items()]
"""The kinds, which are offered before an object is known to be a long form."""


def unexpected(model: type[BaseModel], keys: Sequence[str]) -> str:
    """The error message of an editor for an unknown key, or for a value that should be an object."""
    short = {Selection: "a dotted path, or ", Sharding: "module:attribute, or "}.get(model, "")
    return f"Expected {short}an object with no other keys than: {', '.join(keys)}."
