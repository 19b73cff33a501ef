"""Several modes in one archive: each loads by its tags with its own numbers; the documented features are lost."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from merged_modes import X, Y, mode, modes, trees
from tagged_session import TaggedSession, meta_graphs, tag_sets

import specc

pytestmark = pytest.mark.tensorflow

TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modes of a model in one archive, which the tests only read."""
    return specc.merge(modes(), trees(), tmp_path_factory.mktemp("merged") / "archive").path


def test_each_mode_is_a_meta_graph(merged: Path) -> None:
    assert tag_sets(merged) == [["serve"], ["train"], ["eval"]]
    keys = [sorted(key for key in graph.signature_def if not key.startswith("__")) for graph in meta_graphs(merged)]
    assert keys == [["score", "serving_default"], ["learn", "train"], ["check", "eval"]]


def test_a_session_finds_each_mode_by_its_tags_with_its_numbers(merged: Path) -> None:
    model = trees()
    expected = model.predict_on_batch(tf.constant(X))
    for key in ("score", "serving_default"):
        np.testing.assert_allclose(TaggedSession(merged, ["serve"]).ask(key, x=X)["output_0"], expected, **TOLERANCE)
    evaluated = model.test_on_batch(tf.constant(X), Y, return_dict=True)
    answer = TaggedSession(merged, ["eval"]).ask("eval", x=X, y=Y)
    assert sorted(answer) == sorted(
        [f"metrics/{name}/{end}" for name in evaluated for end in ("value", "update_op")] + ["loss"]
    )
    for name, value in evaluated.items():
        np.testing.assert_allclose(answer[f"metrics/{name}/value"], value, **TOLERANCE)
    training = TaggedSession(merged, ["train"])
    for _ in range(3):
        model.reset_metrics()
        expected = model.train_on_batch(tf.constant(X), Y, return_dict=True)["loss"]
        np.testing.assert_allclose(training.ask("train", x=X, y=Y)["loss"], expected, **TOLERANCE)


def test_a_revived_merged_archive_has_only_its_signatures(merged: Path) -> None:
    model = trees()
    for tags, key in ((["serve"], "score"), (["train"], "learn"), (["eval"], "check")):
        revived = tf.saved_model.load(str(merged), tags=tags)
        assert key in revived.signatures
        # What a merged archive loses.
        assert not hasattr(revived, key)
        assert not hasattr(revived, "optimizer_variables")
        assert not hasattr(revived, "trainable_variables")
        assert list(revived.variables) == []
    serving = tf.saved_model.load(str(merged), tags=["serve"])
    answer = serving.signatures["score"](x=tf.constant(X))["output_0"]
    np.testing.assert_allclose(answer, model.predict_on_batch(tf.constant(X)), **TOLERANCE)
    with pytest.raises(ValueError, match="requires a `tags=` argument"):
        tf.saved_model.load(str(merged))


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


def test_a_fresh_process_finds_each_mode(merged: Path) -> None:
    model = trees()
    finished = subprocess.run([sys.executable, "-c", FRESH, str(merged)], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    answers = json.loads(finished.stdout)
    np.testing.assert_allclose(answers["serve"]["output_0"], model.predict_on_batch(tf.constant(X)), **TOLERANCE)
    evaluated = model.test_on_batch(tf.constant(X), Y, return_dict=True)
    for tag in ("eval", "train"):  # there is no dropout: the loss before the first step is that of evaluation
        np.testing.assert_allclose(answers[tag]["loss"], evaluated["loss"], **TOLERANCE)


def test_all_modes_share_one_checkpoint(merged: Path) -> None:
    model = trees()
    model.optimizer.build(model.trainable_variables)
    checkpoint = tf.train.list_variables(str(merged / "variables" / "variables"))
    stored = [name for name, _ in checkpoint if name != "_CHECKPOINTABLE_OBJECT_GRAPH"]
    everything = (*model.variables, *model.metrics_variables, *model.optimizer.variables)
    assert len(stored) == len({id(variable) for variable in everything})
    assert sorted(stored) == sorted(f"variables/{index}/.ATTRIBUTES/VARIABLE_VALUE" for index in range(len(stored)))
    assert not any(entry.name.startswith("part-") for entry in merged.iterdir())


def test_the_contract_is_that_of_the_meta_graph_for_serving(merged: Path) -> None:
    inspection = specc.inspect_archive(merged)
    assert (inspection.source, inspection.findings) == ("contract", ())
    assert inspection.document == mode("predict")
    assert inspection.notes == ("the MetaGraph tagged serve is described; there are others, tagged train, eval",)
    contracts = {
        file.name: json.loads(file.read_bytes())["document"]["name"] for file in (merged / "assets.extra").iterdir()
    }
    assert contracts == {"specc.json": "predict", "specc.train.json": "train", "specc.eval.json": "eval"}


def test_the_fingerprint_is_that_of_the_merged_file(merged: Path) -> None:
    # TensorFlow has no public way to make a fingerprint.
    from tensorflow.core.protobuf import fingerprint_pb2
    from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting

    written = fingerprint_pb2.FingerprintDef.FromString((merged / "fingerprint.pb").read_bytes())
    made = fingerprint_pb2.FingerprintDef.FromString(fingerprinting.CreateFingerprintDef(str(merged)))
    if "uuid" in made.DESCRIPTOR.fields_by_name:  # TensorFlow 2.16 has none
        made.uuid = written.uuid
    assert written == made
