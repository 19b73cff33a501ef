"""The round trip of tests/compiler/test_whole_exports.py, over what JAX has, with functions in JAX."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from computing import _shape, _size
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from strategies import Extent, buildable_documents
from three_ways import Archive, assert_agree, flat_outputs, three_ways

import specc
from specc.compiler.compiled_endpoint import CompiledEndpoint
from specc.language.tree_edits import with_leaves
from specc.language.trees import Tensor
from specc.language.wire_names import input_leaves, output_leaves
from specc.reader.projection import project

pytestmark = pytest.mark.tensorflow
logging.getLogger("absl").setLevel(logging.ERROR)  # a gradient of a gradient is not in the archive, at each loading

DTYPES = ("bool", "int8", "int32", "uint8", "uint32", "bfloat16", "float16", "float32", "complex64")
EXTENT = Extent(dtypes=DTYPES)
EXPORTS = 300 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 25


def on_jax(document: specc.Document) -> specc.Document:
    """The document with its functions given in code, dims of at least one, and nothing of a model.

    JAX knows each size of a result, but for those of the arguments; so the document knows them too.
    """
    bare = {"function": None, "preprocess": None, "postprocess": None, "kwargs": {}}
    endpoints = {}
    for name, endpoint in document.endpoints.items():
        known = {dim for leaf in input_leaves(endpoint) for dim in leaf.leaf.shape} - {"?"}
        fixed = iter(_fixed(leaf.leaf, known) for leaf in output_leaves(endpoint))
        platforms = ("cpu", *endpoint.jax.platforms)  # it is asked here
        jax_options = endpoint.jax.model_copy(update={"jax2tf_kwargs": {}, "platforms": platforms})
        update = {**bare, "jax": jax_options, "outputs": with_leaves(endpoint.outputs, fixed)}
        endpoints[name] = endpoint.model_copy(update=update)
    dims = {name: dim.model_copy(update={"min": max(dim.min, 1)}) for name, dim in document.dims.items()}
    update = {"endpoints": endpoints, "dims": dims, "variable_collections": {}, "track": (), "model": None}
    return document.model_copy(update=update)


def _fixed(leaf: Tensor, known: set[Any]) -> Tensor:
    shape = tuple(dim if isinstance(dim, int) or dim in known else 2 for dim in leaf.shape or ())
    return leaf.model_copy(update={"shape": shape})


def is_dense(compiled: CompiledEndpoint) -> bool:
    leaves = [leaf.leaf for leaf in (*compiled.inputs, *compiled.outputs)]
    return all(
        isinstance(leaf, Tensor) and leaf.shape is not None and leaf.dtype in DTYPES and 0 not in leaf.shape
        for leaf in leaves
    )


def sizes_of(document: specc.Document, seed: int) -> dict[str, int]:
    random = np.random.default_rng(seed)
    return {name: _size(dim.min, dim.max, random) for name, dim in document.dims.items()}


def inputs_for(compiled: CompiledEndpoint, document: specc.Document, seed: int) -> list[Any]:
    random, sizes = np.random.default_rng(seed), sizes_of(document, seed)
    leaves = []
    for bound in compiled.inputs:
        numbers = random.integers(0, 2 if bound.leaf.dtype == "bool" else 4, _shape(bound.leaf, sizes))
        leaves.append(tf.cast(tf.constant(numbers, tf.int32), bound.leaf.dtype))
    return tf.nest.pack_sequence_as(compiled.input_signature, leaves)  # type: ignore[no-any-return]


def function_for(compiled: CompiledEndpoint, document: specc.Document) -> Callable[..., Any]:
    """Folds every input into one number, and makes the declared outputs of it."""

    def function(*arguments: Any) -> Any:
        import jax.numpy as jnp

        sizes: dict[Any, Any] = {}
        for bound, leaf in zip(compiled.inputs, tf.nest.flatten(list(arguments)), strict=True):
            sizes |= dict(zip(bound.leaf.shape, leaf.shape, strict=True))
        total = jnp.float32(zlib.crc32(compiled.name.encode()) % 97)
        for index, leaf in enumerate(tf.nest.flatten(list(arguments))):
            array = jnp.asarray(np.asarray(leaf) if tf.is_tensor(leaf) else leaf)
            number = jnp.real(array).astype("float32").ravel()
            total += (number * (jnp.arange(number.shape[0]) % 7 + 1)).sum() * (2 * index + 3)
        outputs = []
        for index, bound in enumerate(compiled.outputs):
            shape = [dim if isinstance(dim, int) else sizes[dim] for dim in bound.leaf.shape]
            value = (jnp.ones(shape, "float32") * (total + index)) % 5
            outputs.append(value.astype(bound.leaf.dtype))
        return tf.nest.pack_sequence_as(compiled.output_specs, outputs)

    return function


@settings(max_examples=EXPORTS, suppress_health_check=list(HealthCheck))
@given(buildable_documents(EXTENT), st.integers(0, 2**32 - 1))
def test_a_document_survives_its_export_on_jax(document: specc.Document, seed: int) -> None:
    dense = {name: each for name, each in specc.compile(document).items() if is_dense(each)}
    assume(dense)
    default = document.default if document.default in dense else None
    endpoints = {name: document.endpoints[name] for name in dense}
    document = on_jax(document.model_copy(update={"endpoints": endpoints, "default": default}))
    try:
        program = specc.compile(document)
    except specc.SpecError:
        assume(False)
    functions = {name: function_for(program[name], document) for name in program}
    directory = Path(tempfile.mkdtemp())
    try:
        report = program.export(None, directory / "archive", functions=functions)
        assert specc.inspect(report.path) == document.promises()
        archive = Archive(program, report.path)
        for name, function in functions.items():
            arguments = inputs_for(program[name], document, seed)
            answers = three_ways(archive, name, arguments)
            assert_agree(answers, flat_outputs(program[name], function(*arguments)), rtol=1e-2, atol=1e-2)
        shutil.rmtree(report.path / "assets.extra")
        assert specc.inspect(report.path) == project(document)
    finally:
        shutil.rmtree(directory)
