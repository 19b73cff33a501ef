"""An archive as ``tf.saved_model.load`` revives it, called on its attributes and its signatures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import tensorflow as tf

from specc.compiler.trackables import descendants
from specc.language.document import CALL, Document
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves
from specc.verification.child.arguments import nest_arguments, omissible
from specc.verification.child.refusals import AbsentError
from specc.verification.child.results import Result, compare_names, flatten_result, name_parts
from specc.verification.child.state import Effects, RevivedState, effects_of_traces
from specc.verification.child.tensors import from_tensor, to_tensor
from specc.verification.child.variable_digests import digest_variables, own_name
from specc.verification.protocol import Answered, Call, Variables

_SIGNATURES = "signatures"
_FUNCTIONS = (tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction)


class Revived:
    """The loaded object of an archive, for calls by the endpoints of ``document``."""

    def __init__(self, directory: str, tags: Iterable[str], document: Document) -> None:
        self.document = document
        self._directory, self._tags = directory, list(tags)
        self._load()

    def _load(self) -> None:
        self.root = tf.saved_model.load(self._directory, tags=self._tags)
        self._effects: dict[int, Effects] = {}

    @cached_property
    def _state(self) -> RevivedState:
        return RevivedState(descendants(self.root))

    @property
    def _hides_variables(self) -> bool:
        """Whether no object has its variables, as in one of several MetaGraphs, which is loaded as TensorFlow 1."""
        return hasattr(self.root, "graph") and not getattr(self.root, "variables", ())

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of the object that can be called, sorted."""
        own = [name for name, value in vars(self.root).items() if callable(value) and name != _SIGNATURES]
        return tuple(sorted({*own, *([CALL] if callable(self.root) else [])}))

    @property
    def signatures(self) -> tuple[str, ...]:
        """The keys of the signatures, sorted."""
        return tuple(sorted(self._signatures))

    @property
    def _signatures(self) -> Mapping[str, Any]:
        return getattr(self.root, _SIGNATURES, {})

    @property
    def variables(self) -> Variables:
        """The variables of the object's list ``variables``, none if it has no such list, and of its collections."""
        listed = [each for each in getattr(self.root, "variables", ()) if isinstance(each, tf.Variable)]
        collections = {name: getattr(self.root, name, None) for name in self.document.variable_collections}
        found = {name: members for name, members in collections.items() if isinstance(members, Sequence)}
        return digest_variables([(own_name(each), each) for each in listed], found)

    def call_attribute(self, call: Call) -> Answered:
        """The answer of an attribute, which takes nested arguments."""
        endpoint = self.document.endpoints[call.endpoint]
        function = self.root if call.address == CALL else getattr(self.root, call.address, None)
        if not callable(function):
            raise AbsentError(f"the archive has no attribute {call.address!r}")
        omitted = omissible(endpoint, call.left_out)
        given = {name: tensor for name, tensor in call.inputs.items() if name not in omitted}
        arguments, named = nest_arguments(endpoint, given)
        if call.by_keyword:
            named |= dict(zip(endpoint.arguments, arguments, strict=False))
            arguments = []
        at = ("endpoints", call.endpoint)
        return self._run(
            function,
            lambda: function(*arguments, **named),
            lambda value: flatten_result(endpoint, value, at),
            tuple(sorted(omitted)),
        )

    def call_signature(self, call: Call) -> Answered:
        """The answer of a signature, which takes every flat tensor by its wire name."""
        endpoint, function = self.document.endpoints[call.endpoint], self._signatures.get(call.address)
        if function is None:
            raise AbsentError(f"the archive has no signature {call.address!r}")
        renamed = _numbered_parts(function, input_leaves(endpoint))
        given = {renamed.get(name, name): to_tensor(tensor) for name, tensor in call.inputs.items()}
        at = ("endpoints", call.endpoint)

        def flatten(value: Any) -> Result:
            whole = {name: tf.nest.flatten(part, expand_composites=True) for name, part in value.items()}
            flat = name_parts(whole, output_leaves(endpoint))
            return compare_names(endpoint, {name: from_tensor(tensor) for name, tensor in flat.items()}, at)

        return self._run(function, lambda: function(**given), flatten, ())

    def _run(
        self, function: Any, run: Callable[[], Any], flatten: Callable[[Any], Result], left_out: tuple[str, ...]
    ) -> Answered:
        effects = self._effects_of(function)
        state = self._state if effects.writes else None
        moved: tuple[str, ...] = ()
        try:
            start = time.perf_counter()
            value = run()
            result = flatten(value)
            seconds = time.perf_counter() - start
        finally:
            moved = state.restore() if state else ()
            if state is not None and self._hides_variables:
                self._load()
        return Answered(
            result.outputs, tuple(result.mismatches), left_out, moved, any(effects), not _is_concrete(function), seconds
        )

    def _effects_of(self, function: Any) -> Effects:
        """The Effects of a function of the object, together in all of its traces."""
        if id(function) not in self._effects:
            called = function if isinstance(function, _FUNCTIONS) else getattr(function, CALL)
            traces = getattr(called, "concrete_functions", None) or [called]
            self._effects[id(function)] = effects_of_traces(traces)
        return self._effects[id(function)]


def _is_concrete(function: Any) -> bool:
    """Whether a function is a single trace, as signatures are: TensorFlow then compares dtypes, and not shapes."""
    return isinstance(function, tf.types.experimental.ConcreteFunction)


def _numbered_parts(function: Any, leaves: Iterable[BoundLeaf]) -> dict[str, str]:
    """TensorFlow's names for the parts of a ragged tensor that has one name in a signature of TensorFlow 1."""
    _, taken = function.structured_input_signature or ((), {})
    numbered = {
        part.wire_name: f"{leaf.name}_component_{number}"
        for leaf in leaves
        if len(leaf.components) > 1
        for number, part in enumerate(leaf.components)
    }
    return {name: other for name, other in numbered.items() if other in taken}
