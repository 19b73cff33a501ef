"""Merging modes: assets, traces, names of contracts, versions, progress, and the same bytes every time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import merged_modes
import numpy as np
import pytest
import tensorflow as tf
from merged_modes import ENDPOINTS, WORDS, X, Y, mode, modes, trees
from tagged_session import TaggedSession, tag_sets

import specc

pytestmark = pytest.mark.tensorflow

TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}


def test_modes_with_a_vocabulary_file_share_the_asset(tmp_path: Path) -> None:
    vocabulary = tmp_path / "vocabulary.txt"
    vocabulary.write_text("\n".join(WORDS))
    report = specc.merge(modes(), trees(str(vocabulary)), tmp_path / "archive")
    assert [name for name in report.files if name.startswith("assets/")] == ["assets/vocabulary.txt"]
    vocabulary.unlink()
    expected = trees().predict_on_batch(tf.constant(X))
    for tags, key in ((["serve"], "score"), (["eval"], "check")):
        answer = TaggedSession(report.path, tags).ask(key, **{"x": X} | ({"y": Y} if key == "check" else {}))
        if key == "score":
            np.testing.assert_allclose(answer["output_0"], expected, **TOLERANCE)
    assert sorted(report.files) == [
        "assets.extra/specc.eval.json",
        "assets.extra/specc.json",
        "assets.extra/specc.train.json",
        "assets/vocabulary.txt",
        "fingerprint.pb",
        "saved_model.pb",
        "variables/variables.data-00000-of-00001",
        "variables/variables.index",
    ]


def test_a_function_of_several_modes_is_traced_once(tmp_path: Path) -> None:
    model, traces = trees(), []

    def score(x: Any) -> Any:
        traces.append(x)
        return model(x, training=False)

    documents = [
        mode("predict", endpoints={"score": {**ENDPOINTS["predict"]["score"], "function": None, "kwargs": {}}}),
        mode(
            "predict",
            name="gpu",
            endpoints={"score": {**ENDPOINTS["predict"]["score"], "function": None, "kwargs": {}}},
            save_options={"extra_tags": ["gpu"]},
        ),
    ]
    report = specc.merge(documents, model, tmp_path / "archive", functions={"score": score})
    assert len(traces) == 1
    assert tag_sets(report.path) == [["serve"], ["serve", "gpu"]]
    assert [len(each.endpoints) for each in report.modes] == [1, 1]
    np.testing.assert_array_equal(
        TaggedSession(report.path, ["serve"]).ask("score", x=X)["output_0"],
        TaggedSession(report.path, ["serve", "gpu"]).ask("score", x=X)["output_0"],
    )
    assert sorted(file.name for file in (report.path / "assets.extra").iterdir()) == [
        "specc.json",
        "specc.serve+gpu.json",
    ]


SUPPORT = str(Path(merged_modes.__file__).parent)
BUILD = """
import sys
import specc
sys.path.insert(0, sys.argv[2])
import merged_modes
specc.merge(merged_modes.modes(), merged_modes.trees(), sys.argv[1])
"""


def test_two_processes_in_two_directories_write_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for index in range(2):
        directory = tmp_path / f"run{index}" / ("deeper" * index)
        directory.mkdir(parents=True)
        command = [sys.executable, "-c", BUILD, str(directory / "archive"), SUPPORT]
        finished = subprocess.run(command, capture_output=True, text=True, check=False, cwd=directory)
        assert finished.returncode == 0, finished.stderr
        files = (file for file in (directory / "archive").rglob("*") if file.is_file())
        written.append({str(file.relative_to(directory)): file.read_bytes() for file in files})
    assert written[0] == written[1]
    assert len(written[0]) == 7


def test_progress_names_the_mode(tmp_path: Path) -> None:
    lines: list[str] = []
    specc.merge(modes(), trees(), tmp_path / "archive", progress=lines.append)
    assert lines[:3] == ["predict: tracing 1 endpoint", "train: tracing 1 endpoint", "eval: tracing 1 endpoint"]
    assert lines[-2:] == ["merging 3 MetaGraphs", "flushing to disk"]


def test_a_merged_archive_is_published_as_a_version(tmp_path: Path) -> None:
    paths = [specc.merge(modes(), trees(), base=tmp_path / "trees").path for _ in range(2)]
    assert paths == [tmp_path / "trees" / "1", tmp_path / "trees" / "2"]
    assert tag_sets(paths[1]) == [["serve"], ["train"], ["eval"]]


def test_compiled_documents_can_be_merged(tmp_path: Path) -> None:
    report = specc.merge([specc.compile(document) for document in modes()], trees(), tmp_path / "archive")
    assert tag_sets(report.path) == [["serve"], ["train"], ["eval"]]
    assert report.bytes == sum(file.stat().st_size for file in report.path.rglob("*") if file.is_file())
    assert {each.path for each in report.modes} == {report.path}


def test_each_contract_has_a_name_of_its_own(tmp_path: Path) -> None:
    tags = [[], ["a+b"], ["a", "b"], ["a%2Bb"], ["é/x"], ["x" * 238]]
    documents = [
        mode("predict", name=f"document {index}", save_options={"extra_tags": extra})
        for index, extra in enumerate(tags)
    ]
    path = specc.merge(documents, trees(), tmp_path / "archive").path
    contracts = Path(path, "assets.extra").iterdir()
    names = {file.name: json.loads(file.read_text())["document"]["name"] for file in contracts}
    assert names == {
        "specc.json": "document 0",
        "specc.serve+a%2Bb.json": "document 1",
        "specc.serve+a+b.json": "document 2",
        "specc.serve+a%252Bb.json": "document 3",
        "specc.serve+%C3%A9%2Fx.json": "document 4",
        f"specc.serve+{'x' * 238}.json": "document 5",
    }
