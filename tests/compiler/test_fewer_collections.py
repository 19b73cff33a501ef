"""Exports raise the threshold of Python's garbage collector, and leave it as it was."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from varied_exports import document

import specc
from specc.compiler.fewer_collections import THRESHOLD, fewer_collections
from specc.keras_export.export_archive import ExportArchive

pytestmark = pytest.mark.tensorflow

OWN = (900, 7, 8)
PROGRAM = specc.compile(document({"serve": {"inputs": ["float32[batch]"], "outputs": "float32[batch]"}}))


@pytest.fixture(autouse=True)
def own_threshold() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*OWN)
    yield
    gc.set_threshold(*before)


def export(path: Path) -> list[tuple[int, ...]]:
    """The thresholds while a function is traced."""
    seen: list[tuple[int, ...]] = []

    def traced(x: Any) -> Any:
        seen.append(gc.get_threshold())
        return x

    PROGRAM.export(None, path, functions={"serve": traced})
    return seen


def test_an_export_raises_the_first_threshold(tmp_path: Path) -> None:
    assert set(export(tmp_path / "archive")) == {(THRESHOLD, *OWN[1:])}
    assert gc.get_threshold() == OWN


@pytest.mark.parametrize("own", [(0, 7, 8), (THRESHOLD + 1, 7, 8)])
def test_a_process_that_collects_less_often_keeps_its_threshold(own: tuple[int, ...], tmp_path: Path) -> None:
    gc.set_threshold(*own)
    assert set(export(tmp_path / "archive")) == {own}
    assert gc.get_threshold() == own


def test_it_is_set_back_where_an_export_fails(tmp_path: Path) -> None:
    def failing(x: Any) -> Any:
        raise ValueError("wrong")

    with pytest.raises(specc.SpecError):
        PROGRAM.export(None, tmp_path / "archive", functions={"serve": failing})
    assert gc.get_threshold() == OWN


def test_what_a_traced_function_sets_stays(tmp_path: Path) -> None:
    def setting(x: Any) -> Any:
        gc.set_threshold(50)
        return x

    PROGRAM.export(None, tmp_path / "archive", functions={"serve": setting})
    assert gc.get_threshold() == (50, *OWN[1:])


def test_the_last_of_several_exports_sets_it_back() -> None:
    """One begins in another thread before the first ends, and ends after it."""
    entered, leave = threading.Event(), threading.Event()

    def second() -> None:
        with fewer_collections():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=second)
    with fewer_collections():
        thread.start()
        assert entered.wait(10)
        with fewer_collections():
            pass
        assert gc.get_threshold()[0] == THRESHOLD
    assert gc.get_threshold()[0] == THRESHOLD
    leave.set()
    thread.join()
    assert gc.get_threshold() == OWN


def test_an_export_archive_raises_it_while_it_traces(tmp_path: Path) -> None:
    seen = []

    def traced(x: Any) -> Any:
        seen.append(gc.get_threshold()[0])
        return x

    archive = ExportArchive()
    archive.add_endpoint("serve", traced, input_signature=[tf.TensorSpec([None], tf.float32)])
    assert gc.get_threshold() == OWN
    archive.write_out(tmp_path / "archive", verbose=False)
    assert set(seen) == {THRESHOLD}
    assert gc.get_threshold() == OWN
