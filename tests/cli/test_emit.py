"""``specc emit``: where artefacts and findings go, exit codes, and stale artefacts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rest_documents import RANKER

from specc.cli import main


@pytest.fixture(autouse=True)
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ranker.specc.json"
    path.write_text(json.dumps(RANKER))
    return path


def write(path: str, **fields: Any) -> None:
    Path(path).write_text(json.dumps({**RANKER, **fields}))


def test_the_artefact_goes_to_standard_output_and_findings_to_standard_error(capsys: Any) -> None:
    assert main(["emit", "openapi", "ranker.specc.json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["openapi"] == "3.1.1"
    assert "ranker.specc.json:1:" in err
    assert "tf-serving-rows" in err


def test_out_writes_a_file_and_findings_go_to_standard_output(capsys: Any) -> None:
    assert main(["emit", "openapi", "ranker.specc.json", "--out", "api.json"]) == 0
    out, _ = capsys.readouterr()
    assert "float-feature" in out
    assert json.loads(Path("api.json").read_text())["info"]["title"] == "ranker"


@pytest.mark.parametrize(
    ("kind", "name"), [("openapi", "ranker.openapi.json"), ("payload-schema", "ranker.payload.schema.json")]
)
def test_a_directory_gets_the_usual_name(kind: str, name: str) -> None:
    assert main(["emit", kind, "ranker.specc.json", "--out", "new/folder/"]) == 0
    assert [path.name for path in Path("new/folder").iterdir()] == [name]


def test_an_existing_file_is_replaced_only_if_it_differs() -> None:
    arguments = ["emit", "openapi", "ranker.specc.json", "--out", "api.json"]
    Path("api.json").write_text("old")
    assert main(arguments) == 0
    before = Path("api.json").stat()
    assert main(arguments) == 0
    assert Path("api.json").stat().st_ino == before.st_ino


def test_check_says_what_is_stale_and_writes_nothing(capsys: Any) -> None:
    arguments = ["emit", "openapi", "ranker.specc.json"]
    assert main([*arguments, "--check", "api.json"]) == 1
    assert "stale-artefact: api.json does not exist" in capsys.readouterr().out
    assert main([*arguments, "--out", "api.json"]) == 0
    assert main([*arguments, "--check", "api.json"]) == 0
    capsys.readouterr()
    write("ranker.specc.json", description="Another one.")
    assert main([*arguments, "--check", "api.json", "--format", "json"]) == 1
    (stale,) = [each for each in json.loads(capsys.readouterr().out)["findings"] if each["rule"] == "stale-artefact"]
    assert stale["file"] == "api.json"
    assert stale["hint"] == "write it again: specc emit openapi ranker.specc.json --out api.json"


def test_strict_writes_nothing_where_there_is_a_warning(capsys: Any) -> None:
    assert main(["emit", "openapi", "ranker.specc.json", "--strict", "--out", "api.json"]) == 1
    assert main(["emit", "openapi", "ranker.specc.json", "--strict"]) == 1
    assert capsys.readouterr().out.count("openapi") == 0
    assert not Path("api.json").exists()


def test_an_error_writes_nothing(capsys: Any) -> None:
    endpoint = {"inputs": ["int4[]"], "outputs": "int4[]"}
    write("ranker.specc.json", endpoints={"f": endpoint}, default="f", dims={})
    assert main(["emit", "openapi", "ranker.specc.json", "--out", "api.json"]) == 1
    assert "emit-nothing" in capsys.readouterr().out
    assert not Path("api.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["opnapi", "ranker.specc.json"], "did you mean 'openapi'?"),
        (["openapi", "ranker.specc.json", "--endpoint", "scores"], "did you mean 'score'?"),
        (["openapi", "ranker.specc.json", "--name", "a/b"], "cannot be the name of a served model"),
        (["openapi", "ranker.specc.json", "--out", "a", "--check", "b"], "not allowed with argument"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, capsys: Any) -> None:
    assert main(["emit", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_what_cannot_be_read_or_written_is_said(capsys: Any) -> None:
    assert main(["emit", "openapi", "missing.specc.json"]) == 3
    Path("file").write_text("")
    assert main(["emit", "openapi", "ranker.specc.json", "--out", "file/api.json"]) == 3
    assert main(["emit", "openapi", "ranker.specc.json", "--check", "."]) == 3
    assert "Traceback" not in capsys.readouterr().err


def test_an_invalid_spec_has_its_own_findings(capsys: Any) -> None:
    write("ranker.specc.json", default="scores")
    assert main(["emit", "openapi", "ranker.specc.json"]) == 1
    assert "unknown-default" in capsys.readouterr().out


def test_a_project_sets_the_levels_of_warnings(capsys: Any) -> None:
    levels = 'float-feature = "off"\ntf-serving-rows = "error"\nunused-dim = "error"'
    Path("pyproject.toml").write_text(f"[tool.specc.levels]\n{levels}\n")
    assert main(["emit", "openapi", "ranker.specc.json", "--out", "api.json"]) == 1
    out = capsys.readouterr().out
    assert "float-feature" not in out
    assert "error: tf-serving-rows" in out
    assert "unused-dim" not in out  # a check of validate
    assert not Path("api.json").exists()


def test_the_name_is_that_of_the_file_where_the_document_has_none(capsys: Any) -> None:
    write("click model.specc.json", name=None)
    Path("click model.specc.json").write_text(
        json.dumps({key: value for key, value in RANKER.items() if key != "name"})
    )
    assert main(["emit", "openapi", "click model.specc.json"]) == 0
    assert json.loads(capsys.readouterr().out)["info"]["title"] == "click model"


def test_a_file_of_another_size_is_not_read(capsys: Any) -> None:
    with Path("api.json").open("wb") as file:
        file.truncate(2**40)
    assert main(["emit", "openapi", "ranker.specc.json", "--check", "api.json"]) == 1
    assert "stale-artefact" in capsys.readouterr().out
    assert main(["emit", "openapi", "ranker.specc.json", "--out", "api.json"]) == 0
    assert json.loads(Path("api.json").read_text())["openapi"] == "3.1.1"


def test_a_section_is_not_put_into_a_file_that_is_too_large(capsys: Any) -> None:
    with Path("README.md").open("wb") as file:
        file.truncate(2**40)
    for option in ("--check", "--out"):
        assert main(["emit", "markdown", "ranker.specc.json", option, "README.md"]) == 3
        assert "README.md is larger than 64 MiB" in capsys.readouterr().err
    assert Path("README.md").stat().st_size == 2**40


def test_an_artefact_may_have_any_name_that_a_file_may() -> None:
    assert main(["emit", "openapi", "ranker.specc.json", "--out", "日" * 85]) == 0
    assert main(["emit", "openapi", "ranker.specc.json", "--out", "日" * 85, "--name", "other"]) == 0
