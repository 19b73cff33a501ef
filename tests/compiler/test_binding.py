"""Each argument is passed to the parameter of its name, and each name is that of the model's tensor."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc
from specc.compiler.trace.call_arguments import ArityError, Placement, place_arguments

pytestmark = pytest.mark.tensorflow

VECTOR = "float32[batch, 2]"


def placed(function: Callable[..., Any], names: list[str], **kwargs: Any) -> Placement:
    return place_arguments(names, kwargs, inspect.signature(function), ("training",))


@pytest.mark.parametrize(
    ("function", "names", "kwargs", "expected"),
    [
        (lambda a, b: 0, ["a", "b"], {}, Placement((0, 1))),
        (lambda a, b: 0, ["b", "a"], {}, Placement((1, 0))),
        (lambda a, b=1, c=2: 0, ["a", "c"], {}, Placement((0,), (("c", 1),))),
        (lambda a, b=1, c=2: 0, ["c", "a"], {}, Placement((1,), (("c", 0),))),
        (lambda a, *, k: 0, ["k", "a"], {}, Placement((1,), (("k", 0),))),
        (lambda a, b: 0, ["b"], {"a": 1}, Placement((), (("b", 0),))),
        (lambda a, **more: 0, ["a", "other"], {}, Placement((0,), (("other", 1),))),
        (lambda a, **more: 0, ["other", "another"], {"a": 1, "x": 2}, "too many positional arguments"),
        (lambda a, *rest: 0, ["a", "rest_0", "rest_1"], {}, Placement((0, 1, 2))),
        (lambda *batch: 0, ["x", "y"], {}, Placement((0, 1))),
        (lambda inputs: 0, ["features"], {}, Placement((0,))),
        (lambda x=None, y=None: 0, ["inputs"], {}, Placement((0,))),
        (
            lambda x=None, y=None: 0,
            ["features"],
            {},
            "one would be passed by position as 'x', which has a default, and",
        ),
        (lambda x, mask=None, training=None: 0, ["p", "q"], {}, Placement((0, 1))),
        (
            lambda x, mask=None, y=None: 0,
            ["p", "q"],
            {},
            "one would be passed by position as 'mask', which has a default",
        ),
        (lambda x, mask=None, y=None: 0, ["args_0", "args_1"], {}, Placement((0, 1))),
        (
            lambda x, training=None, mask=None: 0,
            ["p", "q"],
            {},
            "one of them would be passed by position as 'training'; if",
        ),
        (lambda x, training=None, mask=None: 0, ["x", "mask"], {}, Placement((0,), (("mask", 1),))),
        (lambda x, training=None, y=None: 0, ["y", "training", "x"], {}, Placement((2,), (("y", 0), ("training", 1)))),
        (lambda *, inputs: 0, ["inputs"], {}, Placement((), (("inputs", 0),))),
        (lambda x, *, inputs=None: 0, ["inputs"], {}, Placement((0,))),
        (lambda _x, y: 0, ["y", "arg__x"], {}, Placement((1, 0))),
        (lambda x, mask=None, y=None: 0, ["p", "q"], {"y": 1}, Placement((0, 1))),
        (lambda a, b: 0, ["a", "other"], {}, "'a' is a parameter and 'other' is not"),
        (lambda a, b: 0, ["a", "b"], {"b": 1}, "'b' is an argument and also in kwargs"),
        (lambda a, b, c: 0, ["a", "c"], {}, "missing a required argument: 'b'"),
        (lambda a, *, k: 0, ["x"], {}, "missing a required argument: 'k'"),
        (lambda a: 0, ["x"], {"b": 1}, "got an unexpected keyword argument 'b'"),
        (lambda a: 0, ["x"], {"training": False}, Placement((0,))),
        (lambda a: 0, ["x"], {"a": 1}, "multiple values for argument 'a'"),
        (lambda a=0, /, b=1: 0, ["b"], {}, Placement((), (("b", 0),))),
        (lambda a=0, b=1, /: 0, ["b"], {}, "'b' is positional-only"),
    ],
)
def test_where_an_argument_goes(
    function: Any, names: list[str], kwargs: dict[str, Any], expected: Placement | str
) -> None:
    if isinstance(expected, str):
        with pytest.raises(ArityError) as caught:
            placed(function, names, **kwargs)
        assert str(caught.value).startswith(expected)
    else:
        placement = placed(function, names, **kwargs)
        assert placement == expected
        inspect.signature(placement.around(function))
        placement.around(function)(*range(len(names)), **{k: v for k, v in kwargs.items() if k != "training"})


def test_what_lists_no_parameters_is_called_by_position() -> None:
    assert place_arguments(["b", "a"], {}, None) == Placement((0, 1))


class Encoder(keras.Model):
    """Each parameter has a different weight in the result."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, token_ids: Any, attention_mask: Any = None, position_ids: Any = None, *, scale: Any = None) -> Any:
        answer = self.dense(token_ids)
        answer = answer if attention_mask is None else answer + 10.0 * attention_mask
        answer = answer if position_ids is None else answer + 100.0 * position_ids
        return answer if scale is None else answer * scale


@pytest.mark.parametrize(
    "names",
    [
        ["token_ids", "position_ids"],
        ["attention_mask", "token_ids"],
        ["position_ids", "token_ids", "attention_mask"],
        ["scale", "token_ids"],
        ["token_ids", "attention_mask", "position_ids", "scale"],
    ],
)
def test_a_value_reaches_the_parameter_of_its_name(names: list[str], export: Any) -> None:
    model = Encoder()
    values = {name: tf.constant([[1.0 + index, 2.0]]) for index, name in enumerate(names)}
    expected = model(**values).numpy()
    endpoint = {"arguments": names, "inputs": [VECTOR] * len(names), "outputs": VECTOR}
    revived, report = export(model, {"serve": endpoint})
    np.testing.assert_array_equal(revived.serve(*values.values()), expected)
    np.testing.assert_array_equal(revived.serve(**values), expected)
    np.testing.assert_array_equal(revived.signatures["serve"](**values)["output_0"], expected)
    assert specc.inspect(report.path).endpoints["serve"].arguments == tuple(names)


def test_endpoints_that_fill_other_parameters_share_no_core(export: Any) -> None:
    model, one, two = Encoder(), tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 4.0]])
    names = {"masked": ["token_ids", "attention_mask"], "placed": ["token_ids", "position_ids"]}
    endpoints = {name: {"arguments": each, "inputs": [VECTOR] * 2, "outputs": VECTOR} for name, each in names.items()}
    revived, report = export(model, endpoints)
    assert report.cores == 2
    np.testing.assert_array_equal(revived.masked(one, two), model(one, attention_mask=two))
    np.testing.assert_array_equal(revived.placed(one, two), model(one, position_ids=two))


class Masked(keras.layers.Layer):
    def call(self, x: Any, mask: Any = None, training: Any = None) -> Any:
        x = x if mask is None else x * tf.cast(mask, x.dtype)
        return x if training is None else tf.where(training, x + 1000.0, x)


@pytest.mark.parametrize("names", [["x", "mask"], ["x", "training"], ["mask", "x", "training"]])
def test_masks_and_training_may_be_inputs(names: list[str], export: Any) -> None:
    trees = {"x": VECTOR, "mask": "bool[batch, 2]", "training": "bool[]"}
    values = {"x": tf.constant([[1.0, 2.0]]), "mask": tf.constant([[True, False]]), "training": tf.constant(True)}
    layer = Masked()
    given = {name: values[name] for name in names}
    endpoint = {"arguments": names, "inputs": [trees[name] for name in names], "outputs": VECTOR}
    revived, _ = export(layer, {"serve": endpoint})
    expected = layer.call(**given).numpy()
    np.testing.assert_array_equal(revived.serve(**given), expected)
    np.testing.assert_array_equal(revived.signatures["serve"](**given)["output_0"], expected)


def test_a_first_spec_has_a_mask_that_the_model_was_called_with(export: Any) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])

    class Attending(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def call(self, x: Any, mask: Any = None) -> Any:
            answer = self.inner(x)
            return answer if mask is None else answer * tf.cast(mask, answer.dtype)

    attending = Attending()
    x, mask = tf.constant([[1.0, 2.0]]), tf.constant([[True, False]])
    inferred = specc.infer_spec(attending, example=[x, mask])
    assert inferred.document.endpoints["serve"].arguments == ("x", "mask")
    revived, _ = export(attending, {"serve": specc_json(inferred.document)})
    np.testing.assert_array_equal(revived.serve(x, mask), attending.call(x, mask))


def specc_json(document: specc.Document) -> Any:
    return document.model_dump()["endpoints"]["serve"]


def two_sided() -> keras.Model:
    left, right = keras.Input((2,), name="left"), keras.Input((2,), name="right")
    first = keras.layers.Dense(2, name="a")(left)
    return keras.Model([left, right], [first, keras.layers.Dense(2, name="b")(right)])


def named(name: str) -> dict[str, Any]:
    return {"kind": "tensor", "dtype": "float32", "shape": ["batch", 2], "name": name}


def test_leaves_with_the_names_of_other_layers_are_errors(refused: Any) -> None:
    endpoint = {"inputs": [[named("right"), named("left")]], "outputs": [named("b"), named("a")]}
    found = refused(two_sided(), {"serve": endpoint})
    assert [text.partition(" is named")[0] for text in found] == [
        "endpoints.serve.inputs[0][0].name: name-of-another-layer: the input",
        "endpoints.serve.inputs[0][1].name: name-of-another-layer: the input",
        "endpoints.serve.outputs[0].name: name-of-another-layer: the output",
        "endpoints.serve.outputs[1].name: name-of-another-layer: the output",
    ]
    assert "its own name is 'left'" in found[0]


@pytest.mark.parametrize("function", ["__call__", "call"])
def test_own_names_and_names_of_nobody_are_fine(function: str, export: Any) -> None:
    model = two_sided()
    endpoint = {
        "function": function,
        "inputs": [[named("left"), named("other")]],
        "outputs": [named("a"), named("score")],
    }
    revived, _ = export(model, {"serve": endpoint})
    one, two = tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 4.0]])
    answer = revived.signatures["serve"](left=one, other=two)
    for got, expected in zip((answer["a"], answer["score"]), model([one, two]), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_names_that_keras_made_are_compared_with_nothing(export: Any) -> None:
    one, two = keras.Input((2,)), keras.Input((2,))
    model = keras.Model([one, two], [keras.layers.Dense(2)(one), keras.layers.Dense(2)(two)])
    made = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    endpoint = {"inputs": [[VECTOR, VECTOR]], "outputs": [named(made[1]), named(made[0])]}
    revived, _ = export(model, {"serve": endpoint})
    x, y = tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 4.0]])
    np.testing.assert_array_equal(revived.signatures["serve"](inputs_0=x, inputs_1=y)[made[1]], model([x, y])[0])


def flat(*names: str) -> list[Any]:
    return [named(name) for name in names]


LEFT_RIGHT = {"left": "left", "right": "right"}
CROSSED = {
    "a list for a dict": (LEFT_RIGHT, [flat("right", "left")]),
    "a dict for a list": (["left", "right"], [{"left": named("right"), "right": named("left")}]),
    "one of two": (["left", "right"], [[named("right"), named("other")]]),
    "paths of nested dicts": (
        {"user": {"id": "a"}, "item": {"id": "b"}},
        [{"user": {"id": named("item_id")}, "item": {"id": named("user_id")}}],
    ),
    "a dict in a list": ([{"id": "a"}, "b"], [[{"id": named("b")}, named("a")]]),
    "items of a list in a dict": ({"parts": ["a", "b"]}, [{"parts": flat("parts_1", "parts_0")}]),
    "a tuple": (("left", "right"), [{"kind": "tuple", "items": flat("right", "left")}]),
}


@pytest.mark.parametrize("case", CROSSED)
def test_leaves_are_compared_wherever_the_model_has_its_inputs(case: str, refused: Any) -> None:
    structure, inputs = CROSSED[case]
    symbols = keras.tree.map_structure(lambda name: keras.Input((2,), name=name), structure)
    model = keras.Model(symbols, keras.layers.Concatenate(name="joined")(keras.tree.flatten(symbols)))
    found = refused(model, {"serve": {"inputs": inputs, "outputs": "float32[batch, 4]"}})
    assert {text.split(": ")[1] for text in found} == {"name-of-another-layer"}


def test_parts_of_ragged_inputs_are_compared(refused: Any) -> None:
    ragged = {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"], "names": {"values": "right"}}
    endpoint = {"inputs": [[ragged, named("other")]], "outputs": [VECTOR, VECTOR]}
    (found,) = refused(two_sided(), {"serve": endpoint})
    assert "the input is named 'right', but 'right' in the model is the input at endpoints.serve.inputs[0][1]" in found


def test_keys_of_a_dict_are_names_too(refused: Any) -> None:
    inputs = {"user": keras.Input((2,), name="user"), "item": keras.Input((2,), name="item")}
    model = keras.Model(inputs, {"score": keras.layers.Dense(2, name="head")(inputs["user"] - inputs["item"])})
    endpoint = {"inputs": [{"user": named("item"), "item": named("user")}], "outputs": {"score": VECTOR}}
    assert len(refused(model, {"serve": endpoint})) == 2


def test_where_a_step_stands_between_nothing_is_compared(export: Any) -> None:
    endpoint = {
        "preprocess": f"{__name__}:swap",
        "inputs": [[named("right"), named("left")]],
        "outputs": [VECTOR, VECTOR],
    }
    model = two_sided()
    revived, _ = export(model, {"serve": endpoint})
    one, two = tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 4.0]])
    answer = revived.signatures["serve"](left=one, right=two)
    np.testing.assert_array_equal(answer["output_0"], model([one, two])[0])


def swap(pair: Any) -> Any:
    return [pair[1], pair[0]]


def minus(minuend: Any, subtrahend: Any) -> Any:
    return minuend - subtrahend


def test_a_step_gets_each_argument_by_its_name_too(export: Any) -> None:
    step = {"preprocess": f"{__name__}:minus", "inputs": [VECTOR, VECTOR], "outputs": VECTOR}
    endpoints = {
        "plain": {**step, "arguments": ["minuend", "subtrahend"]},
        "crossed": {**step, "arguments": ["subtrahend", "minuend"]},
    }
    revived, report = export(keras.layers.Identity(), endpoints)
    one, two = tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 5.0]])
    assert report.cores == 1
    np.testing.assert_array_equal(revived.plain(one, two), one - two)
    np.testing.assert_array_equal(revived.crossed(one, two), two - one)


def test_a_model_of_layers_takes_its_inputs_only(refused: Any) -> None:
    endpoint = {"arguments": ["left", "right"], "inputs": [VECTOR, VECTOR], "outputs": [VECTOR, VECTOR]}
    (found,) = refused(two_sided(), {"serve": endpoint})
    assert found.startswith(
        "endpoints.serve.inputs: wrong-arity: the function takes (inputs), and the document gives 2 arguments (left, right)"
    )
