"""One call gives the same flat tensors on each way of an archive, whatever its trees hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import foreign_archives
import pytest
import tensorflow as tf
from called_archives import WAYS, CalledArchive, tensor
from exports import document

import specc
from specc.diagnostics import format_path
from specc.language.calls.messages import to_messages
from specc.language.wire_names import input_leaves, output_leaves
from specc.verification.child.requests import Requests
from specc.verification.protocol import Answered, Call, Load, Loaded, Refused, Time, Timed

pytestmark = pytest.mark.tensorflow

RAGGED = {"kind": "ragged", "dtype": "int32", "shape": ["batch", "?", "?", 2], "ragged_rank": 2}
SPARSE = {"kind": "sparse", "dtype": "float32", "shape": ["batch", 5]}
POINT = {"kind": "namedtuple", "typename": "Point", "fields": [["y", "string[batch]"], ["x", "bfloat16[batch]"]]}
PAIR = {"kind": "tuple", "items": ["uint8[2]", ["complex64[]", "float64[batch, time]"]]}
TREES = [{"b": RAGGED, "a": {"list": ["bool[batch]"], "s": SPARSE}}, POINT, PAIR]
ECHOED = {"first": TREES[0], "second": POINT, "third": PAIR}
VALUES = {
    "a_list_0": tensor("bool", [2], True, False),
    "a_s_indices": tensor("int64", [2, 2], 0, 4, 1, 0),
    "a_s_values": tensor("float32", [2], 1.5, float("-inf")),
    "a_s_dense_shape": tensor("int64", [2], 2, 5),
    "b_values": tensor("int32", [3, 2], 1, 2, 3, 4, 5, 6),
    "b_row_splits_0": tensor("int64", [3], 0, 1, 1),
    "b_row_splits_1": tensor("int64", [2], 0, 3),
    "y": tensor("string", [2], b"\xff\x00", b""),
    "x": tensor("bfloat16", [2], 0.5, float("inf")),
    "pair_0": tensor("uint8", [2], 0, 255),
    "pair_1_0": tensor("complex64", [], 1 - 2j),
    "pair_1_1": tensor("float64", [2, 1], 0.1, float("nan")),
}
RESULTS = {
    {"a": f"first_{name}", "b": f"first_{name}", "x": "second_x", "y": "second_y"}.get(
        name[0], name.replace("pair", "third")
    ): value
    for name, value in VALUES.items()
}


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> CalledArchive:
    """An archive that returns its arguments."""
    endpoint = {"function": None, "arguments": ["given", "point", "pair"], "inputs": TREES, "outputs": ECHOED}
    spec = document({"echo": endpoint})

    def function(given: Any, point: Any, pair: Any) -> Any:
        values = {"first": given, "second": point, "third": pair}
        return tf.nest.map_structure(tf.identity, values)

    path = tmp_path_factory.mktemp("echo") / "archive"
    specc.compile(spec).export(None, path, functions={"echo": function})
    return CalledArchive(path, spec)


def test_every_kind_of_leaf_and_container_comes_back_on_every_way(echo: CalledArchive) -> None:
    echo.assert_agree("echo", VALUES, RESULTS)
    for way in WAYS[1:]:
        assert echo.call(way, "echo", VALUES, address="serving_default").outputs == RESULTS
    assert echo.call("attribute", "echo", VALUES, by_keyword=True).outputs == RESULTS
    assert echo.addresses == {
        "attribute": ("echo",),
        "signature": ("echo", "serving_default"),
        "session": ("echo", "serving_default"),
    }


def test_tensors_without_elements_keep_their_shape(echo: CalledArchive) -> None:
    empty = {
        **VALUES,
        "a_list_0": tensor("bool", [0]),
        "a_s_indices": tensor("int64", [0, 2]),
        "a_s_values": tensor("float32", [0]),
        "a_s_dense_shape": tensor("int64", [2], 0, 5),
        "b_values": tensor("int32", [0, 2]),
        "b_row_splits_0": tensor("int64", [1], 0),
        "b_row_splits_1": tensor("int64", [1], 0),
        "y": tensor("string", [0]),
        "x": tensor("bfloat16", [0]),
        "pair_1_1": tensor("float64", [0, 7]),
    }
    outputs = {found: empty[name] for name, found in zip(VALUES, RESULTS, strict=True)}
    echo.assert_agree("echo", empty, outputs)


NOISE = ("0x7", "node ", "[Op:", "Received args", "__inference", "Dict[", "\n")


def test_a_wrong_call_is_refused_in_the_same_words_each_time(echo: CalledArchive) -> None:
    wrong = {
        "a wrong dtype": {**VALUES, "pair_0": tensor("int64", [2], 0, 255)},
        "a wrong rank": {**VALUES, "pair_0": tensor("uint8", [1, 2], 0, 255)},
        "a wrong size": {**VALUES, "pair_0": tensor("uint8", [3], 0, 255, 1)},
        "a missing leaf": {name: value for name, value in VALUES.items() if name != "y"},
        "a missing argument": {name: value for name, value in VALUES.items() if name not in ("x", "y")},
        "an unknown input": {**VALUES, "z": tensor("uint8", [], 1)},
    }
    compares = {way: echo.call(way, "echo", VALUES).compares_shapes for way in WAYS}
    assert compares == {"attribute": True, "signature": False, "session": True}
    for what, inputs in wrong.items():
        for way in ("attribute", "session") if what in ("a wrong rank", "a wrong size") else ("attribute", "signature"):
            refused = echo.refusal(way, "echo", inputs)
            assert refused.why == "error", what
            assert refused == echo.refusal(way, "echo", inputs)
            assert not [noise for noise in NOISE if noise in refused.message], refused.message
    assert echo.refusal("session", "echo", wrong["an unknown input"]).message.startswith(
        "the signature 'echo' has no input 'z'; it has "
    )


@pytest.mark.parametrize("way", WAYS)
def test_an_absent_address_is_said(echo: CalledArchive, way: Any) -> None:
    refused = echo.refusal(way, "echo", VALUES, address="nothing")
    assert refused.why == "absent"
    assert "'nothing'" in refused.message


def test_times_of_repeated_calls(echo: CalledArchive) -> None:
    timed = echo.requests.answer(Time(Call("session", "echo", "echo", VALUES), calls=3, seconds=60))
    assert isinstance(timed, Timed)
    assert len(timed.seconds) == 3
    assert all(seconds > 0 for seconds in timed.seconds)


DEFAULTS = {
    "function": None,
    "arguments": ["x", "scale", "more"],
    "inputs": [
        {"x": "float32[batch]", "shift": {"kind": "tensor", "dtype": "float32", "shape": [], "default": 10.0}},
        {"kind": "tensor", "dtype": "float32", "shape": [], "default": 2.0},
        {"name": {"kind": "tensor", "dtype": "string", "shape": [], "default": "é"}},
    ],
    "outputs": {"y": "float32[batch]", "name": "string[]"},
}


def test_each_way_leaves_out_what_it_can(tmp_path: Path) -> None:
    spec = document({"add": DEFAULTS})

    def add(x: Any, scale: Any, more: Any) -> Any:
        return {"y": x["x"] * scale + x["shift"], "name": more["name"]}

    path = tmp_path / "archive"
    specc.compile(spec).export(None, path, functions={"add": add})
    archive = CalledArchive(path, spec)
    inputs = {
        "x": tensor("float32", [1], 1.0),
        "shift": tensor("float32", [], 10.0),
        "scale": tensor("float32", [], 2.0),
        "name": tensor("string", [], "é".encode()),
    }
    expected = {"y": tensor("float32", [1], 12.0), "name": inputs["name"]}
    for left_out, of_attribute in (
        (("shift", "scale", "name"), ("name", "scale")),
        (("shift", "scale"), ()),
        (("name",), ("name",)),
    ):
        for way, omitted in (("attribute", of_attribute), ("signature", ()), ("session", tuple(sorted(left_out)))):
            answer = archive.call(way, "add", inputs, left_out=left_out)
            assert answer.outputs == expected
            assert answer.left_out == omitted, way
    # What is left out is not sent: the value in the call has no effect.
    other = {**inputs, "scale": tensor("float32", [], 5.0), "name": tensor("string", [], b"")}
    for way in ("attribute", "session"):
        assert archive.call(way, "add", other, left_out=("scale", "name")).outputs == expected
        assert archive.call(way, "add", other).outputs["y"] == tensor("float32", [1], 15.0)


def test_receivers_parse_messages(tmp_path: Path) -> None:
    endpoint = {
        "function": None,
        "inputs": [{"id": "int64[batch]", "words": "string[batch, 2]"}],
        "outputs": {"id": "int64[batch]", "words": "string[batch, 2]"},
        "receivers": {"examples": {"kind": "tf_example"}},
    }
    spec = document({"echo": endpoint})
    path = tmp_path / "archive"
    specc.compile(spec).export(None, path, functions={"echo": lambda x: tf.nest.map_structure(tf.identity, x)})
    archive = CalledArchive(path, spec)
    inputs = {"id": tensor("int64", [2], 7, -1), "words": tensor("string", [2, 2], b"a", b"", b"\xff", b"b")}
    messages = to_messages(spec.endpoints["echo"], "examples", inputs)
    assert messages is not None
    archive.assert_agree("echo", inputs, inputs)
    for way in WAYS[1:]:
        for address in ("examples:echo", "examples:serving_default"):
            assert archive.call(way, "echo", {"inputs": messages}, address=address).outputs == inputs


def foreign(name: str, path: Path, ways: Any = WAYS) -> CalledArchive:
    save = foreign_archives.CASES[name][0]
    save(str(path))
    return CalledArchive(path, specc.inspect(path), ways)


def test_an_archive_of_tensorflow(tmp_path: Path) -> None:
    archive = foreign("default values", tmp_path / "archive")
    inputs = {
        "x": tensor("float32", [2], 1, 2),
        "k": tensor("int64", [], 3),
        "s": tensor("string", [2], b"a", b"\xff"),
    }
    archive.assert_agree("d", inputs, inputs)
    assert archive.call("attribute", "e", inputs).outputs == inputs
    assert archive.refusal("session", "e", inputs).why == "absent"


def test_an_archive_of_keras(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    foreign_archives.export_archive(str(path))
    archive = CalledArchive(path, specc.inspect(path))
    leaves = {"float32": tensor("float32", [2, 4], *range(8)), "int64": tensor("int64", [2, 1], 0, 3)}
    spec = specc.inspect(path).endpoints["serve"]
    names = {component.dtype: component.wire_name for leaf in input_leaves(spec) for component in leaf.components}
    inputs = {names[dtype]: value for dtype, value in leaves.items()}
    answers = [archive.call(way, "serve", inputs).outputs for way in WAYS]
    assert answers[0] == answers[1] == answers[2]
    assert {value.shape for value in answers[0].values()} == {(2, 2), (2, 1, 3)}


def test_an_archive_of_tensorflow_1_has_signatures_and_a_session(tmp_path: Path) -> None:
    archive = foreign("TensorFlow 1", tmp_path / "archive", ways=("signature", "session"))
    inputs = {
        "inp": tensor("float32", [1, 3], 1, 2, 3),
        "sp_indices": tensor("int64", [0, 2]),
        "sp_values": tensor("float32", [0]),
        "sp_dense_shape": tensor("int64", [2], 1, 4),
    }
    archive.assert_agree("serving_default", inputs, {"out": tensor("float32", [1, 3], 2, 4, 6)})


def test_composite_results_with_one_wire_name_are_taken_apart(tmp_path: Path) -> None:
    v1 = tf.compat.v1
    path = tmp_path / "archive"
    with tf.Graph().as_default(), v1.Session() as session:
        sparse, ragged = v1.sparse_placeholder(tf.float32, [None, 4]), v1.ragged.placeholder(tf.int64, 1, [])
        inputs = {"sp": v1.saved_model.build_tensor_info(sparse), "ra": v1.saved_model.build_tensor_info(ragged)}
        outputs = {
            "double": v1.saved_model.build_tensor_info(sparse * 2.0),
            "plus": v1.saved_model.build_tensor_info(ragged + 1),
        }
        signature = v1.saved_model.build_signature_def(inputs, outputs, "tensorflow/serving/predict")
        builder = v1.saved_model.Builder(str(path))
        builder.add_meta_graph_and_variables(session, ["serve"], {"both": signature})
        builder.save()
    spec = specc.inspect(path)
    archive = CalledArchive(path, spec, ("signature", "session"))
    parts = [tensor("int64", [1, 2], 0, 3), tensor("float32", [1], 1.5), tensor("int64", [2], 1, 4)]
    splits, three = tensor("int64", [3], 0, 0, 1), tensor("float32", [1], 3.0)
    given = {
        (leaf.name, part.part): part.wire_name
        for leaf in input_leaves(spec.endpoints["both"])
        for part in leaf.components
    }
    found = {
        (leaf.name, part.part): part.wire_name
        for leaf in output_leaves(spec.endpoints["both"])
        for part in leaf.components
    }
    names = [("sp", "indices"), ("sp", "values"), ("sp", "dense_shape"), ("ra", "values"), ("ra", "row_splits")]
    values = [*parts, tensor("int64", [1], 7), splits]
    results = [parts[0], three, parts[2], tensor("int64", [1], 8), splits]
    whole = {"sp": "double", "ra": "plus"}
    archive.assert_agree(
        "both",
        {given[name]: value for name, value in zip(names, values, strict=True)},
        {found[whole[name], part]: value for (name, part), value in zip(names, results, strict=True)},
    )


def test_the_revived_object_itself_is_called(tmp_path: Path) -> None:
    spec = document({"__call__": {"function": None, "inputs": ["float32[batch]"], "outputs": "float32[batch]"}})
    specc.compile(spec).export(None, tmp_path / "archive", functions={"__call__": lambda x: x * 2.0})
    archive = CalledArchive(tmp_path / "archive", spec)
    assert archive.addresses["attribute"] == ("__call__",)
    archive.assert_agree("__call__", {"inputs": tensor("float32", [1], 1)}, {"output_0": tensor("float32", [1], 2)})


def test_an_attribute_that_is_an_object_is_called(tmp_path: Path) -> None:
    root, part = tf.Module(), tf.Module()
    part.__call__ = tf.function(lambda x: x + 1.0, input_signature=[tf.TensorSpec([None])], autograph=False)
    root.part = part
    tf.saved_model.save(root, str(tmp_path / "archive"))
    spec = document({"part": {"function": None, "inputs": ["float32[?]"], "outputs": "float32[?]"}}, default=None)
    archive = CalledArchive(tmp_path / "archive", spec, ("attribute",))
    assert archive.addresses == {"attribute": ("part",)}
    archive.assert_agree("part", {"inputs": tensor("float32", [1], 1)}, {"output_0": tensor("float32", [1], 2)})


def test_an_attribute_that_is_a_single_trace_does_not_compare_shapes(tmp_path: Path) -> None:
    archive = foreign("a concrete function as an attribute", tmp_path / "archive")
    given = {"b": tensor("float32", [2], 1, 2), "a": tensor("string", [], b"")}
    for values, answered in ((given, WAYS), ({**given, "b": tensor("float32", [1, 1], 1)}, WAYS[:2])):
        answers = {way: archive.ask(way, "f", values) for way in WAYS}
        assert tuple(way for way in WAYS if isinstance(answers[way], Answered)) == answered
    assert [archive.call(way, "f", given).compares_shapes for way in WAYS] == [False, False, True]


DTYPES = ("float16", "float8_e5m2", "int4", "uint4", "qint8", "quint16", "qint32", "uint64")


@pytest.mark.parametrize("dtype", DTYPES)
def test_small_and_quantised_dtypes(tmp_path: Path, dtype: str) -> None:
    spec = document({"echo": {"function": None, "inputs": [f"{dtype}[batch]"], "outputs": {"y": f"{dtype}[batch]"}}})
    path = tmp_path / "archive"
    specc.compile(spec).export(None, path, functions={"echo": lambda x: {"y": tf.identity(x)}})
    signed = not dtype.startswith(("u", "q"))
    value = tensor(dtype, [3], 0, 7, -2 if signed else 5)
    CalledArchive(path, spec).assert_agree("echo", {"inputs": value}, {"y": value})


def test_a_result_that_is_not_as_declared_is_said_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    x = tf.TensorSpec([None], tf.float32)
    results = {
        "no_dict": lambda x: x,
        "other_keys": lambda x: {"a": x, "c": x},
        "no_ragged": lambda x: {"a": x, "b": x},
        "three": lambda x: {"a": x, "b": tf.RaggedTensor.from_row_lengths(x, [1]), "c": [x]},
    }
    foreign_archives.module(signatures=False, **{name: (function, [x]) for name, function in results.items()})(
        str(path)
    )
    ragged = {"kind": "ragged", "dtype": "float32", "shape": ["?", "?"]}
    outputs = {"a": "float32[?]", "b": ragged}
    endpoints = {name: {"function": None, "inputs": ["float32[?]"], "outputs": outputs} for name in results}
    archive = CalledArchive(path, document(endpoints, default=None), ("attribute",))
    found = {
        name: [
            (format_path(place), message)
            for place, message in archive.call("attribute", name, {"inputs": tensor("float32", [1], 1)}).mismatches
        ]
        for name in results
    }
    assert found == {
        "no_dict": [("endpoints.no_dict.outputs", "expected a dict of a, b, found float32[1]")],
        "other_keys": [
            ("endpoints.other_keys.outputs", "the result has 'c' (float32[1]), which is not declared"),
            ("endpoints.other_keys.outputs.b", "the result has no 'b'; it has 'a', 'c'"),
        ],
        "no_ragged": [("endpoints.no_ragged.outputs.b", "expected a ragged tensor of ragged rank 1, found float32[1]")],
        "three": [("endpoints.three.outputs", "the result has 'c' (a list of 1), which is not declared")],
    }


def test_a_missing_or_cut_archive_is_refused(tmp_path: Path) -> None:
    model = tf.Module()
    model.weight = tf.Variable(1.0)
    path, absent = tmp_path / "archive", tmp_path / "absent"
    tf.saved_model.save(model, str(path))
    requests, data = Requests(), document({"f": {"inputs": [], "outputs": "float32[]"}}).to_json()
    assert isinstance(requests.answer(Load("session", str(path), data)), Loaded)
    refusals = [requests.answer(Load("session", str(path), data, ("serve", "gpu")))]
    (path / "variables" / "variables.index").unlink()
    refusals += [requests.answer(Load(way, str(each), data)) for each in (absent, path) for way in WAYS]
    for refused in refusals:
        assert isinstance(refused, Refused)
        assert str(tmp_path) not in refused.message
    assert "tags" in refusals[0].message
