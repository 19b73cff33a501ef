"""Every example that is written for any backend of Keras builds on JAX, and its archive runs where there is no JAX."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from example_archives import SPECS, beside, spec_file
from jax_exports import arrays, assert_numbers
from three_ways import Archive, flat_outputs

import specc
from specc.cli import OK, main
from specc.compiler.load_model import load_model

pytestmark = pytest.mark.tensorflow

X = np.array([[1.0, -2.0, 3.0], [0.5, 0.25, -4.0]], np.float32)
X2 = np.array([[4.0, 3.0, -2.0, 1.0], [0.0, 1.0, 2.0, -3.0]], np.float32)
WORDS = np.array([["one", "two", "three"], ["three", "four", "one"]])
NUMBER, NUMBERS, TEXT = np.float32(2.5), np.array([1, 2.5], np.float32), np.array("ab")


def call(model: Any, *arguments: Any) -> Any:
    return model(*arguments)


def inferred(model: Any, *arguments: Any) -> Any:
    return model(*arguments, training=False)


def looked_up(model: Any, words: Any) -> Any:
    return model(np.vectorize({"one": 1.0, "two": 2.0, "three": 3.0}.get)(words, 0.0).astype(np.float32))


def images() -> Any:
    return np.random.default_rng(0).uniform(0, 255, [2, 224, 224, 3]).astype(np.float32)


@dataclass(frozen=True)
class Sample:
    """One endpoint of one spec, what gives its numbers, and its arguments."""

    name: str
    endpoint: str
    run: Callable[..., Any]
    arguments: list[Any]


SAMPLES = [
    Sample("inference", "serve", call, [X]),
    Sample("training_and_inference", "call_inference", inferred, [X]),
    Sample("two_arguments", "serve", call, [X, X2]),
    Sample("list_of_two", "serve", call, [[X, X2]]),
    Sample("dict_of_two", "serve", call, [{"x1": X, "x2": X2}]),
    Sample("lookup_before_model", "serve", looked_up, [WORDS]),
    Sample("lookup_before_model", "model_fn", call, [X]),
    Sample("optimizer_variables", "serve", call, [X]),
    Sample("functional_names", "serving_default", call, [X2]),
    Sample("adder", "add", lambda model, x: model.add(x), [NUMBER]),
    Sample("adder_concrete", "add", lambda model, x: model.add_scalars(x), [NUMBER]),
    Sample("adder_polymorphic", "add_vector", lambda model, x: model.add(x), [NUMBERS.astype(np.float64)]),
    Sample("string_concat", "concat", lambda model, x: model.concat(x), [TEXT]),
    Sample("multiplier", "serving_default", call, [NUMBER]),
    Sample("image_classifier", "serve", inferred, [images()]),
]
NEUTRAL = {sample.name for sample in SAMPLES}
TENSORFLOW_ONLY = {
    "traced_function": "a tf.function that calls the model",
    "two_tower": "StringLookup inside the model",
    "resume_training": "tf.GradientTape in the model's training step",
    "strokes_predict": "TensorFlow ops on what the model returns, inside the function",
    "strokes_train": "the same model",
    "strokes_eval": "the same model",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: Any) -> Callable[[str], tuple[Archive, Any]]:
    """An example's archive and the very model that is in it, when it is first asked for."""
    examples: dict[str, tuple[Archive, Any]] = {}

    def example(name: str) -> tuple[Archive, Any]:
        if name not in examples:
            file = spec_file(name)
            document = specc.load(file)
            with beside(file):
                model = load_model(document.model, file.parent, seed=0)
                program = specc.compile(document)
                report = program.export(model, tmp_path_factory.mktemp(name) / "archive")
            examples[name] = Archive(program, report.path), model
        return examples[name]

    return example


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.name}-{sample.endpoint}")
def test_an_example_gives_its_numbers(sample: Sample, built: Any) -> None:
    archive, model = built(sample.name)
    assert_numbers(archive, sample.endpoint, sample.arguments, expected(sample, model))


def expected(sample: Sample, model: Any) -> Any:
    return arrays(sample.run(model, *sample.arguments))


def test_every_example_is_neutral_or_says_why_not() -> None:
    names = {spec.name.removesuffix(".specc.json") for spec in SPECS}
    assert names == NEUTRAL | TENSORFLOW_ONLY.keys()
    assert not NEUTRAL & TENSORFLOW_ONLY.keys()


def test_the_training_endpoints_change_what_the_model_changes(built: Any) -> None:
    archive, model = built("training_and_inference")
    revived = archive.reloaded().revived
    x = np.ones([64, 3], np.float32)
    np.testing.assert_allclose(revived.call_training(x), model(x, training=True), rtol=1e-5)
    np.testing.assert_allclose(revived.call_training(x), model(x, training=True), rtol=1e-5)  # the seed moved


def test_strings_go_into_the_image_classifier(built: Any) -> None:
    archive, model = built("image_classifier")
    pixels = np.random.default_rng(1).integers(0, 255, [3, 64, 48, 3]).astype(np.uint8)
    jpegs = tf.stack([tf.io.encode_jpeg(image) for image in pixels])
    decoded = [tf.image.resize(tf.io.decode_jpeg(jpeg, channels=3), [224, 224]).numpy() for jpeg in jpegs]
    best = tf.math.top_k(np.asarray(model(np.stack(decoded), training=False)), k=5)
    revived = archive.revived.serve_jpeg(jpegs)
    np.testing.assert_allclose(revived["probabilities"], best.values, rtol=1e-4)


def test_specc_build_builds_on_jax(tmp_path: Path, capsys: Any) -> None:
    assert main(["build", str(spec_file("lookup_before_model")), "--out", str(tmp_path / "archive")]) == OK
    assert "INCLUDED for predict: model_fn, serve, serving_default" in capsys.readouterr().out


WITHOUT_JAX = """
import pickle, sys
import numpy as np

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("jax", "jaxlib"):
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Absent())
import tensorflow as tf

answers = {}
for path, endpoint, arguments, flat in pickle.load(open(sys.argv[1], "rb")):
    revived = tf.saved_model.load(path)
    attribute = getattr(revived, endpoint)(*arguments)
    signature = revived.signatures[endpoint](**{name: tf.constant(value) for name, value in flat.items()})
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        definition = tf.compat.v1.saved_model.load(session, ["serve"], path).signature_def[endpoint]
        feed = {definition.inputs[name].name: value for name, value in flat.items()}
        fetch = {name: info.name for name, info in definition.outputs.items()}
        answer = session.run(fetch, feed)
    attribute = [tensor.numpy() for tensor in tf.nest.flatten(attribute)]
    answers[path, endpoint] = attribute, {name: tensor.numpy() for name, tensor in signature.items()}, answer
assert not {"jax", "jaxlib"} & set(sys.modules)
pickle.dump(answers, open(sys.argv[2], "wb"))
"""


def test_the_archives_run_without_jax(built: Any, tmp_path: Path) -> None:
    from three_ways import flat_inputs

    asked = []
    for sample in SAMPLES:
        archive, _ = built(sample.name)
        flat = flat_inputs(archive.program[sample.endpoint], sample.arguments)
        asked.append((archive.path, sample.endpoint, sample.arguments, flat))
    (tmp_path / "asked").write_bytes(pickle.dumps(asked))
    command = [sys.executable, "-c", WITHOUT_JAX, str(tmp_path / "asked"), str(tmp_path / "answers")]
    # TensorFlow imports Keras, which would ask for its backend.
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    subprocess.run(command, check=True, env=environment)
    answers = pickle.loads((tmp_path / "answers").read_bytes())
    for sample in SAMPLES:
        archive, model = built(sample.name)
        numbers = flat_outputs(archive.program[sample.endpoint], expected(sample, model))
        attribute, signature, session = answers[archive.path, sample.endpoint]
        for found in (dict(zip(numbers, attribute, strict=True)), signature, session):
            assert sorted(found) == sorted(numbers)
            for name, array in numbers.items():
                if array.dtype.kind == "f":
                    np.testing.assert_allclose(found[name], array, rtol=1e-5, atol=1e-6)
                else:
                    np.testing.assert_array_equal(found[name], array)
