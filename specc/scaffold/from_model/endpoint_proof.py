"""Proves an endpoint of a first spec: runs it at two assignments of its dimensions, as the model and as it is traced.

A shape that is written may be false where the trace of open sizes computes another one, and numbers may differ there:
Keras's TimeDistributed over an open axis does both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from specc.diagnostics import SpecPath, counted
from specc.errors import SpecError
from specc.language.calls.sizes import shape_text
from specc.language.document import Document, Endpoint
from specc.language.tensor_string import ANY
from specc.language.tolerance import Tolerance
from specc.language.tree_edits import with_leaves
from specc.language.trees import Leaf, Tensor
from specc.language.wire_names import BoundLeaf, output_leaves
from specc.scaffold.from_model.endpoint_runs import Run, Runner, sizes_text
from specc.scaffold.from_model.fixed_sizes import FixedTraces
from specc.scaffold.from_model.jitted_call import jitted_call
from specc.scaffold.inferred_spec import Guess
from specc.scaffold.open_dims import with_shape
from specc.verification.call_sizes import Sizes
from specc.verification.child.model import ModelReference
from specc.verification.child.refusals import refusal_text
from specc.verification.comparison import compare_leaf
from specc.verification.protocol import Answered

_ADVICE = "it computes something else when it is traced"


@dataclass(frozen=True)
class Proof:
    """The endpoint, with an open axis wherever a written size was false, and the guesses that follow.

    ``ran`` is false if the function rejected all generated inputs; ``sizes`` are the first with which it ran, and
    ``takes`` tries whether it runs with others; ``difference`` is how an archive's answers differ from the model's, or
    empty; ``impure`` is the reason why the same call may give another answer, or empty.
    """

    endpoint: Endpoint
    guesses: tuple[Guess, ...] = ()
    ran: bool = True
    sizes: Sizes | None = None
    takes: Callable[[Sizes], bool] = lambda _: True
    difference: str = ""
    impure: str = ""


def prove(document: Document, name: str, model: Any, traces: FixedTraces) -> Proof:
    """The Proof of the endpoint ``name``, run with generated inputs; the state of ``model`` is put back after each."""
    endpoint, at = document.endpoints[name], ("endpoints", name)
    try:
        reference = ModelReference(document, model)
    except SpecError as error:
        return Proof(endpoint, (Guess(at, f"it cannot be built as written: {error.diagnostics[0].message}"),))
    draws = reference.effects(name).draws
    drawing = "it draws random numbers" if draws else ""
    try:
        runner = Runner(name, traces, reference, jitted_call(document, name, model))
        runs = runner.runs()
    except Exception as error:  # noqa: BLE001  # TensorFlow and models raise any type
        return Proof(endpoint, (Guess(at, _not_run(error)),), ran=False, impure=drawing)
    # Two calls from the same state give the same numbers, unless they draw some.
    proof = _judge(endpoint, at, runs, compares=not draws and not endpoint.kwargs.get("training"))
    moved = {variable for run in runs for answer in run.answers for variable in answer.moved}
    changing = f"a call changes {counted(len(moved), 'variable')}" if moved else ""
    return replace(proof, takes=partial(runner.takes, runs[0].sizes), impure=drawing or changing)


def _not_run(error: Exception) -> str:
    return f"its shapes are those of traces only, since it rejects generated inputs: {refusal_text(error)}"


def _judge(endpoint: Endpoint, at: SpecPath, runs: Sequence[Run], *, compares: bool) -> Proof:
    guesses = [Guess(at, f"with {sizes_text(run.sizes)}, {run.refusal}") for run in runs if run.refusal][:1]
    differences = [guess.message for guess in guesses if any(run.traced is None for run in runs)]
    mismatches = [each for run in runs for answer in run.answers for each in answer.mismatches]
    guesses += [Guess(each.path, each.message) for each in dict.fromkeys(mismatches)]
    corrected: list[Leaf] = []
    for bound in output_leaves(endpoint, at):
        corrected.append(_corrected(bound, runs))
        difference = next(filter(None, (_difference(bound, run, compares=compares) for run in runs)), "")
        if not difference:
            continue
        if _is_repeatable(bound, runs):
            differences.append(difference)
            guesses.append(Guess(bound.path, f"{difference}; {_ADVICE}"))
        else:
            message = (
                f"with {sizes_text(runs[0].sizes)}, two calls differ from each other: its numbers are not compared"
            )
            guesses.append(Guess(bound.path, message))
    outputs = with_leaves(endpoint.outputs, iter(corrected))
    proved = endpoint.model_copy(update={"outputs": outputs})
    return Proof(proved, tuple(guesses), sizes=runs[0].sizes, difference=next(iter(differences), ""))


def _corrected(bound: BoundLeaf, runs: Sequence[Run]) -> Leaf:
    """A dense output with an open axis wherever it has another size than is written, or without a rank."""
    leaf = bound.leaf
    if not isinstance(leaf, Tensor) or leaf.shape is None:
        return leaf
    false_axes: set[int] = set()
    for run in runs:
        for found in (answer.outputs[bound.name].shape for answer in run.answers if bound.name in answer.outputs):
            if len(found) != len(leaf.shape):
                return leaf.model_copy(update={"shape": None})
            for axis, (dim, size) in enumerate(zip(leaf.shape, found, strict=True)):
                if dim != ANY and size != (run.sizes[dim] if isinstance(dim, str) else dim):
                    false_axes.add(axis)
    return with_shape(leaf, lambda axis, dim: ANY if axis in false_axes else dim)


def _difference(bound: BoundLeaf, run: Run, *, compares: bool) -> str:
    """What differs between the eager and the traced answer, or an empty string."""
    if run.eager is None or run.traced is None:
        return ""
    beginning = f"with {sizes_text(run.sizes)}, an archive gives other answers than the model"
    for name in (component.wire_name for component in bound.components):
        eager, traced = run.eager.outputs.get(name), run.traced.outputs.get(name)
        if eager is None or traced is None:
            return ""
        if eager.shape != traced.shape:
            return f"{beginning}: the shape is {shape_text(traced.shape)} instead of {shape_text(eager.shape)}"
    problem = _unlike(bound, run.traced, run.eager) if compares else ""
    return f"{beginning}: an output {problem}" if problem else ""


def _is_repeatable(bound: BoundLeaf, runs: Sequence[Run]) -> bool:
    """Whether the same calls give the same answers once more."""
    return not any(
        answer is not None and _unlike(bound, run.again(is_traced), answer)
        for run in runs
        for is_traced, answer in ((False, run.eager), (True, run.traced))
    )


def _unlike(bound: BoundLeaf, found: Answered, expected: Answered) -> str:
    # The tolerance for another machine: a graph fuses ops, so that it rounds otherwise than op by op.
    return compare_leaf(bound, found.outputs, expected.outputs, Tolerance(), "elsewhere").problem
