"""The witness of a change as a call that can be pasted: it runs, and sends what the witness has."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

import specc
from specc.change import Surface, Witness
from specc.compatibility.client_calls import client_call

DOCUMENT = specc.from_json(
    {
        "specc": 1,
        "name": "ranker",
        "endpoints": {
            "score": {
                "arguments": ["features", "scale"],
                "inputs": [
                    {
                        "a.b": {"kind": "tuple", "items": ["int64[?]"]},
                        "point": {"kind": "namedtuple", "typename": "Point", "fields": [["x", "bool[]"], ["y", "string[]"]]},
                        "rest": ["float32[2]", {"kind": "ragged", "dtype": "int32", "shape": ["?", "?"]}],
                    },
                    {"kind": "tensor", "dtype": "float32", "shape": [], "default": 0.5},
                ],
                "outputs": "float32[?]",
            },
            "__call__": {"inputs": ["float32[2]"], "outputs": "float32[2]"},
            "class": {
                "inputs": [{"x": "float32[?]"}], "method": "regress", "outputs": "float32[?]",
                "receivers": {"examples": {"kind": "tf_example"}}, "receiver": "examples",
            },
        },
        "default": "score",
        "variable_collections": {"kernels": "variables"},
    }
)  # fmt: skip


def tensor(dtype: str, *shape: int, **more: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), **more}


def call(surface: Surface, address: str, **inputs: dict[str, Any]) -> str:
    return client_call(Witness(surface, address, inputs, None, ""), DOCUMENT)


def sent(command: str) -> tuple[str, Any]:
    """The URL of a curl command, and the JSON that it sends."""
    made, bar, curl = command.partition(" | ")
    words = shlex.split(curl or made)
    assert words[:2] == ["curl", "-d"]
    body = words[2]
    if bar:
        assert body == "@-"
        name, *rest = shlex.split(made)
        assert name == "python3"
        body = subprocess.run([sys.executable, *rest], capture_output=True, text=True, check=True).stdout
    return words[3], json.loads(body)


def test_curl() -> None:
    text = call("rest", "it's", ids=tensor("int64", 2, 1, value=3), raw_bytes=tensor("string"), flag=tensor("bool", 1))
    assert sent(text) == (
        "http://localhost:8501/v1/models/ranker:predict",
        {"signature_name": "it's", "inputs": {"ids": [[3], [3]], "raw_bytes": {"b64": ""}, "flag": [False]}},
    )


def test_curl_of_a_large_request() -> None:
    text = call("rest", "it's", image=tensor("float32", 1, 224, 224, 3, value=0.5), name=tensor("string", 1))
    assert len(text) < 300
    _, data = sent(text)
    image = data["inputs"]["image"]
    assert (len(image), len(image[0]), len(image[0][0]), image[0][0][0]) == (1, 224, 224, [0.5] * 3)
    assert (data["signature_name"], data["inputs"]["name"]) == ("it's", [""])


def test_a_request_of_no_rows_stays_short() -> None:
    assert sent(call("rest", "score", x=tensor("float32", 0, 10**9)))[1]["inputs"] == {"x": []}
    assert len(call("rest", "score", x=tensor("float32", 10**9, 0))) < 300


def test_regress_has_its_own_url() -> None:
    url, data = sent(call("rest", "class", inputs=tensor("string", 1)))
    assert url.endswith("/ranker:regress")
    assert data == {"signature_name": "class", "examples": [{}]}


def test_grpc() -> None:
    text = call("wire", 'sc"ore', wörd=tensor("int64", 1, 4, value=7), s=tensor("string", 1))
    compile(text, "call", "exec")
    assert 'request.inputs["wörd"].CopyFrom(tf.make_tensor_proto(7, "int64", [1, 4]))' in text
    assert 'request.inputs["s"].CopyFrom(tf.make_tensor_proto("", "string", [1]))' in text
    assert 'request.model_spec.name, request.model_spec.signature_name = "ranker", "sc\\"ore"' in text


def executed(text: str) -> tuple[Any, ...]:
    """The arguments of a Python call, run with a TensorFlow that only notes what it is asked for."""
    seen: list[Any] = []
    revived = SimpleNamespace(score=lambda *arguments: seen.append(arguments), kernels="the collection")
    fake = SimpleNamespace(
        fill=lambda shape, value: ("filled", shape, value),
        constant=lambda value, dtype: (value, dtype),
        int64="int64",
        RaggedTensor=SimpleNamespace(from_tensor=lambda dense, **more: ("ragged", dense, more)),
        saved_model=SimpleNamespace(load=lambda _: revived),
    )
    code = text.replace("import tensorflow as tf\n", "")
    exec(compile(code, "call", "exec"), {"tf": fake})
    return tuple(seen[0])


def test_python() -> None:
    inputs = {
        "features.a.b.0": tensor("int64", 3, value=7),
        "features.point.x": tensor("bool"),
        "features.point.y": tensor("string"),
        "features.rest.0": tensor("float32", 2),
        "features.rest.1": tensor("int32", 1, 2),
    }
    (features,) = executed(call("python", "score", **inputs))
    assert features["a.b"] == (("filled", [3], (7, "int64")),)
    assert type(features["point"]).__name__ == "Point"
    assert features["point"]._asdict() == {"x": ("filled", [], (False, "bool")), "y": ("filled", [], ("", "string"))}
    dense, ragged = features["rest"]
    assert dense == ("filled", [2], (0, "float32"))
    assert ragged == (
        "ragged", ("filled", [1, 2], (0, "int32")), {"ragged_rank": 1, "row_splits_dtype": "int64"}
    )  # fmt: skip
    assert len(executed(call("python", "score", **inputs, scale=tensor("float32")))) == 2
    text = client_call(Witness("python", "score", {"scale": tensor("float32")}, None, ""), DOCUMENT, by_name=True)
    assert text.endswith('loaded.score(scale=tf.fill([], tf.constant(0, "float32")))')


@pytest.mark.parametrize(
    ("address", "last"),
    [
        ("__call__", 'loaded(tf.fill([2], tf.constant(0, "float32")))'),
        ("kernels", "loaded.kernels"),
        ("class", "getattr(loaded, 'class')()"),
        ("no word", "getattr(loaded, 'no word')"),
    ],
)
def test_addresses_in_python(address: str, last: str) -> None:
    inputs = {"inputs": tensor("float32", 2)} if address == "__call__" else {}
    assert call("python", address, **inputs).splitlines()[-1] == last
