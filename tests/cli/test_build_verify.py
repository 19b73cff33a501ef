"""``specc build --verify``: an archive is published only if it answers as the model in memory and the examples say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from doubling import MODEL, RIGHT, SPEC, WRONG, spec_with, write_spec

pytestmark = pytest.mark.tensorflow

HABIT = "[tool.specc]\nverify = true\n"


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("doubling_model.py").write_text(MODEL)


def test_a_sound_archive_is_published() -> None:
    file = write_spec(Path(), spec_with(examples={"right": RIGHT}))
    built = run("build", file, "--out", "archive", "--verify")
    assert built.returncode == 0, built.stdout + built.stderr
    lines = built.stderr.splitlines()
    assert [line.split()[0] for line in lines] == [
        "importing", "loading", "tracing", "writing", "sealing", "verifying", "verified:", "flushing",
    ]  # fmt: skip
    assert lines[-2].startswith("verified: 1 endpoint, ")
    assert Path("archive", "saved_model.pb").is_file()


@pytest.mark.parametrize(("option", "code"), [([], 1), (["--no-verify"], 0)])
def test_an_example_that_fails_and_a_habit(option: list[str], code: int) -> None:
    Path("pyproject.toml").write_text(HABIT)
    file = write_spec(Path(), spec_with(examples={"wrong": WRONG}))
    built = run("build", file, "--out", "archive", "--format", "json", *option)
    assert built.returncode == code, built.stdout + built.stderr
    assert Path("archive").exists() is (code == 0)
    if code:
        (finding,) = json.loads(built.stdout)["findings"]
        assert (finding["rule"], finding["path"]) == ("answer-differs", ["endpoints", "serve", "outputs"])
        assert finding["location"]["line"] > 1
        assert [path.name for path in Path().iterdir() if path.name.startswith(".")] == []


def test_an_archive_that_is_not_what_the_model_answers() -> None:
    """The saved function knows a number that Python changes afterwards, so only running it tells."""
    Path("doubling_model.py").write_text(
        "import tensorflow as tf\n"
        "class Double(tf.Module):\n"
        "    factor = 2.0\n"
        "    def __call__(self, x):\n"
        "        y = x * self.factor\n"
        "        self.factor = 3.0\n"
        "        return y\n"
    )
    built = run("build", write_spec(Path(), SPEC), "--out", "archive", "--verify")
    assert built.returncode == 1, built.stdout + built.stderr
    assert (
        "answer-differs: the answer of the attribute, the signature and the session differs from the model"
        in built.stdout
    )
    assert "elements differ; the first is" in built.stdout
    assert not Path("archive").exists()


def test_several_and_merged_archives() -> None:
    first = write_spec(Path(), spec_with(examples={"right": RIGHT}))
    second = write_spec(Path(), {**spec_with(), "mode": "eval"}, "b.specc.json")
    built = run("build", first, second, "--out", "several", "--verify")
    assert built.returncode == 0, built.stdout + built.stderr
    assert built.stderr.count("verified: ") == 2
    merged = run("build", first, second, "--out", "merged", "--merged", "--verify")
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert merged.stderr.count("verified: ") == 2
    third = write_spec(Path(), spec_with(examples={"wrong": WRONG}), "c.specc.json")
    merged = run("build", third, second, "--out", "wrong", "--merged", "--verify", "--quiet")
    assert merged.returncode == 1, merged.stdout + merged.stderr
    assert merged.stdout.startswith(f"{third}:")
    assert not Path("wrong").exists()


def test_the_habit_is_true_or_false(capsys: Any) -> None:
    Path("pyproject.toml").write_text('[tool.specc]\nverify = "yes"\n')
    built = run("build", write_spec(Path(), SPEC), "--out", "archive")
    assert (built.returncode, built.stdout) == (2, "")
    assert built.stderr.endswith("[tool.specc]: verify must be true or false, not 'yes'\n")


def test_one_of_both_options(capsys: Any) -> None:
    assert run("build", "a.specc.json", "--out", "archive", "--verify", "--no-verify").returncode == 2


def test_warm_up_requests_are_run_and_added() -> None:
    file = write_spec(Path(), spec_with(examples={"right": RIGHT}))
    built = run("build", file, "--out", "archive", "--warmup")
    assert built.returncode == 0, built.stdout + built.stderr
    assert "verified: 1 endpoint, " in built.stderr
    assert run("emit", "warmup", file, "--out", "requests").returncode == 0
    added = Path("archive", "assets.extra", "tf_serving_warmup_requests")
    assert added.read_bytes() == Path("requests").read_bytes()


@pytest.mark.parametrize(
    ("examples", "rule"),
    [({"refused": {"inputs": [[1.0] * 5]}}, "bad-example"), ({}, "no-examples"), ({"wrong": WRONG}, "answer-differs")],
)
def test_warm_up_requests_that_a_server_would_not_answer(examples: dict[str, Any], rule: str) -> None:
    file = write_spec(Path(), spec_with(examples=examples))
    built = run("build", file, "--out", "archive", "--warmup", "--format", "json")
    assert built.returncode == 1, built.stdout + built.stderr
    assert rule in {finding["rule"] for finding in json.loads(built.stdout)["findings"]}
    assert not Path("archive").exists()
