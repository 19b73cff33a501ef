"""Finds what JAX does not support before a function is traced: most would fail later or give wrong results silently."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import keras

from specc.compiler.backends import Callee, unwrap_function
from specc.compiler.trackables import layers_of
from specc.compiler.user_code import runs_through, text_of, user_line
from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.errors import SpecError
from specc.language.trees import Ragged, Sparse
from specc.language.wire_names import BoundLeaf
from specc.rules.table import RuleId

RULE: RuleId = "not-in-jax"
DTYPES = frozenset(
    {
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "bfloat16", "float16", "float32", "float64", "complex64", "complex128",
    }
)  # fmt: skip
"""The dtypes of both JAX and the StableHLO that TensorFlow runs."""
_NARROWER = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}
"""The dtypes to which JAX silently narrows those of 64 bits while x64 is disabled."""
LOOKUPS = (
    keras.layers.StringLookup,
    keras.layers.IntegerLookup,
    keras.layers.TextVectorization,
    keras.layers.Hashing,
    keras.layers.HashedCrossing,
)
"""Layers that compute with TensorFlow on every backend."""
_TRACER = re.compile(r"\b\w*Tracer\b|NOT CONVERTIBLE TO TENSOR")
"""What TensorFlow writes for a traced JAX array."""
_LAPACK = re.compile(rb"lapack_\w+_ffi")
_STEPS_HINT = "do it in a preprocess or postprocess function, which runs in TensorFlow"


def find_limits(
    callee: Callee, inputs: Sequence[BoundLeaf] | None, outputs: Sequence[BoundLeaf] | None, model: Any
) -> Iterator[Diagnostic]:
    """Leaves that JAX does not support, and lookup layers that the function certainly calls."""
    for leaf in (*(inputs or ()), *(outputs or ())):
        yield from _leaf_limits(leaf)
    function = unwrap_function(callee.function)
    calls_all = function is model or getattr(function, "__self__", None) is model
    if calls_all and isinstance(model, keras.Model) and hasattr(model, "operations"):  # Functional and Sequential
        lookups = [layer.name for layer in layers_of(model) if isinstance(layer, LOOKUPS)]
        if lookups:
            yield _lookup_finding(callee.path, lookups)


def _leaf_limits(leaf: BoundLeaf) -> Iterator[Diagnostic]:
    path = leaf.path
    if isinstance(leaf.leaf, (Ragged, Sparse)):
        yield finding(RULE, path, f"JAX has no {leaf.leaf.kind} tensors", f"make them dense; {_STEPS_HINT}")
        return
    if leaf.leaf.shape is None:
        yield finding(RULE, path, "JAX has no tensors of unknown rank", "declare the dimensions")
    yield from dtype_limits(leaf.leaf.dtype, path)


def dtype_limits(dtype: str, path: SpecPath) -> Iterator[Diagnostic]:
    """The reasons why JAX does not support a dtype."""
    if dtype not in DTYPES:
        yield finding(RULE, path, f"JAX has no {dtype} tensors", _STEPS_HINT)
    elif dtype in _NARROWER and not jax.config.jax_enable_x64:
        narrower = _NARROWER[dtype]
        message = f"JAX would narrow {dtype} to {narrower}, since x64 is disabled"
        yield finding(RULE, path, message, f"set JAX_ENABLE_X64=1, or declare {narrower}, or cast: {_STEPS_HINT}")


def _lookup_finding(path: SpecPath, names: Sequence[str]) -> Diagnostic:
    many = len(names) > 1
    message = f"the lookup layer{'s' * many} {', '.join(names)} compute{'' if many else 's'} in TensorFlow, not in JAX"
    return finding(RULE, path, message, f"remove {'them' if many else 'it'} from the model, and {_STEPS_HINT}")


def find_unknown_calls(callee: Callee, concrete: Any) -> Iterator[Diagnostic]:
    """The functions of JAX's own libraries that a trace calls on a CPU, and that TensorFlow does not have."""
    definition = concrete.graph.as_graph_def()
    nodes = [*definition.node, *(node for function in definition.library.function for node in function.node_def)]
    modules = b"".join(node.attr["module"].s for node in nodes if node.op == "XlaCallModule")
    names = sorted({name.decode() for name in _LAPACK.findall(modules)})
    if names and "cpu" in (callee.options.platforms or ("cpu",)):
        message = f"the function calls {', '.join(names)} of JAX's own library, which TensorFlow does not have on a CPU"
        yield finding(RULE, callee.path, message, f"compute it without decompositions, or {_STEPS_HINT}")


def require_jax_calls(callee: Callee, error: BaseException) -> None:
    """Raises SpecError if ``error`` is about a traced JAX array that the function passed to TensorFlow or NumPy.

    Each has its own message for that, and Keras raises an AttributeError where it fails to construct JAX's error again.
    """
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None and before not in chain:
        chain.append(before)
    converted = any(isinstance(each, jax.errors.TracerArrayConversionError) for each in chain)
    if not converted and not any(_TRACER.search(text_of(each)) for each in chain):
        return
    if any(runs_through(each, "tensorflow") for each in chain):
        message = "the function calls TensorFlow on a JAX array"
        hint = f"use keras.ops or jax.numpy, or {_STEPS_HINT}"
    elif converted:
        message = "the function passes a JAX array to NumPy, or to other code that reads its values, while it is traced"
        hint = "use keras.ops or jax.numpy"
    else:
        return
    where = next(filter(None, map(user_line, reversed(chain))), "")  # Keras cuts tracebacks
    raise SpecError([finding(RULE, callee.path, message, "; ".join(filter(None, (where, hint))))]) from error


class _Lookups:
    """The lookup layers that were called."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def raise_used(self, callee: Callee) -> None:
        """Raises SpecError if a lookup layer was called."""
        if self.called:
            raise SpecError([_lookup_finding(callee.path, list(dict.fromkeys(self.called)))])


@contextlib.contextmanager
def stopped_at_lookups(models: Sequence[Any]) -> Iterator[_Lookups]:
    """Stops a trace of these models at the first lookup layer, before that fails with an unclear error."""
    lookups = _Lookups()
    every = {id(layer): layer for model in models for layer in layers_of(model)}
    layers = [layer for layer in every.values() if isinstance(layer, LOOKUPS)]

    def stopping(layer: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ARG001
            lookups.called.append(layer.name)
            raise RuntimeError(f"{layer.name} computes in TensorFlow")

        return call

    for layer in layers:
        # Set in the instance's __dict__, since a layer's __setattr__ would track it.
        layer.__dict__["call"] = stopping(layer)
    try:
        yield lookups
    finally:
        for layer in layers:
            del layer.__dict__["call"]
