"""Asks an archive the same question on each of its surfaces, and gives the answers in one form to be compared.

The surfaces are the nested function of the revived object, the flat signatures, and a TensorFlow 1 Session, which is the
C++ loader's path. Every answer is a dict from wire name to NumPy array, composites taken apart into their components.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from specc.compiler import CompiledEndpoint, Program
from specc.compiler.quiet_loggers import quiet_loggers
from specc.language.signatures import TAGS, published_signatures
from specc.language.wire_names import Component

Answer = dict[str, np.ndarray]


class Archive:
    """An archive of ``program``, loaded when it is first asked, once for Python and once for a Session."""

    def __init__(self, program: Program, path: Path | str) -> None:
        self.program = program
        self.path = str(path)

    def reloaded(self) -> Archive:
        """The same archive in the state that it was saved in."""
        return Archive(self.program, self.path)

    @cached_property
    def revived(self) -> Any:
        """The object that ``tf.saved_model.load`` gives."""
        return tf.saved_model.load(self.path)

    @cached_property
    def session(self) -> tuple[tf.compat.v1.Session, Mapping[str, Any]]:
        """A Session with the archive in it, and its SignatureDefs."""
        session = tf.compat.v1.Session(graph=tf.Graph())
        with session.graph.as_default(), quiet_loggers("tensorflow"):  # with the advice that tf.compat.v1 is deprecated
            document = self.program.document
            tags = [TAGS[document.mode], *document.save_options.extra_tags]
            meta_graph = tf.compat.v1.saved_model.load(session, tags, self.path)
        return session, meta_graph.signature_def

    def ask_revived(self, endpoint: str, arguments: Sequence[Any], omitted: Collection[str] = ()) -> Answer:
        """What the revived attribute gives for nested arguments; trailing ones that are all default are left out."""
        compiled = self.program[endpoint]
        given = list(arguments)[: _without_defaults(compiled, omitted)]
        return flat_outputs(compiled, getattr(self.revived, endpoint)(*given))

    def ask_signature(self, endpoint: str, arguments: Sequence[Any], key: str | None = None) -> Answer:
        """What ``signatures[key]`` gives, which wants every input; ``key`` is the endpoint's own name, or its alias."""
        flat = _flat_tensors(self.program[endpoint].input_components, list(arguments))
        result = self.revived.signatures[key or endpoint](**flat)
        return {name: to_numpy(tensor) for name, tensor in result.items()}

    def ask_session(
        self, endpoint: str, arguments: Sequence[Any], omitted: Collection[str] = (), key: str | None = None
    ) -> Answer:
        """What a Session gives, fed with everything but the ``omitted`` wire names, which have defaults."""
        session, signatures = self.session
        signature = signatures[key or endpoint]
        flat = flat_inputs(self.program[endpoint], arguments)
        feed = {signature.inputs[name].name: value for name, value in flat.items() if name not in omitted}
        fetch = {name: info.name for name, info in signature.outputs.items()}
        return {name: to_plain(np.asarray(value)) for name, value in session.run(fetch, feed).items()}


def three_ways(
    archive: Archive,
    endpoint: str,
    arguments: Sequence[Any],
    *,
    omitted: Collection[str] = (),
    stateful: bool = False,
) -> dict[str, Answer]:
    """The answer of every surface to one question, by the surface's name; the default's alias is asked too.

    Args:
        archive: whom to ask.
        endpoint: which endpoint to ask.
        arguments: the nested positional arguments, all of them, those with a default too.
        omitted: wire names whose value is their default, left out where the surface allows that.
        stateful: whether asking changes the answer; then each surface is asked in an archive loaded anew.
    """

    def whom() -> Archive:
        return archive.reloaded() if stateful else archive

    # Every signature of the endpoint's own inputs: the plain one, or the raw one beside a receiver, and the default's.
    published = published_signatures(archive.program.document)
    keys = [each.key for each in published if each.endpoint == endpoint and each.receiver is None]
    answers = {"revived": whom().ask_revived(endpoint, arguments, omitted)}
    for key in keys:
        answers[f"signatures[{key}]"] = whom().ask_signature(endpoint, arguments, key)
        answers[f"session {key}"] = whom().ask_session(endpoint, arguments, omitted, key)
    return answers


def flat_inputs(compiled: CompiledEndpoint, arguments: Sequence[Any]) -> Answer:
    """Nested positional arguments as arrays by wire name."""
    flat = _flat_tensors(compiled.input_components, list(arguments))
    return {name: to_numpy(tensor) for name, tensor in flat.items()}


def flat_outputs(compiled: CompiledEndpoint, result: Any) -> Answer:
    """A nested result, the revived endpoint's or the function's own, as arrays by wire name."""
    flat = _flat_tensors(compiled.output_components, result)
    return {name: to_numpy(tensor) for name, tensor in flat.items()}


def _flat_tensors(components: Sequence[Component], nested: Any) -> dict[str, tf.Tensor]:
    leaves = tf.nest.flatten(nested, expand_composites=True)
    return {
        component.wire_name: tf.convert_to_tensor(leaf, tf.dtypes.as_dtype(component.dtype))
        for component, leaf in zip(components, leaves, strict=True)
    }


def _without_defaults(compiled: CompiledEndpoint, omitted: Collection[str]) -> int:
    """How many arguments come before the trailing ones whose every leaf is omitted."""
    count = len(compiled.declared.inputs)
    while count:
        at = (*compiled.path, "inputs", count - 1)
        leaves = [leaf for leaf in compiled.inputs if leaf.path[: len(at)] == at]
        if not all(component.wire_name in omitted for leaf in leaves for component in leaf.components):
            break
        count -= 1
    return count


def to_numpy(tensor: Any) -> np.ndarray:
    """The array of a tensor."""
    return to_plain(np.asarray(tensor.numpy()))


def to_plain(array: np.ndarray) -> np.ndarray:
    """An array as it is; of a quantised dtype, which NumPy holds as records of one field, that field."""
    return array[array.dtype.names[0]] if array.dtype.names else array


def assert_agree(answers: Mapping[str, Answer], expected: Answer, *, rtol: float = 0, atol: float = 0) -> None:
    """Every surface gives ``expected``: the same names, dtypes, shapes and values; NaN is equal to NaN.

    With a tolerance, floating point numbers may differ by it; without one, and in all other dtypes, they are equal.
    """
    for surface, answer in answers.items():
        assert sorted(answer) == sorted(expected), surface
        for name, array in expected.items():
            found, where = answer[name], f"{surface}: {name}"
            assert (found.dtype, found.shape) == (array.dtype, array.shape), where
            if (rtol or atol) and np.issubdtype(array.dtype, np.inexact):
                np.testing.assert_allclose(found, array, rtol=rtol, atol=atol, err_msg=where)
            else:
                np.testing.assert_array_equal(found, array, err_msg=where)
