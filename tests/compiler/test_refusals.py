"""What cannot work is refused before anything is written: one clear line for each, and nothing left on disk."""

import collections
from typing import Any

import keras
import pytest
import tensorflow as tf

pytestmark = pytest.mark.tensorflow

VECTOR = "float32[batch, 3]"
HERE = __name__
Pair = collections.namedtuple("Pair", ["left", "right"])


class Model(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.number = 3
        self.wide = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)], name="wide")

    def call(self, x: Any, training: bool = False) -> Any:
        return self.dense(x)

    @property
    def moody(self) -> Any:
        raise ValueError("not now")

    def fails(self, x: Any) -> Any:
        raise RuntimeError("the model is not ready\nsecond line")


def python_op_after(y: Any) -> Any:
    return tf.ensure_shape(tf.py_function(lambda value: value, [y], tf.float32), [None, 1])


def leaves(model: Any, x: Any) -> Any:
    raise SystemExit("done")


FAILS = Model.fails.__code__.co_firstlineno + 1
LEAVES = leaves.__code__.co_firstlineno + 1
MOODY = Model.moody.fget.__code__.co_firstlineno + 2  # type: ignore[attr-defined]


def python_op(model: Any, x: Any) -> Any:
    return tf.ensure_shape(tf.py_function(lambda y: y, [x], tf.float32), [None, 3])


def python_op_inside(model: Any, x: Any) -> Any:
    return tf.map_fn(lambda row: tf.ensure_shape(tf.numpy_function(lambda y: y, [row], tf.float32), [3]), x)


def iterate(model: Any, x: Any) -> Any:
    return x + next(ITERATOR)


ITERATOR = iter(tf.data.Dataset.from_tensors(1.0).repeat())

BINDING = {
    "a function that is missing": (
        {"function": "cal"},
        "endpoints.serve.function: unknown-function: the model (a Model) has no attribute 'cal'; did you mean 'call'?",
    ),
    "a function deep down that is missing": (
        {"function": "dense.cal"},
        "endpoints.serve.function: unknown-function: 'dense' of the model (a Dense) has no attribute 'cal'; "
        "did you mean 'call'?",
    ),
    "a function that is a number": (
        {"function": "number"},
        "endpoints.serve.function: unknown-function: 'number' of the model is an int, which cannot be called",
    ),
    "a module that is missing": (
        {"function": "no_such_module_here:f"},
        "endpoints.serve.function: import-failed: cannot import 'no_such_module_here': No module named "
        "'no_such_module_here'; run from the directory that holds it, or install it",
    ),
    "an attribute of a module that is missing": (
        {"preprocess": f"{HERE}:pyton_op"},
        f"endpoints.serve.preprocess: import-failed: '{HERE}' (a module) has no attribute 'pyton_op'; did you mean 'python_op'?",
    ),
    "no function": (
        {"function": None},
        "endpoints.serve.function: missing-function: the function is null in the document, and none was passed in code; "
        'name it in the document, or call export(model, filepath, functions={"serve": ...})',
    ),
    "too many arguments": (
        {"arguments": ["x", "y", "z"], "inputs": [VECTOR, VECTOR, VECTOR]},
        "endpoints.serve.inputs: wrong-arity: the function takes (x: Any, training: bool = False) -> Any, and the "
        "document gives 3 arguments (x, y, z): 'x' is a parameter and 'y' is not; "
        'each entry of "inputs" is one argument; name all of them after the parameters, or none',
    ),
    "an argument that would be an option": (
        {"arguments": ["x", "y"], "inputs": [VECTOR, VECTOR]},
        "endpoints.serve.inputs: wrong-arity: the function takes (x: Any, training: bool = False) -> Any, and the "
        "document gives 2 arguments (x, y): 'x' is a parameter and 'y' is not; "
        'each entry of "inputs" is one argument; name all of them after the parameters, or none',
    ),
    "a keyword that the function does not take": (
        {"kwargs": {"trainin": True}},
        "endpoints.serve.inputs: wrong-arity: the function takes (x: Any, training: bool = False) -> Any, and the "
        "document gives 1 argument (inputs) and trainin: got an unexpected keyword argument 'trainin'; "
        'each entry of "inputs" is one argument; name all of them after the parameters, or none',
    ),
    "a function that raises": (
        {"function": "fails"},
        "endpoints.serve.function: trace-failed: tracing failed: RuntimeError: the model is not ready; second line; raised in "
        f"test_refusals.py, line {FAILS}, in fails",
    ),
    "a Python function inside the graph": (
        {"function": f"{HERE}:python_op", "outputs": VECTOR},
        "endpoints.serve.function: python-op: the function calls Python code through tf.py_function or "
        "tf.numpy_function, which cannot be saved; write it with TensorFlow ops",
    ),
    "a Python function inside a loop": (
        {"function": f"{HERE}:python_op_inside", "outputs": VECTOR},
        "endpoints.serve.function: python-op: the function calls Python code through tf.py_function or "
        "tf.numpy_function, which cannot be saved; write it with TensorFlow ops",
    ),
    "a Python function after the function": (
        {"postprocess": f"{HERE}:python_op_after", "outputs": "float32[batch, 1]"},
        "endpoints.serve.postprocess: python-op: the function calls Python code through tf.py_function or "
        "tf.numpy_function, which cannot be saved; write it with TensorFlow ops",
    ),
    "a function that leaves": (
        {"function": f"{HERE}:leaves"},
        f"endpoints.serve.function: trace-failed: tracing failed: it called sys.exit('done'); raised in "
        f"test_refusals.py, line {LEAVES}, in leaves",
    ),
    "a property that raises": (
        {"function": "moody"},
        "endpoints.serve.function: unknown-function: reading 'moody' failed: ValueError: not now; raised in "
        f"test_refusals.py, line {MOODY}, in moody",
    ),
    "an iterator": (
        {"function": f"{HERE}:iterate", "outputs": VECTOR},
        "endpoints.serve: untracked-resource: the endpoint 'serve' uses a dataset iterator, which no variable, table or model owns; "
        "an iterator or queue cannot be saved; keep tables as attributes of the model",
    ),
}


@pytest.mark.parametrize("name", BINDING)
def test_what_cannot_be_bound_or_traced(name: str, refused: Any) -> None:
    change, expected = BINDING[name]
    endpoint = {"inputs": [VECTOR], "outputs": "float32[batch, 1]", **change}
    assert refused(Model(), {"serve": endpoint}) == [expected]


def test_what_keras_wraps_around_a_cause_is_taken_off(refused: Any) -> None:
    (finding,) = refused(Model(), {"serve": {"function": "wide", "inputs": [VECTOR], "outputs": "float32[batch, 1]"}})
    assert finding.startswith("endpoints.serve.inputs[0]: trace-failed: tracing failed: ValueError: Input 0 ")
    assert "expected axis -1 of input shape to have value 5" in finding


OUTPUTS = {
    "None": (lambda x: None, VECTOR, "declared float32[?, 3], traced None"),
    "a number": (
        lambda x: 3.0,
        VECTOR,
        "declared float32[?, 3], traced a float, which is not a tensor; return tf.constant(...) of it",
    ),
    "a wrong dtype": (lambda x: tf.cast(x, tf.int32), VECTOR, "declared float32[?, 3], traced int32[?, 3]"),
    "a wrong rank": (lambda x: x[0], VECTOR, "declared float32[?, 3], traced float32[3]"),
    "a wrong size": (lambda x: x[:, :2], VECTOR, "declared float32[?, 3], traced float32[?, 2]"),
    "a list for a tensor": (lambda x: [x], VECTOR, "declared float32[?, 3], traced a list of 1"),
    "a tensor for a list": (lambda x: x, [VECTOR], "declared a list, traced float32[?, 3]"),
    "a list too long": (lambda x: [x, x], [VECTOR], "declared a list of 1, traced a list of 2"),
    "a dict for a list": (lambda x: {"a": x}, [VECTOR], "declared a list, traced a dict of a"),
    "a namedtuple for a list": (
        lambda x: Pair(x, x),
        [VECTOR, VECTOR],
        "declared a list, traced a namedtuple of left, right",
    ),
    "a tuple for a namedtuple": (
        lambda x: (x,),
        {"kind": "namedtuple", "typename": "A", "fields": [["left", VECTOR]]},
        "declared a namedtuple of left, traced a tuple of 1",
    ),
    "a dense tensor for a ragged one": (
        lambda x: x,
        {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"]},
        "declared ragged float32[?, ?] of ragged rank 1, int64 row splits, traced float32[?, 3]",
    ),
    "a sparse tensor of another rank": (
        lambda x: tf.SparseTensor(tf.zeros([1, 3], tf.int64), [1.0], tf.unique(tf.cast(x[0], tf.int64))[0]),
        {"kind": "sparse", "dtype": "float32", "shape": ["batch", "?"]},
        "declared sparse float32[?, ?], traced indices of shape (1, 3)",
    ),
    "a ragged tensor of another rank": (
        lambda x: tf.RaggedTensor.from_tensor(tf.expand_dims(x, 1), ragged_rank=2),
        {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?", "?"]},
        "declared ragged float32[?, ?, ?] of ragged rank 1, int64 row splits, traced ragged float32[?, 1, 3] of ragged "
        "rank 2, int64 row splits",
    ),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_that_differ(name: str, refused: Any) -> None:
    function, declared, expected = OUTPUTS[name]
    endpoint = {"function": None, "inputs": [VECTOR], "outputs": declared}
    found = refused(None, {"serve": endpoint}, functions={"serve": function})
    assert found == [f"endpoints.serve.outputs: output-conflict: {expected}"]


def test_every_conflict_of_every_endpoint_is_reported_at_once(refused: Any) -> None:
    returned = {"a": [None, 1], "b": {"c": "text"}, "extra": None}
    endpoint = {
        "function": None,
        "inputs": [VECTOR],
        "outputs": {"a": [VECTOR, VECTOR], "b": {"c": VECTOR}, "missing": VECTOR},
    }
    found = refused(
        None,
        {"one": endpoint, "two": {**endpoint, "outputs": VECTOR}},
        functions=dict.fromkeys(("one", "two"), lambda x: returned),
    )
    assert found == [
        "endpoints.one.outputs.missing: output-conflict: declared, but the function returns no 'missing'; it returns "
        "'a', 'b', 'extra'",
        "endpoints.one.outputs: output-conflict: the function returns 'extra' (None), which is not declared; declare it "
        'in "outputs", or drop it with "postprocess"',
        "endpoints.one.outputs.a[0]: output-conflict: declared float32[?, 3], traced None",
        "endpoints.one.outputs.a[1]: output-conflict: declared float32[?, 3], traced an int, which is not a tensor; return tf.constant(...) of it",
        "endpoints.one.outputs.b.c: output-conflict: declared float32[?, 3], traced a str, which is not a tensor",
        "endpoints.two.outputs: output-conflict: declared float32[?, 3], traced a dict of a, b, extra",
    ]


def test_a_function_for_an_endpoint_that_does_not_exist(refused: Any) -> None:
    endpoint = {"inputs": [VECTOR], "outputs": "float32[batch, 1]"}
    assert refused(Model(), {"serve": endpoint}, functions={"sreve": lambda x: x}) == [
        "unknown-endpoint: a function is given for 'sreve', which is not an endpoint; did you mean 'serve'?"
    ]


def test_a_variable_that_nobody_keeps_is_refused(refused: Any) -> None:
    def function(x: Any) -> Any:
        with tf.init_scope():
            variable = tf.Variable(2.0)
        return x * variable

    endpoint = {"function": None, "inputs": [VECTOR], "outputs": VECTOR}
    (finding,) = refused(None, {"serve": endpoint}, functions={"serve": function})
    assert finding.startswith("endpoints.serve.function: trace-failed: ")
    assert "tf.function only supports singleton tf.Variables" in finding
