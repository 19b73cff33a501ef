"""Keras on JAX: ``jax2tf.convert`` converts a function to StableHLO, with its variables as arguments.

The function runs in a ``keras.StatelessScope``. Reads of Keras's variables return the values of tf.Variables, one for
each, which the archive holds; assigned values are assigned to these after the call.
"""

from __future__ import annotations

import contextlib
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import tensorflow as tf
from jax.experimental import jax2tf

from specc.compiler.backends import Callee
from specc.compiler.backends.jax_limits import (
    RULE,
    find_limits,
    find_unknown_calls,
    require_jax_calls,
    stopped_at_lookups,
)
from specc.compiler.backends.jax_shapes import OPEN, keras_symbols, renumbered
from specc.compiler.trace.opaque_results import opaque_objects
from specc.compiler.trace.result_containers import plain_unless_rebuilt
from specc.compiler.user_code import summarize
from specc.diagnostics import Diagnostic, did_you_mean, finding, kind_of
from specc.errors import SpecError
from specc.language.wire_names import BoundLeaf

_CUSTOM_CALL = "custom_call:"
_NOT_FOUND = "not found for platform"
_PLATFORMS_HINT = 'name the other platforms in "jax": {"platforms": [...]}'
_NAME_SIZES_HINT = 'each "?" is a separate size; give equal sizes one name, or set polymorphic_shapes in jax2tf_kwargs'


class _MoreVariablesError(Exception):
    """The function used variables that were not passed; ``variables`` are all that it used."""

    def __init__(self, variables: list[Any]) -> None:
        super().__init__()
        self.variables = variables


class _Scope(keras.StatelessScope):  # type: ignore[misc]  # Keras has no types
    """A StatelessScope that records every variable that is used."""

    def __init__(self, state: Iterable[tuple[Any, Any]]) -> None:
        super().__init__(state, initialize_variables=False)
        self.given = dict(self.state_mapping)
        self.used: dict[int, Any] = {}

    def get_current_value(self, variable: Any) -> Any:
        self.used[id(variable)] = variable
        return super().get_current_value(variable)

    def add_update(self, update: tuple[Any, Any]) -> None:
        variable, _ = update
        self.used[id(variable)] = variable
        super().add_update(update)

    @property
    def is_complete(self) -> bool:
        """Whether every variable that was used has a value in the scope."""
        return self.used.keys() <= self.given.keys()

    def updated(self, variables: Iterable[Any]) -> list[tuple[Any, Any]]:
        """Those of ``variables`` that were assigned, each with its new value."""
        values = [(variable, self.state_mapping[id(variable)]) for variable in variables]
        return [(variable, value) for variable, value in values if value is not self.given[id(variable)]]


class JaxBackend:
    """The JAX backend, with the tf.Variables of one export."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}
        self._stand_ins: dict[int, tuple[Any, Any]] = {}
        self._copied: dict[int, Any] = {}
        self._models: list[Any] = []

    def register_model(self, model: Any) -> None:
        """Stores the model, and its variables in its own order."""
        self._models.append(model)
        variables = getattr(model, "variables", ())
        if isinstance(variables, Iterable):
            self._known |= {id(each): each for each in variables if isinstance(each, keras.Variable)}

    def find_unsupported(
        self, callee: Callee, inputs: Sequence[BoundLeaf] | None, outputs: Sequence[BoundLeaf] | None, model: Any
    ) -> Iterator[Diagnostic]:
        """Tensors that JAX does not have, lookup layers, and arguments that ``jax2tf.convert`` does not take."""
        if callee.is_tensorflow:
            return
        yield from find_limits(callee, inputs, outputs, model)
        yield from _find_unknown_arguments(callee)

    def as_tf_function(self, callee: Callee, specs: list[Any]) -> Callable[..., Any]:
        """A TensorFlow function with the same arguments and result."""
        if callee.is_tensorflow:
            return callee.function
        shapes = tf.nest.pack_sequence_as(specs, list(_symbols_for(callee, specs)))

        if not callee.options.is_static:
            for variable in self._known.values():
                self.tf_variable(variable)  # TensorFlow traces again if the first trace creates a variable

        def in_tensorflow(*arguments: Any, **kwargs: Any) -> Any:
            known = list(self._known.values())
            while True:
                try:
                    return self._call(callee, known, shapes, arguments, kwargs)
                except _MoreVariablesError as more:
                    _require_no_new_variables(callee, more.variables)
                    known = more.variables
                except Exception as error:
                    hint = (
                        _NAME_SIZES_HINT
                        if OPEN.search(str(error))
                        else _PLATFORMS_HINT
                        if _NOT_FOUND in str(error)
                        else ""
                    )
                    if not hint:
                        raise
                    message = f"tracing failed: {summarize(error)}"
                    raise SpecError([finding("trace-failed", callee.path, message, hint)]) from error

        return in_tensorflow

    def _call(
        self,
        callee: Callee,
        variables: list[Any],
        shapes: list[str],
        arguments: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Any:
        variables = [] if callee.options.is_static else variables
        from_trace: dict[str, Any] = {}

        def stateless(values: list[Any], *nested: Any) -> Any:
            with _Scope(zip(variables, values, strict=True)) as scope, stopped_at_lookups(self._models) as lookups:
                try:
                    result = plain_unless_rebuilt(callee.function(*nested, **kwargs))
                    leaves = [_to_array(leaf) for leaf in tf.nest.flatten(result)]
                except Exception as error:
                    lookups.raise_used(callee)
                    require_jax_calls(callee, error)
                    raise
                if not scope.is_complete and not callee.options.is_static:
                    raise _MoreVariablesError(list(scope.used.values()))
                updated = scope.updated(variables)
            _require_no_objects(callee, leaves)
            is_array = [isinstance(leaf, jax.Array) for leaf in leaves]
            from_trace["result"] = tf.nest.map_structure(lambda _: 0, result)
            from_trace["leaves"] = [None if array else leaf for leaf, array in zip(leaves, is_array, strict=True)]
            from_trace["is_array"] = is_array
            from_trace["updated"] = [variable for variable, _ in updated]
            arrays = [leaf for leaf, array in zip(leaves, is_array, strict=True) if array]
            return arrays, [value for _, value in updated]

        values = [[self.tf_variable(variable).read_value() for variable in variables]]
        with _without_paths():
            arrays, updates = jax2tf.convert(stateless, **_convert_arguments(callee, shapes))(*values, *arguments)
        for variable, value in zip(from_trace["updated"], updates, strict=True):
            stand_in = self.tf_variable(variable)
            stand_in.assign(tf.cast(value, stand_in.dtype))
        given = iter(arrays)
        leaves = [
            next(given) if array else leaf
            for leaf, array in zip(from_trace["leaves"], from_trace["is_array"], strict=True)
        ]
        return tf.nest.pack_sequence_as(from_trace["result"], leaves)

    def check_trace(self, callee: Callee, concrete: Any) -> Iterator[Diagnostic]:
        """LAPACK calls, such as those of a QR decomposition, for which TensorFlow has no handlers."""
        if not callee.is_tensorflow:
            yield from find_unknown_calls(callee, concrete)

    def cache_key(self, callee: Callee, specs: list[Any]) -> object:
        """The options, the dimensions without their names, and whether there are gradients."""
        if callee.is_tensorflow:
            return None
        options = json.dumps(callee.options.model_dump(mode="json"), sort_keys=True)
        return options, renumbered(_symbols_for(callee, specs)), callee.gradients

    def tf_variable(self, variable: Any) -> Any:
        """The single tf.Variable for a Keras variable, updated to its current value."""
        if not isinstance(variable, keras.Variable):
            return variable
        with tf.init_scope():
            if id(variable) not in self._stand_ins:
                # Keras's name, as on the TensorFlow backend.
                made = tf.Variable(_numpy_value(variable), trainable=variable.trainable, name=variable.name)
                self._stand_ins[id(variable)] = variable, made
                self._copied[id(variable)] = variable.value
            _, stand_in = self._stand_ins[id(variable)]
            if (
                self._copied[id(variable)] is not variable.value
            ):  # arrays are immutable, so another array is another value
                stand_in.assign(_numpy_value(variable))
                self._copied[id(variable)] = variable.value
        return stand_in

    def without_build_paths(self) -> contextlib.AbstractContextManager[None]:
        """A context without source paths; saving traces functions again for their gradients."""
        return _without_paths()


def _symbols_for(callee: Callee, specs: list[Any]) -> tuple[str, ...]:
    return callee.symbols or keras_symbols(tf.nest.flatten(specs))


def _numpy_value(variable: Any) -> Any:
    return np.asarray(variable.value)


def _to_array(leaf: Any) -> Any:
    """A leaf of a result, with variables and symbolic dimensions converted to arrays."""
    if isinstance(leaf, keras.Variable):
        return leaf.value
    return jnp.asarray(leaf) if jax.export.is_symbolic_dim(leaf) else leaf


@contextlib.contextmanager
def _without_paths() -> Iterator[None]:
    """Removes source locations from StableHLO, which contain directories of the building machine."""
    before = jax.config.jax_traceback_in_locations_limit
    jax.config.update("jax_traceback_in_locations_limit", 0)
    try:
        yield
    finally:
        jax.config.update("jax_traceback_in_locations_limit", before)


def _require_no_objects(callee: Callee, leaves: list[Any]) -> None:
    """Raises SpecError for opaque objects: their arrays belong to the trace, and postprocess runs outside it."""
    objects = opaque_objects(leaf for leaf in leaves if not isinstance(leaf, jax.Array))
    if objects:
        message = f"the function returns {kind_of(objects[0])}, whose contents cannot leave JAX"
        hint = "return arrays in dicts, lists and tuples: name a module:attribute that extracts them from the object"
        raise SpecError([finding(RULE, callee.path, message, hint)])


def _require_no_new_variables(callee: Callee, variables: list[Any]) -> None:
    """Raises SpecError for variables created in the trace: they have no value, and each access creates a new one."""
    new = [variable.path for variable in variables if variable.value is not variable.value]
    if new:
        message = f"the function creates variables while it is traced: {', '.join(new[:3])}"
        hint = "build the model, or call it once, before it is exported"
        raise SpecError([finding("trace-failed", callee.path, message, hint)])


def _convert_arguments(callee: Callee, shapes: list[str]) -> dict[str, Any]:
    """The arguments of ``jax2tf.convert``."""
    options = dict(callee.options.jax2tf_kwargs)
    shapes = options.pop("polymorphic_shapes", shapes)
    checks = options.pop("native_serialization_disabled_checks", ())
    return {
        "with_gradient": callee.gradients,
        "native_serialization_platforms": list(callee.options.platforms) or None,
        "native_serialization_disabled_checks": [_disabled_check(check) for check in checks],
        # The variables come before the arguments, and their shapes are fixed.
        "polymorphic_shapes": [None, *shapes],
        **options,
    }


def _disabled_check(check: str) -> Any:
    if check.startswith(_CUSTOM_CALL):
        return jax.export.DisabledSafetyCheck.custom_call(check.removeprefix(_CUSTOM_CALL))
    return getattr(jax.export.DisabledSafetyCheck, check)()


def _find_unknown_arguments(callee: Callee) -> Iterator[Diagnostic]:
    """The names that ``jax2tf.convert`` has no argument for."""
    known = [name for name in inspect.signature(jax2tf.convert).parameters if name != "fun_jax"]
    for name in callee.options.jax2tf_kwargs:
        if name not in known:
            path = (*callee.path[:-1], "jax", "jax2tf_kwargs", name)
            hint = did_you_mean(name, known) or f"its arguments are {', '.join(known)}"
            yield finding("unknown-key", path, f"jax2tf.convert has no argument {name!r}", hint, on_key=True)
