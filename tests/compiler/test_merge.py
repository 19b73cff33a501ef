"""Several modes in one archive: each loads by its tags with its own numbers; the documented features are lost."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tagged_session
import tensorflow as tf
from keras import layers
from tagged_session import TaggedSession, meta_graphs, tag_sets

import specc

pytestmark = pytest.mark.tensorflow

WORDS = ["oak", "ash", "elm"]
BATCH, VECTOR, SCALAR = "string[batch]", "float32[batch, 3]", "float32[]"
X = np.array([b"ash", b"oak", b"fir", b"elm"])
Y = np.array([0, 1, 2, 0])
TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}


def trees(vocabulary: Any = WORDS) -> keras.Model:
    """A lookup, an embedding and a head, compiled, whose metrics have seen a batch."""
    keras.utils.set_random_seed(5)
    inputs = keras.Input((), dtype="string")
    hidden = layers.Embedding(len(WORDS) + 1, 4)(layers.StringLookup(vocabulary=vocabulary)(inputs))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.test_on_batch(tf.constant(X), Y)
    model.reset_metrics()
    return model


STEP = {
    "arguments": ["x", "y"],
    "inputs": [BATCH, "int64[batch]"],
    "outputs": {
        "loss": SCALAR,
        "metrics": {name: {"value": SCALAR, "update_op": SCALAR} for name in ("accuracy", "loss")},
    },
    "postprocess": "test_merge:without_predictions",
}


def without_predictions(step: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in step.items() if key != "predictions"}


ENDPOINTS: dict[str, dict[str, Any]] = {
    "predict": {"score": {"arguments": ["x"], "inputs": [BATCH], "outputs": VECTOR, "kwargs": {"training": False}}},
    "train": {"learn": {**STEP, "function": "specc:train_step", "method": "train"}},
    "eval": {"check": {**STEP, "function": "specc:eval_step", "method": "eval"}},
}


def mode(mode: str, **more: Any) -> specc.Document:
    data = {"specc": 1, "name": mode, "dims": {"batch": {}}, "endpoints": ENDPOINTS[mode], "mode": mode}
    return specc.from_json({**data, **more})


def modes() -> list[specc.Document]:
    """The modes, with the one for serving last, and a collection that only one of them has."""
    return [
        mode("train", variable_collections={"optimizer_variables": "optimizer.variables"}),
        mode("eval"),
        mode("predict"),
    ]


@pytest.fixture
def merged(tmp_path: Path) -> Callable[..., tuple[Path, keras.Model]]:
    """Merges the modes of a model; returns the path, and an equal model."""

    def run(documents: Any = None) -> tuple[Path, keras.Model]:
        report = specc.merge(modes() if documents is None else documents, trees(), tmp_path / "archive")
        return report.path, trees()

    return run


def test_each_mode_is_a_meta_graph(merged: Any) -> None:
    path, _ = merged()
    assert tag_sets(path) == [["serve"], ["train"], ["eval"]]
    keys = [sorted(key for key in graph.signature_def if not key.startswith("__")) for graph in meta_graphs(path)]
    assert keys == [["score", "serving_default"], ["learn", "train"], ["check", "eval"]]


def test_a_session_finds_each_mode_by_its_tags_with_its_numbers(merged: Any) -> None:
    path, model = merged()
    expected = model.predict_on_batch(tf.constant(X))
    for key in ("score", "serving_default"):
        np.testing.assert_allclose(TaggedSession(path, ["serve"]).ask(key, x=X)["output_0"], expected, **TOLERANCE)
    evaluated = model.test_on_batch(tf.constant(X), Y, return_dict=True)
    answer = TaggedSession(path, ["eval"]).ask("eval", x=X, y=Y)
    assert sorted(answer) == sorted(
        [f"metrics/{name}/{end}" for name in evaluated for end in ("value", "update_op")] + ["loss"]
    )
    for name, value in evaluated.items():
        np.testing.assert_allclose(answer[f"metrics/{name}/value"], value, **TOLERANCE)
    training = TaggedSession(path, ["train"])
    for _ in range(3):
        model.reset_metrics()
        expected = model.train_on_batch(tf.constant(X), Y, return_dict=True)["loss"]
        np.testing.assert_allclose(training.ask("train", x=X, y=Y)["loss"], expected, **TOLERANCE)


def test_python_has_the_signatures_and_nothing_else(merged: Any) -> None:
    path, model = merged()
    for tags, key in ((["serve"], "score"), (["train"], "learn"), (["eval"], "check")):
        revived = tf.saved_model.load(str(path), tags=tags)
        assert key in revived.signatures
        # What a merged archive loses.
        assert not hasattr(revived, key)
        assert not hasattr(revived, "optimizer_variables")
        assert not hasattr(revived, "trainable_variables")
        assert list(revived.variables) == []
    serving = tf.saved_model.load(str(path), tags=["serve"])
    answer = serving.signatures["score"](x=tf.constant(X))["output_0"]
    np.testing.assert_allclose(answer, model.predict_on_batch(tf.constant(X)), **TOLERANCE)
    with pytest.raises(ValueError, match="requires a `tags=` argument"):
        tf.saved_model.load(str(path))


FRESH = """
import json, sys
import numpy as np, tensorflow as tf
x, y = np.array([b"ash", b"oak", b"fir", b"elm"]), np.array([0, 1, 2, 0])
answers = {}
for tag, key in (("serve", "score"), ("train", "learn"), ("eval", "check")):
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        signature = tf.compat.v1.saved_model.load(session, [tag], sys.argv[1]).signature_def[key]
        feed = {signature.inputs[name].name: value for name, value in (("x", x), ("y", y)) if name in signature.inputs}
        fetch = {name: info.name for name, info in signature.outputs.items()}
        answers[tag] = {name: value.tolist() for name, value in session.run(fetch, feed).items()}
print(json.dumps(answers))
assert "specc" not in sys.modules
"""


def test_a_fresh_process_finds_each_mode(merged: Any) -> None:
    path, model = merged()
    finished = subprocess.run([sys.executable, "-c", FRESH, str(path)], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    answers = json.loads(finished.stdout)
    np.testing.assert_allclose(answers["serve"]["output_0"], model.predict_on_batch(tf.constant(X)), **TOLERANCE)
    evaluated = model.test_on_batch(tf.constant(X), Y, return_dict=True)
    for tag in ("eval", "train"):  # there is no dropout: the loss before the first step is that of evaluation
        np.testing.assert_allclose(answers[tag]["loss"], evaluated["loss"], **TOLERANCE)


def test_all_modes_share_one_checkpoint(merged: Any) -> None:
    path, model = merged()
    model.optimizer.build(model.trainable_variables)
    checkpoint = tf.train.list_variables(str(path / "variables" / "variables"))
    stored = [name for name, _ in checkpoint if name != "_CHECKPOINTABLE_OBJECT_GRAPH"]
    everything = (*model.variables, *model.metrics_variables, *model.optimizer.variables)
    assert len(stored) == len({id(variable) for variable in everything})
    assert sorted(stored) == sorted(f"variables/{index}/.ATTRIBUTES/VARIABLE_VALUE" for index in range(len(stored)))
    assert not any(entry.name.startswith("part-") for entry in path.iterdir())


def test_the_contract_is_that_of_the_meta_graph_for_serving(merged: Any) -> None:
    path, _ = merged()
    inspection = specc.inspect_archive(path)
    assert (inspection.source, inspection.findings) == ("contract", ())
    assert inspection.document == mode("predict")
    assert inspection.notes == ("the MetaGraph tagged serve is described; there are others, tagged train, eval",)
    contracts = {
        file.name: json.loads(file.read_bytes())["document"]["name"] for file in (path / "assets.extra").iterdir()
    }
    assert contracts == {"specc.json": "predict", "specc.train.json": "train", "specc.eval.json": "eval"}


def test_the_fingerprint_is_that_of_the_merged_file(merged: Any) -> None:
    # TensorFlow has no public way to make a fingerprint.
    from tensorflow.core.protobuf import fingerprint_pb2
    from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting

    path, _ = merged()
    written = fingerprint_pb2.FingerprintDef.FromString((path / "fingerprint.pb").read_bytes())
    made = fingerprint_pb2.FingerprintDef.FromString(fingerprinting.CreateFingerprintDef(str(path)))
    if "uuid" in made.DESCRIPTOR.fields_by_name:  # TensorFlow 2.16 has none
        made.uuid = written.uuid
    assert written == made


def test_modes_with_a_vocabulary_file_share_the_asset(tmp_path: Path) -> None:
    vocabulary = tmp_path / "vocabulary.txt"
    vocabulary.write_text("\n".join(WORDS))
    report = specc.merge(modes(), trees(str(vocabulary)), tmp_path / "archive")
    assert [name for name in report.files if name.startswith("assets/")] == ["assets/vocabulary.txt"]
    vocabulary.unlink()
    expected = trees().predict_on_batch(tf.constant(X))
    for tags, key in ((["serve"], "score"), (["eval"], "check")):
        answer = TaggedSession(report.path, tags).ask(key, **{"x": X} | ({"y": Y} if key == "check" else {}))
        if key == "score":
            np.testing.assert_allclose(answer["output_0"], expected, **TOLERANCE)
    assert sorted(report.files) == [
        "assets.extra/specc.eval.json",
        "assets.extra/specc.json",
        "assets.extra/specc.train.json",
        "assets/vocabulary.txt",
        "fingerprint.pb",
        "saved_model.pb",
        "variables/variables.data-00000-of-00001",
        "variables/variables.index",
    ]


def test_a_function_of_several_modes_is_traced_once(tmp_path: Path) -> None:
    model, traces = trees(), []

    def score(x: Any) -> Any:
        traces.append(x)
        return model(x, training=False)

    documents = [
        mode("predict", endpoints={"score": {**ENDPOINTS["predict"]["score"], "function": None, "kwargs": {}}}),
        mode(
            "predict",
            name="gpu",
            endpoints={"score": {**ENDPOINTS["predict"]["score"], "function": None, "kwargs": {}}},
            save_options={"extra_tags": ["gpu"]},
        ),
    ]
    report = specc.merge(documents, model, tmp_path / "archive", functions={"score": score})
    assert len(traces) == 1
    assert tag_sets(report.path) == [["serve"], ["serve", "gpu"]]
    assert [len(each.endpoints) for each in report.modes] == [1, 1]
    np.testing.assert_array_equal(
        TaggedSession(report.path, ["serve"]).ask("score", x=X)["output_0"],
        TaggedSession(report.path, ["serve", "gpu"]).ask("score", x=X)["output_0"],
    )
    assert sorted(file.name for file in (report.path / "assets.extra").iterdir()) == [
        "specc.json",
        "specc.serve+gpu.json",
    ]


SUPPORT = str(Path(tagged_session.__file__).parent)
BUILD = f"""
import sys
import specc
sys.path[:0] = [sys.argv[2], sys.argv[3]]
import {__name__} as here
specc.merge(here.modes(), here.trees(), sys.argv[1])
"""


def test_two_processes_in_two_directories_write_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for index in range(2):
        directory = tmp_path / f"run{index}" / ("deeper" * index)
        directory.mkdir(parents=True)
        command = [sys.executable, "-c", BUILD, str(directory / "archive"), str(Path(__file__).parent), SUPPORT]
        finished = subprocess.run(command, capture_output=True, text=True, check=False, cwd=directory)
        assert finished.returncode == 0, finished.stderr
        files = (file for file in (directory / "archive").rglob("*") if file.is_file())
        written.append({str(file.relative_to(directory)): file.read_bytes() for file in files})
    assert written[0] == written[1]
    assert len(written[0]) == 7


def test_progress_says_which_mode_it_is(tmp_path: Path) -> None:
    lines: list[str] = []
    specc.merge(modes(), trees(), tmp_path / "archive", progress=lines.append)
    assert lines[:3] == ["predict: tracing 1 endpoint", "train: tracing 1 endpoint", "eval: tracing 1 endpoint"]
    assert lines[-2:] == ["merging 3 MetaGraphs", "flushing to disk"]


def test_a_merged_archive_is_published_as_a_version(tmp_path: Path) -> None:
    paths = [specc.merge(modes(), trees(), base=tmp_path / "trees").path for _ in range(2)]
    assert paths == [tmp_path / "trees" / "1", tmp_path / "trees" / "2"]
    assert tag_sets(paths[1]) == [["serve"], ["train"], ["eval"]]


def test_compiled_documents_are_taken_too(tmp_path: Path) -> None:
    report = specc.merge([specc.compile(document) for document in modes()], trees(), tmp_path / "archive")
    assert tag_sets(report.path) == [["serve"], ["train"], ["eval"]]
    assert report.bytes == sum(file.stat().st_size for file in report.path.rglob("*") if file.is_file())
    assert {each.path for each in report.modes} == {report.path}


def test_each_contract_has_a_name_of_its_own(tmp_path: Path) -> None:
    tags = [[], ["a+b"], ["a", "b"], ["a%2Bb"], ["é/x"], ["x" * 238]]
    documents = [
        mode("predict", name=f"document {index}", save_options={"extra_tags": extra})
        for index, extra in enumerate(tags)
    ]
    path = specc.merge(documents, trees(), tmp_path / "archive").path
    contracts = Path(path, "assets.extra").iterdir()
    names = {file.name: json.loads(file.read_text())["document"]["name"] for file in contracts}
    assert names == {
        "specc.json": "document 0",
        "specc.serve+a%2Bb.json": "document 1",
        "specc.serve+a+b.json": "document 2",
        "specc.serve+a%252Bb.json": "document 3",
        "specc.serve+%C3%A9%2Fx.json": "document 4",
        f"specc.serve+{'x' * 238}.json": "document 5",
    }


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
                            "postprocess": "test_merge:loss_alone",
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


def loss_alone(step: dict[str, Any]) -> dict[str, Any]:
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


def test_a_target_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
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
