"""``specc build`` on a terminal: a live line while it works, and in the end the lines that a pipe gets."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from command_line import GOOD, run
from terminal import frames, run_on_terminal, screen

pytestmark = pytest.mark.tensorflow

MODEL = """
import time
import tensorflow as tf

save = tf.raw_ops.SaveV2

def save_slowly(**arguments):
    save(**arguments)
    time.sleep(0.7)

tf.raw_ops.SaveV2 = save_slowly  # a fast disk is done before the line is drawn

class Large(tf.Module):
    def __init__(self):
        self.v = tf.Variable(tf.zeros((5_000_000,)))

    def __call__(self, x):
        time.sleep(0.5)
        return x + self.v[0]
"""


@pytest.fixture(autouse=True)
def _model(tmp_path: Path) -> None:
    (tmp_path / "large.py").write_text(MODEL)
    for name in ("a", "b"):
        (tmp_path / f"{name}.specc.json").write_text(json.dumps({**GOOD, "model": "large:Large"}))


def test_the_screen_shows_what_a_pipe_gets_and_the_work_live(tmp_path: Path) -> None:
    piped = run("build", "a.specc.json", "--out", "piped", cwd=tmp_path)
    code, out, written = run_on_terminal("build", "a.specc.json", "--out", "archive", "--verify", cwd=tmp_path)
    assert (code, piped.returncode) == (0, 0), written
    assert "\r" not in piped.stderr + out
    assert "\x1b" not in piped.stderr + out
    shown = [re.sub(r"\d+\.\d s", "N s", line) for line in screen(written)]
    lines = piped.stderr.splitlines()
    verified = ["verifying", next(line for line in shown if line.startswith("verified: "))]
    assert shown == [*lines[:-1], *verified, lines[-1], ""]
    drawn = frames(written)
    seconds = [float(found[1]) for frame in drawn if (found := re.fullmatch(r"tracing 1 endpoint  (\d+\.\d) s", frame))]
    assert len(seconds) > 1
    assert seconds == sorted(seconds)
    assert seconds[-1] >= 0.2
    sizes = [
        found[1]
        for frame in drawn
        if (found := re.match(r"writing 1 variable  .* s  ([\d.]+) MB  [\d,]+ MB/s$", frame))
    ]
    assert 20 <= float(sizes[-1]) < 21


def test_several_files_each_have_their_name_before_the_stage(tmp_path: Path) -> None:
    files: Any = ["a.specc.json", "b.specc.json"]
    code, _, written = run_on_terminal("build", *files, "--out", "both", columns=60, cwd=tmp_path)
    assert code == 0, written
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == ["a", "b"]
    for name in files:
        assert any(
            frame.startswith(f"{name}: writing 1 variable  ") and frame.endswith(" MB/s") for frame in frames(written)
        )
    assert screen(written)[-1] == ""
    assert all(len(frame) < 60 for frame in frames(written))
    assert not any(line.startswith(tuple(files)) for line in screen(written))


def test_an_error_comes_after_the_stage(tmp_path: Path) -> None:
    (tmp_path / "large.py").write_text("raise ValueError('no')")
    code, out, written = run_on_terminal("build", "a.specc.json", "--out", "archive", cwd=tmp_path, NO_COLOR="1")
    assert code == 1
    assert screen(written) == ["importing TensorFlow", "loading large:Large", ""]
    assert "error: import-failed" in out
