"""``specc show``, and ``specc inspect`` with the same tree: names, exit codes, the page's file, and terminals."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from rest_documents import RANKER
from synthetic_archive import example, written

from specc.cli import main
from specc.language.contract import CONTRACT_PATH


@pytest.fixture(autouse=True)
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ranker.specc.json"
    path.write_text(json.dumps(RANKER))
    return path


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the page was made of: a stand-in for the module that makes it."""
    calls: list[Any] = []

    def make_page(subject: Any, against: Any = None, endpoints: Any = ()) -> str:
        calls.append((subject.title, against and against.file, endpoints))
        return f"<!doctype html><title>{subject.title} · {against and against.file}</title>"

    monkeypatch.setitem(sys.modules, "specc.pages.page", types.SimpleNamespace(page=make_page))  # type: ignore[arg-type]
    return calls


def test_a_spec_and_what_has_changed_since_another_one(capsys: Any) -> None:
    Path("old.specc.json").write_text(json.dumps({**RANKER, "endpoints": {"score": RANKER["endpoints"]["score"]}}))
    assert main(["show", "ranker.specc.json"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("ranker: contract ")
    assert "   inputs.user.id       int64[batch]        user_id       0..50\n" in out
    assert err == ""
    assert main(["show", "ranker.specc.json", "--against", "old.specc.json", "--endpoint", "price"]) == 0
    out, _ = capsys.readouterr()
    assert "\nagainst old.specc.json: breaks nothing: 5 safe; a minor version\n" in out
    assert "   + endpoint-added: the endpoint 'price' is new; safe on wire, rest and python\n" in out
    assert "outputs.click" not in out


def test_a_breaking_change_is_shown_and_no_error_and_waivers_are_those_of_diff(capsys: Any) -> None:
    Path("new.specc.json").write_text(json.dumps({**RANKER, "endpoints": {"score": RANKER["endpoints"]["score"]}}))
    assert main(["show", "new.specc.json", "--against", "ranker.specc.json"]) == 0
    assert (
        "\n   - endpoint-removed: the endpoint 'price' is gone; breaks wire, rest and python\n"
        in capsys.readouterr().out
    )
    main(["diff", "ranker.specc.json", "new.specc.json", "--format", "json"])
    (mark,) = [
        each["fingerprint"] for each in json.loads(capsys.readouterr().out)["findings"] if "'price'" in each["message"]
    ]
    waiver = f'[[tool.specc.waivers]]\nfingerprint = "{mark}"\nreason = "nobody calls it"\nuntil = 2999-01-01\n'
    Path("pyproject.toml").write_text(f"[tool.specc]\n{waiver}")
    assert main(["show", "new.specc.json", "--against", "ranker.specc.json"]) == 0
    assert "breaks wire, rest and python; waived until 2999-01-01" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["absent.specc.json"], 3, "cannot read absent.specc.json: there is no such file"),
        (["ranker.specc.json", "--against", "absent.specc.json"], 3, "cannot read absent.specc.json"),
        (["empty"], 3, "empty is not a SavedModel"),
        ([""], 2, "an empty name names nothing"),
        (["ranker.specc.json", "--endpoint", "scor"], 2, "there is no endpoint 'scor'; did you mean 'score'?"),
        (["ranker.specc.json", "--open"], 2, "--open needs --html FILE"),
        (["ranker.specc.json", "--html", "empty"], 3, "cannot write empty: it is not a regular file"),
        (["ranker.specc.json", "--html", "none/x.html"], 3, "cannot write none/x.html: No such file or directory"),
    ],
)
def test_wrong_usage_and_what_cannot_be_read(
    arguments: list[str], code: int, message: str, capsys: Any, page: list[Any]
) -> None:
    Path("empty").mkdir()
    assert main(["show", *arguments]) == code
    out, err = capsys.readouterr()
    assert message in err
    assert out == ""
    assert sorted(path.name for path in Path().iterdir()) == ["empty", "ranker.specc.json"]


def test_an_invalid_spec_has_its_findings(capsys: Any) -> None:
    Path("bad.specc.json").write_text(json.dumps({**RANKER, "defalt": "score"}))
    for arguments in (["bad.specc.json"], ["ranker.specc.json", "--against", "bad.specc.json"]):
        assert main(["show", *arguments]) == 1
        assert "did you mean 'default'?" in capsys.readouterr().out


def test_a_damaged_contract_is_a_finding_after_what_the_graph_says(tmp_path: Path, capsys: Any) -> None:
    archive = written(tmp_path / "a", example())
    (archive / CONTRACT_PATH).parent.mkdir()
    (archive / CONTRACT_PATH).write_text("{}")
    for command in ("show", "inspect"):
        assert main([command, "a"]) == 1
        out, _ = capsys.readouterr()
        assert out.startswith("a: a damaged contract, read from its object graph")
        assert "\na: error: bad-contract: " in out
    assert main(["show", "a", "--against", "ranker.specc.json"]) == 1
    assert "note: nothing is compared" in capsys.readouterr().err


def test_inspect_prints_the_same_tree(tmp_path: Path, capsys: Any) -> None:
    written(tmp_path / "a", example())
    assert (main(["show", "a"]), capsys.readouterr()) == (main(["inspect", "a"]), capsys.readouterr())
    assert main(["inspect", "a", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["specc"] == 1


def test_html_is_a_file_that_is_written_whole_and_only_where_it_differs(capsys: Any, page: list[Any]) -> None:
    arguments = ["show", "ranker.specc.json", "--against", "ranker.specc.json", "--html", "page.html"]
    assert main(arguments) == 0
    assert capsys.readouterr() == ("", "")
    assert page == [("ranker", "ranker.specc.json", [])]
    first = Path("page.html").stat()
    assert Path("page.html").read_text("utf-8") == "<!doctype html><title>ranker · ranker.specc.json</title>"
    assert main(arguments) == 0
    assert Path("page.html").stat().st_ino == first.st_ino
    assert main(["show", "ranker.specc.json", "--html", "page.html", "--endpoint", "price"]) == 0
    assert page[-1] == ("ranker", None, ["price"])
    assert Path("page.html").read_text("utf-8").endswith("None</title>")
    assert sorted(path.name for path in Path().iterdir()) == ["page.html", "ranker.specc.json"]


def test_open_shows_the_page_in_the_browser(capsys: Any, page: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or False)
    assert main(["show", "ranker.specc.json", "--html", "a page.html", "--open"]) == 0
    assert opened == [Path("a page.html").resolve().as_uri()]
    assert "note: no browser could be opened; open a page.html yourself" in capsys.readouterr().err


def on_a_terminal(**environment: str) -> str:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "specc", "show", "ranker.specc.json", "--endpoint", "score"]
    subprocess.run(command, stdout=theirs, check=True, env={**os.environ, "COLUMNS": "100", **environment})
    os.close(theirs)
    output = os.read(ours, 1_000_000).decode("utf-8")
    os.close(ours)
    return output


def test_colour_and_lines_are_for_terminals_that_have_them(capsys: Any) -> None:
    utf8 = {"PYTHONIOENCODING": "utf-8", "TERM": "xterm", "NO_COLOR": ""}
    colourful = on_a_terminal(**utf8)
    assert "\x1b[2m├─ \x1b[0m" in colourful
    assert "\x1b[2m└→ \x1b[0m" in colourful
    plain = on_a_terminal(**{**utf8, "NO_COLOR": "1"})
    assert "\x1b" not in plain
    assert "├─ inputs.user.id " in plain
    ascii_only = on_a_terminal(**{**utf8, "PYTHONIOENCODING": "ascii"})
    assert ascii_only.isascii()
    assert "\x1b[2m-> \x1b[0m" in ascii_only
    assert main(["show", "ranker.specc.json", "--endpoint", "score"]) == 0
    assert capsys.readouterr().out == on_a_terminal(**{**utf8, "TERM": "dumb"}).replace("\r\n", "\n")
