"""The parameters that arguments are passed to: of traces, loaded functions, steps, the drop-in and inferred specs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc

pytestmark = pytest.mark.tensorflow

VECTOR = "float32[1, 2]"
ONE, TWO = tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 5.0]])
MASK = tf.constant([[True, False]])
PAIR = {"inputs": [VECTOR, VECTOR], "outputs": VECTOR}
DIFFERENCE, REVERSED = [[-2.0, -3.0]], [[2.0, 3.0]]


def scaled(x: Any, y: Any, factor: int) -> Any:
    return (x - y) * float(factor)


class Functions(tf.Module):
    """Each parameter has its own part in the result."""

    @tf.function
    def __call__(self, a: Any, b: Any = None, c: Any = None) -> Any:
        return (a if b is None else a + 10.0 * b) - c

    @tf.function
    def optional(self, a: Any, b: Any = None, c: Any = None, *, factor: int = 1) -> Any:
        return ((a if b is None else a + 10.0 * b) - c) * float(factor)

    @tf.function
    def by_keyword(self, a: Any, *, c: Any) -> Any:
        return a - c

    @tf.function
    def starred(self, *args: Any) -> Any:
        return args[0] - args[1]

    @tf.function
    def private(self, _a: Any, c: Any) -> Any:
        return _a - c


def called() -> Functions:
    functions = Functions()
    functions(ONE, c=TWO)
    functions.optional(ONE, c=TWO)
    functions.by_keyword(ONE, c=TWO)
    functions.starred(ONE, TWO)
    functions.private(ONE, TWO)
    return functions


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("loaded")
    tf.saved_model.save(called(), str(path))
    return tf.saved_model.load(str(path)), path


def trace() -> Any:
    spec = tf.TensorSpec([None, 2])
    return tf.function(scaled).get_concrete_function(spec, spec, 1)


@pytest.mark.parametrize(
    ("names", "kwargs", "expected"),
    [
        (["x", "y"], {}, DIFFERENCE),
        (["y", "x"], {}, REVERSED),
        (["p", "q"], {}, DIFFERENCE),
        (["x", "y"], {"factor": 1}, DIFFERENCE),
    ],
)
def test_a_trace_may_be_left_the_values_that_it_has(names: list[str], kwargs: Any, expected: Any, export: Any) -> None:
    revived, _ = export(trace(), {"serve": {**PAIR, "arguments": names, "kwargs": kwargs}})
    assert revived.serve(ONE, TWO).numpy().tolist() == expected


def test_the_parameters_of_a_trace_are_listed(refused: Any) -> None:
    (found,) = refused(trace(), {"serve": {**PAIR, "arguments": ["x", "z"]}})
    assert found.startswith(
        "endpoints.serve.inputs: wrong-arity: the function takes (x, y, factor=1), and the document gives 2 arguments (x, z)"
    )


@pytest.mark.parametrize("function", ["__call__", "optional", "by_keyword", "starred", "private"])
@pytest.mark.parametrize("is_loaded", [False, True])
def test_functions_of_a_module_and_of_an_archive(function: str, is_loaded: bool, loaded: Any, export: Any) -> None:
    model = loaded[0] if is_loaded else called()
    names = {"starred": ["args_0", "args_1"], "private": ["arg__a", "c"]}.get(function, ["a", "c"])
    endpoints = {"serve": {**PAIR, "function": function, "arguments": names}}
    if is_loaded or function != "starred":  # Python's *args have no names
        endpoints["crossed"] = {**PAIR, "function": function, "arguments": names[::-1]}
    revived, report = export(model, endpoints)
    assert report.cores == len(endpoints)
    assert revived.serve(ONE, TWO).numpy().tolist() == DIFFERENCE
    if "crossed" in endpoints:
        assert revived.crossed(ONE, TWO).numpy().tolist() == REVERSED


def test_what_a_loaded_function_takes_is_listed(loaded: Any, refused: Any) -> None:
    (found,) = refused(loaded[0], {"serve": {**PAIR, "function": "optional", "arguments": ["p", "q"]}})
    assert found.startswith(
        "endpoints.serve.inputs: wrong-arity: the function takes (a, b=..., c=..., *, factor=...), and the document gives"
    )


def test_a_signature_given_in_code_is_called_by_keyword(tmp_path: Path, export: Any) -> None:
    spec = tf.TensorSpec([1, 2])
    functions = called()
    signatures = {"by": functions.by_keyword.get_concrete_function(a=spec, c=spec)}
    tf.saved_model.save(functions, str(tmp_path / "old"), signatures)
    signature = tf.saved_model.load(str(tmp_path / "old")).signatures["by"]
    outputs = {"output_0": VECTOR}
    endpoint = {**PAIR, "function": None, "arguments": ["c", "a"], "outputs": outputs}
    revived, _ = export(tf.Module(), {"serve": endpoint}, {"serve": signature})
    assert revived.serve(TWO, ONE)["output_0"].numpy().tolist() == DIFFERENCE


def test_a_first_spec_of_an_archive_builds_from_it(loaded: Any, tmp_path: Path) -> None:
    model, path = loaded
    inferred = specc.infer_archive_spec(path)
    specc.compile(inferred.document).export(model, tmp_path / "archive")
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    assert sorted(inferred.document.endpoints) == ["__call__", "by_keyword", "optional", "private", "starred"]
    answers = [getattr(revived, name)(ONE, TWO).numpy().tolist() for name in inferred.document.endpoints]
    assert answers == [DIFFERENCE] * 5


@pytest.mark.parametrize("make", [called, lambda: loaded_again(called())])
def test_a_first_spec_of_functions_calls_them_by_name(make: Any, tmp_path: Path) -> None:
    model = make()
    inferred = specc.infer_spec(model)
    arguments = {name: endpoint.arguments for name, endpoint in inferred.document.endpoints.items()}
    assert arguments["optional"] == arguments["by_keyword"] == ("a", "c")
    assert arguments["private"] == ("arg__a", "c")
    specc.compile(inferred.document).export(model, tmp_path / "archive")
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    answers = [getattr(revived, name)(ONE, TWO).numpy().tolist() for name in inferred.document.endpoints]
    assert answers == [DIFFERENCE] * len(answers)


def loaded_again(module: tf.Module) -> Any:
    tf.saved_model.save(module, "ram://parameters")
    return tf.saved_model.load("ram://parameters")


class Skipping(keras.Model):
    """Parameters of different sizes: an argument passed to the wrong one cannot be traced."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, a: Any, b: Any = None, c: Any = None) -> Any:
        answer = self.dense(a)
        answer = answer if b is None else answer + 10.0 * b
        return answer if c is None else tf.concat([answer, c], -1)


def test_a_first_spec_may_leave_a_parameter_out(export: Any) -> None:
    model = Skipping()
    model(keras.Input((3,)), c=keras.Input((4,)))
    inferred = specc.infer_spec(model).document.to_json()
    endpoint = inferred["endpoints"]["serve"]
    assert endpoint == {
        "arguments": ["a", "c"],
        "inputs": ["float32[batch, 3]", "float32[batch, 4]"],
        "outputs": "float32[batch, 6]",
    }
    revived, _ = export(model, {"serve": endpoint})
    a, c = tf.ones([1, 3]), tf.ones([1, 4])
    np.testing.assert_array_equal(revived.serve(a, c), model(a, c=c))


class Masked(keras.layers.Layer):
    """A layer whose options are before an optional input."""

    def call(self, x: Any, mask: Any = None, training: Any = None, extra: Any = None) -> Any:
        x = x if mask is None else x * tf.cast(mask, x.dtype)
        x = x if training is None else tf.where(training, x + 1000.0, x)
        return x if extra is None else x + 10.0 * extra


OPTIONS = {"mask": MASK, "training": tf.constant(True), "extra": TWO}


@pytest.mark.parametrize("names", [["mask"], ["training"], ["extra"], ["mask", "training", "extra"]], ids=",".join)
def test_a_first_spec_has_the_options_that_are_tensors(names: list[str], tmp_path: Path) -> None:
    layer, values = Masked(), {"x": ONE, **{name: OPTIONS[name] for name in names}}
    layer(**{name: keras.Input(batch_shape=value.shape, dtype=value.dtype.name) for name, value in values.items()})
    assert_first_spec(specc.infer_spec(layer), layer, values, tmp_path)


@pytest.mark.parametrize("names", [[], ["mask"], ["mask", "training"], ["mask", "training", "extra"]], ids=",".join)
def test_an_example_may_have_options_too(names: list[str], tmp_path: Path) -> None:
    layer, values = Masked(), {"x": ONE, **{name: OPTIONS[name] for name in names}}
    layer(**values)
    assert_first_spec(specc.infer_spec(layer, example=list(values.values())), layer, values, tmp_path)


def assert_first_spec(inferred: specc.InferredSpec, layer: Masked, values: dict[str, Any], tmp_path: Path) -> None:
    endpoint = inferred.document.endpoints["serve"]
    assert endpoint.arguments == tuple(values)
    assert endpoint.kwargs == ({} if "training" in values else {"training": False})
    specc.compile(inferred.document).export(layer, tmp_path / "archive")
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    np.testing.assert_array_equal(revived.serve(*values.values()), layer.call(**{"training": False, **values}))


def test_a_mask_that_keras_passes_on_is_an_input(export: Any) -> None:
    class Attending(keras.layers.Layer):
        def call(self, x: Any, mask: Any = None) -> Any:
            return x if mask is None else x * tf.cast(mask, x.dtype)[..., None]

    layer, words = Attending(), keras.Input((4,), dtype="int32")
    model = keras.Model(words, layer(keras.layers.Embedding(5, 2, mask_zero=True)(words)))
    endpoint = specc.infer_spec(layer).document.to_json()["endpoints"]["serve"]
    assert endpoint["arguments"] == ["x", "mask"]
    revived, _ = export(layer, {"serve": endpoint})
    given = tf.constant([[1, 0, 2, 0]])
    embedded = model.layers[1](given)
    np.testing.assert_array_equal(revived.serve(tf.identity(embedded), given != 0), model(given))


class Required(keras.layers.Layer):
    def call(self, x: Any, training: Any) -> Any:
        return x + 1.0 if training else x

    def build(self, input_shape: Any) -> None:
        self.built = True


def test_an_option_without_a_default_is_fixed(export: Any) -> None:
    layer = Required()
    layer(ONE, training=False)
    endpoint = specc.infer_spec(layer).document.to_json()["endpoints"]["serve"]
    assert (endpoint["arguments"], endpoint["kwargs"]) == (["x"], {"training": False})
    revived, _ = export(layer, {"serve": endpoint})
    np.testing.assert_array_equal(revived.serve(ONE), ONE)


@pytest.mark.parametrize("as_layer", [True, False])
@pytest.mark.parametrize("names", [("x",), ("x", "mask")])
def test_the_spec_of_the_drop_in_builds(as_layer: bool, names: tuple[str, ...], tmp_path: Path) -> None:
    layer, values = Masked(), {"x": ONE, "mask": MASK}
    layer(ONE)
    archive = specc.ExportArchive()
    archive.track(layer)
    specs = [tf.TensorSpec([None, 2], values[name].dtype) for name in names]
    archive.add_endpoint("serve", layer if as_layer else layer.call, specs)
    spec = archive.spec
    assert spec.endpoints["serve"].function == ("__call__" if as_layer else "call")
    archive.write_out(tmp_path / "keras", verbose=False)
    specc.compile(spec).export(layer, tmp_path / "specc")
    given = [values[name] for name in names]
    answers = [tf.saved_model.load(str(tmp_path / each)).serve(*given) for each in ("keras", "specc")]
    np.testing.assert_array_equal(*answers)


def pair(x: Any) -> Any:
    return x, x


def both(x: Any) -> Any:
    return [x, x]


@pytest.mark.parametrize(
    ("make", "step", "parameters", "why"),
    [
        (
            lambda: keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]),
            "pair",
            "(inputs)",
            "too many positional",
        ),
        (
            Required,
            "pair",
            "(x: 'Any', training: 'Any') -> 'Any'",
            "one of them would be passed by position as 'training'",
        ),
        (Skipping, "both", "(a: Any, b: Any = None, c: Any = None) -> Any", ""),
    ],
)
def test_what_preprocessing_returns_must_fit(make: Any, step: str, parameters: str, why: str, refused: Any) -> None:
    endpoint = {"preprocess": f"{__name__}:{step}", "inputs": [VECTOR], "outputs": VECTOR}
    (found,) = refused(make(), {"serve": endpoint})
    if why:
        start = (
            f"endpoints.serve.preprocess: wrong-arity: the function takes {parameters}, and the preprocessing returned"
        )
        assert found.startswith(f"{start} 2 arguments: {why}")
    else:
        assert "wrong-arity" not in found  # a list is one argument


def test_crossed_steps_are_traced_once_each(export: Any) -> None:
    step = {"preprocess": f"{__name__}:minus", "inputs": [VECTOR, VECTOR], "outputs": VECTOR}
    crossed = {**step, "arguments": ["subtrahend", "minuend"]}
    counted.clear()
    revived, _ = export(keras.layers.Identity(), {"one": crossed, "two": crossed})
    assert len(counted) == 1
    assert revived.two(ONE, TWO).numpy().tolist() == REVERSED


counted: list[str] = []


def minus(minuend: Any, subtrahend: Any) -> Any:
    counted.append("traced")
    return minuend - subtrahend
