"""What verify makes of the answers of an archive: nothing for a sound one, and one finding for one defect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args

import pytest
from scripted_child import ScriptedChild, changed, document_of, ended, to_tensor, verified

from specc.language.calls.flat_tensor import FlatTensor
from specc.rules.table import RunningRule
from specc.run_finding import RunFinding
from specc.verification.protocol import Answer, Answered, Call, Mismatch, Refused, VariableDigest

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


def swapped_refusal(call: Call, ask: Ask) -> Answer:
    return Refused("no kernel") if call.way == "session" else ask(call)


def first_only(call: Call, ask: Ask) -> Answer:
    answer = ask(call)
    if call.way == "attribute" and call.by_keyword:
        return Refused("unexpected keyword")
    return answer


class Counter:
    """Answers with a counter, as a random endpoint does."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, call: Call, ask: Ask) -> Answer:
        answer = ask(call)
        self.count += 1
        if not isinstance(answer, Answered):
            return answer
        return changed(answer, score=to_tensor("float32", [1 / (self.count + 1)] * len(values(answer, "score"))))


def reversed_rows(_: Call, answer: Answered) -> Answer:
    return changed(answer, score=to_tensor("float32", values(answer, "score")[::-1]))


def mean(_: Call, answer: Answered) -> Answer:
    numbers = values(answer, "score")
    return changed(answer, score=to_tensor("float32", [sum(numbers) / len(numbers) for _ in numbers] if numbers else []))


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
STORED = replace_digest = MODEL._replace(digest="b")

DEFECTS: dict[str, tuple[Any, dict[str, Any], list[tuple[str, str, tuple[Any, ...]]]]] = {
    "alias-differs": (
        defect(shifted, "session", address="serving_default"), {}, [("alias-differs", "error", ("default",))]
    ),
    "answer-mismatch": (defect(wider, *EVERY), {}, [("answer-mismatch", "error", TWICE_AT)]),
    "call-failed": (swapped_refusal, {}, [("call-failed", "error", AT)]),
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
