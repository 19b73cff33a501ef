"""The file of a client: the types and methods of the endpoints, around a fixed text that no document changes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from specc.artefacts.artefact import Rendered, Request, emit_finding
from specc.artefacts.python_client.methods import Method, constant_name, dims_of
from specc.artefacts.python_client.source_text import (
    Expression,
    Names,
    Nested,
    docstring,
    layout,
    literal,
    quoted,
    tuple_of,
)
from specc.artefacts.python_client.types import IN_ANNOTATIONS, Types
from specc.diagnostics import Diagnostic
from specc.language.calls.array_names import clashing
from specc.language.document import CALL, Endpoint
from specc.language.dtypes import NUMPY_DTYPES
from specc.language.signatures import SERVABLE, PublishedSignature, published_signatures_of
from specc.language.validation.buildable import MAX_NESTING
from specc.language.wire_names import endpoint_nodes
from specc.reader.protobuf.tensors import data_type
from specc.rest.values import REST_DTYPES

_RUNTIME = ("composites", "arrays", "trees", "requests", "transports", "wire", "client")
"""The parts of the fixed text, in their order: files beside this module, which Python does not import."""
_TYPING = ("Any", "Generic", "NoReturn", "Protocol", "TypeAlias", "TypeVar")
_FORMATTED_WIDTH = 88
_IMPORTS = """\
from __future__ import annotations

import base64
import http.client
import json
import math
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
"""
_NUMPY = """\
import numpy as np
import numpy.typing as npt
"""
_REMARKS = (
    "A call that the contract does not allow raises a ValueError before anything is sent; a call that the server "
    "refuses raises a ModelError. Strings are bytes in arrays of objects, and a scalar is an array of rank 0."
)


def render(request: Request) -> Rendered:
    """The source of the client."""
    findings: list[Diagnostic] = []
    chosen = list(_callable(request, findings))
    if not chosen:
        message = f"a client can call nothing of {request.name!r}"
        hint = "give it an endpoint of the method predict, or a receiver that is the plain signature"
        return b"", [*findings, emit_finding("emit-nothing", ("endpoints",), message, hint, is_error=True)]
    return _source(request, chosen).encode("utf-8"), findings


def _callable(request: Request, findings: list[Diagnostic]) -> Iterator[PublishedSignature]:
    """The signature of each endpoint that takes its own inputs; an endpoint without one is a finding."""
    for name, endpoint in request.chosen().items():
        if endpoint.method not in SERVABLE:
            continue
        published = published_signatures_of(request.document, name)
        signature = next((each for each in published if not each.alias_of and each.receiver is None), None)
        reason = _reason_against(endpoint, signature)
        if signature is None or reason:
            findings.append(emit_finding("emit-left-out", ("endpoints", name), f"{name!r} is left out: {reason}"))
        else:
            yield signature


def _reason_against(endpoint: Endpoint, signature: PublishedSignature | None) -> str:
    if signature is None:
        return "it has no signature: it is the revived object itself, which only Python calls"
    if signature.method != "predict":
        return f"a {signature.method} request holds messages of tf.train.Example, which this client does not write"
    for component in (*signature.inputs, *signature.outputs):
        if component.dtype not in NUMPY_DTYPES:
            return f"NumPy has no {component.dtype}, the dtype of {component.wire_name!r}"
    for side in (signature.inputs, signature.outputs):
        if twice := clashing(component.wire_name for component in side):
            return f"two tensors have the wire name {twice!r}"
    if any(container.depth > MAX_NESTING for container in endpoint_nodes(endpoint).containers):
        return f"its containers are nested deeper than {MAX_NESTING} levels"
    return ""


def _source(request: Request, signatures: list[PublishedSignature]) -> str:
    names = [signature.endpoint for signature in signatures]
    called = Names(IN_ANNOTATIONS).claim_all([name for name in names if name != CALL], "endpoint") | {CALL: CALL}
    module = Names({*_fixed_names(), *IN_ANNOTATIONS, *called.values(), "Client", "NamedTuple", "TypedDict"})
    types = Types(module)
    constants, methods = list[str](), list[str]()
    for signature in signatures:
        method = called[signature.endpoint]
        made = Method(request.document, signature, method, module.claim(constant_name(method)))
        constant, text = made.define(types)
        constants.append(constant)
        methods.append(text)
    header = [
        *docstring(_description(request)),
        f"# Contract: {request.contract_digest}",
        "",
        _IMPORTS + _typing({*_TYPING, *types.imports}),
        "",
        _NUMPY,
        f"_MODEL = {quoted(request.name)}",
        *_tables(request, signatures),
    ]
    client = ["class Client(_Client):", *docstring([[f"The endpoints of the model {request.name!r}."], *_how()], 4)]
    blocks = [
        "\n".join(header),
        _runtime(),
        *types.definitions,
        *constants,
        "\n".join(client) + "\n\n" + "\n\n".join(methods),
    ]
    return "\n\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _typing(names: set[str]) -> str:
    """The import of these names, as formatters lay it out."""
    ordered = sorted(names, key=str.casefold)
    line = f"from typing import {', '.join(ordered)}"
    if len(line) <= _FORMATTED_WIDTH:
        return line
    return "\n".join(["from typing import (", *(f"    {name}," for name in ordered), ")"])


def _description(request: Request) -> Iterator[list[str]]:
    yield [
        f"Client of the model {request.name!r}: NumPy arrays in and out, over TensorFlow Serving's REST or gRPC API."
    ]
    yield request.document.description.split("\n")
    yield [_REMARKS]
    yield ["Written by specc emit python: change the contract and emit it again, instead of changing this file."]


def _how() -> Iterator[list[str]]:
    yield [
        "It is made with a URL, http://localhost:8501, or with a transport, such as "
        'Grpc(grpc.insecure_channel("localhost:8500")).'
    ]


def _tables(request: Request, signatures: list[PublishedSignature]) -> Iterator[str]:
    dims = sorted({dim for each in signatures for dim in dims_of(request.document.endpoints[each.endpoint])})
    bounds: list[tuple[str, Expression]] = []
    for name in dims:
        dim = request.document.dims[name]
        bounds.append((f"{quoted(name)}: ", tuple_of([literal(dim.min), literal(dim.max)])))
    yield _table(
        "_DIMS: dict[str, tuple[int, int | None]]", bounds, "The least and the largest size of each dimension."
    )
    numbers: list[tuple[str, Expression]] = [
        (f"{quoted(dtype)}: ", str(data_type(dtype))) for dtype in sorted(NUMPY_DTYPES)
    ]
    yield _table("_DATA_TYPES", numbers, "TensorFlow's DataType of each dtype.")
    listed = Nested("frozenset({", [("", quoted(dtype)) for dtype in sorted(REST_DTYPES)], "})")
    yield f"_REST_DTYPES = {layout(listed, 0, 15)}"
    yield '"""The dtypes that TensorFlow Serving has JSON for."""'


def _table(name: str, parts: Iterable[tuple[str, Expression]], text: str) -> str:
    return f'{name} = {layout(Nested("{", list(parts), "}"), 0, len(name) + 3)}\n"""{text}"""'


@cache
def _runtime() -> str:
    folder = Path(__file__).with_name("runtime")
    texts = [(folder / f"{name}.py.txt").read_text(encoding="utf-8").strip("\n") for name in _RUNTIME]
    return "\n\n\n".join(texts)


@cache
def _fixed_names() -> frozenset[str]:
    """The names that the module of every client imports or defines."""
    found = {*_TYPING, "_MODEL", "_DIMS", "_DATA_TYPES", "_REST_DTYPES"}
    for statement in ast.parse(_IMPORTS + _NUMPY + _runtime()).body:
        match statement:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {(alias.asname or alias.name).partition(".")[0] for alias in names}
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return frozenset(found)
