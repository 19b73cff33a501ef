"""What verify makes of the answers of an archive: nothing for a sound one, and one finding for one defect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from judged_endpoint import (
    AT,
    DEFECTS,
    EVERY,
    EXAMPLE,
    MODEL,
    SCORE_AT,
    STORED,
    Counter,
    child,
    defect,
    document,
    half,
    rules,
    score,
    shifted,
)
from scripted_child import ScriptedChild, verified

from specc.run_finding import RunFinding
from specc.verification.archive_facts import ArchiveFacts
from specc.verification.protocol import Loaded, Refused


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


def test_the_odd_way_is_blamed() -> None:
    verification = verified(document(), child(defect(shifted, "session")))
    assert rules(verification) == [("ways-disagree", "error", SCORE_AT)]
    (finding,) = verification.findings
    assert isinstance(finding, RunFinding)
    assert finding.ways == ("session",)
    assert finding.message == "the session answers otherwise than the attribute and the signature"
    assert finding.comparison is not None
    assert finding.details[0] == "in `base` with batch=5; the smallest call that fails: batch=1"
    assert finding.example == {"inputs": (((0.0, 0.0, 0.0),), (0,), 0.5)}
    assert verification.endpoints[0].ways["session"] == "FAILS"
    assert verification.endpoints[0].ways["attribute"] == "ok"


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
    assert "the variables were not held against the model's: the archive has no contract" in verification.notes[0]


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
