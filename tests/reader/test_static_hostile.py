"""Damaged and hostile archives end in findings or in a clear error, in bounded time; TensorFlow is not needed."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from synthetic_archive import FLOAT, example, graph_of, info, meta_graph, saved_model, signature, written

from specc.errors import ArchiveError
from specc.reader import inspect, saved_graph
from specc.reader.conformance.notable_ops import CHECKPOINT_OPS, FILE_OPS, NAMED_FILE_OPS, NETWORK_OPS, PYTHON_OPS
from specc.reader.conformance.static_checks import static_findings
from specc.reader.custom_ops import core_ops

ELSEWHERE = {"BigQueryReader", "RemotePredict", "Rpc", "TfServing>RemotePredict", "TryRpc"}
"""Ops of add-ons and of TensorFlow 1."""


def test_every_op_is_one_of_tensorflows() -> None:
    assert (FILE_OPS | NETWORK_OPS | PYTHON_OPS | NAMED_FILE_OPS | CHECKPOINT_OPS) - core_ops() == ELSEWHERE


def test_random_damage_ends_in_findings_or_a_clear_error(tmp_path: Path) -> None:
    content = example()
    document = inspect(written(tmp_path, content)).model_copy(update={"description": "compared"})
    draw, refused = random.Random(3), 0
    for _ in range(400):
        damaged = bytearray(content)
        for _ in range(draw.randrange(1, 5)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        try:
            static_findings(document, written(tmp_path, bytes(damaged)))
        except ArchiveError:
            refused += 1
    assert 50 < refused < 400


def test_functions_that_call_one_another_without_end_are_followed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"f{number}" for number in range(50)]
    graph = graph_of(["ReadFile", *names], {name: [*names, "ReadFile"] for name in names})
    same = signature({"x": info(FLOAT, 2)}, {"y": info(FLOAT, 2)})
    path = written(tmp_path, saved_model(meta_graph({"serving_default": same}, graph_def=graph)))
    (found,) = static_findings(inspect(path), path)
    assert (found.rule, found.path) == ("reaches-out", ("endpoints", "serving_default"))
    monkeypatch.setattr(saved_graph, "MAX_STEPS", 1000)
    with pytest.raises(ArchiveError, match="takes more than 1,000 steps"):
        static_findings(inspect(path), path)


def test_no_tensorflow_is_imported(tmp_path: Path) -> None:
    written(tmp_path, example())
    code = """\
import sys
from pathlib import Path
from specc.reader import inspect
from specc.reader.conformance.static_checks import static_findings
path = Path(sys.argv[1])
print([str(each) for each in static_findings(inspect(path), path)])
print(sorted({"tensorflow", "keras", "numpy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "[]"]
