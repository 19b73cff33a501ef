"""One classifier in three archives, one for each mode: served, trained and evaluated, each with Keras's own numbers."""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from example_archives import Example, assert_verifies_clean, build_example
from tagged_session import TaggedSession, meta_graphs, tag_sets

pytestmark = pytest.mark.tensorflow

TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}
MORE_STEPS = 5


@pytest.fixture(scope="module")
def predict(tmp_path_factory: Any) -> Example:
    return build_example("strokes_predict", tmp_path_factory.mktemp("predict"))


@pytest.fixture(scope="module")
def train(tmp_path_factory: Any) -> Example:
    return build_example("strokes_train", tmp_path_factory.mktemp("train"))


@pytest.fixture(scope="module")
def evaluate(tmp_path_factory: Any) -> Example:
    return build_example("strokes_eval", tmp_path_factory.mktemp("eval"))


def batches(count: int) -> list[Any]:
    """Batches that the model has not seen, the first of which follow those that it was trained on."""
    from stroke_classifier import STEPS_BEFORE_EXPORT
    from stroke_classifier import batches as numbered

    return list(numbered(STEPS_BEFORE_EXPORT, count))


def dataset(data: list[Any]) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(tuple(tf.stack(parts) for parts in zip(*data, strict=True)))


def serialized(images: Any) -> Any:
    """Each image as the tf.Example that a client of a Classify request sends."""
    return tf.constant(
        [
            tf.train.Example(
                features=tf.train.Features(
                    feature={"image": tf.train.Feature(float_list=tf.train.FloatList(value=image.numpy().ravel()))}
                )
            ).SerializeToString()
            for image in images
        ]
    )


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert sorted(found) == sorted(expected)
    for name, value in expected.items():
        if np.asarray(value).dtype.kind == "f":
            np.testing.assert_allclose(found[name], value, **TOLERANCE, err_msg=name)
        else:
            np.testing.assert_array_equal(found[name], value, err_msg=name)


def values(answer: Any) -> dict[str, float]:
    """The metrics of a nested answer."""
    return {name: float(each["value"]) for name, each in answer["metrics"].items()}


def wire_values(answer: dict[str, Any]) -> dict[str, float]:
    """The metrics of a flat answer."""
    named = ((name.split("/"), value) for name, value in answer.items())
    return {words[1]: float(value) for words, value in named if words[0] == "metrics" and words[-1] == "value"}


def test_each_archive_has_the_tag_and_the_signatures_of_its_mode(
    predict: Example, train: Example, evaluate: Example
) -> None:
    found = {}
    for example in (predict, train, evaluate):
        (graph,) = meta_graphs(example.path)
        keys = (key for key in graph.signature_def if not key.startswith("__"))
        methods = {key: graph.signature_def[key].method_name.partition("/")[2] for key in sorted(keys)}
        found[",".join(graph.meta_info_def.tags)] = methods
    assert found == {
        "serve": {
            "classify": "serving/classify",
            "examples:predict": "serving/predict",
            "predict": "serving/predict",
            "raw:classify": "serving/predict",
            "raw:serving_default": "serving/predict",
            "serving_default": "serving/classify",
        },
        "train": {"reset": "supervised/training", "step": "supervised/training", "train": "supervised/training"},
        "eval": {
            "eval": "supervised/eval",
            "evaluate": "supervised/eval",
            "metrics": "supervised/eval",
            "reset": "supervised/eval",
        },
    }


def test_only_the_serving_archive_passes_tensorflows_own_test_of_a_signature(
    predict: Example, train: Example, evaluate: Example
) -> None:
    for example, valid in ((predict, True), (train, False), (evaluate, False)):
        (graph,) = meta_graphs(example.path)
        for key, signature in graph.signature_def.items():
            if not key.startswith("__"):
                assert tf.compat.v1.saved_model.is_valid_signature(signature) == valid, key


def test_a_classify_request_of_examples_is_answered(predict: Example) -> None:
    from stroke_classifier import STROKES

    ((images, _, _),) = batches(1)
    scores = predict.model.predict_on_batch(images)
    order = np.argsort(-scores, axis=1)
    expected = {
        "classes": np.array([[STROKES[index].encode() for index in row] for row in order]),
        "scores": np.take_along_axis(scores, order, axis=1),
    }
    session = TaggedSession(predict.path, ["serve"])
    revived = tf.saved_model.load(str(predict.path))
    for key in ("classify", "serving_default"):
        assert_same(session.ask(key, inputs=serialized(images)), expected)
        assert_same(revived.signatures[key](inputs=serialized(images)), expected)
    for key in ("raw:classify", "raw:serving_default"):
        assert_same(session.ask(key, image=images), expected)
    assert_same(revived.classify(images), expected)
    assert_same(session.ask("examples:predict", inputs=serialized(images)), {"scores": scores})
    assert_same(session.ask("predict", image=images), {"scores": scores})
    assert_same({"scores": revived.predict(images)}, {"scores": scores})


def test_the_revived_model_trains_on_as_fit_does(train: Example) -> None:
    data = batches(MORE_STEPS)
    model = build_model()
    history = model.fit(dataset(data), epochs=1, shuffle=False, verbose=0).history
    expected = {name: found[0] for name, found in history.items()}
    revived = train.archive.reloaded().revived
    session = TaggedSession(train.path, ["train"])
    for batch in data:
        answer = revived.step(*batch)
        flat = session.ask("train", **dict(zip(("image", "label", "weight"), batch, strict=True)))
    assert_same(values(answer), expected)
    assert_same(wire_values(flat), expected)
    np.testing.assert_allclose(flat["predictions"], answer["predictions"], **TOLERANCE)
    for one, other in zip(revived.optimizer_variables, model.optimizer.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), **TOLERANCE, err_msg=other.path)
    assert set(values(revived.reset()).values()) == {0.0}
    assert set(wire_values(session.ask("reset")).values()) == {0.0}
    assert all(not variable.numpy().any() for variable in revived.metrics_variables)


def build_model() -> Any:
    """The example's model in the state of the archive, not trained or evaluated since."""
    from example_archives import beside, spec_file

    from specc.cli.build_jobs import SEED
    from specc.compiler.load_model import load_model

    file = spec_file("strokes_train")
    with beside(file):
        return load_model("stroke_classifier:build", file.parent, seed=SEED)


GO_ON = """
import json, sys
import numpy as np, tensorflow as tf
revived = tf.saved_model.load(sys.argv[1])
dtypes = ("float32", "int64", "float32")
for batch in json.load(sys.stdin):
    answer = revived.step(*(tf.constant(np.array(part, dtype)) for part, dtype in zip(batch, dtypes)))
print(json.dumps({name: float(each["value"]) for name, each in answer["metrics"].items()}))
assert not {"specc", "stroke_classifier"} & sys.modules.keys()
"""


def test_a_process_without_the_models_code_trains_on_too(train: Example) -> None:
    data = batches(MORE_STEPS)
    history = build_model().fit(dataset(data), epochs=1, shuffle=False, verbose=0).history
    sent = json.dumps([[part.numpy().tolist() for part in batch] for batch in data])
    command = [sys.executable, "-c", GO_ON, str(train.path)]
    finished = subprocess.run(command, input=sent, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert_same(json.loads(finished.stdout), {name: found[0] for name, found in history.items()})


def test_many_batches_are_evaluated_as_evaluate_does(evaluate: Example) -> None:
    data = batches(MORE_STEPS)
    model = build_model()
    expected = model.evaluate(dataset(data), return_dict=True, verbose=0)
    revived = evaluate.archive.reloaded().revived
    session = TaggedSession(evaluate.path, ["eval"])
    for batch in data:
        answer = revived.evaluate(*batch)
        flat = session.ask("eval", **dict(zip(("image", "label", "weight"), batch, strict=True)))
    assert_same(values(answer), expected)
    assert_same(values(revived.metrics()), expected)
    assert_same(wire_values(flat), expected)
    assert_same(wire_values(session.ask("metrics")), expected)
    assert set(values(revived.reset()).values()) == {0.0}
    assert set(wire_values(session.ask("reset")).values()) == {0.0}
    assert_same(values(revived.evaluate(*data[0])), model.evaluate(dataset(data[:1]), return_dict=True, verbose=0))


def test_the_modes_of_one_model_hold_the_same_weights(predict: Example, train: Example, evaluate: Example) -> None:
    weights = build_model().trainable_variables
    for example, tag in ((predict, "serve"), (train, "train"), (evaluate, "eval")):
        assert tag_sets(example.path) == [[tag]]
        revived = example.archive.reloaded().revived
        for one, other in zip(revived.trainable_variables[: len(weights)], weights, strict=True):
            np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=other.path)


@pytest.mark.parametrize("mode", ["predict", "train", "evaluate"])
def test_the_archive_of_a_mode_verifies_clean(mode: str, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue(mode).path
    assert_verifies_clean(path.name, path)
