"""The witness of a change as code that can be pasted: a call that works on OLD."""

from __future__ import annotations

import json
import keyword
from collections.abc import Mapping, Sequence
from itertools import accumulate
from operator import mul
from typing import Any

from specc.change import Witness
from specc.language.document import CALL, Document
from specc.language.receivers import RECEIVER_INPUT
from specc.language.signatures import PublishedSignature, signature_with
from specc.language.trees import LEAVES, Dict, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple, children
from specc.rest.urls import GRPC_ADDRESS, REST_URL, model_path

_INLINE = 32
"""How many elements a JSON request has at most; a larger one is made by a line of Python."""


def client_call(witness: Witness, document: Document, *, by_name: bool = False) -> str:
    """The call of ``witness`` as code; ``document`` is OLD. In Python its arguments go by position, or ``by_name``."""
    if witness.surface == "python":
        return _python_call(witness, document, by_name=by_name)
    signature = signature_with(document, witness.address)
    model = document.name or "model"
    return _curl(witness, signature, model) if witness.surface == "rest" else _grpc(witness, model)


def _curl(witness: Witness, signature: PublishedSignature | None, model: str) -> str:
    method = signature.method if signature is not None and signature.method in ("classify", "regress") else "predict"
    url = f"{REST_URL}{model_path(model)}:{method}"
    names = list(witness.inputs)
    if method != "predict" and names in ([RECEIVER_INPUT], ["examples"]):
        return f"curl -d {_quoted(json.dumps({'signature_name': witness.address, 'examples': [{}]}))} {url}"
    if sum(_values(each["shape"]) for each in witness.inputs.values()) <= _INLINE:
        data = {
            "signature_name": witness.address,
            "inputs": {name: _json(name, witness.inputs[name]) for name in names},
        }
        return f"curl -d {_quoted(json.dumps(data))} {url}"
    inputs = ", ".join(f"{name!r}: {_nested(name, each)}" for name, each in witness.inputs.items())
    code = f"import json; print(json.dumps({{'signature_name': {witness.address!r}, 'inputs': {{{inputs}}}}}))"
    return f"python3 -c {_quoted(code)} | curl -d @- {url}"


def _up_to_0(shape: Sequence[int]) -> Sequence[int]:
    """The sizes that the lists of a tensor show: those after a 0 are inside an empty list."""
    return shape[: shape.index(0) + 1] if 0 in shape else shape


def _values(shape: Sequence[int]) -> int:
    """How many lists and elements the JSON of a tensor has, the outermost list aside."""
    return sum(accumulate(shape, mul))


def _quoted(text: str) -> str:
    import shlex  # noqa: PLC0415  # only for a break on REST

    return shlex.quote(text)


def _json(name: str, tensor: Mapping[str, Any]) -> Any:
    """A tensor as nested JSON lists."""
    value = _element(name, tensor)
    for size in reversed(_up_to_0(tensor["shape"])):
        value = [value] * size
    return value


def _nested(name: str, tensor: Mapping[str, Any]) -> str:
    """A tensor as a short Python expression of nested lists."""
    text = repr(_element(name, tensor))
    for size in reversed(_up_to_0(tensor["shape"])):
        text = f"[{text}] * {size}" if size != 1 else f"[{text}]"
    return text


def _element(name: str, tensor: Mapping[str, Any]) -> Any:
    """One element of a tensor, as TensorFlow Serving's JSON has it."""
    match tensor["dtype"]:
        case "string":
            return {"b64": ""} if name.endswith("_bytes") else ""
        case "bool":
            return bool(tensor.get("value", False))
        case dtype:
            return tensor.get("value", 0.0 if "float" in dtype else 0)


def _grpc(witness: Witness, model: str) -> str:
    lines = [
        "import grpc",
        "import tensorflow as tf",
        "from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc",
        "",
        "request = predict_pb2.PredictRequest()",
        f"request.model_spec.name, request.model_spec.signature_name = {_word(model)}, {_word(witness.address)}",
    ]
    for name, tensor in witness.inputs.items():
        made = f"tf.make_tensor_proto({_fill(tensor)}, {_word(tensor['dtype'])}, {list(tensor['shape'])})"
        lines.append(f"request.inputs[{_word(name)}].CopyFrom({made})")
    stub = f"prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel({_word(GRPC_ADDRESS)}))"
    return "\n".join([*lines, f"{stub}.Predict(request)"])


def _python_call(witness: Witness, document: Document, *, by_name: bool) -> str:
    lines = ["import tensorflow as tf", "", 'loaded = tf.saved_model.load("old")']
    name = witness.address
    is_word = name.isidentifier() and not keyword.iskeyword(name)
    target = "loaded" if name == CALL else f"loaded.{name}" if is_word else f"getattr(loaded, {name!r})"
    endpoint = document.endpoints.get(name)
    if endpoint is None:  # a collection
        return "\n".join([*lines, target])
    arguments = []
    for word, tree in zip(endpoint.arguments, endpoint.inputs, strict=True):
        if any(_is_at(path, word) for path in witness.inputs):
            arguments.append(f"{f'{word}=' if by_name else ''}{_tree(tree, word, witness.inputs)}")
    if any("namedtuple(" in argument for argument in arguments):
        lines.insert(0, "import collections")
    return "\n".join([*lines, f"{target}({', '.join(arguments)})"])


def _is_at(path: str, word: str) -> bool:
    return path == word or path.startswith(f"{word}.")


def _tree(tree: Tree, path: str, tensors: Mapping[str, Mapping[str, Any]]) -> str:
    """An argument as a Python expression; ``path`` is its name, as the witness has it."""
    if isinstance(tree, LEAVES):
        return _leaf(tree, tensors.get(path) or {"dtype": tree.dtype, "shape": []})
    parts = [(key, _tree(child, f"{path}.{key}", tensors)) for key, child in children(tree)]
    match tree:
        case Dict():
            return f"{{{', '.join(f'{_word(str(key))}: {text}' for key, text in parts)}}}"
        case List():
            return f"[{', '.join(text for _, text in parts)}]"
        case NamedTuple():
            words = f"{tree.typename!r}, {[key for key, _ in parts]!r}"
            return f"collections.namedtuple({words})({', '.join(text for _, text in parts)})"
        case Tuple():
            return f"({', '.join(text for _, text in parts)}{',' if len(parts) == 1 else ''})"


def _leaf(leaf: Tensor | Ragged | Sparse, tensor: Mapping[str, Any]) -> str:
    dense = f"tf.fill({list(tensor['shape'])}, tf.constant({_fill(tensor)}, {_word(tensor['dtype'])}))"
    match leaf:
        case Tensor():
            return dense
        case Ragged():
            options = f"ragged_rank={leaf.ragged_rank}, row_splits_dtype=tf.{leaf.row_splits_dtype}"
            return f"tf.RaggedTensor.from_tensor({dense}, {options})"
        case Sparse():
            return f"tf.sparse.from_dense({dense})"


def _fill(tensor: Mapping[str, Any]) -> str:
    """One element of a tensor as a Python expression."""
    match tensor["dtype"]:
        case "string":
            return '""'
        case "bool":
            return repr(bool(tensor.get("value", False)))
        case _:
            return repr(tensor.get("value", 0))


def _word(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
