"""The model in memory as a reference: its endpoints are called as the compiler binds them, without an archive."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import keras

from specc.compiler.program import compile as compile_document
from specc.compiler.trace.binding import BoundEndpoint, LeftOut, bind
from specc.compiler.trace.cores import Cores
from specc.compiler.trace.endpoints import as_arguments, trace_endpoints
from specc.compiler.trace.model_containers import with_own_containers
from specc.compiler.write.variables import find_variables, model_variables
from specc.language.document import Document
from specc.verification.child.arguments import nest_arguments
from specc.verification.child.refusals import AbsentError
from specc.verification.child.results import Result, compare_names, flatten_result
from specc.verification.child.state import RevivedState
from specc.verification.child.tensors import digest, from_array, from_tensor, to_tensor
from specc.verification.protocol import Answered, Call, VariableDigest


class ModelReference:
    """A model whose endpoints answer calls.

    On TensorFlow its functions run eagerly. On another backend they run as the compiler traces them, since a jitted
    function of JAX sorts the keys of its arguments, as the archive's does.
    """

    def __init__(
        self, document: Document, model: Any, functions: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        """Binds the endpoints; ``functions`` are those that the document leaves to the code.

        Raises:
            SpecError: a function is missing, or does not take the declared arguments.
        """
        self._model, self._program = model, compile_document(document)
        left_out: LeftOut = {}
        bound = bind(self._program, model, functions or {}, left_out)
        self._bound = {each.compiled.name: each for each in bound}
        self._traced: dict[str, Any] = {}
        if keras.config.backend() != "tensorflow":
            cores = Cores()
            cores.backend.register_model(model)
            self._traced = {each.compiled.name: each for each in trace_endpoints(bound, cores, left_out, model)}

    @cached_property
    def _state(self) -> RevivedState:
        own = [named.variable for named in find_variables(self._model)]
        copies = [variable for traced in self._traced.values() for variable in traced.concrete.graph.variables]
        return RevivedState(self._model, (*own, *copies))

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The endpoints that can be called, sorted."""
        return tuple(sorted(self._bound))

    @property
    def variables(self) -> tuple[VariableDigest, ...]:
        """The model's variables in its own order, which is that of the ``variables`` of an archive."""
        found = []
        for named in model_variables(self._model):
            tensor = from_array(named.variable.numpy(), named.dtype)
            found.append(VariableDigest(named.path, tensor.dtype, tensor.shape, digest(tensor)))
        return tuple(found)

    def call(self, call: Call) -> Answered:
        """The model's answer; an input that is left out is given, with its default."""
        if call.endpoint not in self._bound:
            raise AbsentError(f"the model has no endpoint {call.endpoint!r}")
        state = self._state
        try:
            start = time.perf_counter()
            result = self._result(call)
            seconds = time.perf_counter() - start
        finally:
            moved = state.restore()
        return Answered(result.outputs, tuple(result.mismatches), (), moved, seconds=seconds)

    def _result(self, call: Call) -> Result:
        endpoint, at = self._program.document.endpoints[call.endpoint], ("endpoints", call.endpoint)
        if call.endpoint in self._traced:
            traced = self._traced[call.endpoint]
            flat = traced.call({name: to_tensor(tensor) for name, tensor in call.inputs.items()})
            return compare_names(endpoint, {name: from_tensor(tensor) for name, tensor in flat.items()}, at)
        arguments, named = nest_arguments(endpoint, call.inputs)
        if named:
            raise ValueError(f"{next(iter(named))!r} is not an argument, or one before it is missing")
        return flatten_result(endpoint, _run(self._bound[call.endpoint], arguments), at)


def _run(bound: BoundEndpoint, arguments: list[Any]) -> Any:
    """The result of an endpoint's function and steps."""
    if bound.preprocess is not None:
        arguments = as_arguments(bound.preprocess(*arguments))
    kwargs = copy.deepcopy(bound.compiled.declared.kwargs)
    result = with_own_containers(bound.function)(*arguments, **kwargs)
    return result if bound.postprocess is None else bound.postprocess(result)
