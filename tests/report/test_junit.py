"""JUnit XML of a verification: suites, cases, and the calls that fail."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from specc.diagnostics import Diagnostic
from specc.report import Report, VerifyReport, render
from specc.run_finding import EndpointReport, RunFinding

SCORE = EndpointReport(
    "score",
    generated=2,
    cases=(
        ("attribute", "base"),
        ("signature", "base"),
        ("signature serving_default", "base"),
        ("signature", "one"),
    ),
)
DIFFERS = RunFinding(
    rule="answer-differs",
    path=("endpoints", "score", "outputs"),
    message="the answer <differs> & \x1b \ud800 \uffff",
    endpoint="score",
    ways=("signature",),
    case="base",
    calls=(("signature", "base"), ("signature", "one")),
    details=("2 of 3 elements differ",),
    hint="a hint",
)


def suites(report: Report) -> dict[str, ET.Element]:
    root = ET.fromstring(render(report, "junit"))
    assert root.tag == "testsuites"
    found = {str(suite.get("name")): suite for suite in root}
    for name in ("tests", "failures", "skipped"):
        assert int(root.get(name, "")) == sum(int(suite.get(name, "")) for suite in root)
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite)
        assert int(suite.get("failures", "")) == sum(case.find("failure") is not None for case in suite)
    return found


def failing(suite: ET.Element) -> list[str]:
    return [str(case.get("name")) for case in suite if case.find("failure") is not None]


def test_a_suite_for_each_endpoint_and_one_for_the_files() -> None:
    found = suites(VerifyReport((), archive="ranker", endpoints=(SCORE,)))
    assert list(found) == ["static", "score"]
    assert [(case.get("classname"), case.get("name")) for case in found["score"]] == [
        ("score", "attribute base"),
        ("score", "signature base"),
        ("score", "signature serving_default base"),
        ("score", "signature one"),
    ]
    assert [case.get("name") for case in found["static"]] == ["static"]
    assert failing(found["static"]) == failing(found["score"]) == []


def test_a_finding_is_a_failure_of_each_call_that_shows_it() -> None:
    found = suites(VerifyReport((DIFFERS,), archive="ranker", endpoints=(SCORE,)))
    assert failing(found["score"]) == ["signature base", "signature one"]
    failure = found["score"].find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "answer-differs"
    assert failure.get("message") == r"the answer <differs> & \u001b \ud800 \uffff"
    assert failure.text is not None
    assert "2 of 3 elements differ" in failure.text
    assert "hint: a hint" in failure.text


def test_an_alias_fails_and_not_the_signature_that_it_repeats() -> None:
    alias = RunFinding(
        rule="alias-differs",
        path=("default",),
        message="serving_default answers otherwise",
        endpoint="score",
        ways=("signature",),
        case="base",
        calls=(("signature", "base"),),
    )
    assert failing(suites(VerifyReport((alias,), endpoints=(SCORE,)))["score"]) == ["signature serving_default base"]


def test_what_no_call_shows_fails_by_itself() -> None:
    static = Diagnostic(rule="missing-asset", message="assets/words.txt is missing")
    load = RunFinding(rule="load-failed", message="it cannot be loaded", ways=("session",))
    missing = RunFinding(rule="load-failed", message="no attribute", endpoint="score", path=("endpoints", "score"))
    found = suites(VerifyReport((static, load, missing), endpoints=(SCORE,)))
    assert failing(found["static"]) == ["missing-asset"]
    assert failing(found["archive"]) == ["load-failed"]
    assert failing(found["score"]) == ["load-failed endpoints.score"]


@pytest.mark.parametrize("level", ["warning", "info"])
def test_a_warning_is_not_a_failure(level: str) -> None:
    warning = Diagnostic(rule="absolute-path", level=level, message="a path of some machine")  # type: ignore[arg-type]
    found = suites(VerifyReport((warning,)))["static"]
    assert failing(found) == []
    assert "a path of some machine" in str(found.findtext("testcase/system-out"))


def test_an_endpoint_that_was_not_called_is_skipped() -> None:
    endpoint = EndpointReport("score", notes=("nothing was run",))
    skipped = suites(VerifyReport((), endpoints=(endpoint,)))["score"].find("testcase/skipped")
    assert skipped is not None
    assert skipped.get("message") == "nothing was run"


def test_an_invalid_spec_fails() -> None:
    assert failing(suites(Report([Diagnostic(rule="bad-dtype", message="no dtype")]))["static"]) == ["bad-dtype"]


def test_what_cannot_be_read_is_an_error() -> None:
    suite = suites(VerifyReport(unreadable=[("build/ranker", "there is no SavedModel")]))["static"]
    assert suite.get("errors") == "1"
    error = suite.find("testcase/error")
    assert error is not None
    assert error.get("message") == "there is no SavedModel"


def test_endpoints_may_have_the_names_of_the_other_suites() -> None:
    report = VerifyReport((), endpoints=(EndpointReport("archive"), EndpointReport("static")))
    root = ET.fromstring(render(report, "junit"))
    assert [suite.get("name") for suite in root] == ["static", "archive", "static"]
