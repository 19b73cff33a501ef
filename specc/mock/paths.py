"""The paths of TensorFlow Serving's REST API: model_servers/http_rest_api_util.cc of tensorflow/serving.

A mock has one model, which is every version and has every label.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from specc.mock.refused import RefusedError
from specc.rest.signatures import Verb

_WHICH = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_CALL = re.compile(rf"/v1/models/(?P<name>[^/:]+){_WHICH}:(?P<verb>classify|regress|predict)")
_STATUS = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_WHICH}(?P<metadata>/metadata)?")
_LARGEST = (1 << 63) - 1
VERSION = "1"
"""The version that a mock has where none is named."""


class Call(NamedTuple):
    """A request to call a model."""

    verb: Verb


class About(NamedTuple):
    """A request for the status of a version, or for the metadata of the model."""

    version: str
    is_metadata: bool


def read_path(method: str, path: str, model: str) -> Call | About:
    """What a path below ``/v1/`` asks of ``model``.

    Raises:
        RefusedError: it is not one of the API's, or that of another model.
    """
    match = {"POST": _CALL, "GET": _STATUS}[method].fullmatch(path) if method in ("POST", "GET") else None
    if match is None:
        raise RefusedError(400, f"Malformed request: {method} {path}")
    if match["name"] is None:
        raise RefusedError(400, "Missing model name in request.")
    name, version = unquote(match["name"]), match["version"]
    if version is not None and (len(version) > 19 or int(version) > _LARGEST):
        raise RefusedError(400, f"Failed to convert version: {version} to numeric.")
    if method == "POST":
        if name != model:
            which = f"Latest({name})" if version is None else f"Specific({name}, {version})"
            raise RefusedError(404, f"Servable not found for request: {which}")
        return Call(match["verb"])  # type: ignore[arg-type]  # one of the three in the pattern
    if name != model:
        raise RefusedError(404, f"Could not find any versions of model {name}")
    return About(version or VERSION, match["metadata"] is not None)
