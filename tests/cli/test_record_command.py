"""``specc record``: what a source answers is written into the spec, and stale examples are found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubling import RIGHT, SPEC, WRONG, model, spec_with, write_project, write_spec

import specc
from specc.cli import main, record
from specc.verification.archive_session import ArchiveSession, Crashed

pytestmark = pytest.mark.tensorflow

NIGHT = {"inputs": RIGHT["inputs"], "description": "By night."}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("project")
    write_project(directory)
    return directory


@pytest.fixture(autouse=True)
def _there(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("archive", "doubling_model.py"):
        (tmp_path / name).symlink_to(project / name)


def examples(file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(file).read_text())["endpoints"]["serve"]["examples"]
    return found


def test_examples_without_outputs_get_them(capsys: Any) -> None:
    file = write_spec(Path(), spec_with(examples={"night": NIGHT, "wrong": WRONG}))
    assert main(["record", file, "archive"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"{file}: 1 answer recorded"
    assert examples(file) == {"night": {**NIGHT, "outputs": RIGHT["outputs"]}, "wrong": WRONG}
    assert Path(file).read_text() == specc.dump(specc.load(file))


@pytest.mark.parametrize(
    "source",
    [
        ["archive"],
        ["--model"],
        pytest.param(["--model", "doubling_model:Double"], marks=pytest.mark.long),
    ],
)
def test_an_endpoint_without_examples_gets_two(source: list[str]) -> None:
    file = write_spec(Path(), SPEC)
    assert main(["record", file, *source]) == 0
    found = examples(file)
    assert {name: np.shape(example["inputs"]) for name, example in found.items()} == {
        "batch": (1, 3, 3), "small": (1, 1, 3),
    }  # fmt: skip
    for example in found.values():
        np.testing.assert_array_equal(np.float32(example["inputs"][0]) * 2, np.float32(example["outputs"]))
    before = Path(file).read_bytes()
    assert main(["record", file, "archive", "--check"]) == 0
    assert main(["record", file, "archive"]) == 0
    assert Path(file).read_bytes() == before
    assert main(["verify", file, "archive", "--cases", "0"]) == 0


def test_cases_and_seed() -> None:
    files = [write_spec(Path(), SPEC, f"{name}.specc.json") for name in "abc"]
    for file, options in zip(files, ([], ["--seed", "1"], ["--cases", "4"]), strict=True):
        assert main(["record", file, "archive", *options]) == 0
    assert examples(files[0])["small"] != examples(files[1])["small"]
    assert list(examples(files[2])) == ["batch", "other", "random-1", "small"]
    assert examples(files[2])["small"] == examples(files[0])["small"]
    none = write_spec(Path(), SPEC)
    assert main(["record", none, "archive", "--cases", "0"]) == 0
    assert "examples" not in Path(none).read_text()


def test_large_answers_go_to_files(capsys: Any) -> None:
    rows = [[0.5, 0.25, -0.5]] * 300
    file = write_spec(Path(), spec_with(examples={"large": {"inputs": [rows]}, "night": NIGHT}), "ranker.specc.json")
    assert main(["record", file, "archive"]) == 0
    name = "ranker.examples/serve.large.npz"
    assert capsys.readouterr().err.splitlines()[-1] == f"{file}: 2 answers recorded, 1 file beside it"
    assert examples(file)["large"]["outputs"] == {"file": name}
    assert examples(file)["night"]["outputs"] == RIGHT["outputs"]
    with np.load(name, allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["output_0"], np.float32(rows) * 2)
    assert main(["verify", file, "archive", "--cases", "0"]) == 0
    assert [path.name for path in Path(name).parent.iterdir()] == ["serve.large.npz"]
    assert main(["validate", file]) == 0


def test_a_file_that_an_example_names_is_never_overwritten() -> None:
    Path("a.examples").mkdir()
    inputs = np.full((600, 3), 0.5, np.float32)
    np.savez("a.examples/serve.large.npz", inputs=inputs)
    before = Path("a.examples/serve.large.npz").read_bytes()
    file = write_spec(Path(), spec_with(examples={"large": {"inputs": {"file": "a.examples/serve.large.npz"}}}))
    assert main(["record", file, "archive"]) == 0
    assert Path("a.examples/serve.large.npz").read_bytes() == before
    assert examples(file)["large"] == {
        "inputs": {"file": "a.examples/serve.large.npz"},
        "outputs": {"file": "a.examples/serve.large.outputs.npz"},
    }
    assert main(["verify", file, "archive", "--cases", "0"]) == 0


def test_stale_examples(capsys: Any) -> None:
    refused = {"inputs": RIGHT["inputs"], "error": "no such user"}
    file = write_spec(Path(), spec_with(examples={"right": RIGHT, "wrong": WRONG, "refused": refused, "new": NIGHT}))
    before = Path(file).read_bytes()
    assert main(["record", file, "archive", "--check", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(finding["rule"], finding["path"][-1], finding["location"] is None) for finding in found] == [
        ("stale-example", "refused", False), ("stale-example", "wrong", False),
    ]  # fmt: skip
    assert Path(file).read_bytes() == before


def test_random_answers_are_not_recorded(capsys: Any) -> None:
    data = {**SPEC, "endpoints": {"serve": {**SPEC["endpoints"]["serve"], "function": "noise"}}}
    Path("noisy").mkdir()
    archive = write_project(Path("noisy"), data)
    file = write_spec(Path(), data)
    assert main(["record", file, str(archive), "--cases", "1"]) == 0
    assert "serve, `small`: the answer is not recorded, since a second call gives another" in capsys.readouterr().err
    assert list(examples(file)["small"]) == ["inputs"]
    assert main(["record", file, "--model"]) == 0
    assert list(examples(file)["small"]) == ["inputs"]


def test_nothing_is_written_where_the_ways_disagree(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = ArchiveSession.call

    def crossed(self: Any, call: Any) -> Any:
        answer = sent(self, call)
        if call.way != "signature":
            return answer
        (name, tensor), *_ = answer.outputs.items()
        return replace(answer, outputs={name: replace(tensor, values=bytes(len(tensor.values)))})

    monkeypatch.setattr(ArchiveSession, "call", crossed)
    file = write_spec(Path(), spec_with(examples={"night": NIGHT}))
    before = Path(file).read_bytes()
    assert main(["record", file, "archive", "--quiet"]) == 1
    assert ": error: ways-disagree: the signature answers otherwise" in capsys.readouterr().out
    assert Path(file).read_bytes() == before


def test_nothing_is_written_where_a_way_crashes(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = ArchiveSession.call

    def crashing(self: Any, call: Any) -> Any:
        return Crashed("the process was ended by SIGSEGV") if call.way == "session" else sent(self, call)

    monkeypatch.setattr(ArchiveSession, "call", crashing)
    for examples, more in (({"night": NIGHT}, []), ({"right": RIGHT}, ["--check"])):
        file = write_spec(Path(), spec_with(examples=examples))
        before = Path(file).read_bytes()
        assert main(["record", file, "archive", "--quiet", *more]) == 1
        assert ": error: crashed: " in capsys.readouterr().out
        assert Path(file).read_bytes() == before


def test_a_refused_example_is_an_error_and_a_refused_generated_one_a_note(capsys: Any, tmp_path: Path) -> None:
    endpoint = {"function": "reading", "inputs": ["string[]"], "outputs": "string[]"}
    Path("reading").mkdir()
    archive = write_project(Path("reading"), {**SPEC, "endpoints": {"serve": endpoint}})
    file = write_spec(Path(), {**SPEC, "endpoints": {"serve": endpoint}})
    before = Path(file).read_bytes()
    assert main(["record", file, str(archive), "--quiet"]) == 1
    assert ": error: reaches-out: " in capsys.readouterr().out
    assert Path(file).read_bytes() == before
    assert main(["record", file, str(archive), "--trust"]) == 0
    assert "note: serve gets no example `small`: " in capsys.readouterr().err
    declared = {**endpoint, "examples": {"absent": {"inputs": [str(tmp_path / "absent")]}}}
    file = write_spec(Path(), {**SPEC, "endpoints": {"serve": declared}})
    assert main(["record", file, str(archive), "--trust", "--quiet"]) == 1
    assert ": error: call-failed: " in capsys.readouterr().out


def test_a_spec_that_changed_meanwhile_is_left_alone(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    file = write_spec(Path(), SPEC)
    asked = record.recorded

    def slow(*arguments: Any, **more: Any) -> Any:
        Path(file).write_text("{}")
        return asked(*arguments, **more)

    monkeypatch.setattr(record, "recorded", slow)
    assert main(["record", file, "archive"]) == 3
    assert "has changed since it was read" in capsys.readouterr().err
    assert Path(file).read_text() == "{}"
    assert not Path("a.examples").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.specc.json"], "expected SPEC and ARCHIVE, or SPEC and --model"),
        (["a.specc.json", "archive", "--model"], "expected SPEC and ARCHIVE, or SPEC and --model"),
        (["archive", "archive"], "archive is a directory: expected the spec to write to"),
        (["a.specc.json", "archive", "--endpoint", "srve"], "there is no endpoint 'srve'; did you mean 'serve'?"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, capsys: Any) -> None:
    write_spec(Path(), SPEC)
    assert main(["record", *arguments]) == 2
    assert capsys.readouterr() == ("", f"specc: error: {message}\n")


def test_in_python(project: Path) -> None:
    document = specc.from_json(SPEC)
    recorded = specc.record(document, project / "archive")
    assert specc.record(document, model()) == recorded
    assert set(recorded.endpoints["serve"].examples) == {"small", "batch"}
    assert specc.verify(recorded, project / "archive", cases=0, model=model()).ok
    found = specc.verify(recorded, project / "archive", cases=0, model=model("triple"))
    assert [finding.rule for finding in found.findings] == ["weights-differ"]
    with pytest.raises(specc.SpecError, match="weights-differ"):
        found.raise_for_errors()
