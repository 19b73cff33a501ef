"""Checks for converters: the findings about a document, and about the graphs of a build."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finding_cases import batched, described, opinions, ragged, spec, tensor

from specc.checks import Built, Settings, run_build_checks, run_checks
from specc.checks.built_graph import BuiltGraph, BuiltOp
from specc.language.load import from_json
from specc.rules import RULES
from specc.rules.table import Target

SCALE = tensor("float32", [], default=2.5)
SCALED = {"arguments": ["x", "scale"], "inputs": ["float32[batch, 3]", SCALE], "outputs": {"y": "float32[batch]"}}
PARSED = {
    "inputs": [{"x": "float32[batch, 3]"}],
    "outputs": {"y": "float32[batch]"},
    "receivers": {"rows": {"kind": "tf_example"}},
}


def rules(endpoints: dict[str, Any], target: Target, **more: Any) -> list[str]:
    """The rules of a target's findings about a document, with their paths."""
    data = spec(endpoints, **{"dims": {"batch": {}}, **more})
    found = run_checks(from_json(data), Settings(targets=frozenset([target])))
    return [f"{each.rule} {'.'.join(map(str, each.path))}" for each in found if RULES[each.rule].target == target]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("onnx", "a model that tf2onnx converted requires 'scale': it drops the default"),
        ("litert", "a model that LiteRT converted requires 'scale': it drops the default"),
        ("tfjs", "a model that TensorFlow.js converted requires 'scale': it drops the default"),
        ("openvino", "OpenVINO makes a constant of the default of 'scale': the converted model has no such input"),
    ],
)
def test_a_default_is_dropped(target: Target, message: str) -> None:
    (found,) = described(opinions(json.dumps(batched({"score": SCALED}, targets=[target])), f"{target}-default"))
    assert found.startswith(f"endpoints.score.inputs[1].default: {message}; ")


def test_openvino_takes_only_the_default_endpoint() -> None:
    plain = {"inputs": ["float32[batch, 3]"], "outputs": {"y": "float32[batch]"}}
    endpoints = {"plain": plain, "score": SCALED}
    assert rules(endpoints, "openvino", default="plain") == ["openvino-endpoints endpoints.score"]
    assert "openvino-default endpoints.score.inputs.1.default" in rules(endpoints, "openvino", default="score")


@pytest.mark.parametrize("target", ["onnx", "litert", "tfjs"])
def test_a_receiver_is_not_converted(target: Target) -> None:
    assert f"{target}-receiver endpoints.score.receivers.rows" in rules({"score": PARSED}, target)
    assert f"{target}-receiver endpoints.score.receivers.rows" in rules(
        {"score": {**PARSED, "receiver": "rows"}}, target
    )


def test_openvino_meets_only_the_receiver_that_is_the_default_signature() -> None:
    assert rules({"score": PARSED}, "openvino") == []
    found = rules({"score": {**PARSED, "receiver": "rows"}}, "openvino")
    assert found == ["openvino-receiver endpoints.score.receivers.rows"]


@pytest.mark.parametrize("target", ["onnx", "openvino"])
def test_a_name_on_both_sides(target: Target) -> None:
    same = {"inputs": [{"x": "float32[batch]"}], "outputs": {"x": "float32[batch]", "y": "float32[batch]"}}
    assert rules({"score": same}, target) == [f"{target}-same-name endpoints.score.outputs.x"]


@pytest.mark.parametrize(
    ("leaf", "is_cut"),
    [
        ("int64[batch]", True),
        (tensor("int64", ["batch"], minimum=0), True),
        (tensor("int64", ["batch"], minimum=0, maximum=2**31), True),
        (tensor("int64", ["batch"], minimum=-(2**31) - 1, maximum=0), True),
        (tensor("int64", ["batch"], minimum=-(2**31), maximum=2**31 - 1), False),
        ("int32[batch]", False),
        (ragged("float32", ["batch", "?"]), False),
    ],
)
def test_openvino_cuts_int64(leaf: Any, is_cut: bool) -> None:
    found = rules({"score": {"inputs": [leaf], "outputs": {"y": "float32[batch]"}}}, "openvino")
    assert found == ["openvino-int64 endpoints.score.inputs.0"] * is_cut


@pytest.mark.parametrize(
    ("left", "right", "is_lost"),
    [
        ("float32[batch, 3]", "float32[batch, 3]", True),
        ("float32[batch]", "float32[time]", True),
        ("float32[...]", "float32[...]", True),
        ("float32[batch, 3]", "float32[batch, 2]", False),
        ("float32[batch]", "int32[batch]", False),
    ],
)
def test_tfjs_loses_names_of_one_type(left: str, right: str, is_lost: bool) -> None:
    score = {"inputs": [{"left": left, "right": right}], "outputs": {"y": "float32[batch]"}}
    found = rules({"score": score}, "tfjs", dims={"batch": {}, "time": {}})
    assert found == ["tfjs-same-type endpoints.score.inputs.0.right"] * is_lost


def test_tfjs_has_no_dtype_for_row_splits() -> None:
    score = {"arguments": ["r"], "inputs": [ragged("float32", ["batch", "?"])], "outputs": {"y": "float32[batch]"}}
    assert rules({"score": score}, "tfjs") == ["tfjs-dtype endpoints.score.inputs.0"]
    narrow = {**score, "inputs": [ragged("float32", ["batch", "?"], row_splits_dtype="int32")]}
    assert rules({"score": narrow}, "tfjs") == []


def built(target: Target, *ops: BuiltOp, **more: Any) -> list[str]:
    """The messages of a target's findings about a build whose only signature runs ``ops``."""
    document = from_json(batched({"score": PARSED}))
    graph = BuiltGraph(frozenset(ops), **more)
    found = run_build_checks(document, Settings(targets=frozenset([target])), Built(graphs={"score": graph}))
    return [each.message for each in found]


COMMON = [BuiltOp("MatMul", ("float32",)), BuiltOp("ReadVariableOp", ("float32",)), BuiltOp("StatefulPartitionedCall")]
TEXT_TABLE = BuiltOp("LookupTableFindV2", ("int64", "string"))


@pytest.mark.parametrize("target", ["onnx", "openvino", "tfjs"])
def test_an_op_that_is_not_converted(target: Target) -> None:
    name = {"onnx": "tf2onnx", "openvino": "OpenVINO", "tfjs": "TensorFlow.js"}[target]
    assert built(target, *COMMON) == []
    assert built(target, *COMMON, BuiltOp("DecodeJpeg")) == [f"{name} does not convert what 'score' calls: DecodeJpeg"]
    assert built(target, *COMMON, BuiltOp("AssignVariableOp"), changing=frozenset(["AssignVariableOp"])) == [
        f"{name} makes constants of the variables, and 'score' changes some: AssignVariableOp"
    ]


@pytest.mark.parametrize(
    ("target", "op", "is_converted"),
    [
        ("onnx", TEXT_TABLE, True),
        ("onnx", BuiltOp("LookupTableFindV2", ("float32", "string")), False),
        ("onnx", BuiltOp("AddV2", ("string",)), False),
        ("onnx", BuiltOp("StringUpper"), False),
        ("openvino", TEXT_TABLE, True),
        ("openvino", BuiltOp("LookupTableFindV2", ("float32", "string")), False),
        ("openvino", BuiltOp("LookupTableFindV2", ("int64",)), True),
        ("openvino", BuiltOp("AddV2", ("string",)), False),
        ("tfjs", TEXT_TABLE, True),
        ("tfjs", BuiltOp("GatherV2", ("int32", "string")), False),
        ("tfjs", BuiltOp("GatherV2", ("float32", "int32")), True),
        ("tfjs", BuiltOp("Tanh", ("float32",)), False),  # beside a product
    ],
)
def test_an_op_of_some_dtypes(target: Target, op: BuiltOp, is_converted: bool) -> None:
    assert (built(target, *COMMON, op) == []) is is_converted


def test_tables_of_files_and_unused_tables() -> None:
    assert built("openvino", TEXT_TABLE, reads_table_file=True) != []
    assert built("litert", TEXT_TABLE, reads_table_file=True) != []
    assert built("onnx", TEXT_TABLE, reads_table_file=True) == []
    assert built("tfjs", leaves_tables=True) != []
    assert built("onnx", leaves_tables=True) == []


def test_what_litert_refused_is_said() -> None:
    document, settings = from_json(batched({"score": PARSED})), Settings(targets=frozenset(["litert"]))
    refused = Built(refused_by_litert={"score": ("AddV2", "DecodeJpeg")})
    (found,) = run_build_checks(document, settings, refused)
    assert str(found).startswith(
        "endpoints.score: litert-op: the LiteRT converter does not convert what 'score' calls: AddV2, DecodeJpeg; "
    )
    assert list(run_build_checks(document, settings, Built())) == []
