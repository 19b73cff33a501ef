"""What verify finds that can only warn, and what a run that ends early leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest
from judged_endpoint import (
    AT,
    DEFECTS,
    ENDPOINT,
    EVERY,
    EXAMPLE,
    SCORE_AT,
    Ask,
    Counter,
    child,
    defect,
    document,
    half,
    moves,
    reversed_rows,
    rules,
    score,
    shifted,
    slow,
)
from scripted_child import ScriptedChild, document_of, ended, verified

from specc.diagnostics import Diagnostic
from specc.rules.table import RunningRule
from specc.verification.protocol import Answer, Answered, Call, Mismatch, Prepare, Ready, Refused


def unbounded(**more: Any) -> Any:
    endpoint = {"inputs": ["int64[batch]"], "outputs": {"half": "float32[batch]"}, **more}
    return document_of({"score": endpoint})


def inverse(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    return {"half": [1 / number for (number,) in inputs["inputs"]]}


def none_at_all(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    raise ArithmeticError("not a JPEG")


def test_what_the_contract_does_not_promise_can_only_warn() -> None:
    verification = verified(unbounded(), ScriptedChild(unbounded(), {"score": inverse}))
    assert rules(verification) == [("generated-refused", "warning", AT)]
    assert verification.ok


def test_an_endpoint_without_any_answer_is_not_proven() -> None:
    verification = verified(unbounded(), ScriptedChild(unbounded(), {"score": none_at_all}))
    assert rules(verification) == [("not-proven", "warning", AT)]
    assert "not a JPEG" in verification.findings[0].message
    spec = document()
    assert rules(verified(spec, child(), cases=0)) == [("not-proven", "warning", AT)]


def test_values_of_examples_are_promised() -> None:
    spec = unbounded(examples={"large": {"inputs": [[1000, 2000]]}})

    def known(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
        if any(number < 1000 for (number,) in inputs["inputs"]):
            raise ArithmeticError("unknown")
        return {"half": [0.5 for _ in inputs["inputs"]]}

    assert rules(verified(spec, ScriptedChild(spec, {"score": known}))) == [("generated-refused", "warning", AT)]

    def small(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
        if len(inputs["inputs"]) > 2:
            raise ArithmeticError("two rows are enough")
        return known(inputs)

    found = rules(verified(spec, ScriptedChild(spec, {"score": small})))
    assert ("call-failed", "error", AT) in found


def test_a_call_without_rows_may_be_refused() -> None:
    def some(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
        if not inputs["x"]:
            raise ArithmeticError("no rows")
        return score(inputs)

    verification = verified(document(), ScriptedChild(document(), {"score": some}))
    assert rules(verification) == [("empty-refused", "warning", AT)]


def test_a_place_of_a_structure_that_is_wrong() -> None:
    def middle(call: Call, ask: Ask) -> Answer:
        answer = ask(call)
        wrong = (Mismatch((*AT, "outputs"), "expected a dict, found a list"),)
        is_wrong = call.way == "attribute" and isinstance(answer, Answered)
        return replace(answer, mismatches=wrong) if is_wrong else answer  # type: ignore[type-var]

    verification = verified(document(), child(middle))
    assert rules(verification) == [("answer-mismatch", "error", (*AT, "outputs"))]


def test_a_variable_that_moves_is_named() -> None:
    verification = verified(document(), child(defect(moves, *EVERY)))
    assert rules(verification) == [("not-pure", "error", AT)]
    assert verification.findings[0].message.endswith("change 'dense/kernel'")
    spec = document(pure=False)
    assert verified(spec, ScriptedChild(spec, {"score": score}, defect(moves, *EVERY))).findings == ()


def test_an_endpoint_that_is_meant_to_be_random() -> None:
    spec = document(pure=False)
    verification = verified(spec, ScriptedChild(spec, {"score": score}, Counter()))
    assert verification.findings == ()
    assert "differ from call to call" in verification.endpoints[0].notes[0]


@pytest.mark.parametrize(
    ("pure", "varying", "level"), [(None, True, "warning"), (True, True, "error"), (None, False, "error")]
)
def test_a_graph_with_random_ops_only_warns(pure: bool | None, varying: bool, level: str) -> None:
    spec = document(**({} if pure is None else {"pure": pure}))
    counter = Counter(varying=varying)
    verification = verified(spec, ScriptedChild(spec, {"score": score}, counter))
    assert rules(verification) == [("not-pure", level, SCORE_AT)]


def test_a_crash_does_not_end_the_run() -> None:
    spec = document_of({"other": ENDPOINT, "score": ENDPOINT}, default="score")

    def middle(call: Call, ask: Ask) -> Answer:
        if call.endpoint == "other" and call.way == "session":
            raise ended(call)
        return ask(call)

    verification = verified(spec, ScriptedChild(spec, {"other": score, "score": score}, middle))
    assert rules(verification) == [("crashed", "error", ("endpoints", "other"))]
    assert "crashed in `base`: the process was ended by SIGSEGV" in verification.findings[0].message
    assert verification.endpoints[1].ways["session"] == "ok"


def test_what_was_not_called_in_time_is_not_proven() -> None:
    spec = document_of({"other": ENDPOINT, "score": ENDPOINT}, default="score")
    verification = verified(spec, ScriptedChild(spec, {"other": score, "score": score}, slow))
    expected = [("timed-out", "error", ("endpoints", "other")), ("not-proven", "warning", AT)]
    assert rules(verification) == expected


STATIC = Diagnostic(rule="python-op", message="the graph calls Python")


def test_a_static_finding_explains_what_follows_from_it() -> None:
    refused = child(loads={"session": Refused("no PyFunc")})
    assert verified(document(), refused, static=[STATIC]).findings == ()
    assert rules(verified(document(), child(defect(shifted, "session")), static=[STATIC])) == [
        ("ways-disagree", "error", SCORE_AT)
    ]


def test_crossed_wires_explain_the_wire_alone() -> None:
    crossed = Diagnostic(rule="wire-crossed", path=SCORE_AT, message="'score' is 'twice'")
    odd = child(defect(shifted, "session"))
    assert verified(document(), odd, static=[crossed]).findings == ()
    wrong = verified(document(), child(), model=ScriptedChild(document(), {"score": half}), static=[crossed])
    assert rules(wrong) == [("answer-differs", "error", SCORE_AT)]
    elsewhere = Diagnostic(rule="wire-crossed", path=("endpoints", "other"), message="no")
    assert rules(verified(document(), odd, static=[elsewhere])) == [("ways-disagree", "error", SCORE_AT)]


def test_not_finite_numbers_that_are_expected() -> None:
    expects = {**EXAMPLE, "outputs": {"score": ["NaN", "NaN"]}}
    outputs = {**ENDPOINT["outputs"], "score": "float32[batch]"}
    spec = document(examples={"two": expects}, outputs=outputs)

    def never(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
        return {**score(inputs), "score": [float("nan")] * len(inputs["x"])}

    assert verified(spec, ScriptedChild(spec, {"score": never})).findings == ()


def test_a_number_that_is_not_finite_only_warns_where_inputs_have_no_bounds() -> None:
    spec = document_of({"score": {"inputs": ["float32[batch]"], "outputs": {"root": "float32[batch]"}}})

    def root(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
        return {"root": [value**0.5 if value >= 0 else float("nan") for (value,) in inputs["inputs"]]}

    verification = verified(spec, ScriptedChild(spec, {"score": root}))
    assert rules(verification) == [("not-finite", "warning", (*AT, "outputs", "root"))]


def test_every_running_rule_is_found_here() -> None:
    others = {
        "answer-differs", "empty-refused", "generated-refused", "load-failed", "not-proven", "stale-example", "stale-fingerprint",
        "weights-differ",
    }  # fmt: skip
    assert set(DEFECTS) | others == set(get_args(RunningRule))


def test_a_seed_decides_what_is_called() -> None:
    def inputs(seed: int) -> Sequence[Any]:
        played = child()
        verified(document(), played, seed=seed)
        return [request.inputs for request in played.asked if isinstance(request, Call)]

    assert inputs(1) == inputs(1)
    assert inputs(1) != inputs(2)


def test_reversed_rows_are_not_rowwise() -> None:
    verification = verified(document(), child(defect(reversed_rows, *EVERY)))
    assert rules(verification) == [("not-rowwise", "error", SCORE_AT)]


def test_a_fence_with_a_gap_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = child()
    ask = scripted.ask
    ready = Ready("2.21.0", ("network",))
    monkeypatch.setattr(scripted, "ask", lambda request: ready if isinstance(request, Prepare) else ask(request))
    verification = verified(document(), scripted)
    assert verification.notes == ("this system could not keep the archive from: network",)
    assert verification.notes[0] in verification.text()
