"""Documents and modes that cannot be merged: each refusal names the reason and leaves nothing behind."""

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from merged_modes import ENDPOINTS, mode, modes, trees

import specc

pytestmark = pytest.mark.tensorflow


def failing(x: Any) -> Any:
    raise RuntimeError("not today")


@pytest.mark.parametrize(
    ("documents", "functions", "findings"),
    [
        ([], {}, ["no-document: there is nothing to merge; give one document for each mode"]),
        (
            [mode("train"), mode("predict"), mode("train", name="again")],
            {},
            [
                "again: mode: same-tags: the MetaGraph of train has the same tags: train; loaders tell MetaGraphs apart by "
                "their tags; change the mode, or add extra_tags to save_options"
            ],
        ),
        (
            [
                mode("train", name=None, save_options={"extra_tags": ["gpu"], "experimental_image_format": True}),
                mode("predict", save_options={"experimental_image_format": True}),
            ],
            {},
            [
                f"{name}: save_options.experimental_image_format: unsupported-save-option: no released TensorFlow can "
                "write this format; remove it"
                for name in ("train+gpu", "predict")
            ],
        ),
        (
            [
                mode("predict"),
                mode("train", save_options={"extra_tags": ["x" * 239, "+"]}),
                mode("eval", save_options={"extra_tags": ["x" * 240]}),
            ],
            {},
            [
                "train: save_options.extra_tags: long-tags: the contract file is named after the tags, and its name has 260 "
                "bytes; the maximum is 255; choose shorter tags",
                "eval: save_options.extra_tags: long-tags: the contract file is named after the tags, and its name has 256 "
                "bytes; the maximum is 255; choose shorter tags",
            ],
        ),
        (
            [mode("train"), mode("predict")],
            {"scores": failing},
            [
                "unknown-endpoint: a function is given for 'scores', which is not an endpoint of any document; did you mean 'score'?"
            ],
        ),
        (
            [
                mode("predict", endpoints={"score": {**ENDPOINTS["predict"]["score"], "function": "scoore"}}),
                mode(
                    "train",
                    endpoints={
                        "learn": {
                            **ENDPOINTS["train"]["learn"],
                            "outputs": {"loss": "float64[]"},
                            "postprocess": "test_merge_refusals:only_the_loss",
                        }
                    },
                ),
            ],
            {},
            [
                "predict: endpoints.score.function: unknown-function: the model (a Functional) has no attribute 'scoore'",
                "train: endpoints.learn.outputs.loss: output-conflict: declared float64[], traced float32[]",
            ],
        ),
    ],
    ids=["none", "equal tags", "what is not built", "long tags", "an unknown function", "findings of two modes"],
)
def test_documents_that_do_not_fit_are_refused(tmp_path: Path, documents: Any, functions: Any, findings: Any) -> None:
    with pytest.raises(specc.SpecError) as caught:
        specc.merge(documents, trees(), tmp_path / "out" / "archive", functions=functions)
    assert [str(each) for each in caught.value.diagnostics] == findings
    assert list(tmp_path.iterdir()) == []


def only_the_loss(step: dict[str, Any]) -> dict[str, Any]:
    return {"loss": step["loss"]}


def test_a_mode_that_cannot_be_saved_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    options = {"experimental_sharding_callback": "test_save_options:Failing"}
    documents = [mode("predict"), mode("eval", save_options=options)]
    with pytest.raises(specc.SpecError) as caught:
        specc.merge(documents, trees(), tmp_path / "out" / "archive")
    assert str(caught.value) == (
        "eval: endpoints: save-failed: TensorFlow cannot save the archive: RuntimeError: no shards today"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_is_not_empty_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "kept").write_text("kept")
    with pytest.raises(specc.TargetError, match="is not empty"):
        specc.merge(modes(), trees(), tmp_path / "archive")
    assert [file.name for file in tmp_path.rglob("*")] == ["archive", "kept"]


def test_assets_that_differ_are_refused(tmp_path: Path) -> None:
    # Modes of one model cannot have them, since they hold the same resources; the merge checks it nevertheless.
    from specc.compiler.merge import _add_assets

    for part, text in (("part", "one"), ("whole", "two")):
        (tmp_path / part / "assets").mkdir(parents=True)
        (tmp_path / part / "assets" / "words.txt").write_text(text)
    with pytest.raises(specc.SpecError) as caught:
        _add_assets(tmp_path / "part", tmp_path / "whole")
    assert (
        str(caught.value)
        == "asset-clash: two modes have an asset 'words.txt' with different content; rename one of the files"
    )


def test_checkpoints_that_differ_are_refused(tmp_path: Path) -> None:
    # No spec makes them differ: the roots hold the same variables in the same order.
    from specc.compiler.merge import _require_equal_checkpoints

    values = {
        "one": {"a": tf.Variable([1.0, -0.0]), "b": tf.Variable(["x"])},
        "same": {"a": tf.Variable([1.0, -0.0]), "b": tf.Variable(["x"])},
        "number": {"a": tf.Variable([1.0, 0.0]), "b": tf.Variable(["x"])},
        "text": {"a": tf.Variable([1.0, -0.0]), "b": tf.Variable(["y"])},
        "shape": {"a": tf.Variable([[1.0, -0.0]]), "b": tf.Variable(["x"])},
        "missing": {"a": tf.Variable([1.0, -0.0])},
    }
    for name, variables in values.items():
        tf.train.Checkpoint(**variables).write(str(tmp_path / name / "variables" / "variables"))
    _require_equal_checkpoints(tmp_path / "one", tmp_path / "same")
    for name, key in (("number", "a"), ("text", "b"), ("shape", "a"), ("missing", "b")):
        with pytest.raises(specc.SpecError) as caught:
            _require_equal_checkpoints(tmp_path / "one", tmp_path / name)
        assert str(caught.value) == (
            "archive-mismatch: the modes would restore 1 variables differently; please report it; "
            f"the first is {key}/.ATTRIBUTES/VARIABLE_VALUE"
        )
