"""A child process that is played by Python functions, for tests of what verify makes of its answers.

A function takes and returns Python lists by wire name. ``sound`` answers as a good archive does; tests put one defect
in the place of one part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import specc
from specc.language.calls.example_reader import default_of
from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.language.document import Document
from specc.language.trees import Tensor
from specc.language.wire_names import input_leaves, output_leaves
from specc.verification.archive_facts import ArchiveFacts
from specc.verification.process import ChildEndedError
from specc.verification.protocol import (
    Answer,
    Answered,
    Call,
    CheckFingerprint,
    Fingerprint,
    ListVariables,
    Load,
    Loaded,
    LoadModel,
    Prepare,
    Ready,
    Refused,
    Request,
    Time,
    Timed,
    VariableDigest,
    Variables,
    Way,
)
from specc.verification.result import Verification
from specc.verification.run import Run
from specc.verification.subject import WAYS

Function = Callable[[Mapping[str, list[Any]]], Mapping[str, list[Any]]]
"""From the elements of each input, in rows, to those of each output."""
Middle = Callable[[Call, Callable[[Call], Answer]], Answer]
"""Answers a call, in the place of the archive, which it may ask."""


class ScriptedChild:
    """A child that answers with functions of Python, by endpoint; ``middle`` may answer otherwise."""

    def __init__(
        self,
        document: Document,
        functions: Mapping[str, Function],
        middle: Middle | None = None,
        variables: Sequence[VariableDigest] = (),
        loads: Mapping[Way, Answer] | None = None,
        stale: tuple[str, ...] = (),
    ) -> None:
        self._fingerprint = Fingerprint(stale)
        self._document, self._functions = document, functions
        self._middle, self._variables, self._loads = middle, tuple(variables), loads or {}
        self.asked: list[Request] = []

    def ask(self, request: Request) -> Answer:
        self.asked.append(request)
        match request:
            case Prepare():
                return Ready("2.21.0")
            case Load(way=way):
                return self._loads.get(way) or Loaded(self._addresses(way))
            case LoadModel():
                return self._loads.get("model") or Loaded(tuple(sorted(self._functions)))
            case Time():
                return Timed((0.001,) * 10)
            case ListVariables():
                return Variables(self._variables)
            case CheckFingerprint():
                return self._fingerprint
            case Call():
                return self._middle(request, self.answer) if self._middle else self.answer(request)
            case _:
                raise AssertionError(request)

    def close(self) -> None:
        pass

    def _addresses(self, way: Way) -> tuple[str, ...]:
        if way == "attribute":
            return tuple(sorted(self._document.endpoints))
        from specc.language.signatures import published_signatures

        return tuple(sorted(each.key for each in published_signatures(self._document)))

    def answer(self, call: Call) -> Answer:
        """The answer of a good archive, which enforces what the document declares."""
        endpoint = self._document.endpoints[call.endpoint]
        inputs, left_out = dict(call.inputs), ()
        if call.way in ("attribute", "session", "model") and call.left_out:
            left_out = call.left_out
            for leaf in input_leaves(endpoint):
                if leaf.name in left_out:
                    inputs[leaf.name] = default_of(leaf, ())
        problem = _problem(call, inputs, endpoint)
        if problem:
            return Refused(problem)
        rows = {name: _rows(tensor) for name, tensor in inputs.items()}
        try:
            results = self._functions[call.endpoint](rows)
        except ArithmeticError as error:
            return Refused(str(error))
        outputs = {}
        for leaf in output_leaves(endpoint):
            (component,) = leaf.components
            rows_of = results[component.wire_name]
            inner = [dim for dim in (leaf.leaf.shape or ())[1:] if isinstance(dim, int)]
            empty = tensor_of(component.dtype, (0, *inner), ())
            outputs[component.wire_name] = to_tensor(component.dtype, rows_of) if rows_of else empty
        return Answered(outputs, left_out=tuple(left_out), seconds=0.001)


def _problem(call: Call, inputs: Mapping[str, FlatTensor], endpoint: Any) -> str:
    """Why an archive refuses the inputs."""
    leaves = input_leaves(endpoint)
    if set(inputs) != {leaf.name for leaf in leaves}:
        return "wrong inputs"
    for leaf in leaves:
        assert isinstance(leaf.leaf, Tensor)
        found = inputs[leaf.name]
        if found.dtype != leaf.leaf.dtype and call.way != "session":
            return "wrong dtype"
        shape = leaf.leaf.shape or ()
        if len(found.shape) != len(shape):
            return "wrong rank"
        if any(isinstance(dim, int) and dim != size for dim, size in zip(shape, found.shape, strict=True)):
            return "wrong size"
    return ""


def _rows(tensor: FlatTensor) -> list[Any]:
    """The elements, as a list for each row."""
    flat = tensor.elements()
    if not tensor.shape:
        return flat
    width = len(flat) // tensor.shape[0] if tensor.shape[0] else 0
    return [flat[row * width : (row + 1) * width] for row in range(tensor.shape[0])]


def to_tensor(dtype: str, rows: Sequence[Any]) -> FlatTensor:
    """A vector of numbers, or a matrix of lists of them."""
    if rows and isinstance(rows[0], list):
        return tensor_of(dtype, (len(rows), len(rows[0])), [value for row in rows for value in row])
    return tensor_of(dtype, (len(rows),), rows)


def changed(answer: Answer, **outputs: FlatTensor) -> Answer:
    """An answer with other outputs."""
    assert isinstance(answer, Answered)
    return replace(answer, outputs={**answer.outputs, **outputs})


def ended(request: Request, *, timed_out: bool = False) -> ChildEndedError:
    """The end of a child while it answered."""
    how = "the time was over" if timed_out else "the process was ended by SIGSEGV"
    return ChildEndedError(request, how, timed_out=timed_out)


def verified(
    document: Document,
    child: ScriptedChild,
    *,
    model: ScriptedChild | None = None,
    against: ScriptedChild | None = None,
    facts: ArchiveFacts | None = None,
    **options: Any,
) -> Verification:
    """The Verification of what ``child`` plays."""
    children = {True: child, False: model}
    run = Run(
        document,
        facts or ArchiveFacts("archive", has_contract=True),
        options.pop("names", sorted(document.endpoints)),
        options.pop("ways", WAYS),
        options.pop("cases", 8),
        options.pop("seed", 0),
        (),
        options.pop("static", ()),
        lambda fenced: children[fenced],  # type: ignore[arg-type,return-value]
    )
    if model is not None:
        run.add_model(None)
    if against is not None:
        run.add_archive("old", ("serve",))
        run.references[-1].session._start = lambda: against
    return run.verification(Verification("archive"))


def document_of(endpoints: Mapping[str, Any], **more: Any) -> Document:
    """A document with a batch."""
    data = {"specc": 1, "dims": {"batch": {}, "time": {"max": 64}}, "endpoints": dict(endpoints), **more}
    return specc.from_json(data)
