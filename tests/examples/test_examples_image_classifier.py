"""EfficientNetB0: inference and training, and JPEG files decoded in the graph around the core that pixels use."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from example_archives import Example, assert_model_numbers, assert_verifies_clean, build_example
from three_ways import assert_agree, flat_outputs, three_ways

pytestmark = pytest.mark.tensorflow

ENDPOINTS = ["serve", "serve_jpeg", "serve_training"]


@pytest.fixture(scope="module")
def traces() -> list[bool]:
    """The value of ``training`` in each run of the model's own code during the export."""
    return []


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: Any, traces: list[bool]) -> Example:
    nothing = keras.Input([1])
    functional = type(keras.Model(nothing, keras.layers.Identity()(nothing)))
    call = functional.call

    def counting(self: Any, inputs: Any, training: bool, **kwargs: Any) -> Any:
        traces.append(training)
        return call(self, inputs, training, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functional, "call", counting)
        return build_example("image_classifier", tmp_path_factory.mktemp("image_classifier"))


def pictures() -> list[Any]:
    """Two pictures of different sizes, smooth enough to survive JPEG."""
    noise = tf.random.stateless_uniform([2, 8, 8, 3], [1, 2], 0, 255)
    sizes = ([224, 224], [300, 180])
    return [tf.image.resize(picture, size, "bicubic") for picture, size in zip(noise, sizes, strict=True)]


@pytest.fixture(scope="module")
def jpegs() -> tf.Tensor:
    return tf.stack([tf.io.encode_jpeg(tf.cast(tf.clip_by_value(picture, 0, 255), tf.uint8)) for picture in pictures()])


@pytest.fixture(scope="module")
def images() -> tf.Tensor:
    return tf.stack([tf.image.resize(picture, [224, 224]) for picture in pictures()])


def test_the_model_is_traced_once_for_inference_and_once_for_training(classifier: Example, traces: list[bool]) -> None:
    assert sorted(classifier.program) == ["serve", "serve_jpeg", "serve_training"]
    assert sorted(traces) == [False, True]


def test_serve_gives_the_models_numbers(classifier: Example, images: Any) -> None:
    assert_model_numbers(classifier, "serve", lambda pixels: classifier.model(pixels, training=False), images)


def test_serve_jpeg_gives_the_best_classes_of_the_files(classifier: Example, jpegs: Any) -> None:
    from efficientnet_classifier import best_five, decode_jpegs

    @tf.function(autograph=False)
    def by_hand(files: Any) -> Any:
        return best_five(classifier.model(decode_jpegs(files), training=False))

    # Classes of a model without weights are close to even, so that only equal bits show that they are the same.
    expected = flat_outputs(classifier.program["serve_jpeg"], by_hand(jpegs))
    assert expected["probabilities"][0].tolist() != expected["probabilities"][1].tolist()
    assert_agree(three_ways(classifier.archive, "serve_jpeg", [jpegs]), expected)


def test_files_are_decoded_each_by_itself(classifier: Example, jpegs: Any) -> None:
    from efficientnet_classifier import decode_jpegs

    alone = [tf.image.resize(tf.io.decode_jpeg(jpeg, channels=3), [224, 224]) for jpeg in jpegs]
    np.testing.assert_array_equal(decode_jpegs(jpegs), tf.stack(alone))


def test_serve_training_drops_out_and_moves_the_statistics_as_the_model_does(classifier: Example, images: Any) -> None:
    one, other, third = (classifier.archive.reloaded() for _ in range(3))
    answers = {
        "revived": one.ask_revived("serve_training", [images]),
        "signature": other.ask_signature("serve_training", [images]),
        "session": third.ask_session("serve_training", [images]),
    }
    expected = tf.function(classifier.model)(images, training=True)
    assert_agree(answers, flat_outputs(classifier.program["serve_training"], expected))
    for ours, theirs in zip(classifier.model.variables, one.revived.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=ours.path)


def test_the_collection_is_the_head(classifier: Example) -> None:
    assert [list(variable.shape) for variable in classifier.archive.revived.head] == [[1280, 1000], [1000]]


def test_the_archive_verifies_clean(classifier: Example) -> None:
    assert_verifies_clean("image_classifier", classifier.path, cases=0)
