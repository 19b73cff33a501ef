"""A program that converts signatures with LiteRT's converter and says which ops it refuses: the child of a build.

It reads ``{"directory": ..., "keys": [...], "tags": [...]}`` from standard input, and writes a line for each key:
``[key, [op, ...]]``, with no ops where the conversion succeeds.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator

import tensorflow as tf

_REFUSED = re.compile(r"'tf\.(\w+)' op is neither a custom op nor a flex op")
_PLACE = re.compile(r'error: loc\((?:callsite\()?fused\["(\w+):')
_LISTED = re.compile(r"^(?:TF Select|Custom) ops: (.+)$", re.MULTILINE)


def conversions(directory: str, keys: Iterable[str], tags: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Converts each signature by itself; yields its key and the ops that the converter refuses, if any."""
    for key in keys:
        converter = tf.lite.TFLiteConverter.from_saved_model(directory, signature_keys=[key], tags=set(tags))
        try:
            converter.convert()
        except Exception as error:  # noqa: BLE001  # every failure is a refusal
            yield key, _ops_of(str(error))
        else:
            yield key, []


def _ops_of(text: str) -> list[str]:
    """The ops in an error's text, else its first line."""
    found = {*_REFUSED.findall(text), *(op for line in _LISTED.findall(text) for op in line.split(", "))}
    return sorted(found or set(_PLACE.findall(text))) or [text.strip().partition("\n")[0][:120]]


if __name__ == "__main__":
    for conversion in conversions(**json.load(sys.stdin)):
        print("\n" + json.dumps(conversion), flush=True)
