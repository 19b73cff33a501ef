"""The text of a verification: the table of endpoints, the findings with their numbers, and the summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from scripted_child import ScriptedChild, changed, document_of, to_tensor, verified

from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.verification.protocol import Answer, Answered, Call
from specc.verification.result import Verification

USER = {"kind": "tensor", "dtype": "int64", "shape": ["batch"], "minimum": 0, "maximum": 9}
HISTORY = {"kind": "tensor", "dtype": "int64", "shape": ["batch", "time"], "minimum": 0, "maximum": 9}
DIMS = {"batch": {}, "time": {"min": 1, "max": 64}}


def document() -> Any:
    endpoint = {"arguments": ["user", "history"], "inputs": [USER, HISTORY], "outputs": {"embedding": "float32[batch]"}}
    return document_of({"embed_user": endpoint}, dims=DIMS)


def embed(inputs: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    pairs = zip(inputs["user"], inputs["history"], strict=True)
    return {"embedding": [user / 10 + sum(row) / 100 for (user,), row in pairs]}


def shifted(call: Call, ask: Callable[[Call], Answer]) -> Answer:
    answer = ask(call)
    if call.way != "signature" or not isinstance(answer, Answered):
        return answer
    values = answer.outputs["embedding"].elements()
    return changed(answer, embedding=to_tensor("float32", [value + 0.5 for value in values]))


TEXT = """\
archive: contract 1f3a09c2be47, 4,113,807 bytes, TensorFlow 2.21.0, seed 0
endpoint           calls  attribute  signature  session  p50 ms  p90 ms  p99 ms  largest difference
embed_user         0+8    ok         FAILS      ok       1.0     1.0     1.0     embedding 0.5
  serving_default  2      -          ok         ok

archive: endpoints.embed_user.outputs.embedding: error: ways-disagree: the signature answers otherwise than the \
attribute and the session
   = in `base` with batch=3, time=2; the smallest call that fails: batch=1, time=1
   = 1 of 1 elements differ; the first is [0]: 0.5 instead of 0.0
   = largest difference 0.5 at [0], 1,056,964,608 ULP; allowed 1e-05 |x| + 0
   = also in `one`, `other`, `max` and 3 more
   = hint: as an example of embed_user: "repro": {"inputs": [[0], [[0]]]}
1 endpoint, 85 calls, 1 error, 6.1 s
"""


def test_the_whole_report() -> None:
    verification = verified(document(), ScriptedChild(document(), {"embed_user": embed}, shifted))
    shown = replace(verification, contract="1f3a09c2be47" + "0" * 52, size=4_113_807, seconds=6.12)
    assert shown.text() == TEXT
    assert not shown.ok
    with pytest.raises(SpecError, match="ways-disagree"):
        shown.raise_for_errors()


def test_nothing_of_an_archive_controls_the_terminal() -> None:
    def hostile(call: Call, ask: Callable[[Call], Answer]) -> Answer:
        answer = ask(call)
        return replace(answer, moved=("\x1b[31m",)) if isinstance(answer, Answered) else answer

    verification = verified(document(), ScriptedChild(document(), {"embed_user": embed}, hostile))
    assert "\x1b" not in verification.text()
    assert "x1b" in verification.text()


def test_a_static_report_has_no_calls() -> None:
    finding = Diagnostic(rule="wire-crossed", path=("endpoints", "score"), message="no", hint="build it again")
    assert Verification("archive", (finding,), size=10, seconds=0.04).text() == (
        "archive: 10 bytes\n"
        "\n"
        "archive: endpoints.score: error: wire-crossed: no\n"
        "   = hint: build it again\n"
        "nothing was run, 1 error, 0.0 s\n"
    )
