"""The demo, as ``make demo`` runs it."""

import copy
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from example_archives import EXAMPLES

import specc

pytestmark = pytest.mark.tensorflow

DEMO = EXAMPLES / "demo.py"
SCORES = r"(city lights|golden hour|a film nobody knows) +(0\.\d{6}) +\2 +\2 +\2"


def run_demo(out: Path) -> Any:
    command = [sys.executable, str(DEMO), "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(DEMO.parents[1])}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=out.parent, env=environment)


def test_the_demo_tells_its_story_and_ends_well(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    (out / "7").mkdir(parents=True)
    finished = run_demo(out)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == ["7", "8"]
    lines = finished.stdout.replace(str(out), "build/demo").splitlines()
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 120
    assert "\033" not in finished.stdout
    assert len(re.findall(SCORES, finished.stdout)) == 3
    assert re.search(r"^   2 endpoints, \d+ calls, 0 errors, ", "\n".join(lines[-4:]), re.MULTILINE)
    assert len(re.findall(r" 1\+8 +ok +ok +ok ", finished.stdout)) == 2
    assert lines[-1].startswith("The archive is what the spec says, and gives the model's numbers. ")


@pytest.mark.parametrize(
    ("found", "difference"),
    [
        ({"score": {"a": [1.0, 2.0], "b": [[3.0]]}}, 0.0),
        ({"score": {"a": [1.0, 2.5], "b": [[3.25]]}}, 0.5),
        ({"score": {"a": [1.0, np.nan], "b": [[3.0]]}}, np.inf),
        ({"score": {"a": [1.0], "b": [[3.0]]}}, np.inf),
        ({"score": {"a": [1.0, 2.0]}}, np.inf),
        ({}, np.inf),
    ],
    ids=["equal", "different", "NaN", "another shape", "a missing name", "a missing endpoint"],
)
def test_a_difference_does_not_go_unseen(found: Any, difference: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from demo import largest_difference

    def arrays(answers: Any) -> Any:
        return {name: {key: np.array(value) for key, value in parts.items()} for name, parts in answers.items()}

    expected = arrays({"score": {"a": [1.0, 2.0], "b": [[3.0]]}})
    assert largest_difference(expected, arrays(found)) == difference


@pytest.mark.parametrize(("spoilt_by", "good"), [(0, True), (1e-8, True), (1e-3, False)])
@pytest.mark.parametrize("surface", ["revived", "signature", "session"])
def test_a_spoilt_answer_fails_the_demo(
    surface: str, spoilt_by: float, good: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import demo

    score, parts, embedding = np.full([1, 1], 0.5), [np.ones([1]), np.ones([1])], np.ones([1, 16])
    flat = {"score": {"parts_0": parts[0], "parts_1": parts[1], "score": score}, "embed_user": {"embedding": embedding}}
    nested = {"score": {"score": score, "parts": parts}, "embed_user": {"embedding": embedding}}
    answers = copy.deepcopy({"revived": nested, "signature": flat, "session": flat})
    answers[surface]["embed_user"]["embedding"][0, 7] += spoilt_by
    monkeypatch.setattr(demo, "run", lambda *command: pickle.dumps((answers, 0.1)))
    requests = {"score": (None, {"item_title": np.array([b"a title"], object)})}
    program = specc.compile(specc.load(demo.SPEC))
    assert demo.revive(demo.Story(), demo.Built(tmp_path, program, requests, flat)) is good
