"""The text of an error of TensorFlow, without what differs from run to run."""

from __future__ import annotations

import re

import tensorflow as tf

from specc.compiler.user_code import summarize
from specc.errors import SpeccError
from specc.verification.protocol import Refused

_LENGTH = 500
_TAIL = re.compile(
    r"\n\s*(Original stack trace|Errors may have originated|Input Source operations|Fallback to flat signature).*",
    re.DOTALL,
)
_DETECTED = re.compile(
    r"(Graph execution error:|\(\d+\) \w+:|^\s*Detected at node.*|^\s*Node: .*|^\s*File \".*)", re.MULTILINE
)
_NOISE = [
    (re.compile(r"<stack traces unavailable>\s*"), ""),
    (re.compile(r"\{\{(function_)?node [^}]*\}\}\s*"), ""),
    (re.compile(r"\s*\[\[[^\]]*\]\]"), ""),
    (re.compile(r"\s*\[Op:[^\]]*\](?: name: ?\S*)?"), ""),
    (re.compile(r"\.? Received args: .*", re.DOTALL), ""),  # and the signature, whose outputs have any order
    (re.compile(r"__(?:inference|forward|backward)_(?:signature_wrapper_)?(\S+?)_\d+\b"), r"\1"),
    (re.compile(r"\b(signature_wrapper_\w+?)_\d+\b"), r"\1"),
    (re.compile(r"\b0x[0-9a-fA-F]{4,}"), "0x..."),
    (re.compile(r"\x1b\[[\d;]*m"), ""),  # Keras prints some words in bold
    (re.compile(r"\s+"), " "),
]


class AbsentError(Exception):
    """The archive has no such attribute or signature."""


def refusal_of(error: BaseException, *paths: str) -> Refused:
    """The Refused of an error."""
    return Refused(refusal_text(error, *paths), "absent" if isinstance(error, AbsentError) else "error")


def refusal_text(error: BaseException, *paths: str) -> str:
    """The message of ``error`` in one line, without nodes, numbers of functions, addresses and the ``paths``."""
    text = error.message if isinstance(error, tf.errors.OpError) else str(error)
    if not isinstance(error, (tf.errors.OpError, SpeccError)) and not text.startswith("Binding inputs"):
        text = summarize(error).partition(": ")[2] or text
    text = _DETECTED.sub("", _TAIL.sub("", text))
    for path in filter(None, paths):
        text = text.replace(path, "...")
    for pattern, replacement in _NOISE:
        text = pattern.sub(replacement, text)
    text = text.strip() or type(error).__name__
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 3]}..."
