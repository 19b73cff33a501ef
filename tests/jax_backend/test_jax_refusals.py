"""What JAX has no words for is refused before a function runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import pytest
from jax_exports import SERVE, document, mlp

import specc

pytestmark = pytest.mark.tensorflow

HINT = "do it in a preprocess or postprocess function, which runs in TensorFlow"


def findings(model: Any, where: Path, endpoints: dict[str, Any], functions: Any = None, **more: Any) -> list[str]:
    """The findings of an export that leaves nothing behind."""
    with pytest.raises(specc.SpecError) as caught:
        specc.compile(document(endpoints, **more)).export(model, where / "archive", functions=functions)
    assert list(where.iterdir()) == []
    return [str(finding) for finding in caught.value.diagnostics]


def untouched(*arguments: Any) -> Any:
    raise AssertionError("the function was traced")


RAGGED = {"kind": "ragged", "dtype": "int32", "shape": ["batch", "?"]}
SPARSE = {"kind": "sparse", "dtype": "float32", "shape": ["batch", 4]}
LIMITS = {
    "int64[batch]": f"JAX would narrow int64 to int32, since x64 is disabled; set JAX_ENABLE_X64=1, or declare int32, or cast: {HINT}",
    "uint64[batch]": f"JAX would narrow uint64 to uint32, since x64 is disabled; set JAX_ENABLE_X64=1, or declare uint32, or cast: {HINT}",
    "float64[batch]": f"JAX would narrow float64 to float32, since x64 is disabled; set JAX_ENABLE_X64=1, or declare float32, or cast: {HINT}",
    "complex128[batch]": f"JAX would narrow complex128 to complex64, since x64 is disabled; set JAX_ENABLE_X64=1, or declare complex64, or cast: {HINT}",
    "string[batch]": f"JAX has no string tensors; {HINT}",
    "qint8[batch]": f"JAX has no qint8 tensors; {HINT}",
    "float32[...]": "JAX has no tensors of unknown rank; declare the dimensions",
}


@pytest.mark.parametrize("tensor", LIMITS)
def test_a_leaf_that_jax_cannot_take_or_give(tensor: str, tmp_path: Path) -> None:
    endpoint = {"function": None, "inputs": [tensor], "outputs": {"a": [tensor]}}
    assert findings(None, tmp_path, {"f": endpoint}, {"f": untouched}) == [
        f"endpoints.f.inputs[0]: not-in-jax: {LIMITS[tensor]}",
        f"endpoints.f.outputs.a[0]: not-in-jax: {LIMITS[tensor]}",
    ]


@pytest.mark.parametrize("leaf", [RAGGED, SPARSE], ids=["ragged", "sparse"])
def test_a_composite_leaf(leaf: dict[str, Any], tmp_path: Path) -> None:
    endpoint = {"function": None, "inputs": [leaf], "outputs": "float32[batch]"}
    assert findings(None, tmp_path, {"f": endpoint}, {"f": untouched}) == [
        f"endpoints.f.inputs[0]: not-in-jax: JAX has no {leaf['kind']} tensors; make them dense; {HINT}"
    ]


def test_every_endpoint_is_looked_at_before_one_is_traced(tmp_path: Path) -> None:
    good = {"function": None, "inputs": ["float32[batch]"], "outputs": "float32[batch]"}
    bad = {**good, "inputs": ["string[batch]"]}
    found = findings(
        None, tmp_path, {"good": good, "bad": bad, "worse": bad}, dict.fromkeys(("good", "bad", "worse"), untouched)
    )
    assert [finding.partition(":")[0] for finding in found] == ["endpoints.bad.inputs[0]", "endpoints.worse.inputs[0]"]


def test_an_optional_endpoint_is_left_out(tmp_path: Path) -> None:
    endpoints = {"serve": SERVE, "words": {**SERVE, "inputs": ["string[batch]"], "optional": True}}
    report = specc.compile(document(endpoints)).export(mlp(), tmp_path / "archive")
    assert "JAX has no string tensors" in report.excluded["words"]


def with_lookup() -> Any:
    ids = keras.Input([], dtype="int32")
    return ids, keras.layers.IntegerLookup(vocabulary=[3, 5], name="ids")


class Looking(keras.Model):
    """A model that looks up in one of its methods."""

    def __init__(self) -> None:
        super().__init__()
        self.lookup = keras.layers.IntegerLookup(vocabulary=[3, 5], name="ids")
        self.embedding = keras.layers.Embedding(3, 2)
        self.embedding.build()

    def call(self, ids: Any) -> Any:
        return self.embedding(self.lookup(ids))

    def embed(self, ids: Any) -> Any:
        return self.embedding(ids)


LOOKUP = (
    "endpoints.f.function: not-in-jax: the lookup layer ids computes in TensorFlow, not in JAX; "
    f"remove it from the model, and {HINT}"
)


def test_a_lookup_layer_inside_the_model(tmp_path: Path) -> None:
    endpoint = {"inputs": ["int32[batch]"], "outputs": "float32[batch, 2]"}
    assert findings(Looking(), tmp_path, {"f": endpoint}) == [LOOKUP]
    # A function that has nothing to do with the lookup is as good as any.
    program = specc.compile(document({"f": {**endpoint, "function": "embed"}}))
    assert program.export(Looking(), tmp_path / "archive").endpoints


def test_a_model_that_is_not_built(tmp_path: Path) -> None:
    class Late(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="late")
            self.dense = keras.layers.Dense(2, name="dense")

        def call(self, x: Any) -> Any:
            return self.dense(x)

    assert findings(Late(), tmp_path, {"f": SERVE}) == [
        "endpoints.f.function: trace-failed: the function creates variables while it is traced: "
        "late/dense/kernel, late/dense/bias; build the model, or call it once, before it is exported"
    ]


def test_an_argument_that_jax2tf_does_not_have(tmp_path: Path) -> None:
    endpoint = {**SERVE, "jax": {"jax2tf_kwargs": {"with_gradeint": False}}}
    assert findings(mlp(), tmp_path, {"f": endpoint}) == [
        "endpoints.f.jax.jax2tf_kwargs.with_gradeint: unknown-key: jax2tf.convert has no argument 'with_gradeint'; "
        "did you mean 'with_gradient'?"
    ]


SQUARE = {"function": None, "inputs": ["float32[3, 3]"], "outputs": "complex64[3]", "jax": {"platforms": ["cuda"]}}


def eigenvalues(x: Any) -> Any:
    import jax.numpy as jnp

    return jnp.linalg.eig(x)[0]


def test_what_a_platform_has_no_code_for(tmp_path: Path) -> None:
    (found,) = findings(None, tmp_path, {"f": {**SQUARE, "jax": {"platforms": ["tpu"]}}}, {"f": eigenvalues})
    assert found.startswith("endpoints.f.function: trace-failed: tracing failed: NotImplementedError: ")
    assert found.endswith('not found for platform tpu; name the other platforms in "jax": {"platforms": [...]}')


def test_what_tensorflow_has_no_library_for(tmp_path: Path) -> None:
    (found,) = findings(None, tmp_path, {"f": {**SQUARE, "jax": {"platforms": ["cpu"]}}}, {"f": eigenvalues})
    assert found.startswith(
        "endpoints.f.function: not-in-jax: the function calls lapack_sgeev_ffi of JAX's own library"
    )


def test_what_has_no_gradient(tmp_path: Path) -> None:
    import jax

    @jax.custom_vjp
    def stubborn(x: Any) -> Any:
        return x * 2

    def backward(residuals: Any, cotangents: Any) -> Any:
        raise NotImplementedError("no gradient of this")

    stubborn.defvjp(lambda x: (x * 2, None), backward)
    endpoint = {"function": None, "inputs": ["float32[batch]"], "outputs": "float32[batch]"}
    assert findings(None, tmp_path, {"f": endpoint}, {"f": stubborn}) == [
        "endpoints: save-failed: gradients cannot be traced: NotImplementedError: no gradient of this; "
        'set "gradients": false in each endpoint if no caller needs them'
    ]
    program = specc.compile(document({"f": {**endpoint, "gradients": False}}))
    assert program.export(None, tmp_path / "archive", functions={"f": stubborn}).endpoints


X64 = """
import sys, keras, numpy as np, tensorflow as tf, specc
document = specc.from_json({"specc": 1, "dims": {"batch": {}}, "endpoints": {"f": {
    "function": None, "inputs": ["int64[batch]"], "outputs": ["int64[batch]", "float64[batch]"]}}})
functions = {"f": lambda x: [x + 1, keras.ops.cast(x, "float64") / 2]}
specc.compile(document).export(None, sys.argv[1], functions=functions)
big, half = tf.saved_model.load(sys.argv[1]).f([2**40])
assert (big.dtype, int(big[0]), half.dtype, float(half[0])) == (tf.int64, 2**40 + 1, tf.float64, 2.0**39)
"""


def test_64_bits_are_whole_where_x64_is_on(tmp_path: Path) -> None:
    import os

    environment = {**os.environ, "JAX_ENABLE_X64": "1"}
    subprocess.run([sys.executable, "-c", X64, str(tmp_path / "archive")], check=True, env=environment)


def test_torch_is_refused_with_what_it_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(keras.config, "backend", lambda: "torch")
    for refused in (specc.ExportArchive, lambda: specc.compile(document({"f": SERVE})).export(mlp(), tmp_path / "a")):
        with pytest.raises(specc.UnavailableError, match=r"on TensorFlow or JAX, not on torch: .*torch_xla"):
            refused()


def test_a_step_of_keras_s_own(tmp_path: Path) -> None:
    model = mlp()
    model.compile("adam", "mse")
    endpoint = {
        "function": "specc:train_step",
        "arguments": ["x", "y"],
        "inputs": ["float32[batch, 3]", "float32[batch, 2]"],
        "outputs": {"loss": "float32[]"},
    }
    (found,) = findings(model, tmp_path, {"f": endpoint})
    assert "Keras's own steps can be exported only on TensorFlow, not on jax; name your own function" in found


def test_what_needs_tensorflow_itself_says_so(tmp_path: Path) -> None:
    with pytest.raises(specc.UnavailableError, match="on TensorFlow, not on jax; set KERAS_BACKEND=tensorflow"):
        specc.merge([document({"f": SERVE})], mlp(), tmp_path / "archive")


class Held:
    """A result that holds its array in an attribute."""

    def __init__(self, value: Any) -> None:
        self.value = value


@pytest.mark.parametrize("postprocess", [{}, {"postprocess": "operator:attrgetter"}], ids=["alone", "postprocess"])
def test_an_object_that_holds_arrays(postprocess: dict[str, Any], tmp_path: Path) -> None:
    endpoint = {"function": None, "inputs": ["float32[batch]"], "outputs": "float32[batch]", **postprocess}
    assert findings(None, tmp_path, {"f": endpoint}, {"f": lambda x: {"inner": Held(x * 2)}}) == [
        "endpoints.f.function: not-in-jax: the function returns a Held, whose contents cannot leave JAX; return arrays in "
        "dicts, lists and tuples: name a module:attribute that extracts them from the object"
    ]
