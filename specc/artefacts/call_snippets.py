"""Calls of an endpoint that can be pasted: with curl, with the emitted Python client, and of the revived object."""

from __future__ import annotations

import base64
import json
import keyword
import shlex
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from specc.artefacts.artefact import Request
from specc.artefacts.python_client.types import all_defaults
from specc.diagnostics import SpecPath
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.messages import to_messages
from specc.language.calls.write import leaf_to_json
from specc.language.document import CALL, Endpoint
from specc.language.dtypes import DTYPES, Family
from specc.language.trees import LEAVES, Dict, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple
from specc.language.wire_names import BoundLeaf, input_leaves, placed_children
from specc.rest.exchanges import tensor_value
from specc.rest.sample import sample_inputs
from specc.rest.signatures import RestSignature, rest_service
from specc.rest.urls import GRPC_ADDRESS, REST_URL, model_path

MAX_BYTES = 4096
"""The size of the longest call that is shown."""


class Post(typing.NamedTuple):
    """A request to the REST API: the path of its URL, and its body in JSON."""

    path: str
    body: str


class Snippet(typing.NamedTuple):
    """One call as text, in the language of its highlighting; one with curl also has the request that it sends."""

    title: str
    language: str
    text: str
    post: Post | None = None


def snippets(request: Request, name: str, rest_url: str = REST_URL) -> list[Snippet]:
    """The calls of the endpoint called ``name`` with one request that works; none that is too long to be shown."""
    endpoint = request.document.endpoints[name]
    inputs = sample_inputs(request.document, name)
    if inputs is None or _least_length(endpoint, inputs) > MAX_BYTES:
        return []
    found = [*_rest_calls(request, name, inputs, rest_url), *_client_calls(request, name, endpoint, inputs, rest_url)]
    found.append(Snippet("Python, revived object", "python", _revived_call(request, name, endpoint, inputs)))
    return [each for each in found if len(each.text.encode("utf-8")) <= MAX_BYTES]


def _least_length(endpoint: Endpoint, inputs: Mapping[str, FlatTensor]) -> int:
    """How many characters each snippet has at least: a comma for each element, and a bracket for each dimension."""
    components = (component for bound in input_leaves(endpoint) for component in bound.components)
    values = [inputs[component.wire_name] for component in components if component.part != "row_splits"]
    return sum(max(tensor.size, 1) + len(tensor.shape) for tensor in values)


def _rest_calls(request: Request, name: str, inputs: Mapping[str, FlatTensor], rest_url: str) -> list[Snippet]:
    signatures = rest_service(request.document, (name,)).signatures
    found: list[Snippet] = []
    for signature in signatures:
        if signature.verb != "predict" and signature.features is not None:
            examples = _examples(signature, inputs)
            if examples is not None:
                found.append(_curl("curl, examples", request, signature, {"examples": examples}, rest_url))
        elif signature.verb == "predict" and signature.receiver is None:
            columns = {tensor.name: tensor_value(inputs[tensor.name]) for tensor in signature.inputs}
            found.append(_curl("curl, columns", request, signature, {"inputs": columns}, rest_url))
            if signature.rows is not None:
                rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=False)]
                found.append(_curl("curl, rows", request, signature, {"instances": rows}, rest_url))
    return found


def _curl(title: str, request: Request, signature: RestSignature, body: Mapping[str, Any], rest_url: str) -> Snippet:
    named = body if signature.is_default else {"signature_name": signature.key, **body}
    data = json.dumps(named, ensure_ascii=False)
    post = Post(f"{model_path(request.name)}:{signature.verb}", data)
    url = shlex.quote(rest_url + post.path)
    return Snippet(title, "sh", f"curl -d {shlex.quote(data)} {url}", post)


def _examples(signature: RestSignature, inputs: Mapping[str, FlatTensor]) -> list[dict[str, Any]] | None:
    """The examples of a classify or regress request, or None if they cannot hold the values."""
    assert signature.receiver is not None
    assert signature.features is not None
    if to_messages(signature.endpoint, signature.receiver, inputs) is None:
        return None
    columns: dict[str, list[Any]] = {}
    for feature in signature.features:
        if feature.parsed not in ("fixed", "sequence"):
            return None
        kind = float if feature.dtype == "float32" else int if feature.dtype == "int64" else None
        rows = tensor_value(inputs[feature.leaf.name])
        columns[feature.key] = [_flat(row, kind) for row in rows]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _flat(value: Any, kind: type | None) -> Any:
    """A row's values as a flat list, or its only one, in the type of the feature."""
    if not isinstance(value, list):
        return value if kind is None else kind(value)
    found: list[Any] = []
    for item in value:
        inner = _flat(item, kind)
        found += inner if isinstance(inner, list) else [inner]
    return found


def _client_calls(
    request: Request, name: str, endpoint: Endpoint, inputs: Mapping[str, FlatTensor], rest_url: str
) -> list[Snippet]:
    if name == CALL:  # which no server calls
        return []
    leaves = {bound.path: _array(bound, inputs) for bound in input_leaves(endpoint)}
    arguments = ", ".join(_client_arguments(endpoint, leaves))
    used = [word for word in ("Ragged", "Sparse") if f"{word}." in arguments or f"{word}(" in arguments]
    module = f"{module_name(request.name)}_client"
    rest = f"from {module} import {', '.join(['Client', *used])}\n\n"
    grpc = f"import grpc\nfrom {module} import {', '.join(['Client', 'Grpc', *used])}\n\n"
    call = f"{name}({arguments})"
    rest += f'client = Client("{rest_url}")\nprint(client.{call})'
    grpc += f'client = Client(Grpc(grpc.insecure_channel("{GRPC_ADDRESS}")))\nprint(client.{call})'
    return [Snippet("Python client, REST", "python", rest), Snippet("Python client, gRPC", "python", grpc)]


def _client_arguments(endpoint: Endpoint, leaves: Mapping[SpecPath, str]) -> Iterator[str]:
    """The arguments of a call of the emitted client, by name from the first one on that has a default."""
    is_named = False
    for index, (word, tree) in enumerate(zip(endpoint.arguments, endpoint.inputs, strict=True)):
        is_named = is_named or all_defaults(tree)
        text = _expression(tree, ("inputs", index), leaves)
        yield f"{word}={text}" if is_named else text


def _array(bound: BoundLeaf, inputs: Mapping[str, FlatTensor]) -> str:
    """A leaf's value as the emitted client takes it."""
    value = leaf_to_json(bound, inputs)
    match bound.leaf:
        case Tensor():
            return _literal(value, bound.leaf.dtype)
        case Ragged():
            return f"Ragged.of({_literal(value, bound.leaf.dtype)})"
        case Sparse():
            return f"Sparse({', '.join(_sparse_parts(bound, value))})"


def _sparse_parts(bound: BoundLeaf, value: Mapping[str, Any]) -> list[str]:
    dtypes = {"indices": "int64", "values": bound.leaf.dtype, "dense_shape": "int64"}
    return [_literal(value[key], dtype) for key, dtype in dtypes.items()]


def module_name(model: str) -> str:
    """The name of a model as a Python module can have it."""
    word = "".join(letter if letter.isascii() and (letter.isalnum() or letter == "_") else "_" for letter in model)
    return f"_{word}" if not word or word[0].isdigit() or keyword.iskeyword(word) else word


def _literal(value: Any, dtype: str) -> str:
    """A value of ``dtype``, in the language's encoding, as a Python expression."""
    match value:
        case tuple() | list():
            return f"[{', '.join(_literal(item, dtype) for item in value)}]"
        case {"base64": str(text)}:
            return repr(base64.b64decode(text))
        case {"real": real, "imag": imag}:
            return f"complex({_literal(real, 'float64')}, {_literal(imag, 'float64')})"
        case str() if DTYPES[dtype].family is not Family.STRING:  # "NaN"
            return f"float({value!r})"
        case _:
            return repr(value)


def _revived_call(request: Request, name: str, endpoint: Endpoint, inputs: Mapping[str, FlatTensor]) -> str:
    leaves = {bound.path: _tensor(bound, inputs) for bound in input_leaves(endpoint)}
    arguments = [_expression(tree, ("inputs", index), leaves) for index, tree in enumerate(endpoint.inputs)]
    lines = ["import tensorflow as tf", "", f"model = tf.saved_model.load({request.name!r})"]
    if any("collections." in argument for argument in arguments):
        lines.insert(0, "import collections")
    return "\n".join([*lines, f"print({python_object(name)}({', '.join(arguments)}))"])


def python_object(name: str) -> str:
    """What Python calls for the endpoint called ``name``: ``model.score``."""
    return "model" if name == CALL else f"model.{name}" if name.isidentifier() else f"getattr(model, {name!r})"


def _expression(tree: Tree, path: SpecPath, leaves: Mapping[SpecPath, str]) -> str:
    """An argument as a Python expression, in which each leaf at its path is one of ``leaves``."""
    if isinstance(tree, LEAVES):
        return leaves[path]
    parts = [(key, _expression(child, place, leaves)) for key, child, place in placed_children(tree, path)]
    texts = ", ".join(text for _, text in parts)
    match tree:
        case Dict():
            return f"{{{', '.join(f'{key!r}: {text}' for key, text in parts)}}}"
        case List():
            return f"[{texts}]"
        case NamedTuple():
            return f"collections.namedtuple({tree.typename!r}, {[key for key, _ in parts]!r})({texts})"
        case Tuple():
            return f"({texts}{',' if len(parts) == 1 else ''})"


def _tensor(bound: BoundLeaf, inputs: Mapping[str, FlatTensor]) -> str:
    """A leaf's value as a tensor of TensorFlow."""
    leaf, value = bound.leaf, leaf_to_json(bound, inputs)
    dtype = f"tf.{leaf.dtype}"
    match leaf:
        case Tensor():
            shape = inputs[bound.name].shape
            if 0 in shape:
                return f"tf.zeros({list(shape)}, {dtype})"
            return f"tf.constant({_literal(value, leaf.dtype)}, {dtype})"
        case Ragged():
            options = f"ragged_rank={leaf.ragged_rank}, row_splits_dtype=tf.{leaf.row_splits_dtype}"
            return f"tf.ragged.constant({_literal(value, leaf.dtype)}, {dtype}, {options})"
        case Sparse():
            indices, values, shape_text = _sparse_parts(bound, value)
            return f"tf.sparse.SparseTensor({indices}, tf.constant({values}, {dtype}), {shape_text})"
