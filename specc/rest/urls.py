"""Where TensorFlow Serving listens by default, and the path of a model in its REST API."""

from __future__ import annotations

from urllib.parse import quote

REST_URL = "http://localhost:8501"
GRPC_ADDRESS = "localhost:8500"


def model_path(name: str) -> str:
    """The path of the model called ``name``, to which a verb or ``/metadata`` is added."""
    return f"/v1/models/{quote(name, safe='')}"
