"""Bugs of the legacy exporter that are not copied, each with both behaviours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tensorflow as tf
from legacy_cases import BARE, FEW, SCALAR, SERVING_DEFAULT, VECTOR, Case, Head, by_legacy, ours, refusals, to_data
from legacy_exporter import export_output, export_utils

import specc
from specc.language.signatures import published_signatures
from specc.publishing.publish import NewDirectory

pytestmark = pytest.mark.tensorflow


def test_the_callers_dict_is_not_changed() -> None:
    with tf.Graph().as_default():
        mine = {"score": export_output.PredictOutput(tf.constant(1.0))}
        export_utils.get_export_outputs(mine, None)
    assert sorted(mine) == ["score", SERVING_DEFAULT]
    data = to_data(BARE)
    before = repr(data)
    document = specc.from_json(data)
    dumped = specc.dump(document)
    assert sorted(ours(document)) == ["score", SERVING_DEFAULT]
    assert (repr(data), specc.dump(document)) == (before, dumped)


def test_scores_of_float64_are_refused_at_once() -> None:
    scores = Head("classify", {"scores": ("float64", (-1, 3))})
    case = replace(BARE, receivers=("examples",), serialized=True, heads={"head": scores})
    found = by_legacy(case)  # the output itself is accepted, although its error message demands float32
    assert (found.signatures, sorted(found.excluded)) == (
        {},
        ["head", "raw:head", "raw:serving_default", SERVING_DEFAULT],
    )
    assert refusals(case) == [
        "endpoints.head.outputs.scores: bad-method: the 'scores' of a classification must be float32, not float64; cast them "
        'in a "postprocess"'
    ]


def test_a_key_that_only_begins_like_the_prefix_is_prefixed() -> None:
    case = Case("eval", -1, FEW, (), False, {"eval": Head("eval", {"loss": {"lossy": SCALAR, "loss/l2": SCALAR}})})
    assert sorted(by_legacy(case).signatures["eval"].outputs) == ["loss/l2", "lossy"]
    assert sorted(ours(specc.from_json(to_data(case)))["eval"].outputs) == ["loss/l2", "loss/lossy"]


def test_outputs_that_get_one_name_are_refused() -> None:
    several = {"loss": {"a": SCALAR, "loss/a": ("float32", (2,))}}
    case = Case("eval", -1, FEW, (), False, {"eval": Head("eval", several)})
    assert by_legacy(case).signatures["eval"].outputs == {"loss/a": ("float32", (2,))}  # the last of them
    assert refusals(case) == [
        "endpoints.eval.outputs.loss[\"loss/a\"]: name-clash: the wire name 'loss/a' clashes: the leaf at "
        'endpoints.eval.outputs.loss.a has the same name; give one of them a "name"'
    ]


def test_what_serving_only_drops_is_not_reported_as_included() -> None:
    heads = {SERVING_DEFAULT: Head("predict", {"p": VECTOR}), "learn": Head("train", {"loss": SCALAR})}
    case = Case("predict", -1, FEW, (), False, heads, serving_only=True)
    found = by_legacy(case)
    assert found.included["Train"] == ["learn"]
    assert list(found.signatures) == [SERVING_DEFAULT]
    assert [signature.key for signature in published_signatures(specc.from_json(to_data(case)))] == [SERVING_DEFAULT]


def test_a_trailing_slash_changes_nothing(tmp_path: Path) -> None:
    assert export_utils.get_temp_export_dir(b"/models/ranker/") == b"/models/ranker/temp-"  # inside the target itself
    with NewDirectory(f"{tmp_path / 'archive'}/").staged() as stage:
        (stage.directory / "saved_model.pb").write_bytes(b"")
        assert stage.directory.parent == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]
