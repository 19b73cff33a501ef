"""Levels and waivers of ``specc diff``: what a project makes of a change, and until when."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from git_projects import GitProject, document

from specc.cli import main

FINGERPRINT = "0123456789ab"
TODAY = "2027-03-01"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a breaking change between ``old.specc.json`` and ``new.specc.json``, on a known day."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("specc.compatibility.policy.today", lambda: TODAY)
    Path("old.specc.json").write_text(json.dumps(document("int32")))
    Path("new.specc.json").write_text(json.dumps(document("int64")))
    return tmp_path


def compared(capsys: Any, *options: str) -> tuple[int, dict[str, Any]]:
    code = main(["diff", "old.specc.json", "new.specc.json", "--format", "json", *options])
    return code, json.loads(capsys.readouterr().out)


def fingerprint(capsys: Any) -> str:
    _, data = compared(capsys)
    return str(next(each["fingerprint"] for each in data["findings"] if each["rule"] == "input-dtype-changed"))


def waive(print_: str, until: str = "2027-03-01", reason: str = "agreed with the clients") -> int:
    return main(["diff", "--waive", print_, "--reason", reason, "--until", until])


def test_a_waiver_lowers_a_change_and_keeps_the_verdict(capsys: Any) -> None:
    Path("pyproject.toml").write_text("[tool.specc]\n")
    print_ = fingerprint(capsys)
    assert waive(print_) == 0
    assert capsys.readouterr().err == f"{print_} is waived until 2027-03-01 in pyproject.toml\n"
    code, data = compared(capsys)
    assert (code, data["errors"], data["verdict"]["wire"]) == (0, 0, "breaking")
    (finding,) = data["findings"]
    assert finding["level"] == "info"
    assert finding["waived"] == {"reason": "agreed with the clients", "until": "2027-03-01"}
    assert finding["fingerprint"] == print_
    main(["diff", "old.specc.json", "new.specc.json", "--all"])
    out = capsys.readouterr().out
    assert out.startswith("breaks wire, rest and python: 1 breaking, 1 waived; a major version\n")
    assert "  waived until 2027-03-01: agreed with the clients\n" in out


def test_past_its_date_a_waiver_is_none(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pyproject.toml").write_text("[tool.specc]\n")
    waive(fingerprint(capsys))
    capsys.readouterr()
    monkeypatch.setattr("specc.compatibility.policy.today", lambda: "2027-03-02")
    code, data = compared(capsys)
    (finding,) = data["findings"]
    assert (code, finding["level"], finding["waived"]) == (1, "error", None)
    assert finding["message"].endswith("; its waiver ended on 2027-03-01")


def test_a_waiver_covers_no_other_value(capsys: Any) -> None:
    Path("pyproject.toml").write_text("[tool.specc]\n")
    waive(fingerprint(capsys))
    Path("new.specc.json").write_text(json.dumps(document("float64")))
    code, data = compared(capsys)
    assert code == 1
    assert [(each["rule"], each["level"]) for each in data["findings"]] == [
        ("input-dtype-changed", "error"),
        ("unused-waiver", "warning"),
    ]


def test_a_waiver_without_a_change_is_a_warning_at_its_line(capsys: Any) -> None:
    Path("pyproject.toml").write_text(f"[tool.specc]\n\n{block(FINGERPRINT)}")
    Path("new.specc.json").write_text(json.dumps(document("int32")))
    assert main(["diff", "old.specc.json", "new.specc.json", "--quiet"]) == 0
    assert capsys.readouterr().out == (
        f"pyproject.toml:4:16: warning: unused-waiver: no change has the fingerprint {FINGERPRINT}; remove the waiver\n"
    )
    assert main(["diff", "old.specc.json", "new.specc.json", "--strict"]) == 1
    capsys.readouterr()
    _, data = compared(capsys)
    assert "surfaces" not in data["findings"][0]


def test_old_waivers_are_found_although_no_spec_changed(place: Path, capsys: Any) -> None:
    project = GitProject(place)
    project.write("pyproject.toml", block(FINGERPRINT))
    project.commit()
    assert main(["diff", "--against", "main", "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("pyproject.toml:2:16: warning: unused-waiver: ")
    assert main(["diff", "--against", "main", "--quiet", "new.specc.json"]) == 0
    assert capsys.readouterr().out == ""  # it may be that of a spec that is not named


def block(print_: str, reason: str = '"x"', until: str = "2027-03-01") -> str:
    return f'[[tool.specc.waivers]]\nfingerprint = "{print_}"\nreason = {reason}\nuntil = {until}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (block("0123"), "the fingerprint must be the 12 hex digits that specc diff prints with the change, not '0123'"),
        (block("0123456789AB"), "must be the 12 hex digits"),
        (block(FINGERPRINT, reason='" "'), f"{FINGERPRINT} needs a reason: a text, not ' '"),
        (block(FINGERPRINT, reason="1"), "needs a reason: a text, not 1"),
        (block(FINGERPRINT, until='"soon"'), "needs until: a date such as 2027-03-01, not 'soon'"),
        (block(FINGERPRINT, until='"2027-02-30"'), "not '2027-02-30'"),
        (block(FINGERPRINT, until='"20270301"'), "not '20270301'"),
        (block(FINGERPRINT, until="2027-03-01T12:00:00"), "needs until: a date"),
        (block(FINGERPRINT, until="1"), "needs until: a date such as 2027-03-01, not 1"),
        (block(FINGERPRINT) * 2, f"number 2: {FINGERPRINT} has a waiver already"),
        (block(FINGERPRINT) + "resaon = 'x'\n", "there is no key 'resaon'; did you mean 'reason'?"),
        (f"[tool.specc]\nwaivers = ['{FINGERPRINT}']\n", "expected a table with fingerprint, reason, until"),
        ("[tool.specc.waivers]\nreason = 'x'\n", "waivers must be an array of tables"),
        ("[tool.specc.levels]\nendpoint-removed = 'none'\n", "must be one of error, warning, info, off, not 'none'"),
        ("[tool.specc.levels]\nunused-waiver = 'off'\n", "unused-waiver is always a warning; only the levels of checks, of changes and of warnings of emit can"),
    ],
)  # fmt: skip
def test_a_bad_waiver_is_wrong_usage(text: str, said: str, capsys: Any) -> None:
    Path("pyproject.toml").write_text(text)
    assert main(["diff", "old.specc.json", "new.specc.json"]) == 2
    out, err = capsys.readouterr()
    assert (out, said in err) == ("", True), err


def test_a_date_may_be_a_text(capsys: Any) -> None:
    print_ = fingerprint(capsys)
    Path("pyproject.toml").write_text(block(print_, until='"2027-03-01"'))
    assert compared(capsys)[0] == 0


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        ('input-dtype-changed = "warning"', "warning"),
        ('input-dtype-changed = "info"', "info"),
        ('input-dtype-changed = "off"', "info"),
        ('endpoint-removed = "off"', "error"),
    ],
)
def test_a_level_changes_neither_surfaces_nor_verdict(levels: str, level: str, capsys: Any) -> None:
    Path("pyproject.toml").write_text(f"[tool.specc.levels]\n{levels}\n")
    code, data = compared(capsys)
    (finding,) = data["findings"]
    assert (code, finding["level"]) == (int(level == "error"), level)
    assert finding["surfaces"] == data["verdict"] == dict.fromkeys(("wire", "rest", "python"), "breaking")


def test_a_surface_that_does_not_count_has_no_level(capsys: Any) -> None:
    Path("pyproject.toml").write_text('[tool.specc.levels]\nendpoint-added = "warning"\n')
    Path("new.specc.json").write_text(json.dumps(document("int32", "more")))
    code, data = compared(capsys, "--strict")
    assert (code, [each["level"] for each in data["findings"]]) == (1, ["warning"])


class TestWaive:
    def test_the_text_is_added_at_the_end(self, capsys: Any) -> None:
        before = '# a comment\n[tool.specc]  # another\ntargets = ["onnx"]\n\n[tool.other]\nx = 1'
        file = Path("pyproject.toml")
        file.write_text(before)
        file.chmod(0o640)
        assert waive(FINGERPRINT, reason='says "yes"\n\x7f\\ ü') == 0
        assert file.read_text() == (
            f'{before}\n\n[[tool.specc.waivers]]\nfingerprint = "{FINGERPRINT}"\n'
            'reason = "says \\"yes\\"\\n\\u007f\\\\ ü"\nuntil = 2027-03-01\n'
        )
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
        assert waive("ba9876543210") == 0
        assert file.read_text().count("\n\n[[tool.specc.waivers]]\n") == 2
        capsys.readouterr()
        assert main(["validate", "old.specc.json"]) == 0

    def test_line_ends_stay(self) -> None:
        Path("pyproject.toml").write_bytes(b"[tool.specc]\r\n")
        waive(FINGERPRINT)
        content = Path("pyproject.toml").read_bytes()
        assert content.count(b"\n") == content.count(b"\r\n") == 6

    def test_the_file_with_settings_comes_before_a_nearer_one(self, place: Path, monkeypatch: Any) -> None:
        (place / "pyproject.toml").write_text("[tool.specc]\n")
        inner = place / "inner"
        inner.mkdir()
        (inner / "pyproject.toml").write_text("[project]\n")
        monkeypatch.chdir(inner)
        assert waive(FINGERPRINT) == 0
        assert FINGERPRINT in (place / "pyproject.toml").read_text()
        (place / "pyproject.toml").unlink()
        assert waive(FINGERPRINT) == 0
        assert FINGERPRINT in (inner / "pyproject.toml").read_text()

    @pytest.mark.parametrize(
        ("arguments", "code", "said"),
        [
            (["--waive", FINGERPRINT], 2, "--waive needs --reason TEXT and --until DATE"),
            (["--waive", "x", "--reason", "y", "--until", TODAY], 2, "the fingerprint must be the 12 hex digits"),
            (["--waive", FINGERPRINT, "--reason", "", "--until", TODAY], 2, "needs a reason"),
            (["--waive", FINGERPRINT, "--reason", "\udcff", "--until", TODAY], 2, "the reason is not valid text"),
            (["--waive", FINGERPRINT, "--reason", "y", "--until", "2027-02-28"], 2, "2027-02-28 is in the past"),
            (["--waive", FINGERPRINT, "--reason", "y", "--until", "tomorrow"], 2, "needs until: a date"),
            (["a", "b", "--waive", FINGERPRINT, "--reason", "y", "--until", TODAY], 2, "--waive compares nothing"),
        ],
    )  # fmt: skip
    def test_misuse(self, arguments: list[str], code: int, said: str, capsys: Any) -> None:
        Path("pyproject.toml").write_text("[tool.specc]\n")
        assert main(["diff", *arguments]) == code
        assert said in capsys.readouterr().err
        assert Path("pyproject.toml").read_text() == "[tool.specc]\n"

    def test_a_text_that_cannot_be_added_to_is_left_alone(self, capsys: Any) -> None:
        for text in ("[tool.specc]\nwaivers = []\n", f"[tool.specc]\n{block(FINGERPRINT)}", "[tool.specc\n"):
            Path("pyproject.toml").write_text(text)
            assert waive(FINGERPRINT) == 2
            assert Path("pyproject.toml").read_text() == text
        assert "cannot read " in capsys.readouterr().err

    def test_without_a_project(self, capsys: Any) -> None:
        assert waive(FINGERPRINT) == 3
        assert capsys.readouterr().err.endswith("waivers are settings of a project: add one\n")
        assert not Path("pyproject.toml").exists()
