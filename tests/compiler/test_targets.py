"""The facts behind the checks for targets, where a target or its loader is part of TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from exports import document

# It has no public name.
from tensorflow.lite.python.convert import ConverterError

import specc
from specc.checks import Settings, run_checks
from specc.checks.target_dtypes import LITERT_DTYPES
from specc.language.dtypes import DTYPES

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")]

ENDPOINT = {"function": None, "inputs": ["float32[batch]"], "outputs": {"y": "float32[batch]"}}


def build(directory: Path, *names: str, **more: Any) -> tuple[str, set[str]]:
    """An archive with endpoints of these names, and the rules of its findings for every target."""
    functions = {name: lambda x: {"y": x + 1.0} for name in names}
    written = document(dict.fromkeys(names, ENDPOINT), **more)
    report = specc.compile(written).export(tf.Module(), directory / "archive", functions=functions)
    targets = Settings(targets=frozenset(("tf-serving", "triton", "litert", "onnx", "openvino")))
    return str(report.path), {finding.rule for finding in run_checks(written, targets)}


def converted(archive: str, keys: list[str] | None = None) -> list[str]:
    """The signatures that are left after LiteRT's conversion."""
    content = tf.lite.TFLiteConverter.from_saved_model(archive, signature_keys=keys).convert()
    return sorted(tf.lite.Interpreter(model_content=content).get_signature_list())


@pytest.mark.parametrize("default", ["serve", "other"])
def test_litert_loses_what_stands_beside_serve(tmp_path: Path, default: str) -> None:
    archive, rules = build(tmp_path, "serve", "other", default=default)
    assert converted(archive) == ["serving_default"]
    assert converted(archive, ["serve", "other"]) == ["serving_default"]
    assert converted(archive, ["other"]) == ["other"]
    assert "litert-serve" in rules


def test_litert_refuses_serve_beside_others_without_a_default(tmp_path: Path) -> None:
    archive, rules = build(tmp_path, "serve", "other", default=None)
    with pytest.raises(ValueError, match="Invalid signature key 'serving_default'"):
        converted(archive)
    assert "litert-serve" in rules


def test_litert_converts_all_under_other_names(tmp_path: Path) -> None:
    archive, rules = build(tmp_path, "score", "other")
    assert converted(archive) == ["other", "score", "serving_default"]
    assert "litert-serve" not in rules


def test_litert_keeps_serve_alone(tmp_path: Path) -> None:
    archive, rules = build(tmp_path, "serve")
    assert converted(archive) == ["serving_default"]
    assert "litert-serve" not in rules


@pytest.mark.skipif(tf.__version__ < "2.21", reason="the check speaks of the converter of TensorFlow 2.21")
@pytest.mark.parametrize("dtype", DTYPES)
def test_litert_converts_these_dtypes_and_no_others(dtype: str) -> None:
    @tf.function(input_signature=[tf.TensorSpec([2], dtype)])
    def column(x: Any) -> Any:
        return tf.reshape(x, [2, 1])

    converter = tf.lite.TFLiteConverter.from_concrete_functions([column.get_concrete_function()], tf.Module())
    if dtype not in LITERT_DTYPES:
        with pytest.raises(ConverterError):
            converter.convert()
        return
    (given,) = tf.lite.Interpreter(model_content=converter.convert()).get_input_details()
    assert given["shape"].tolist() == [2]


@pytest.mark.parametrize(("names", "first"), [(("score", "embed"), "embed"), (("score", "users"), "score")])
def test_the_first_signature_is_the_first_by_name(tmp_path: Path, names: tuple[str, ...], first: str) -> None:
    archive, rules = build(tmp_path, *names)
    signatures = tf.saved_model.load(archive).signatures
    assert next(iter(signatures)) == first  # which is what tf2onnx takes
    assert ("onnx-signature" in rules) is (first != names[0])


@pytest.mark.parametrize("tags", [[], ["gpu"]])
def test_a_server_finds_only_what_has_just_its_tags(tmp_path: Path, tags: list[str]) -> None:
    archive, rules = build(tmp_path, "score", save_options={"extra_tags": tags})
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        if tags:
            with pytest.raises(RuntimeError, match="could not be found in SavedModel"):
                tf.compat.v1.saved_model.load(session, ["serve"], archive)
        else:
            tf.compat.v1.saved_model.load(session, ["serve"], archive)
    assert ({"tf-serving-tags", "triton-tags"} <= rules) is bool(tags)
