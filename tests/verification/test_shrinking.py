"""Shrinking: a finding has the smallest call that shows it, within a budget of calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from scripted_child import ScriptedChild, changed, document_of, to_tensor, verified

from specc.run_finding import RunFinding
from specc.verification.protocol import Answer, Answered, Call
from specc.verification.shrinking import MAX_CALLS

IDS = {"kind": "tensor", "dtype": "int64", "shape": ["batch", "time"], "minimum": 0, "maximum": 9}
SCALE = {"kind": "tensor", "dtype": "float32", "shape": [], "minimum": 0.5, "maximum": 2}
DIMS = {"batch": {}, "time": {"min": 1, "max": 64}}


def document() -> Any:
    endpoint = {"arguments": ["ids", "scale"], "inputs": [IDS, SCALE], "outputs": {"sum": "float32[batch]"}}
    return document_of({"score": endpoint}, dims=DIMS)


def total(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    return {"sum": [sum(row) * inputs["scale"][0] for row in inputs["ids"]]}


def broken_where(condition: Callable[[list[Any]], bool]) -> Any:
    """The Session answers wrongly for each row of ids that fulfils the condition."""

    def middle(call: Call, ask: Callable[[Call], Answer]) -> Answer:
        answer = ask(call)
        if call.way != "session" or not isinstance(answer, Answered):
            return answer
        width = call.inputs["ids"].shape[1]
        flat = call.inputs["ids"].elements()
        values = [
            value + 100 * condition(flat[row * width : (row + 1) * width])
            for row, value in enumerate(answer.outputs["sum"].elements())
        ]
        return changed(answer, sum=to_tensor("float32", values))

    return middle


def found(condition: Callable[[list[Any]], bool]) -> tuple[RunFinding, ScriptedChild]:
    child = ScriptedChild(document(), {"score": total}, broken_where(condition))
    verification = verified(document(), child)
    (finding,) = verification.findings
    assert isinstance(finding, RunFinding)
    return finding, child


@pytest.mark.parametrize(
    ("condition", "shape", "zero"),
    [
        (lambda row: True, (1, 1), True),
        (lambda row: sum(row) > 0, (1, 1), False),
        (lambda row: len(row) > 1, (1, 2), True),
    ],
)
def test_the_smallest_call_is_found(condition: Any, shape: tuple[int, int], zero: bool) -> None:
    finding, _ = found(condition)
    assert finding.example is not None
    ids, scale = finding.example["inputs"]
    assert (len(ids), len(ids[0])) == shape
    assert (sum(map(sum, ids)) == 0) == zero
    assert scale == 0.5  # the bound that is nearest to zero


def test_a_row_at_the_end_is_found() -> None:
    """Halves are tried from both ends."""

    def middle(call: Call, ask: Callable[[Call], Answer]) -> Answer:
        answer = ask(call)
        if call.way != "session" or not isinstance(answer, Answered):
            return answer
        values = answer.outputs["sum"].elements()
        return changed(answer, sum=to_tensor("float32", [*values[:-1], *(value + 100 for value in values[-1:])]))

    verification = verified(document(), ScriptedChild(document(), {"score": total}, middle))
    (finding,) = verification.findings
    assert isinstance(finding, RunFinding)
    assert finding.details[0].endswith("the smallest call that fails: batch=1, time=1")


def test_shrinking_has_a_budget() -> None:
    def fails_at_base(row: list[Any]) -> bool:
        return True

    sound = ScriptedChild(document(), {"score": total})
    verified(document(), sound)
    _, child = found(fails_at_base)
    more = sum(isinstance(request, Call) for request in child.asked)
    assert more - sum(isinstance(request, Call) for request in sound.asked) <= MAX_CALLS + 6


def test_an_example_is_never_changed() -> None:
    endpoint = document().to_json()["endpoints"]["score"]
    example = {"inputs": [[[1, 2], [3, 4]], 1.0]}
    spec = document_of({"score": {**endpoint, "examples": {"two": example}}}, dims=DIMS)
    child = ScriptedChild(spec, {"score": total}, broken_where(lambda row: True))
    (finding,) = verified(spec, child, cases=0).findings
    assert isinstance(finding, RunFinding)
    assert (finding.case, finding.example) == ("two", None)
    assert "in the example `two`" in finding.message
