"""Emitted Python clients as others see them: mypy, the protos of TensorFlow Serving, and servers and channels of gRPC."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent
from typing import Any

import grpc
import numpy as np
import pytest
import tensorflow as tf
from emitted_clients import FakeChannel, client_module, client_source, one_endpoint
from odd_names import ODD_PLACES, with_odd_names
from rest_documents import ranker
from tensorflow_serving.apis import predict_pb2

import specc
from specc.language.document import Document

pytestmark = pytest.mark.tensorflow

SPECS = sorted((Path(__file__).resolve().parents[2] / "examples").glob("**/*.specc.json"))
MODULE = client_module(ranker())
KINDS = {
    "pair": {"kind": "namedtuple", "typename": "Pair", "fields": [["count", "float32[batch]"], ["words", "string[?]"]]},
    "list": ["int8[]", {"kind": "ragged", "dtype": "string", "shape": ["batch", "?"]}],
    "a b": {"kind": "sparse", "dtype": "bool", "shape": ["batch", 3]},
    "class": {"kind": "tensor", "dtype": "complex64", "shape": []},
}
ODD = {**KINDS, "class": {**KINDS["class"], "default": 1}}
SCORE = '{"user": {"id": [7], "history": np.zeros((1, 2), np.int32)}, "country": ["de", b"fr"], "weight": [0.5], "fresh": [True]}'
RIGHT = f"""
scored = client.score({SCORE})
click: npt.NDArray[np.float32] = scored["click"]
reasons: npt.NDArray[np.object_] = scored["reason"]
first, second = client.rank(Ragged.of([[1]]), Sparse([[0, 1]], [0.5], [1, 100]))
client.rank(Ragged.of([[1]]), Sparse([[0, 1]], [0.5], [1, 100]), temperature=1)
client.embed(np.zeros((1, 2, 3)))
client.reset()["done"].item()
Client(Rest("http://localhost:8501", headers={{"Authorization": "x"}}), model="m", version=2, timeout=1.5)
Client(Grpc(grpc.insecure_channel("localhost:8500")))
"""
WRONG = {
    f"client.score({SCORE.replace(chr(34) + 'fresh' + chr(34), chr(34) + 'stale' + chr(34))})": "typeddict",
    f"client.score({SCORE.replace('[0.5]', 'object()')})": "typeddict-item",
    f'client.score({SCORE.replace("""["de", b"fr"]""", "[1]")})': "list-item",
    f'client.score({SCORE})["clicks"]': "typeddict-item",
    "client.score()": "call-arg",
    "client.score([1])": "arg-type",
    "client.label([1])": "attr-defined",
    "client.rank([[1]], Sparse([[0, 1]], [0.5], [1, 100]))": "arg-type",
    "client.rank(Ragged.of([[1]]), Sparse([[0, 1]], [0.5], [1, 100]), 1)": "call-arg",
    "number: float = client.embed(1)": "assignment",
    "Client(8501)": "arg-type",
    'Client("http://localhost:8501", 3)': "call-arg",
}


def mypy(folder: Path, *files: str) -> str:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context", *files]
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=300).stdout


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all clients and with calls, and what mypy says of them in ``mypy.txt``."""
    folder = tmp_path_factory.mktemp("typed")
    for name, document in _documents():
        (folder / f"{name}_client.py").write_text(client_source(document, name="m"), encoding="utf-8")
    head = (
        "import grpc  # type: ignore[import-untyped, unused-ignore]\nimport numpy as np\nimport numpy.typing as npt\n"
    )
    head += "from ranker_client import Client, Grpc, Ragged, Rest, Sparse\n\nclient = Client('http://localhost:8501')\n"
    (folder / "right.py").write_text(head + RIGHT, encoding="utf-8")
    functions = [f"def wrong_{number}() -> None:\n{indent(call, '    ')}" for number, call in enumerate(WRONG)]
    (folder / "wrong.py").write_text("\n".join([head, *functions]), encoding="utf-8")
    names = sorted(path.name for path in folder.iterdir())
    (folder / "mypy.txt").write_text(mypy(folder, *names), encoding="utf-8")
    return folder


def _documents() -> Iterator[tuple[str, Document]]:
    yield "ranker", ranker()
    yield "kinds", one_endpoint([ODD, ["string[]", "bool[]"]], KINDS, arguments=["self", "rest"])
    for place in ODD_PLACES:
        yield f"odd_{place}", with_odd_names(place)
    for path in SPECS:
        document = specc.load(path)
        if specc.emit("python", document, name="m").data:
            yield path.name.partition(".")[0], document


def test_clients_and_right_calls_type(typed: Path) -> None:
    said = (typed / "mypy.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in said if not line.startswith("wrong.py")] == []
    assert len(list(typed.glob("*_client.py"))) >= 15


def test_wrong_calls_do_not_type(typed: Path) -> None:
    lines = (typed / "wrong.py").read_text(encoding="utf-8").splitlines()
    said: dict[str, str] = {}
    for line in (typed / "mypy.txt").read_text(encoding="utf-8").splitlines():
        file, number, level, message = line.split(":", 3)
        if file == "wrong.py" and level == " error":
            said.setdefault(lines[int(number) - 1].strip(), message)
    for call, code in WRONG.items():
        assert f"[{code}" in said.get(call, ""), (call, said.get(call))


def sent(leaf: Any, value: Any) -> Any:
    """The PredictRequest, as TensorFlow Serving reads it, of a value of the only input."""
    module, channel = client_module(one_endpoint([leaf])), FakeChannel()
    with pytest.raises(module.ModelError):
        module.Client(module.Grpc(channel), model="größe", version=2**40).f(value)
    request = predict_pb2.PredictRequest.FromString(channel.requests[0])
    assert request.SerializeToString(deterministic=True) == channel.requests[0]  # nothing unknown
    return request


@pytest.mark.parametrize("dtype", [
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "complex64", "complex128",
])  # fmt: skip
def test_arrays_are_what_tensorflow_reads_and_writes(dtype: str) -> None:
    values = np.arange(6).reshape(2, 3).astype(dtype)
    if np.dtype(dtype).kind == "i":
        values[0, 0] = -5
    if np.dtype(dtype).kind in "fc":
        values[0, :2] = np.nan, -np.inf
    request = sent(f"{dtype}[?, 3]", values)
    assert (request.model_spec.name, request.model_spec.signature_name) == ("größe", "f")
    assert request.model_spec.version.value == 2**40
    np.testing.assert_array_equal(tf.make_ndarray(request.inputs["inputs"]), values)
    assert request.inputs["inputs"].dtype == tf.as_dtype(dtype).as_datatype_enum
    module = client_module(one_endpoint([], f"{dtype}[?, 3]"))
    for proto in (tf.make_tensor_proto(values), request.inputs["inputs"], _as_fields(values)):
        found = answered(module, {"output_0": proto})
        np.testing.assert_array_equal(found, values)
        assert found.dtype == dtype


def _as_fields(values: Any) -> Any:
    """A TensorProto whose numbers are in the field of their dtype, as a server may write them."""
    proto = tf.make_tensor_proto(values.ravel()[:0], shape=[0])
    proto.tensor_shape.dim[0].size = values.shape[0]
    proto.tensor_shape.dim.add().size = values.shape[1]
    fields = {
        "bool": "bool_val", "int64": "int64_val", "uint32": "uint32_val", "uint64": "uint64_val",
        "float32": "float_val", "float64": "double_val", "float16": "half_val",
        "complex64": "scomplex_val", "complex128": "dcomplex_val",
    }  # fmt: skip
    flat = values.ravel()
    if values.dtype == np.float16:
        flat = flat.view(np.uint16)
    elif values.dtype.kind == "c":
        flat = flat.view(f"f{values.dtype.itemsize // 2}")
    getattr(proto, fields.get(values.dtype.name, "int_val")).extend(flat.tolist())
    return proto


def answered(module: Any, outputs: dict[str, Any]) -> Any:
    """What a client without arguments gives for a PredictResponse."""
    response = predict_pb2.PredictResponse()
    response.model_spec.name = "m"
    for name, proto in outputs.items():
        response.outputs[name].CopyFrom(proto)
    return module.Client(module.Grpc(FakeChannel(response.SerializeToString()))).f()


def test_strings_and_scalars_are_what_tensorflow_reads_and_writes() -> None:
    request = sent("string[2]", ["ä", b"\xff\0"])
    assert tf.make_ndarray(request.inputs["inputs"]).tolist() == ["ä".encode(), b"\xff\0"]
    assert sent("string[]", "").inputs["inputs"].string_val[:] == [b""]
    empty = sent("float32[?, 2]", np.zeros((0, 2))).inputs["inputs"]
    assert tf.make_ndarray(empty).shape == (0, 2)
    module = client_module(one_endpoint([], {"text": "string[?, ?]", "one": "int32[]"}))
    words = np.array([[b"a", b"\xff"]], object)
    found = answered(module, {"text": tf.make_tensor_proto(words), "one": tf.make_tensor_proto(7)})
    assert found["text"].tolist() == words.tolist()
    assert found["one"].shape == ()
    assert found["one"] == 7


@pytest.mark.parametrize(("given", "expected"), [([], [0, 0, 0]), ([5], [5, 5, 5]), ([5, 6], [5, 6, 6])])
def test_a_shortened_tensor_is_filled_as_tensorflow_fills_it(given: list[int], expected: list[int]) -> None:
    proto = tf.make_tensor_proto(np.zeros(0, np.int64))
    proto.tensor_shape.dim[0].size = 3
    proto.int64_val.extend(given)
    assert tf.io.parse_tensor(proto.SerializeToString(), tf.int64).numpy().tolist() == expected
    assert answered(client_module(one_endpoint([], "int64[?]")), {"output_0": proto}).tolist() == expected


@contextmanager
def grpc_server(answer: Any) -> Iterator[Any]:
    """A channel to a server whose Predict is ``answer``."""
    server = grpc.server(ThreadPoolExecutor(1))
    handler = grpc.unary_unary_rpc_method_handler(
        answer, predict_pb2.PredictRequest.FromString, predict_pb2.PredictResponse.SerializeToString
    )
    handlers = {"Predict": handler}
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("tensorflow.serving.PredictionService", handlers)]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        server.stop(None).wait()


def test_a_server_of_grpc_answers() -> None:
    def answer(request: Any, context: Any) -> Any:
        assert context.time_remaining() < 11
        response = predict_pb2.PredictResponse()
        values = tf.make_ndarray(request.inputs["items_values"])
        assert sorted(request.inputs) == [
            "cross_dense_shape", "cross_indices", "cross_values", "items_row_splits", "items_values",
        ]  # fmt: skip
        response.outputs["output_0"].CopyFrom(tf.make_tensor_proto(values.astype(np.float32)[:, None]))
        response.outputs["output_1"].CopyFrom(tf.make_tensor_proto(0.5))
        return response

    with grpc_server(answer) as channel:
        client = MODULE.Client(MODULE.Grpc(channel))
        first, second = client.rank(MODULE.Ragged.of([[1, 2], []]), MODULE.Sparse([[0, 3]], [0.5], [2, 100]))
    assert first.tolist() == [[1.0], [2.0]]
    assert second == np.float32(0.5)


def test_a_refusal_of_grpc_is_a_model_error() -> None:
    def answer(request: Any, context: Any) -> Any:
        assert ("key", "value") in [tuple(item) for item in context.invocation_metadata()]
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no such signature")

    with grpc_server(answer) as channel, pytest.raises(MODULE.ModelError) as caught:
        MODULE.Client(MODULE.Grpc(channel, metadata=[("key", "value")])).reset()
    assert (caught.value.status, caught.value.message) == ("INVALID_ARGUMENT", "no such signature")
    with pytest.raises(MODULE.ModelError) as caught:
        MODULE.Client(MODULE.Grpc(grpc.insecure_channel("127.0.0.1:1")), timeout=5).reset()
    assert caught.value.status == "UNAVAILABLE"
