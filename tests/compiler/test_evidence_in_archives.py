"""Examples and tolerance leave no trace in an archive; pure and rowwise are in its contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from exports import document
from hub_modules import Scaler

import specc
from specc.cli import main

pytestmark = pytest.mark.tensorflow

ENDPOINT = {
    "function": "__call__",
    "kwargs": {"training": False},
    "inputs": ["float32[batch, 3]"],
    "outputs": "float32[batch, 1]",
}
EVIDENCE = {"tolerance": {"rtol": 0.1}, "examples": {"zeros": {"inputs": [[[0, 0, 0]]], "outputs": [[0]]}}}


def built(path: Path, **more: Any) -> specc.Document:
    spec = document({"score": {**ENDPOINT, **more}})
    specc.compile(spec).export(Scaler(), path)
    return spec


def test_an_example_changes_no_byte_and_no_digest(tmp_path: Path, capsys: Any) -> None:
    plain, full = built(tmp_path / "plain"), built(tmp_path / "full", **EVIDENCE)
    assert specc.archive_digest(tmp_path / "plain") == specc.archive_digest(tmp_path / "full")
    assert specc.inspect(tmp_path / "full") == full.promises() == plain
    (tmp_path / "full.specc.json").write_text(specc.dump(full))
    assert main(["digest", "--contract", *(str(tmp_path / each) for each in ("full.specc.json", "full", "plain"))]) == 0
    digests = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert (
        digests
        == {specc.digest(full)}
        == {json.loads((tmp_path / "full/assets.extra/specc.json").read_text())["digest"]}
    )


def test_promises_come_back(tmp_path: Path) -> None:
    spec = built(tmp_path / "a", pure=False, rowwise=True, **EVIDENCE)
    endpoint = specc.inspect(tmp_path / "a").endpoints["score"]
    assert (endpoint.pure, endpoint.rowwise, endpoint.examples) == (False, True, {})
    assert specc.digest(spec) == specc.digest(specc.inspect(tmp_path / "a"))
