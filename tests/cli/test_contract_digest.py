"""``specc digest --contract``: one line for each spec and archive, and what it says about those that have none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import BAD, GOOD

from specc.cli import main
from specc.language.load import digest, from_json


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def write(data: Any, name: str = "m.specc.json") -> str:
        Path(name).write_text(json.dumps(data))
        return name

    return write


def test_a_spec_has_the_digest_of_its_promises(spec: Any, capsys: Any) -> None:
    endpoint = {**GOOD["endpoints"]["serve"], "examples": {"x": {"inputs": [{"file": "missing.npy"}]}}}  # type: ignore[index]
    name = spec({**GOOD, "$schema": "s", "endpoints": {"serve": endpoint}})
    assert main(["digest", "--contract", name]) == 0
    assert capsys.readouterr().out == f"{digest(from_json(GOOD))}  {name}\n"


def test_a_bad_one_does_not_hide_the_others(spec: Any, capsys: Any) -> None:
    good, bad = spec(GOOD), spec(BAD, "bad.specc.json")
    assert main(["digest", "--contract", bad, good]) == 1
    out, err = capsys.readouterr()
    assert out == f"{digest(from_json(GOOD))}  {good}\n"
    assert "bad.specc.json:1:" in err
    assert "error: bad-dtype" in err
    Path("empty").mkdir()
    assert main(["digest", "--contract", "missing.json", "empty", bad, good]) == 3
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert "cannot read missing.json: there is no such file" in err
    assert "empty" in err
