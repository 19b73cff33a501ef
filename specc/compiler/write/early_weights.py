"""Writes the variables of a model in a thread while its functions are traced, which occupies one core.

A trace may change anything. So the checkpoint takes over what is written only if every variable has the same key and
value after the traces; else all are written again. Variables of a tf.distribute strategy are never written early.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import tensorflow as tf

from specc.compiler.backends import Backend
from specc.compiler.write.bundles import join_bundles, save_bundle
from specc.compiler.write.distributed import distributed_variable_of, value_of
from specc.compiler.write.save_options import only_by_tensorflow
from specc.compiler.write.stored_values import are_equal, array_of
from specc.compiler.write.variables import collect, identity, model_variables
from specc.errors import SpecError
from specc.language.document import Document
from specc.publishing.staging import Stage, flush
from specc.reader.checkpoint import OBJECT_GRAPH, PREFIX, VALUE

_PLACE = "early"
"""The directory of the bundle, inside that of the checkpoint, to which it is moved."""
_MIN_BYTES = 2**20
"""How many bytes of variables are written early; fewer take no longer than to take over what a thread has written."""


class EarlyWeights:
    """Tensors by the keys of a checkpoint, which a thread writes, and flushes to the disk."""

    def __init__(self, tensors: Mapping[str, Any], stage: Stage, device: str | None) -> None:
        self._tensors, self._device = tensors, device
        self._prefix = (stage.directory / PREFIX).with_name(_PLACE) / Path(PREFIX).name
        self._prefix.parent.mkdir(parents=True)
        self._needs_flush = stage.is_durable
        self._is_taken_over = False
        self._thread = ThreadPoolExecutor(1, "specc-weights")
        self._saved = self._thread.submit(save_bundle, self._prefix, tensors, device)
        self._flushed = self._thread.submit(self._flush)

    def _flush(self) -> None:
        if self._needs_flush:
            with contextlib.suppress(FileNotFoundError):  # the checkpoint has taken it over, and is flushed later
                flush(self._prefix.parent)

    def complete(
        self, prefix: Path, variables: Mapping[str, Any], tensors: Mapping[str, Any], object_graph: bytes
    ) -> bool:
        """Makes the checkpoint ``prefix`` of what is written and of what is not: variables, tensors, the object graph.

        Returns:
            Whether it is made; not if a variable has a new value or key since it was written, or the write failed.

        Raises:
            OSError, tf.errors.OpError: the disk is full.
        """
        self._needs_flush = False  # what is waited for is flushed with the rest of the stage
        failure = self._saved.exception()
        if failure and not isinstance(failure, (OSError, tf.errors.OpError)):
            raise failure
        if failure or not all(
            # One by one: a variable that was sparsely updated is copied when it is read.
            key in variables and are_equal(array_of(value_of(variables[key])), array_of(early))
            for key, early in self._tensors.items()
        ):
            self.discard()
            return False
        bundles = [self._prefix]
        rest = {key: value_of(variable) for key, variable in variables.items() if key not in self._tensors}
        rest.update(tensors)
        if rest:
            bundles.append(self._prefix.with_name("rest"))
            save_bundle(bundles[-1], rest, self._device)
        join_bundles(bundles, OBJECT_GRAPH, object_graph, prefix)
        self._prefix.parent.rmdir()
        self._is_taken_over = True
        return True

    def discard(self) -> None:
        """Removes what is written, and was not taken over."""
        self._needs_flush = False
        self._thread.shutdown()
        self._tensors = {}
        shutil.rmtree(self._prefix.parent, ignore_errors=True)

    def require_flushed(self) -> None:
        """Raises OSError if what was taken over could not be flushed. Linux says so only once."""
        if self._is_taken_over:
            self._flushed.result()


@contextlib.contextmanager
def weights_written_early(
    document: Document, model: Any, backend: Backend, stage: Stage
) -> Iterator[EarlyWeights | None]:
    """A context in which a thread writes the variables of ``model`` to ``stage``, if that is safe and saves time."""
    options = document.save_options
    tensors = {} if only_by_tensorflow(options) else _values(_known_variables(document, model, backend))
    if not tensors:
        yield None
        return
    early = EarlyWeights(tensors, stage, options.experimental_io_device)
    try:
        yield early
    finally:
        early.discard()
    early.require_flushed()


def _known_variables(document: Document, model: Any, backend: Backend) -> dict[str, Any]:
    """The variables that the archive will have, as far as they are known, by their keys."""
    try:
        lists = {"variables": [named.variable for named in model_variables(model)]}
        lists |= dict(sorted(collect(document, model, {}).items()))
    except SpecError:  # such as a model that its trace builds
        return {}
    known: dict[int, tuple[str, Any]] = {}
    for name, variables in lists.items():
        for position, variable in enumerate(map(backend.tf_variable, variables)):
            known.setdefault(identity(variable), (f"{name}/{position}{VALUE}", variable))
    return dict(known.values())


def _values(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The values of ``variables``, or none if they cannot be read, or are too small."""
    if not all(map(_is_plain, variables.values())):
        return {}
    sizes = (variable.dtype.size * (variable.shape.num_elements() or 0) for variable in variables.values())
    if sum(sizes) < _MIN_BYTES:
        return {}
    try:
        return {key: value_of(variable) for key, variable in variables.items()}
    except SpecError:  # one has no value yet
        return {}


def _is_plain(variable: Any) -> bool:
    """Whether a variable is a single one, of which a value can be read before anything is traced."""
    handle = getattr(variable, "handle", None)
    return (
        isinstance(handle, tf.Tensor)
        and not tf.is_symbolic_tensor(handle)
        and not isinstance(variable, tf.distribute.DistributedValues)
        and distributed_variable_of(variable) is variable
    )
