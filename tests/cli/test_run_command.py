"""``specc run``: one call of one endpoint, from an example to its outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from doubling import MODEL, SPEC, spec_with, write_project, write_spec
from foreign_archives import tensorflow_1

from specc.cli import main

pytestmark = pytest.mark.tensorflow

CALL = {"inputs": [[[0.5, 0.25, -0.5]]]}
ENDPOINTS = {
    "serve": SPEC["endpoints"]["serve"],
    "shift": {
        "function": "__call__",
        "inputs": [{"kind": "tensor", "dtype": "float32", "shape": [3], "default": [1, 2, 3]}],
        "outputs": "float32[3]",
    },
    "check": {"function": "__call__", "inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 3]", "postprocess": "doubling_model:checked"},
}  # fmt: skip
CHECKED = """
def checked(y):
    with tf.control_dependencies([tf.debugging.assert_less(y, 5.0, "too large")]):
        return tf.identity(y)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("project")
    write_spec(directory, MODEL + CHECKED, "doubling_model.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(directory))
        write_project(directory, {**SPEC, "endpoints": ENDPOINTS, "default": "serve"}, text=MODEL + CHECKED)
    write_spec(directory, CALL, "call.json")
    return directory


@pytest.fixture(autouse=True)
def _there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)


def test_the_call_and_its_outputs_are_an_example() -> None:
    done = run("run", "archive", "--input", "call.json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"outputs": [[1.0, 0.5, -1.0]]}
    example = {**CALL, **json.loads(done.stdout)}
    spec = write_spec(Path(), spec_with(examples={"one": example}))
    assert main(["validate", spec]) == 0


@pytest.mark.parametrize("way", ["attribute", "signature", "session"])
def test_each_way_and_standard_input(way: str) -> None:
    spec = write_spec(Path(), SPEC)
    given = json.dumps({**CALL, "outputs": "of another call"})
    done = run("run", spec, "archive", "serve", "--way", way, "--input", "-", input=given)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"outputs": [[1.0, 0.5, -1.0]]}), done.stderr


def test_a_default_is_given_for_an_input_that_is_left_out(capsys: Any) -> None:
    Path("empty.json").write_text('{"inputs": []}')
    for way in ("attribute", "signature", "session"):
        assert main(["run", "archive", "shift", "--input", "empty.json", "--way", way]) == 0
        assert json.loads(capsys.readouterr().out) == {"outputs": [2.0, 4.0, 6.0]}


def test_a_refusal(capsys: Any) -> None:
    Path("large.json").write_text('{"inputs": [[[3, 3, 3]]]}')
    assert main(["run", "archive", "check", "--input", "large.json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "endpoints.check: error: call-failed: the attribute refuses the call: " in err
    assert "too large" in err


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"inputs": [[[1, 2]]]}', "large.json:1:13: error: bad-example: "),
        ('{"inputs": []}', "large.json:1:2: error: bad-example: the argument 'inputs' is missing"),
        ('{"input": []}', 'large.json:1:1: error: bad-example: the input is not a call: expected {"inputs": [...]}'),
        ("[]", "large.json:1:1: error: bad-example: "),
        ('{"inputs": [], "output": 1}', "large.json:1:16: error: unknown-key: a call has no key 'output'"),
        ('{"inputs": [', "large.json:1:"),
        ('{"inputs": [{"file": "absent.npy"}]}', "large.json:1:"),
    ],
)
def test_a_call_that_does_not_fit_is_found_before_anything_runs(text: str, found: str, capsys: Any) -> None:
    Path("large.json").write_text(text)
    assert main(["run", "archive", "--input", "large.json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(found), err
    assert "loading" not in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["archive", "srve"], 2, "there is no endpoint 'srve'; did you mean 'serve'?"),
        (["a", "b", "c", "d"], 2, "expected at most a SPEC, an ARCHIVE and an ENDPOINT"),
        (["archive", "--input", "absent.json"], 3, "cannot read absent.json: there is no such file"),
        (["absent"], 3, "cannot read absent: there is no such directory"),
    ],
)  # fmt: skip
def test_wrong_usage(arguments: list[str], code: int, message: str, capsys: Any) -> None:
    assert main(["run", *arguments]) == code
    assert capsys.readouterr() == ("", f"specc: error: {message}\n")


def test_an_archive_of_tensorflow_1_has_signatures_only(tmp_path: Path, capsys: Any) -> None:
    tensorflow_1(str(tmp_path / "old"))
    (tmp_path / "call.json").write_text('{"inputs": [["a", "b"]]}')
    assert main(["run", str(tmp_path / "old"), "cls", "--input", str(tmp_path / "call.json")]) == 0
    assert json.loads(capsys.readouterr().out) == {"outputs": {"classes": ["a"]}}
    assert (
        main(["run", str(tmp_path / "old"), "cls", "--input", str(tmp_path / "call.json"), "--way", "attribute"]) == 2
    )
    assert "the archive has no attribute for the endpoint 'cls'" in capsys.readouterr().err
