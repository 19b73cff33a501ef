"""Requests to the ranker of ``rest_documents`` in every form, and edits of them."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

REQUESTS: list[dict[str, Any]] = [
    {
        "signature_name": "score",
        "inputs": {
            "user_id": [7, 9],
            "user_history": [[1, 2], [3, 0]],
            "country": ["de", {"b64": "ZnI="}],
            "weight": [0.5, 1],
            "fresh": [True, False],
        },
    },
    {
        "instances": [
            {"user_id": 7, "user_history": [1, 2], "country": "de", "weight": 0.5, "fresh": True},
            {"user_id": 8, "user_history": [1, 2], "country": "fr", "weight": 1.0, "fresh": True},
        ]
    },
    {"signature_name": "embed", "inputs": [[[0, 1, 2.5], [0, 0, 0]]]},
    {"signature_name": "embed", "instances": [{"inputs": [[0, 1, 2.5], [0, 0, 0]]}]},
    {"signature_name": "examples:embed", "instances": [{"b64": "CgA="}, {"b64": "CgA="}]},
    {
        "signature_name": "rank",
        "inputs": {
            "items_values": [1, 2, 3],
            "items_row_splits": [0, 2, 3],
            "cross_indices": [[0, 3], [1, 0]],
            "cross_values": [0.5, 1.5],
            "cross_dense_shape": [2, 100],
            "temperature": 1.0,
        },
    },
    {"signature_name": "reset", "inputs": {}},
    {"signature_name": "price", "examples": [{"area": 70.5, "rooms": [1, 2], "words": "old"}]},
    {"signature_name": "raw:price", "inputs": {"area": [70.5], "rooms": [[1, 2]], "words": [["old"]]}},
    {"signature_name": "label", "examples": [{"anything": [1, 2], "text": "a"}]},
]
VALUES = [None, True, 0, 1, -1, 1.0, 0.5, 51, 1 << 24, 1 << 40, 1e300, "", "de", {"b64": "ZnI="}, {"b64": 1}, {}, [], [[]], [0], [[1.5]]]  # fmt: skip


def edited(rng: Random, request: Any) -> Any:
    """A request of which one or two values are replaced, removed or added."""
    root = [copy.deepcopy(request)]
    for _ in range(rng.choice((1, 1, 2))):
        container: Any = root
        key: Any = 0
        while isinstance(container[key], (dict, list)) and container[key] and rng.random() < 0.8:
            container = container[key]
            key = rng.choice(list(container)) if isinstance(container, dict) else rng.randrange(len(container))
        match rng.randrange(4):
            case 0 if isinstance(container, dict):
                container[rng.choice(("extra", "inputs", "signature_name"))] = rng.choice(VALUES)
            case 1 if isinstance(container, list) and container is not root:
                container.insert(key, copy.deepcopy(rng.choice([container[key], *VALUES])))
            case 2 if container is not root:
                del container[key]
                if not container:
                    return root[0]
            case _:
                container[key] = copy.deepcopy(rng.choice(VALUES))
    return root[0]
