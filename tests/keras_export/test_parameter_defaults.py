"""Defaults of parameters without a spec in the signature: their tensors and arrays are inputs, as in Keras."""

from __future__ import annotations

import collections
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tagged_session import TaggedSession, meta_graphs
from wire_signatures import wire

import specc

pytestmark = pytest.mark.tensorflow

Spec = tf.TensorSpec
X = Spec([None, 2])
ROW = np.array([[1.0, 2.0]], np.float32)
THREE_FOUR, FIVE_SIX = np.array([3, 4], np.float32), np.array([5, 6], np.float32)
Pair = collections.namedtuple("Pair", "p q")


def _constant(value: Any) -> Any:
    return tf.constant(value, tf.float32)


def _by_key(x: Any, k: Any = {"b": THREE_FOUR, "a": _constant(FIVE_SIX)}) -> Any:
    return x * 100 + k["b"] * 10 + k["a"]


# ruff: noqa: B006, B008  # such defaults are tested here
# The added function, its signature, and other values of ``k`` for the revived endpoint.
CASES: dict[str, tuple[Callable[..., Any], list[Any], Any]] = {
    "an array": (lambda x, k=THREE_FOUR: x * k, [X], FIVE_SIX),
    "an array with a spec": (lambda x, k=THREE_FOUR: x * k, [X, Spec([2])], FIVE_SIX),
    "an array of open size": (lambda x, k=THREE_FOUR: x * k, [X, Spec([None])], FIVE_SIX),
    "an array of another dtype": (lambda x, k=np.ones(2): x * k, [X, Spec([2])], FIVE_SIX),
    "an array of strings": (
        lambda x, k=np.array(["a", "bc"]): tf.strings.length(k) + tf.cast(x, tf.int32), [X], np.array(["abc", ""]),
    ),
    "a tensor": (lambda x, k=_constant(THREE_FOUR): x * k, [X], FIVE_SIX),
    "a tensor with a spec": (lambda x, k=_constant(THREE_FOUR): x * k, [X, Spec([2])], FIVE_SIX),
    "a dict": (_by_key, [X], {"b": FIVE_SIX, "a": THREE_FOUR}),
    "a dict with specs": (_by_key, [X, {"b": Spec([2]), "a": Spec([2])}], {"b": FIVE_SIX, "a": THREE_FOUR}),
    "a namedtuple": (
        lambda x, k=Pair(_constant(3), _constant(4)): x * k.p - k.q, [X], Pair(np.float32(7), np.float32(8)),
    ),
    "a list": (lambda x, k=[_constant(3), THREE_FOUR]: x * k[0] - k[1], [X], [np.float32(7), FIVE_SIX]),
    "a tuple of numbers with specs": (
        lambda x, k=(3.0, 4.0): x * k[0] - k[1], [X, (Spec([]), Spec([]))], (np.float32(7), np.float32(8)),
    ),
    "a list with one spec": (lambda x, k=[3.0, 4.0]: x * k, [X, Spec([2])], FIVE_SIX),
    "no number with a spec": (
        lambda x, k=float("nan"): tf.where(tf.math.is_nan(k), x * 3, x * k), [X, Spec([])], np.float32(7),
    ),
    "numbers": (lambda x, k=(3, 4): x * k[0] - k[1], [X], (3, 4)),
    "words": (lambda x, k={"mode": ["fast"]}: x * (3 if k["mode"][0] == "fast" else 4), [X], {"mode": ["fast"]}),
    "nothing": (lambda x, k={}: x * 3 if not k else x, [X], {}),
    "a dtype": (lambda x, k=tf.int32: tf.cast(x, k), [X], tf.int32),
    "after a flag": (lambda x, flag=True, k=THREE_FOUR: x * k if flag else x, [X], FIVE_SIX),
    "a private number": (lambda x, _scale=2.0, k=THREE_FOUR: x * k * _scale, [X], FIVE_SIX),
    "by position alone": (eval("lambda x, k=K, /: x * k", {"K": _constant(THREE_FOUR)}), [X], None),
}  # fmt: skip


def _defaults(path: Path) -> dict[str, Any]:
    (graph,) = meta_graphs(path)
    return {name: tf.make_ndarray(value).tolist() for name, value in graph.signature_def["serve"].defaults.items()}


def _written(archive_class: Any, function: Any, signature: Any, path: Path) -> Any:
    archive = archive_class()
    archive.add_endpoint("serve", function, signature)
    archive.write_out(str(path), verbose=False)
    return archive


def _called(path: Path, value: Any) -> list[Any]:
    """The results of the revived endpoint without the argument, and with it."""
    revived = tf.saved_model.load(str(path))
    answers = [revived.serve(ROW)] + ([] if value is None else [revived.serve(ROW, k=value)])
    return [np.asarray(answer).tolist() for answer in answers]


def _served(path: Path) -> dict[str, Any]:
    """The results of the signature in Python, which requires every input, and in a Session."""
    revived, inputs = tf.saved_model.load(str(path)), wire(path)["serve"][0]
    flat = {
        name: tf.constant(_filled(dtype, [1 if size == -1 else size for size in shape], index))
        for index, (name, (dtype, shape)) in enumerate(sorted(inputs.items()))
    }
    answers = {"signature": revived.signatures["serve"](**flat)["output_0"]}
    session = TaggedSession(path, ["serve"])
    answers["session"] = session.ask("serve", **{name: each.numpy() for name, each in flat.items()})["output_0"]
    if not inputs.keys() - _defaults(path).keys() - {"x"}:
        answers["session default"] = session.ask("serve", x=ROW)["output_0"]
    return {way: np.asarray(answer).tolist() for way, answer in answers.items()}


def _filled(dtype: str, shape: list[int], index: int) -> Any:
    return np.full(shape, "a" * index) if dtype == "string" else np.full(shape, index + 2, dtype)


@pytest.mark.parametrize("name", CASES)
def test_the_archive_and_its_numbers_are_keras_s(tmp_path: Path, name: str) -> None:
    function, signature, value = CASES[name]
    archive = _written(specc.ExportArchive, function, signature, tmp_path / "specc")
    _written(keras.export.ExportArchive, function, signature, tmp_path / "keras")
    assert wire(tmp_path / "specc") == wire(tmp_path / "keras")
    assert _called(tmp_path / "specc", value) == _called(tmp_path / "keras", value)
    assert _served(tmp_path / "specc") == _served(tmp_path / "keras")
    assert _defaults(tmp_path / "specc") == _defaults(tmp_path / "keras")
    document = specc.loads(specc.dump(archive.spec))
    assert specc.inspect(tmp_path / "specc") == document
    functions = {"serve": archive._added["serve"].function}
    specc.compile(document).export(None, tmp_path / "again", functions=functions)
    assert wire(tmp_path / "again") == wire(tmp_path / "specc")
    assert _defaults(tmp_path / "again") == _defaults(tmp_path / "specc")
    assert _served(tmp_path / "again") == _served(tmp_path / "keras")


# Functions that Keras cannot write, or with a wrong default, and the result without the argument.
FURTHER: dict[str, tuple[Callable[..., Any], set[str], dict[str, Any]]] = {
    "a NumPy number": (lambda x, k=np.float32(3): x * k, {"x", "k"}, {}),
    "a NumPy number in a list": (lambda x, k=[np.float32(3)]: x * k[0], {"x", "k"}, {}),
    "an array by keyword alone": (lambda x, *, k=np.float32([3, 3]): x * k, {"x", "k"}, {}),
    "a tensor by keyword alone": (lambda x, *, k=_constant(3): x * k, {"x", "k"}, {"k": 3.0}),
    "a tensor beside a number, by keyword": (lambda x, *, by=2.0, k=_constant(1): x * by + x * k, {"x", "k"}, {"k": 1}),
    # Keras passes the default of k to x, which has the same rank here.
    "a tensor before a flag": (lambda x, k=tf.constant([[3.0, 3.0]]), flag=False: x * k, {"x", "k"}, {"k": [[3, 3]]}),
    "a tensor of a private name": (lambda x, _k=_constant(3): x * _k, {"x"}, {}),
    "a variable": (lambda x, k=tf.Variable(3.0): x * k, {"x"}, {}),
    "a Keras variable": (lambda x, k=keras.Variable(3.0): x * k, {"x"}, {}),
    "a variable before an array": (lambda x, v=tf.Variable(2.0), k=np.ones(2, "float32"): x * v + x * k, {"x", "k"}, {}),
    "a ragged tensor": (lambda x, k=tf.ragged.constant([[1.0], [2.0]]): x * tf.reduce_sum(k), {"x"}, {}),
    "a function": (lambda x, k=tf.nn.relu: k(x) * 3, {"x"}, {}),
    "no number": (lambda x, k=float("nan"): x * (3 if np.isnan(k) else 4), {"x"}, {}),
    "a tensor beside a number": (lambda x, k=[2.0, _constant(1)]: x * k[0] + x * k[1], {"x", "k"}, {"k": 1.0}),
    "a set": (lambda x, k=frozenset([3]): x * next(iter(k)), {"x"}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", FURTHER)
def test_what_keras_cannot_write_answers_with_its_default(tmp_path: Path, name: str) -> None:
    function, inputs, defaults = FURTHER[name]
    archive = _written(specc.ExportArchive, function, [X], tmp_path / "archive")
    assert wire(tmp_path / "archive")["serve"][0].keys() == inputs
    assert _defaults(tmp_path / "archive") == defaults
    assert tf.saved_model.load(str(tmp_path / "archive")).serve(ROW).numpy().tolist() == [[3.0, 6.0]]
    document, functions = specc.loads(specc.dump(archive.spec)), {"serve": archive._added["serve"].function}
    specc.compile(document).export(None, tmp_path / "again", functions=functions)
    assert wire(tmp_path / "again") == wire(tmp_path / "archive")


def test_keras_gives_a_default_to_another_argument(tmp_path: Path) -> None:
    """If this fails, the row in docs/parity.md must be removed."""
    function = FURTHER["a tensor before a flag"][0]
    _written(keras.export.ExportArchive, function, [Spec([1, 2])], tmp_path / "archive")
    assert _defaults(tmp_path / "archive").keys() == {"x"}


def test_a_function_sees_the_keys_of_its_default_as_they_are_written(tmp_path: Path) -> None:
    def function(x: Any, k: Any = {"b": _constant([3, 3]), "a": _constant([4, 4])}) -> Any:
        first, second = k.values()
        return x * 100 + first * 10 + second

    for kind in (specc.ExportArchive, keras.export.ExportArchive):
        _written(kind, function, [X], tmp_path / kind.__module__)
        assert _called(tmp_path / kind.__module__, None) == [[[134.0, 234.0]]]


@pytest.mark.parametrize(
    ("function", "given", "as_keras"),
    [
        (lambda x, k={"b": 10.0, "a": THREE_FOUR}: x * k["a"] - k["b"], {"a": FIVE_SIX}, {"b": 10.0, "a": FIVE_SIX}),
        (lambda x, *, k=[10.0, THREE_FOUR]: x * k[1] - k[0], [FIVE_SIX], [10.0, FIVE_SIX]),
        (lambda x, k={"b": [], "a": THREE_FOUR}: x * k["a"] - 10.0, {"a": FIVE_SIX}, {"b": [], "a": FIVE_SIX}),
        (lambda x, k={"b": None, "a": (THREE_FOUR, 10.0)}: x * k["a"][0] - k["a"][1], {"a": (FIVE_SIX,)}, None),
    ],
)
def test_python_s_values_beside_tensors_are_the_function_s(
    tmp_path: Path, function: Any, given: Any, as_keras: Any
) -> None:
    """The signature is Keras's; the revived endpoint and the contract have only the tensors."""
    archive = _written(specc.ExportArchive, function, [X], tmp_path / "specc")
    _written(keras.export.ExportArchive, function, [X], tmp_path / "keras")
    assert wire(tmp_path / "specc") == wire(tmp_path / "keras")
    assert _defaults(tmp_path / "specc") == _defaults(tmp_path / "keras")
    assert _served(tmp_path / "specc") == _served(tmp_path / "keras")
    without, with_tensors = _called(tmp_path / "specc", given)
    assert (without, with_tensors) == ([[-7.0, -2.0]], [[-5.0, 2.0]])
    assert _called(tmp_path / "keras", as_keras)[0] == without
    assert as_keras is None or _called(tmp_path / "keras", as_keras)[1] == with_tensors
    assert specc.inspect(tmp_path / "specc") == archive.spec


@pytest.mark.parametrize(
    ("unfit", "spec"),
    [(None, Spec([2])), (_constant([1, 2, 3]), Spec([2])), (tf.constant([1, 2]), Spec([2])), ({"a": 1.0}, Spec([2]))],
)
def test_a_default_that_its_spec_does_not_take_is_none(tmp_path: Path, unfit: Any, spec: Any) -> None:
    _written(specc.ExportArchive, lambda x, k=unfit: x * k, [X, spec], tmp_path / "archive")
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    assert revived.serve(ROW, FIVE_SIX).numpy().tolist() == [[5.0, 12.0]]
    with pytest.raises(TypeError, match="missing a required argument: 'k'"):
        revived.serve(ROW)


def test_the_layer_s_own_default_is_an_input(tmp_path: Path) -> None:
    class Scaled(keras.layers.Layer):
        def call(self, x: Any, by: Any = THREE_FOUR) -> Any:
            return x * by

    layer = Scaled()
    layer(ROW)
    for kind, name in ((specc.ExportArchive, "specc"), (keras.export.ExportArchive, "keras")):
        archive = _written(kind, layer.call, [X], tmp_path / name)
        revived = tf.saved_model.load(str(tmp_path / name))
        assert revived.serve(ROW).numpy().tolist() == [[3.0, 8.0]]
        assert revived.serve(ROW, by=FIVE_SIX).numpy().tolist() == [[5.0, 12.0]]
        if kind is specc.ExportArchive:
            archive.track(layer)
            assert archive.spec.endpoints["serve"].function == "call"
    assert wire(tmp_path / "specc") == wire(tmp_path / "keras")


def _traced(function: Callable[..., Any], *arguments: Any) -> Any:
    graph_function = tf.function(function)
    graph_function(ROW, *arguments)
    return graph_function


@pytest.mark.parametrize(
    ("function", "signature", "message"),
    [
        (lambda x, k=Pair(THREE_FOUR, 2.0): x * k.p, [X], "'k' has Python values beside tensors"),
        (lambda x, k={"a": Pair(THREE_FOUR, 2.0), "b": THREE_FOUR}: x, [X], "'k' has Python values beside tensors"),
        (_traced(lambda x, k=[_constant(1), 2.0]: x * k[0]), None, "'k' has Python values beside tensors"),
        (_traced(lambda x, k=tf.Variable(1.0): x * k), None, "'k' is a tf.Variable, which a signature cannot take"),
        (_traced(lambda x, k: x * k, tf.Variable(1.0)), None, "'k' is a tf.Variable, which a signature cannot take"),
    ],
)
def test_what_no_contract_can_say_is_refused_in_one_line(function: Any, signature: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        specc.ExportArchive().add_endpoint("serve", function, signature)
    assert [diagnostic.rule for diagnostic in caught.value.diagnostics] == ["bad-signature"]
