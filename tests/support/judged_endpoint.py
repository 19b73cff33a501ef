"""An endpoint for tests of judging, its sound answers, and one defect for each rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scripted_child import ScriptedChild, changed, document_of, ended, to_tensor

from specc.language.calls.flat_tensor import FlatTensor
from specc.verification.protocol import Answer, Answered, Call, Refused, VariableDigest

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

EXAMPLE = {"inputs": [[[0.1, 0.2, 0.3], [0.0, 0.25, 0.0]], [1, 9], 2.0]}


def half(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    return {**score(inputs), "score": [value / 2 for value in score(inputs)["score"]]}
