"""The methods classify, regress, train and eval: what their endpoints may take and return."""

from __future__ import annotations

import pytest
from finding_cases import Case, assert_case, batched, described, errors, ragged, sparse, tensor

ENDPOINTS = {
    "flat": (
        {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch]", "method": "classify"},
        [
            'inputs: the method classify takes one string vector called \'inputs\', not inputs (float32[batch, 3]); declare one of the kind "tf_example" in "receivers", and name it in "receiver"',
            "outputs: a classification returns 'scores' (float32), 'classes' (string), or both; not 'output_0'; give the leaf a \"name\"",
        ],
    ),
    "typo": (
        {
            "inputs": ["string[batch]"],
            "outputs": {"score": "float32[batch, 2]", "classes": "int64[batch]"},
            "method": "classify",
        },
        [
            "outputs.score: a classification returns 'scores' (float32), 'classes' (string), or both; not 'score'; did you mean 'scores'?",
            "outputs.classes: the 'classes' of a classification must be string, not int64; cast them in a \"postprocess\"",
        ],
    ),
    "two": (
        {"inputs": ["string[batch]"], "outputs": {"a": "float32[batch]", "b": "float32[batch]"}, "method": "regress"},
        [
            "outputs: a regression returns one float32 tensor, 'outputs', not a, b; declare one tensor, without a dict around it",
        ],
    ),
    "double": (
        {"inputs": ["string[batch]"], "outputs": "float64[batch]", "method": "regress"},
        [
            "outputs: the 'outputs' of a regression must be float32, not float64; cast them in a \"postprocess\"",
        ],
    ),
    "bare": (
        {"inputs": ["float32[batch, 3]"], "outputs": "float32[]", "method": "train"},
        [
            "outputs: the method train returns a dict of loss, predictions, metrics, not a tensor; the keys are loss, predictions, metrics",
        ],
    ),
    "keys": (
        {
            "inputs": ["float32[batch, 3]"],
            "outputs": {"lossy": "float32[]", "metrics": {"accuracy": "float32[]", "recall": {"values": "float32[]"}}},
            "method": "eval",
        },
        [
            "outputs.lossy: 'lossy' is not an output of the method eval; did you mean 'loss'?",
            "outputs.metrics.accuracy: a metric must be a dict of value and update_op, not a tensor",
            "outputs.metrics.recall.values: 'values' is not a part of a metric; did you mean 'value'?",
        ],
    ),
    "list": (
        {"inputs": ["float32[batch, 3]"], "outputs": {"metrics": ["float32[]"]}, "method": "eval"},
        [
            'outputs.metrics: the metrics must be a dict by metric name, not a list; {"accuracy": {"value": ..., "update_op": ...}}',
        ],
    ),
    "scalar": (
        {"inputs": ["string[]"], "outputs": {"scores": "float32[batch]"}, "method": "classify"},
        [
            'inputs: the method classify takes one string vector called \'inputs\', not inputs (string[]); declare one of the kind "tf_example" in "receivers", and name it in "receiver"',
        ],
    ),
    "matrix": (
        {"inputs": ["string[batch, 2]"], "outputs": "float32[batch]", "method": "regress"},
        [
            'inputs: the method regress takes one string vector called \'inputs\', not inputs (string[batch, 2]); declare one of the kind "tf_example" in "receivers", and name it in "receiver"',
        ],
    ),
    "any_rank": (
        {"inputs": ["string[...]"], "outputs": "float32[batch]", "method": "regress"},
        [
            'inputs: the method regress takes one string vector called \'inputs\', not inputs (string[...]); declare one of the kind "tf_example" in "receivers", and name it in "receiver"',
        ],
    ),
    "ragged_strings": (
        {"inputs": [ragged("string", ["batch", "?"])], "outputs": "float32[batch]", "method": "regress"},
        [
            'inputs: the method regress takes one string vector called \'inputs\', not inputs (ragged string[batch, ?]); declare one of the kind "tf_example" in "receivers", and name it in "receiver"',
        ],
    ),
    "deep": (
        {
            "inputs": ["float32[batch]"],
            "outputs": {
                "metrics": {"a": {"value": {"x": "float32[]"}, "update_op": ragged("float32", ["batch", "?"])}}
            },
            "method": "eval",
        },
        [
            "outputs.metrics.a.value: the 'value' of a metric must be one dense tensor, not 'dict'",
            "outputs.metrics.a.update_op: the 'update_op' of a metric must be one dense tensor, not 'ragged'",
        ],
    ),
    "ragged_loss": (
        {
            "inputs": ["float32[batch]"],
            "outputs": {
                "loss": {"a": ragged("float32", ["batch", "?"]), "b": ["float32[]", sparse("float32", ["batch", "?"])]}
            },
            "method": "train",
        },
        [
            "outputs.loss.a: a loss must be a dense tensor, not a ragged one",
            "outputs.loss.b[1]: a loss must be a dense tensor, not a sparse one",
        ],
    ),
    "named": (
        {
            "inputs": ["float32[batch]"],
            "outputs": {
                "loss": tensor("float32", [], name="foo"),
                "predictions": {
                    "a": tensor("float32", [], name="predictions_a"),
                    "b": ragged("float32", ["batch", "?"], names={"values": "v"}),
                },
                "metrics": {
                    "acc": {
                        "value": tensor("float32", [], name="acc/value"),
                        "update_op": tensor("float32", [], name="metrics/acc/update"),
                    }
                },
            },
            "method": "train",
        },
        [
            "outputs.loss: the wire name 'foo' of the output 'loss' must be 'loss' or start with 'loss/'; remove the \"name\"",
            "outputs.predictions.a: the wire name 'predictions_a' of the output 'predictions' must be 'predictions' or start with 'predictions/'; remove the \"name\"",
            "outputs.predictions.b: the wire name 'v' of the output 'predictions' must be 'predictions' or start with 'predictions/'; remove the \"name\"",
            "outputs.metrics.acc.value: the wire name 'acc/value' of the output 'metrics' must be 'metrics' or start with 'metrics/'; remove the \"name\"",
            "outputs.metrics.acc.update_op: the wire name of a metric's 'update_op' must end with '/update_op', not 'metrics/acc/update'; remove the \"name\"",
        ],
    ),
}
GOOD = batched(
    {
        "label": {
            "inputs": ["float32[batch, 3]"],
            "outputs": {"scores": "float32[batch, 2]", "classes": "string[batch, 2]"},
            "method": "classify",
            "receivers": {"examples": {"kind": "tf_example"}},
            "receiver": "examples",
        },
        "price": {"inputs": ["string[batch]"], "outputs": "float32[batch]", "method": "regress"},
        "step": {
            "inputs": ["float32[batch, 3]"],
            "outputs": {
                "loss": {"head": "float32[]"},
                "predictions": "float32[batch]",
                "metrics": {"accuracy": {"value": "float32[]", "update_op": "float32[]"}},
            },
            "method": "train",
        },
        "named": {
            "inputs": ["float32[batch, 3]"],
            "outputs": {
                "loss": tensor("float32", [], name="loss/whole"),
                "predictions": {
                    "r": ragged("float32", ["batch", "?"]),
                    "s": sparse("float32", ["batch", 3], name="predictions/clicks", names={"values": "predictions/v"}),
                },
                "metrics": {"acc": {"value": tensor("float32", [], name="metrics/accuracy/value")}},
            },
            "method": "eval",
        },
    },
    default="label",
)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_endpoint_that_does_not_fit_its_method(name: str) -> None:
    endpoint, expected = ENDPOINTS[name]
    found = errors(batched({"e": endpoint}, default=None))
    assert described(found) == [f"endpoints.e.{each}" for each in expected]
    assert {finding.rule for finding in found} == {"bad-method"}


def test_endpoints_that_fit_their_methods() -> None:
    assert errors(GOOD) == ()


def test_the_default_has_a_method_of_the_mode() -> None:
    step = {"inputs": ["float32[batch, 3]"], "outputs": {"loss": "float32[]"}, "method": "train"}
    assert_case(
        Case(
            batched({"step": step}, default="step"),
            [
                "default: the default is published as 'serving_default', which does not fit the method 'train'; write \"mode\": \"train\", or choose another default, or null"
            ],
            batched({"step": step}, default="step", mode="train"),
        ),
        "bad-method",
    )
