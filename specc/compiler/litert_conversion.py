"""A program that converts signatures with LiteRT's converter and says which ops it refuses: the child of a build.

It reads ``{"directory": ..., "keys": [...], "tags": [...]}`` from standard input, and writes a line for each key:
``[key, [op, ...]]``, with no ops where the conversion succeeds.
"""

from __future__ import annotations

import json
import re
import sys

_OP = re.compile(r"'tf\.(\w+)' op is neither a custom op nor a flex op")
_FLEX = re.compile(r"^(?:TF Select|Custom) ops: (.+)$", re.MULTILINE)


def main() -> None:
    """Converts each signature alone."""
    import tensorflow as tf

    request = json.load(sys.stdin)
    for key in request["keys"]:
        converter = tf.lite.TFLiteConverter.from_saved_model(
            request["directory"], signature_keys=[key], tags=set(request["tags"])
        )
        try:
            converter.convert()
            refused: list[str] = []
        except Exception as error:  # noqa: BLE001  # every failure is a refusal
            refused = _refused(str(error))
        print("\n" + json.dumps([key, refused]), flush=True)


def _refused(text: str) -> list[str]:
    """The ops in an error's text, else its first line."""
    found = {*_OP.findall(text), *(op for line in _FLEX.findall(text) for op in line.split(", "))}
    return sorted(found) or [text.strip().partition("\n")[0][:120]]


if __name__ == "__main__":
    main()
