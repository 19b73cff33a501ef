"""Checks for a target: the findings, and the neighbour of each without one."""

from __future__ import annotations

import json

import pytest
from finding_cases import Case, batched, described, opinions, ragged, sparse, spec, tensor

CASES = {
    "tf-serving-bytes": Case(
        batched(
            {
                "score": {
                    "inputs": ["string[batch]"],
                    "outputs": {"thumbnail_jpeg": "string[batch]", "bytes": "string[batch]", "label": "string[batch]"},
                }
            },
            targets=["tf-serving"],
        ),
        [
            "endpoints.score.outputs.thumbnail_jpeg: REST writes 'thumbnail_jpeg' as text, but its name suggests bytes: it does not end in '_bytes'; give the leaf the \"name\" 'thumbnail_jpeg_bytes'",
            "endpoints.score.outputs.bytes: REST writes 'bytes' as text, but its name suggests bytes: it does not end in '_bytes'; give the leaf the \"name\" 'value_bytes'",
        ],
        batched(
            {
                "score": {
                    "inputs": ["string[batch]"],
                    "outputs": {
                        "thumbnail_jpeg_bytes": "string[batch]",
                        "value_bytes": "string[batch]",
                        "label": "string[batch]",
                        "jpeg": "uint8[batch, 8, 8]",
                    },
                }
            },
            targets=["tf-serving"],
        ),
    ),
    "tf-serving-dtype": Case(
        batched(
            {
                "score": {
                    "arguments": ["features", "bucket"],
                    "inputs": ["float16[batch, 3]", tensor("uint16", ["batch"], name="bucket")],
                    "outputs": {"score": "bfloat16[batch]"},
                }
            },
            targets=["tf-serving"],
        ),
        [
            "endpoints.score.inputs[0] (float16): the input 'features' is float16: REST has no JSON for it; only gRPC can carry it; declare another dtype, such as float32, and cast in a \"preprocess\"",
            "endpoints.score.inputs[1].dtype (uint16): the input 'bucket' is uint16: REST has no JSON for it; only gRPC can carry it; declare another dtype, such as float32, and cast in a \"preprocess\"",
            "endpoints.score.outputs.score (bfloat16): the output 'score' is bfloat16: REST has no JSON for it; only gRPC can carry it; declare another dtype, such as float32, and cast in a \"postprocess\"",
        ],
        batched(
            {
                "score": {
                    "arguments": ["features", "bucket"],
                    "inputs": ["float32[batch, 3]", tensor("int32", ["batch"], name="bucket")],
                    "outputs": {"score": "float32[batch]"},
                }
            },
            targets=["tf-serving"],
        ),
    ),
    "tf-serving-rows": Case(
        spec(
            {
                "score": {
                    "arguments": ["features", "candidates", "history"],
                    "inputs": ["float32[batch, 3]", "int64[items]", ragged("int64", ["batch", "?"], name="history")],
                    "outputs": {
                        "score": "float32[batch]",
                        "mean": "float32[]",
                        "top": "float32[5]",
                        "by_item": "float32[items, 2]",
                    },
                }
            },
            dims={"batch": {}, "items": {}},
            targets=["tf-serving"],
        ),
        [
            "endpoints.score.inputs[1]: REST's row format, 'instances', cannot carry the input 'candidates': it has 'items' rows where others have 'batch'; begin its shape with 'batch', or let clients use the columnar format, 'inputs'",
            "endpoints.score.inputs[2]: REST's row format, 'instances', cannot carry the input 'history': it is ragged, and its components have different numbers of rows; declare it dense, padded to one length, or let clients use the columnar format, 'inputs'",
            "endpoints.score.outputs.mean: REST's row format, 'instances', cannot carry the output 'mean': it is a scalar; begin its shape with 'batch', or let clients use the columnar format, 'inputs'",
            "endpoints.score.outputs.top: REST's row format, 'instances', cannot carry the output 'top': it has a fixed first dimension, 5; begin its shape with 'batch', or let clients use the columnar format, 'inputs'",
            "endpoints.score.outputs.by_item: REST's row format, 'instances', cannot carry the output 'by_item': it has 'items' rows where others have 'batch'; begin its shape with 'batch', or let clients use the columnar format, 'inputs'",
        ],
        spec(
            {
                "score": {
                    "arguments": ["features", "candidates", "history"],
                    "inputs": ["float32[batch, 3]", "int64[batch, items]", "int64[batch, ?]"],
                    "outputs": {"score": "float32[batch]", "mean": "float32[batch]", "found": "int64[?, 2]"},
                }
            },
            dims={"batch": {}, "items": {}},
            targets=["tf-serving"],
        ),
    ),
    "triton-batching": Case(
        batched(
            {
                "score": {
                    "arguments": ["features", "more", "words"],
                    "inputs": ["float32[batch, 3]", "float32[...]", sparse("float32", ["batch", 9], name="words")],
                    "outputs": {"score": "float32[batch]", "mean": "float32[]", "top": "float32[5]"},
                }
            },
            targets=["triton"],
        ),
        [
            "endpoints.score.inputs[1]: Triton cannot batch requests to 'score': 'more' has no known rank, which counts as a scalar; begin its shape with the dim of the batch, or set max_batch_size to 0",
            "endpoints.score.inputs[2]: Triton cannot batch requests to 'score': 'words' is sparse, and its components have different numbers of rows; declare it dense, padded to one length, or set max_batch_size to 0",
            "endpoints.score.outputs.mean: Triton cannot batch requests to 'score': 'mean' is a scalar; begin its shape with the dim of the batch, or set max_batch_size to 0",
            "endpoints.score.outputs.top: Triton cannot batch requests to 'score': 'top' has a fixed first dimension, 5; begin its shape with the dim of the batch, or set max_batch_size to 0",
        ],
        batched(
            {
                "score": {
                    "arguments": ["features", "more", "words"],
                    "inputs": ["float32[batch, 3]", "float32[batch, 3]", "float32[batch, 9]"],
                    "outputs": {"score": "float32[batch]", "mean": "float32[batch]", "top": "float32[batch, 5]"},
                }
            },
            targets=["triton"],
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
