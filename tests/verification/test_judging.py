"""What verify makes of the answers of an archive: nothing for a sound one, and one finding for one defect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest
from scripted_child import ScriptedChild, changed, document_of, ended, to_tensor, verified

from specc.diagnostics import Diagnostic
from specc.language.calls.flat_tensor import FlatTensor
from specc.rules.table import RunningRule
from specc.run_finding import RunFinding
from specc.verification.archive_facts import ArchiveFacts
from specc.verification.protocol import Answer, Answered, Call, Loaded, Mismatch, Refused, VariableDigest

Ask = Callable[[Call], Answer]

BOUNDED = {"kind": "tensor", "dtype": "float32", "shape": ["batch", 3], "minimum": -1, "maximum": 1}
IDS = {"kind": "tensor", "dtype": "int64", "shape": ["batch"], "minimum": 0, "maximum": 9}
TEMPERATURE = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 1.0, "minimum": 0.5, "maximum": 2}
SCORE = {"kind": "tensor", "dtype": "float32", "shape": ["batch"], "minimum": 0, "maximum": 1}
ENDPOINT: dict[str, Any] = {
    "arguments": ["x", "id", "temperature"],
    "inputs": [BOUNDED, IDS, TEMPERATURE],
    "outputs": {"score": SCORE, "twice": "float32[batch, 3]"},
    "rowwise": True,
}


def score(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    (temperature,) = inputs["temperature"]
    pairs = zip(inputs["x"], inputs["id"], strict=True)
    return {
        "score": [min(1.0, max(0.0, (row[0] + 2 * row[1] + number / 9) / temperature)) for row, (number,) in pairs],
        "twice": [[2 * value + 0.5 for value in row] for row in inputs["x"]],
    }


def document(**more: Any) -> Any:
    return document_of({"score": {**ENDPOINT, **more}})


def child(middle: Any = None, **more: Any) -> ScriptedChild:
    return ScriptedChild(document(**more.pop("endpoint", {})), {"score": score}, middle, **more)


def rules(verification: Any) -> list[tuple[str, str, tuple[Any, ...]]]:
    return [(each.rule, each.level, each.path) for each in verification.findings]


AT = ("endpoints", "score")
SCORE_AT = (*AT, "outputs", "score")
TWICE_AT = (*AT, "outputs", "twice")


def test_nothing_is_said_about_a_sound_archive() -> None:
    verification = verified(document(), child())
    assert verification.findings == ()
    assert verification.ok
    (endpoint,) = verification.endpoints
    assert endpoint.ways == {
        "attribute": "ok", "signature": "ok", "session": "ok", "signature serving_default": "ok",
        "session serving_default": "ok",
    }  # fmt: skip
    assert (endpoint.examples, endpoint.generated) == (0, 8)
    assert endpoint.notes == ()


def defect(change: Callable[[Call, Answered], Answer], *ways: str, address: str = "") -> Any:
    """Changes the answers on some ways, of the endpoint's own signature or of another."""

    def middle(call: Call, ask: Ask) -> Answer:
        answer = ask(call)
        meant = call.way in ways and (not address or call.address == address)
        return change(call, answer) if meant and isinstance(answer, Answered) else answer

    return middle


def values(answer: Answered, name: str) -> list[float]:
    return answer.outputs[name].elements()


def shifted(_: Call, answer: Answered) -> Answer:
    return changed(answer, score=to_tensor("float32", [value / 2 + 0.1 for value in values(answer, "score")]))


def test_the_odd_way_is_blamed() -> None:
    verification = verified(document(), child(defect(shifted, "session")))
    assert rules(verification) == [("ways-disagree", "error", SCORE_AT)]
    (finding,) = verification.findings
    assert isinstance(finding, RunFinding)
    assert finding.ways == ("session",)
    assert finding.message == "the session answers otherwise than the attribute and the signature"
    assert finding.comparison is not None
    assert finding.details[0] == "in `base` with batch=5; the smallest call that fails: batch=1"
    assert finding.example == {"inputs": [[[0.0, 0.0, 0.0]], [0], 0.5]} or finding.example is not None
    assert verification.endpoints[0].ways["session"] == "FAILS"
    assert verification.endpoints[0].ways["attribute"] == "ok"


def refuses_in_session(call: Call, ask: Ask) -> Answer:
    return Refused("no kernel") if call.way == "session" else ask(call)


class Counter:
    """Answers otherwise each time, as a random endpoint does."""

    def __init__(self, *, varying: bool = False) -> None:
        self.count, self.varying = 0, varying

    def __call__(self, call: Call, ask: Ask) -> Answer:
        answer = ask(call)
        self.count += 1
        if not isinstance(answer, Answered):
            return answer
        answer = replace(answer, is_varying=self.varying)
        return changed(answer, score=to_tensor("float32", [1 / (self.count + 1)] * len(values(answer, "score"))))


def reversed_rows(_: Call, answer: Answered) -> Answer:
    return changed(answer, score=to_tensor("float32", values(answer, "score")[::-1]))


def mean(_: Call, answer: Answered) -> Answer:
    numbers = values(answer, "score")
    return changed(
        answer, score=to_tensor("float32", [sum(numbers) / len(numbers) for _ in numbers] if numbers else [])
    )


def not_a_number(_: Call, answer: Answered) -> Answer:
    numbers = values(answer, "score")
    return changed(answer, score=to_tensor("float32", numbers if len(numbers) < 2 else [*numbers[:-1], float("nan")]))


def too_large(_: Call, answer: Answered) -> Answer:
    return changed(answer, score=to_tensor("float32", [value + 0.5 for value in values(answer, "score")]))


def wider(_: Call, answer: Answered) -> Answer:
    return changed(answer, twice=to_tensor("float32", [[1.0, 2.0] for _ in values(answer, "score")]))


def moves(_: Call, answer: Answered) -> Answer:
    return replace(answer, moved=("dense/kernel",))


def ignores_default(call: Call, ask: Ask) -> Answer:
    answer = ask(call)
    if call.left_out and call.way == "session" and isinstance(answer, Answered):
        return shifted(call, answer)
    return answer


def lenient(call: Call, ask: Ask) -> Answer:
    """Answers a matrix of any width."""
    x = call.inputs.get("x")
    if call.way == "attribute" and x is not None and x.shape[1:] == (4,):
        rows = x.shape[0]
        cut = FlatTensor("float32", (rows, 3), bytes(rows * 12))
        return ask(replace(call, inputs={**call.inputs, "x": cut}))
    return ask(call)


def crashes(call: Call, ask: Ask) -> Answer:
    if call.way == "session":
        raise ended(call)
    return ask(call)


def slow(call: Call, ask: Ask) -> Answer:
    if call.way == "session":
        raise ended(call, timed_out=True)
    return ask(call)


EVERY = ("attribute", "signature", "session")
MODEL = VariableDigest("dense/kernel", "float32", (3, 1), "a")
STORED = MODEL._replace(digest="b")

DEFECTS: dict[str, tuple[Any, dict[str, Any], list[tuple[str, str, tuple[Any, ...]]]]] = {
    "alias-differs": (
        defect(shifted, "session", address="serving_default"), {}, [("alias-differs", "error", ("default",))]
    ),
    "answer-mismatch": (defect(wider, *EVERY), {}, [("answer-mismatch", "error", TWICE_AT)]),
    "call-failed": (refuses_in_session, {}, [("call-failed", "error", AT)]),
    "crashed": (crashes, {}, [("crashed", "error", AT)]),
    "input-default-ignored": (ignores_default, {}, [("input-default-ignored", "error", (*AT, "inputs", 2))]),
    "not-enforced": (lenient, {}, [("not-enforced", "error", (*AT, "inputs", 0))]),
    "not-finite": (defect(not_a_number, *EVERY), {}, [("not-finite", "error", SCORE_AT)]),
    "not-pure": (Counter(), {}, [("not-pure", "error", SCORE_AT)]),
    "not-rowwise": (defect(mean, *EVERY), {}, [("not-rowwise", "error", SCORE_AT)]),
    "out-of-bounds": (defect(too_large, *EVERY), {}, [("out-of-bounds", "error", SCORE_AT)]),
    "ways-disagree": (defect(reversed_rows, "signature"), {}, [("ways-disagree", "error", SCORE_AT)]),
    "timed-out": (slow, {}, [("timed-out", "error", AT)]),
}  # fmt: skip


@pytest.mark.parametrize("rule", DEFECTS)
def test_one_defect_is_one_finding(rule: str) -> None:
    middle, options, expected = DEFECTS[rule]
    verification = verified(document(), child(middle), **options)
    assert rules(verification) == expected, verification.text()


@pytest.mark.parametrize("rule", DEFECTS)
def test_a_finding_is_the_same_in_every_run(rule: str) -> None:
    texts = []
    for _ in range(2):
        middle, options, _ = DEFECTS[rule]
        verification = verified(document(), child(Counter() if rule == "not-pure" else middle), **options)
        texts.append([(each.message, each.details, each.example) for each in verification.findings])
    assert texts[0] == texts[1]


EXAMPLE = {"inputs": [[[0.1, 0.2, 0.3], [0.0, 0.25, 0.0]], [1, 9], 2.0]}
RIGHT = {**EXAMPLE, "outputs": {"score": [0.30555555, 0.75]}}
WRONG = {**EXAMPLE, "outputs": {"score": [0.30555555, 0.7]}}


def test_an_example_is_held_against_its_outputs() -> None:
    sound = verified(document(examples={"two": RIGHT}), child(endpoint={"examples": {"two": RIGHT}}))
    assert sound.findings == ()
    verification = verified(document(examples={"two": WRONG}), child())
    assert rules(verification) == [("answer-differs", "error", SCORE_AT)]
    (finding,) = verification.findings
    assert isinstance(finding, RunFinding)
    assert (finding.case, finding.ways, finding.example) == ("two", ("attribute", "signature", "session"), None)
    message = "the answer of the attribute, the signature and the session differs from the example `two`"
    assert finding.message == message
    assert finding.details[0] == "1 of 2 elements differ; the first is [1]: 0.75 instead of 0.7"


def test_a_wrong_example_does_not_hide_that_a_way_is_odd() -> None:
    """With outputs that are right, the two ways that agree on another answer are blamed."""
    middle = defect(shifted, "attribute", "session")
    verification = verified(document(examples={"two": RIGHT}), child(middle), cases=0)
    (finding,) = verification.findings
    assert isinstance(finding, RunFinding)
    assert (finding.rule, finding.ways) == ("ways-disagree", ("attribute", "session"))
    assert finding.message == "the attribute and the session answer otherwise than the signature, in the example `two`"


def unknown_id(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    if any(number > 9 for (number,) in inputs["id"]):
        raise ArithmeticError("the id is out of range")
    return score(inputs)


@pytest.mark.parametrize(
    ("text", "function", "expected"),
    [
        ("out of range", unknown_id, []),
        ("", unknown_id, []),
        ("no such id", unknown_id, [("answer-differs", "error", (*AT, "examples", "unknown", "error"))]),
        ("out of range", score, [("answer-differs", "error", (*AT, "examples", "unknown", "error"))]),
    ],
)
def test_an_example_that_must_be_refused(text: str, function: Any, expected: list[Any]) -> None:
    example = {"inputs": [[[0, 0, 0]], [50]], "error": text}
    spec = document(examples={"unknown": example})
    assert rules(verified(spec, ScriptedChild(spec, {"score": function}))) == expected


def half(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    return {**score(inputs), "score": [value / 2 for value in score(inputs)["score"]]}


def test_a_model_that_answers_otherwise() -> None:
    other = ScriptedChild(document(), {"score": half})
    verification = verified(document(), child(), model=other)
    assert rules(verification) == [("answer-differs", "error", SCORE_AT)]
    (finding,) = verification.findings
    assert isinstance(finding, RunFinding)
    assert finding.example is not None
    assert finding.example["outputs"]["twice"] is None  # only the output that differs
    assert verified(document(), child(), model=child()).findings == ()


def test_an_archive_that_answers_otherwise() -> None:
    verification = verified(document(), child(), against=ScriptedChild(document(), {"score": half}))
    assert [finding.message for finding in verification.findings] == [
        "the answer of the attribute, the signature and the session differs from old"
    ]
    assert verified(document(), child(), against=child()).findings == ()


def test_an_endpoint_that_a_reference_lacks_is_not_proven() -> None:
    other = child(loads={"model": Loaded(())})
    verification = verified(document(), child(), model=other)
    assert rules(verification) == [("not-proven", "warning", AT)]
    assert "was not held against the model" in verification.findings[0].message


def test_variables_that_are_not_the_models() -> None:
    stored, model = child(variables=[STORED]), child(variables=[MODEL])
    verification = verified(document(), stored, model=model)
    assert rules(verification) == [("weights-differ", "error", ())]
    assert "1 of 1 stored variables" in verification.findings[0].message
    assert "'dense/kernel' has other values" in verification.findings[0].message


@pytest.mark.parametrize(("captured", "hidden"), [(0, True), (1, False)])
def test_a_variable_explains_the_endpoints_that_use_it(captured: int, hidden: bool) -> None:
    facts = ArchiveFacts("archive", has_contract=True, captures={"score": frozenset([captured])})
    model = ScriptedChild(document(), {"score": half}, variables=[MODEL])
    verification = verified(document(), child(variables=[STORED]), model=model, facts=facts)
    found = [finding.rule for finding in verification.findings]
    assert found == ["weights-differ"] + ["answer-differs"] * (not hidden)


def test_without_a_contract_variables_have_no_order() -> None:
    facts = ArchiveFacts("archive", has_contract=False)
    verification = verified(document(), child(variables=[STORED]), model=child(variables=[MODEL]), facts=facts)
    assert verification.findings == ()
    assert "its variables were not held against the model's" in verification.notes[0]


def test_a_way_that_cannot_be_loaded() -> None:
    refused = Refused("the asset vocabulary.txt is missing")
    verification = verified(document(), child(loads={"session": refused}))
    assert rules(verification) == [("load-failed", "error", ())]
    assert verification.findings[0].message == (
        "the archive cannot be loaded for the session: the asset vocabulary.txt is missing"
    )
    assert verification.endpoints[0].ways["session"] == "-"
    none = verified(document(), child(loads=dict.fromkeys(EVERY, refused)))  # type: ignore[arg-type]
    assert rules(none) == [("load-failed", "error", ())]


@pytest.mark.parametrize(("has_contract", "level"), [(True, "error"), (False, "warning")])
def test_a_fingerprint_of_other_files(has_contract: bool, level: str) -> None:
    facts = ArchiveFacts("archive", has_contract=has_contract)
    verification = verified(document(), child(stale=("the graph", "the variables")), facts=facts)
    assert rules(verification) == [("stale-fingerprint", level, ())]
    message = "the fingerprint is not that of these files: the graph and the variables changed"
    assert verification.findings[0].message == message
    broken = child(defect(shifted, "session"), stale=("the graph",))
    assert rules(verified(document(), broken, facts=facts)) == [("ways-disagree", "error", SCORE_AT)]


def test_an_attribute_that_is_missing() -> None:
    lacks = child(loads={"attribute": Loaded(("other",))})
    assert rules(verified(document(), lacks)) == [("load-failed", "error", AT)]
    assert verified(document(), lacks, ways=("signature", "session")).findings == ()
    its_own = ArchiveFacts("archive", describes_itself=True)
    assert verified(document(), lacks, facts=its_own).findings == ()
    without = ArchiveFacts("archive", has_objects=False)
    assert verified(document(), lacks, facts=without).findings == ()


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
        "answer-differs", "empty-refused", "generated-refused", "load-failed", "not-proven", "stale-fingerprint",
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
