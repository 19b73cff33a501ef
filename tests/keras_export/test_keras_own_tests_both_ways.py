"""Keras's own export tests again, where every archive is also written by TensorFlow, and the two are compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from both_writers import calls_for, disagreements, write_both
from keras_own_tests import TestExportArchive, TestExportSavedModel, specc_in_place  # noqa: F401  # collected here

import specc

pytestmark = [pytest.mark.tensorflow, pytest.mark.long]


@pytest.fixture(autouse=True)
def _both_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    write_out = specc.ExportArchive.write_out
    folders = (tmp_path / str(number) for number in range(100))
    found: list[str] = []

    def written_both_ways(archive: Any, filepath: Any, options: Any = None, verbose: bool = True) -> Any:
        both = write_both(lambda path: write_out(archive, path, options, False), None, next(folders))
        found.extend(disagreements(both, [] if both.note else [calls_for(both.program)]))
        return write_out(archive, filepath, options, verbose)

    monkeypatch.setattr(specc.ExportArchive, "write_out", written_both_ways)
    yield
    assert found == []
