"""Loads the archive of EfficientNetB0, as an object and in a Session of TensorFlow 1.

Each load runs in a fresh process, and only the load is measured.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from measure import Figures, fresh, spent


def revive(path: str) -> Any:
    import tensorflow as tf

    return tf.saved_model.load(path)


def load_in_session(path: str) -> Any:
    import tensorflow as tf

    with tf.Graph().as_default():
        session = tf.compat.v1.Session()
        tf.compat.v1.saved_model.load(session, ["serve"], path)
    return session


WAYS = {"saved_model.load": revive, "session": load_in_session}


def measure(way: str, paths: dict[str, str]) -> dict[str, Figures]:
    """The figures of one round, of the archive of each tool."""
    return {tool: fresh(__file__, way, path) for tool, path in paths.items()}


def run_here(way: str, path: str) -> Figures:
    import tensorflow as tf

    tf.constant(0)  # starts the runtime
    with spent() as figures:
        _loaded = WAYS[way](path)  # until it is measured
    return figures


if __name__ == "__main__":
    print(json.dumps(run_here(*sys.argv[2:])))
