"""Archives whose endpoint returns what its receivers parse, and messages sent to them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tagged_session import TaggedSession


def echo(export: Any, tree: Any, receivers: Any) -> Any:
    """An archive whose endpoint returns its only leaf."""
    return echo_at(export, tree, receivers)[0]


def echo_at(export: Any, tree: Any, receivers: Any) -> tuple[Any, Any]:
    """The same, with its path."""
    endpoint = {"function": None, "inputs": [tree], "outputs": tree, "receivers": receivers}
    same = tf.identity if isinstance(tree, str) else lambda value: value
    archive, report = export(None, {"echo": endpoint}, functions={"echo": same})
    return archive, report.path


def send(archive: Any, key: str, *messages: bytes) -> dict[str, Any]:
    """The outputs of a signature for these messages, as arrays."""
    return {
        name: value.numpy()
        for name, value in archive.signatures[key](inputs=tf.constant(messages, tf.string, [len(messages)])).items()
    }


def assertion_failure(archive: Any, path: Any, key: str, *messages: bytes) -> list[str]:
    """The parts of the failed assertion of a call with these messages, the same in Python and in a Session."""
    found = []
    surfaces = (
        lambda: send(archive, key, *messages),
        lambda: TaggedSession(path).ask(key, inputs=np.array(messages, object)),
    )
    for call in surfaces:
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            call()
        found += re.findall(r"assertion failed: \[(.*?):\] \[(.*?)\]", str(caught.value).replace("\\'", "'"))[:1]
    assert found[0] == found[1]
    return list(found[0])
