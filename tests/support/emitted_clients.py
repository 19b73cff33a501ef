"""Emitted Python clients: their modules, transports that answer in the same process, and calls as their arguments."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import ModuleType
from typing import Any

import numpy as np

import specc
from specc.artefacts.prediction_log import tensor_proto
from specc.language.calls.feature_encoding import map_entry
from specc.language.calls.flat_tensor import FlatTensor, numpy_type
from specc.language.document import Document
from specc.language.load import from_json
from specc.language.trees import Dict, Ragged, Sparse, Tensor, Tree
from specc.language.wire_names import BoundLeaf, input_leaves, placed_children

_count = itertools.count()


def client_source(document: Document, **options: Any) -> str:
    """The text of the emitted client."""
    made = specc.emit("python", document, **options)
    assert made.data, made.findings
    return made.data.decode("utf-8")


def client_module(document: Document, **options: Any) -> Any:
    """The module of the emitted client."""
    module = ModuleType(f"emitted_client_{next(_count)}")
    sys.modules[module.__name__] = module  # dataclasses look there
    try:
        exec(compile(client_source(document, **options), module.__name__, "exec"), module.__dict__)
    finally:
        del sys.modules[module.__name__]
    return module


def one_endpoint(inputs: list[Any], outputs: Any = "float32[]", **fields: Any) -> Document:
    """The document of one endpoint, f."""
    dims = {"batch": {}, "time": {"min": 1, "max": 6}}
    return from_json({"specc": 1, "dims": dims, "endpoints": {"f": {"inputs": inputs, "outputs": outputs, **fields}}})


class Recording:
    """A transport that keeps each request, and answers with the tensors in ``answer``."""

    def __init__(self, answer: Mapping[str, Any] | None = None) -> None:
        self.answer = answer or {}
        self.requests: list[Any] = []

    def predict(self, request: Any, /) -> Mapping[str, Any]:
        self.requests.append(request)
        return self.answer


class FakeChannel:
    """A gRPC channel that keeps each request, and answers with the bytes in ``answer``, or raises it."""

    def __init__(self, answer: bytes | Exception = b"") -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.method = ""

    def unary_unary(self, method: str) -> Callable[..., bytes]:
        self.method = method
        return self._answer

    def _answer(self, request: bytes, *, timeout: float) -> bytes:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def predict_response(outputs: Mapping[str, FlatTensor]) -> bytes:
    """A PredictResponse of these outputs."""
    return b"".join(map_entry(name, tensor_proto(tensor)) for name, tensor in outputs.items())


@contextmanager
def http_server(answer: Callable[[str, bytes], tuple[int, bytes]]) -> Iterator[str]:
    """The URL of a server whose status and content for a path and a body are what ``answer`` returns."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, content = answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Prints nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def numpy_array(tensor: FlatTensor) -> Any:
    """The array of a flat tensor."""
    if isinstance(tensor.values, bytes):
        return np.frombuffer(tensor.values, numpy_type(tensor.dtype)).reshape(tensor.shape)
    found = np.empty(len(tensor.values), object)
    found[:] = tensor.values
    return found.reshape(tensor.shape)


def arguments(
    module: Any, document: Document, endpoint: str, tensors: Mapping[str, FlatTensor], left_out: frozenset[str]
) -> list[Any]:
    """The arguments of a call by a client; those leaves in ``left_out`` are None."""
    declared = document.endpoints[endpoint]
    leaves = {leaf.path: leaf for leaf in input_leaves(declared)}

    def value(tree: Tree, path: tuple[str | int, ...]) -> Any:
        if isinstance(tree, (Tensor, Ragged, Sparse)):
            return _leaf_value(module, leaves[path], tensors, left_out)
        items = [(key, value(child, place)) for key, child, place in placed_children(tree, path)]
        return dict(items) if isinstance(tree, Dict) else [item for _, item in items]

    return [value(tree, ("inputs", index)) for index, tree in enumerate(declared.inputs)]


def _leaf_value(module: Any, bound: BoundLeaf, tensors: Mapping[str, FlatTensor], left_out: frozenset[str]) -> Any:
    if bound.name in left_out and isinstance(bound.leaf, Tensor):
        return None
    parts = [numpy_array(tensors[component.wire_name]) for component in bound.components]
    match bound.leaf:
        case Ragged():
            return module.Ragged(*parts)
        case Sparse():
            return module.Sparse(*parts)
        case _:
            return parts[0]


def called(client: Any, document: Document, endpoint: str, values: list[Any]) -> Any:
    """What the method of an endpoint, whose name is legal, returns; optional arguments are given by keyword."""
    names = document.endpoints[endpoint].arguments
    return getattr(client, endpoint)(**dict(zip(names, values, strict=True)))
