"""Checks of any document: the findings, and the neighbour of each without one."""

from __future__ import annotations

import json

import pytest
from finding_cases import Case, batched, described, opinions, spec, tensor

CASES = {
    "generated-name": Case(
        batched(
            {
                "score": {
                    "inputs": [{"keras_tensor_4": "float32[batch, 3]", "input_layer": "int64[batch]"}],
                    "outputs": tensor("float32", ["batch"], name="dense_2"),
                },
                "embed": {
                    "arguments": ["args_0"],
                    "inputs": ["float32[batch, 3]"],
                    "outputs": {
                        "kind": "namedtuple",
                        "typename": "Result",
                        "fields": [["StatefulPartitionedCall", "float32[batch]"], ["input_7", "float32[batch]"]],
                    },
                },
            },
            default="score",
        ),
        [
            "endpoints.score.inputs[0].keras_tensor_4: 'keras_tensor_4' is a generated name, and another build may number it differently; choose a meaningful name, in the model too if the function looks it up by name",
            "endpoints.score.inputs[0].input_layer: 'input_layer' is a generated name, and another build may number it differently; choose a meaningful name, in the model too if the function looks it up by name",
            "endpoints.score.outputs.name: 'dense_2' is a generated name, and another build may number it differently; choose a meaningful name, in the model too if the function looks it up by name",
            "endpoints.embed.arguments[0]: 'args_0' is a generated name, and another build may number it differently; choose a meaningful name, in the model too if the function looks it up by name",
            "endpoints.embed.outputs.fields[0][0]: 'StatefulPartitionedCall' is a generated name, and another build may number it differently; choose a meaningful name, in the model too if the function looks it up by name",
            "endpoints.embed.outputs.fields[1][0]: 'input_7' is a generated name, and another build may number it differently; choose a meaningful name, in the model too if the function looks it up by name",
        ],
        batched(
            {
                "score": {
                    "inputs": [{"features": "float32[batch, 3]", "id": "int64[batch]"}],
                    "outputs": tensor("float32", ["batch"], name="score"),
                },
                "embed": {
                    "arguments": ["features"],
                    "inputs": ["float32[batch, 3]"],
                    "outputs": {"input_scores": ["float32[batch]", "float32[batch]"], "kind_of": "float32[batch]"},
                },
            },
            default="score",
        ),
    ),
    "inconsistent-dim": Case(
        batched(
            {
                "score": {
                    "arguments": ["user_id", "history", "context"],
                    "inputs": ["int64[batch]", "int64[?, ?]", tensor("float32", ["?", 3], name="context")],
                    "outputs": {"score": "float32[batch]"},
                }
            }
        ),
        [
            "endpoints.score.inputs[1]: the first dimension of 'history' is '?', but that of other inputs is 'batch'; write 'batch', or declare a dim of its own if the sizes may differ",
            "endpoints.score.inputs[2].shape[0] (?): the first dimension of 'context' is '?', but that of other inputs is 'batch'; write 'batch', or declare a dim of its own if the sizes may differ",
        ],
        spec(
            {
                "score": {
                    "arguments": ["user_id", "history", "context"],
                    "inputs": ["int64[batch]", "int64[batch, ?]", tensor("float32", ["items", 3], name="context")],
                    "outputs": {"score": "float32[batch]", "found": "int64[?, 2]"},
                }
            },
            dims={"batch": {}, "items": {}},
        ),
    ),
    "no-inputs": Case(
        spec({"version": {"inputs": [], "outputs": {"version": "string[]"}}}),
        [
            "endpoints.version.inputs: the endpoint 'version' takes no inputs: a server has nothing to batch, and REST refuses it; give it an input, or remove it; where it is meant to read or reset state, call it over gRPC",
        ],
        batched(
            {
                "evaluate": {"inputs": ["float32[batch, 3]"], "outputs": {"loss": "float32[]"}, "method": "eval"},
                "reset": {
                    "function": "specc:reset_metrics",
                    "inputs": [],
                    "outputs": {"metrics": {"accuracy": {"value": "float32[]"}}},
                    "method": "eval",
                },
            },
            default="evaluate",
            mode="eval",
        ),
    ),
    "shadowing-collection": Case(
        batched(
            {"score": {"inputs": ["float32[batch, 3]"], "outputs": {"score": "float32[batch]"}}},
            variable_collections={
                "weights": {"from": "variables", "match": "encoder/**"},
                "optimizer": "optimizer.variables",
            },
        ),
        [
            "variable_collections.weights: 'weights' is an attribute of every Keras model with another meaning than this collection; choose another name, or select \"weights\" itself",
            "variable_collections.optimizer: 'optimizer' is an attribute of every Keras model with another meaning than this collection; choose another name, such as 'optimizer_variables'",
        ],
        batched(
            {"score": {"inputs": ["float32[batch, 3]"], "outputs": {"score": "float32[batch]"}}},
            variable_collections={
                "encoder": {"from": "variables", "match": "encoder/**"},
                "weights": "weights",
                "optimizer_variables": "optimizer.variables",
            },
        ),
    ),
    "unbatched-input": Case(
        batched(
            {
                "score": {
                    "arguments": ["features", "threshold", "image"],
                    "inputs": ["float32[batch, 3]", "float32[]", "float32[1, 28, 28]"],
                    "outputs": {"score": "float32[batch]"},
                },
                "score_one": {"inputs": ["float32[3]"], "outputs": {"score": "float32[]"}},
            },
            default="score",
        ),
        [
            "endpoints.score.inputs[1]: the input 'threshold' is a scalar beside a batch, so a server cannot batch requests; begin its shape with the dim of the others, or give it a default",
            "endpoints.score.inputs[2] (1): the input 'image' has a fixed first dimension, 1, beside a batch, so a server cannot batch requests; begin its shape with the dim of the others",
            "endpoints.score_one.inputs[0]: a request to 'score_one' holds one example, so a server cannot batch requests; begin each shape with a dim such as 'batch', or turn the check off if this is intended",
        ],
        batched(
            {
                "score": {
                    "arguments": ["features", "threshold", "image"],
                    "inputs": ["float32[batch, 3]", tensor("float32", [], default=0.5), "float32[batch, 28, 28]"],
                    "outputs": {"score": "float32[batch]"},
                },
                "score_one": {"inputs": ["float32[...]"], "outputs": {"score": "float32[?]"}},
            },
            default="score",
        ),
    ),
    "unknown-batch": Case(
        spec(
            {
                "score": {
                    "inputs": ["float32[batch, 3]"],
                    "outputs": {"score": "float32[batches]", "parts": "float32[rows, 3]"},
                }
            },
            dims={"batch": {}, "batches": {}, "rows": {}},
        ),
        [
            "endpoints.score.outputs.score (batches): the first dimension of 'score', 'batches', is in no input; did you mean 'batch'?",
            "endpoints.score.outputs.parts (rows): the first dimension of 'parts', 'rows', is in no input; write a dim of the inputs, such as 'batch', or '?' where the function decides the size",
        ],
        spec(
            {
                "score": {
                    "inputs": ["float32[batch, 3]"],
                    "outputs": {
                        "score": "float32[batch]",
                        "parts": "float32[?, 3]",
                        "by_class": "float32[classes, batch]",
                    },
                }
            },
            dims={"batch": {}, "classes": {}},
        ),
    ),
    "unnamed-output": Case(
        batched(
            {
                "score": {
                    "inputs": ["float32[batch, 3]"],
                    "outputs": ["float32[batch]", "float32[batch, 16]", {"parts": "float32[batch]"}, "int64[batch]"],
                }
            }
        ),
        [
            'endpoints.score.outputs: clients can tell these outputs apart only by position: output_0, output_1, output_2_parts and 1 more; give each leaf a "name", or return a dict',
        ],
        batched(
            {
                "score": {
                    "inputs": ["float32[batch, 3]"],
                    "outputs": [
                        tensor("float32", ["batch"], name="score"),
                        tensor("float32", ["batch", 16], name="embedding"),
                    ],
                }
            }
        ),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_opinions_and_their_correction(rule: str) -> None:
    case = CASES[rule]
    found = opinions(json.dumps(case.bad), rule)
    assert described(found) == case.findings
    assert {finding.rule for finding in found} == {rule}
    assert opinions(json.dumps(case.good), rule) == []
