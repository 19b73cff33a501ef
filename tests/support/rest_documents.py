"""Documents whose signatures TensorFlow Serving's JSON has in every form."""

from __future__ import annotations

from typing import Any

from specc.language.document import Document
from specc.language.load import from_json

RANKER: dict[str, Any] = {
    "specc": 1,
    "name": "ranker",
    "description": "Ranks items for a user.",
    "dims": {"batch": {"min": 1, "max": 64}, "time": {"max": 6}, "items": {}},
    "endpoints": {
        "score": {
            "description": "The probability of a click.",
            "inputs": [
                {
                    "user": {
                        "id": {"kind": "tensor", "dtype": "int64", "shape": ["batch"], "minimum": 0, "maximum": 50},
                        "history": "int32[batch, time]",
                    },
                    "country": {"kind": "tensor", "dtype": "string", "shape": ["batch"], "description": "Its code."},
                    "weight": {"kind": "tensor", "dtype": "float32", "shape": ["batch"], "minimum": 0, "maximum": 1},
                    "fresh": "bool[batch]",
                }
            ],
            "outputs": {"click": "float32[batch, 1]", "reason": "string[batch]", "trace_bytes": "string[batch]"},
            "examples": {
                "two_users": {
                    "description": "Two users.",
                    "inputs": [
                        {
                            "user": {"id": [7, 9], "history": [[1, 2], [3, 0]]},
                            "country": ["de", "fr"],
                            "weight": [0.5, 1.0],
                            "fresh": [True, False],
                        }
                    ],
                    "outputs": {
                        "click": [[0.25], [0.75]],
                        "reason": ["a", "b"],
                        "trace_bytes": ["x", {"base64": "/w=="}],
                    },
                },
                "one_user": {
                    "inputs": [
                        {
                            "user": {"id": [7], "history": [[1]]},
                            "country": ["de"],
                            "weight": [0.5],
                            "fresh": [True],
                        }
                    ]
                },
                "refused": {
                    "inputs": [
                        {
                            "user": {"id": [99], "history": [[1]]},
                            "country": ["de"],
                            "weight": [0.5],
                            "fresh": [True],
                        }
                    ],
                    "error": "",
                },
            },
        },
        "embed": {
            "inputs": ["float64[batch, 2, 3]"],
            "outputs": "float32[batch, 8]",
            "receivers": {"examples": {"kind": "tf_example"}},
        },
        "rank": {
            "inputs": [
                {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"], "name": "items"},
                {"kind": "sparse", "dtype": "float32", "shape": ["batch", 100], "name": "cross"},
                {"kind": "tensor", "dtype": "float32", "shape": [], "default": 0.5, "name": "temperature"},
            ],
            "arguments": ["items", "cross", "temperature"],
            "outputs": ["float32[batch, ?]", "float32[...]"],
        },
        "price": {
            "inputs": [{"area": "float32[batch]", "rooms": "int64[batch, 2]", "words": "string[batch, ?]"}],
            "outputs": "float32[batch]",
            "method": "regress",
            "receivers": {"examples": {"kind": "tf_example"}},
            "receiver": "examples",
        },
        "label": {
            "inputs": [{"kind": "tensor", "dtype": "string", "shape": ["batch"], "name": "inputs"}],
            "outputs": {"classes": "string[batch, 3]", "scores": "float32[batch, 3]"},
            "method": "classify",
        },
        "reset": {"function": "reset", "inputs": [], "outputs": {"done": "bool[]"}, "pure": False},
    },
    "default": "score",
}
"""Every kind of leaf, both formats, receivers, and an endpoint without inputs."""


def ranker(**fields: Any) -> Document:
    """The document of the ranker, with other fields of the document."""
    return from_json({**RANKER, **fields})
