"""The model in memory as a reference: its endpoints are called as the compiler binds them, without an archive."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.clock import Clock
from specc.compiler.prepare import prepare
from specc.compiler.program import compile as compile_document
from specc.compiler.trace.binding import BoundEndpoint, bind
from specc.compiler.trace.cores import Cores
from specc.compiler.trace.endpoints import as_arguments
from specc.compiler.trace.model_containers import with_model_containers
from specc.compiler.write.variables import model_variables
from specc.language.document import Document
from specc.verification.child.arguments import nest_arguments
from specc.verification.child.refusals import AbsentError
from specc.verification.child.results import Result, compare_names, flatten_result
from specc.verification.child.state import Effects, RevivedState, effects_of_traces
from specc.verification.child.tensors import from_tensor, to_tensor
from specc.verification.child.variable_digests import digest_variables, own_name
from specc.verification.protocol import Answered, Call, Variables

_COARSE = (tf.bfloat16.as_datatype_enum, tf.float16.as_datatype_enum)


class ModelReference:
    """A model whose endpoints answer calls.

    On TensorFlow its functions run eagerly. They run as the compiler traces them where they compute in bfloat16 or
    float16, which a graph rounds less often than op by op, and on another backend, since a jitted function of JAX sorts
    the keys of its arguments, as the archive's does.
    """

    def __init__(
        self, document: Document, model: Any, functions: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        """Traces the endpoints as an export does: only then are all variables there that they use.

        ``functions`` are those that the document leaves to the code.

        Raises:
            SpecError: the model does not fit the document, so that it could not be exported.
        """
        program, functions = compile_document(document), functions or {}
        prepared = prepare(program, model, functions, Cores(), Clock(lambda _: None))
        self._document, self._contents = document, prepared.contents
        self._paths = [named.path for named in model_variables(model)]
        self._traced = {each.compiled.name: each for each in prepared.contents.endpoints}
        bound = bind(program, model, functions, {}) if keras.config.backend() == "tensorflow" else []
        coarse = {name for name, each in self._traced.items() if _computes_coarsely(each.concretes)}
        self._eager = {each.compiled.name: each for each in bound if each.compiled.name not in coarse}
        self._effects = {name: effects_of_traces(each.concretes) for name, each in self._traced.items()}

    @cached_property
    def _state(self) -> RevivedState:
        return RevivedState((*self._contents.variables, *self._contents.resources))

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The endpoints that can be called, sorted."""
        return tuple(sorted(self._traced))

    @property
    def variables(self) -> Variables:
        """The variables in the order of an archive's ``variables``: the model's own, then others that endpoints use."""
        others = map(own_name, self._contents.variables[len(self._paths) :])
        named = zip([*self._paths, *others], self._contents.variables, strict=True)
        return digest_variables(named, self._contents.collections)

    def effects(self, endpoint: str) -> Effects:
        """What a call of the endpoint may do apart from its answer."""
        return self._effects[endpoint]

    def call(self, call: Call, *, traced: bool = False) -> Answered:
        """The model's answer, or with ``traced`` the trace's; an input that is left out is given, with its default."""
        if call.endpoint not in self._traced:
            raise AbsentError(f"the model has no endpoint {call.endpoint!r}")
        effects = self._effects[call.endpoint]
        state = self._state if effects.writes else None
        moved: tuple[str, ...] = ()
        try:
            start = time.perf_counter()
            result = self._result_of_trace(call) if traced else self._result(call)
            seconds = time.perf_counter() - start
        finally:
            moved = state.restore() if state else ()
        return Answered(result.outputs, tuple(result.mismatches), (), moved, any(effects), seconds=seconds)

    def _result(self, call: Call) -> Result:
        if call.endpoint not in self._eager:
            return self._result_of_trace(call)
        endpoint = self._document.endpoints[call.endpoint]
        arguments, named = nest_arguments(endpoint, call.inputs)
        if named:
            raise ValueError(f"{next(iter(named))!r} is not an argument, or one before it is missing")
        return flatten_result(endpoint, run_bound(self._eager[call.endpoint], arguments), ("endpoints", call.endpoint))

    def _result_of_trace(self, call: Call) -> Result:
        endpoint, at = self._document.endpoints[call.endpoint], ("endpoints", call.endpoint)
        given = {name: to_tensor(tensor) for name, tensor in call.inputs.items()}
        flat = self._traced[call.endpoint].call(given)
        return compare_names(endpoint, {name: from_tensor(tensor) for name, tensor in flat.items()}, at)


def _computes_coarsely(traces: Iterable[Any]) -> bool:
    """Whether some op of these traces has a type of half the precision of float32."""
    for graph in (trace.graph.as_graph_def() for trace in traces):
        nodes = (*graph.node, *(node for function in graph.library.function for node in function.node_def))
        if any(value.type in _COARSE for node in nodes for value in node.attr.values()):
            return True
    return False


def run_bound(bound: BoundEndpoint, arguments: list[Any]) -> Any:
    """The result of an endpoint's function and steps."""
    if bound.preprocess is not None:
        arguments = as_arguments(bound.preprocess(*arguments))
    kwargs = copy.deepcopy(bound.compiled.declared.kwargs)
    result = with_model_containers(bound.function)(*arguments, **kwargs)
    return result if bound.postprocess is None else bound.postprocess(result)
