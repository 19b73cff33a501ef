"""Findings as text: usable paths, and no control characters."""

from __future__ import annotations

import pytest

from specc.diagnostics import Diagnostic, SpecPath, did_you_mean, format_path, printable


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("endpoints", "score", "inputs", 0), "endpoints.score.inputs[0]"),
        ((0, "a"), "[0].a"),
        (("user-id", "$schema"), "user-id.$schema"),
        (("a b",), '["a b"]'),
        (("a", "", "1st", 'say "hi"'), 'a[""]["1st"]["say \\"hi\\""]'),
        (("é", "a.b"), '["é"]["a.b"]'),
    ],
)
def test_a_path_reads_like_code(path: SpecPath, text: str) -> None:
    assert format_path(path) == text


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (Diagnostic(rule="r", message="m"), "r: m"),
        (Diagnostic(rule="r", message="m", hint="h"), "r: m; h"),
        (Diagnostic(rule="r", message="m", path=("a", 0)), "a[0]: r: m"),
        (Diagnostic(rule="r", message="m", hint="h", path=("a",)).in_file("f.json").at(("b",)), "f.json: b: r: m; h"),
    ],
)
def test_the_parts_that_a_finding_has(finding: Diagnostic, text: str) -> None:
    assert str(finding) == text


def test_nothing_draws_on_the_terminal() -> None:
    assert printable("a\x1b[31m\x00\x7f\x9b\u202e\u2066\u2028\u200f\ud800é") == (
        "a\\u001b[31m\\u0000\\u007f\\u009b\\u202e\\u2066\\u2028\\u200f\\ud800é"
    )


@pytest.mark.parametrize(
    ("word", "hint"),
    [("scroe", "did you mean 'score'?"), ("zzz", ""), ("", ""), ("score" * 20, "")],
)
def test_the_closest_known_word(word: str, hint: str) -> None:
    assert did_you_mean(word, ["score", "embed"]) == hint
