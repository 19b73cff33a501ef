"""``specc build`` as a user runs it: its targets, its messages and its exit codes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import GOOD, run

pytestmark = pytest.mark.tensorflow

MODEL = """
import tensorflow as tf

class Double(tf.Module):
    def __call__(self, x):
        return x * 2.0

model = Double()
number = 3
raises = lambda: 1 / 0

class Gamma(Double):
    def gamma(self, x):
        return tf.math.lgamma(x)
"""


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name != "__pycache__")


@pytest.fixture(autouse=True)
def _modules(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "doubling.py").write_text(MODEL)
    (tmp_path / "broken_module.py").write_text("import nothing_like_this")
    (tmp_path / "leaving.py").write_text("raise SystemExit(0)")
    (tmp_path / "broken.keras").write_text("no zip file")
    monkeypatch.chdir(tmp_path)


def test_build_inspect_and_build_again(spec: Any, tmp_path: Path) -> None:
    file = spec({**GOOD, "model": "doubling:Double"})
    built = run("build", file, "--out", "archive")
    assert built.returncode == 0, built.stderr
    assert [line.split()[0] for line in built.stderr.splitlines()] == [
        "importing", "loading", "tracing", "writing", "sealing", "flushing",
    ]  # fmt: skip
    lines = built.stdout.splitlines()
    assert lines[:3] == ["endpoint  inputs  outputs", "serve *   inputs  output_0", "* also serving_default"]
    assert lines[4] == "INCLUDED for predict: serve, serving_default"
    assert lines[6].startswith("archive: ")
    total, stages = re.fullmatch(r"archive: .*, ([\d.]+) s \((.*)\)", lines[6]).groups()  # type: ignore[union-attr]
    seconds = {stage: float(spent) for stage, spent in (part.split() for part in stages.split(", "))}
    assert list(seconds) == ["import", "load", "trace", "write", "seal", "publish"]
    assert abs(sum(seconds.values()) - float(total)) <= 0.005 * (len(seconds) + 1) + 1e-9
    assert seconds["import"] > 0.1
    inspected = run("inspect", "archive", "--json")
    assert (inspected.returncode, inspected.stderr) == (0, "")
    assert json.loads(inspected.stdout) == {**GOOD, "model": "doubling:Double"}
    again = run("build", file, "--out", "archive")
    assert again.returncode == 3
    assert again.stdout == ""
    assert again.stderr.splitlines()[-1] == (
        "specc: error: archive is not empty; choose another target, or remove it first; specc never overwrites an "
        "archive"
    )


def test_a_spec_may_be_in_any_directory(spec: Any, tmp_path: Path) -> None:
    file = spec(GOOD)
    built = run("build", file, "--out", str(tmp_path / "out"), "--model", "doubling:model", cwd="/")
    assert built.returncode == 0, built.stderr


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("nothing_here:m", "import-failed: cannot import 'nothing_here': No module named 'nothing_here'; run from the directory that holds it, or install it"),
        ("broken_module:m", "import-failed: cannot import 'broken_module': No module named 'nothing_like_this'"),
        ("doubling:tff", "import-failed: 'doubling' (a module) has no attribute 'tff'"),
        ("doubling:Doubel", "import-failed: 'doubling' (a module) has no attribute 'Doubel'; did you mean 'Double'?"),
        ("doubling:number", "bad-model: doubling:number is an int, which is not a model; a model is a Keras model or layer, a tf.Module, a tf.function, or a callable that returns one"),
        ("doubling:raises", "bad-model: doubling:raises() failed: ZeroDivisionError: division by zero; raised in doubling.py, line 10, in <lambda>"),
        ("leaving:m", "import-failed: importing 'leaving' failed: it called sys.exit(0); raised in leaving.py, line 1, in <module>"),
        ("./m.py:build", "bad-path: './m.py:build' is not module:attribute, a .keras or .h5 file or, with a slash at its end, a SavedModel's directory; for example 'ranker.model:build'"),
        ("broken.keras", "bad-model: cannot load 'broken.keras': it is not a zip file, which a .keras file must be; it may be truncated; save the model again with model.save()"),
    ],
)  # fmt: skip
def test_models_that_cannot_be_loaded(model: str, message: str, spec: Any, tmp_path: Path) -> None:
    file = spec(GOOD)
    before = names(tmp_path)
    built = run("build", file, "--out", "archive", "--model", model, "--quiet")
    assert built.returncode == 1
    assert built.stdout.replace(f"{tmp_path}/", "") == f"--model: error: {message}\n"
    assert "Traceback" not in built.stderr
    assert names(tmp_path) == before


def test_a_finding_of_a_build_has_its_place_in_the_spec(spec: Any, tmp_path: Path) -> None:
    text = json.dumps({**GOOD, "model": "doubling:Doubel"}, indent=2)
    built = run("build", spec(text), "--out", "archive", "--quiet")
    assert (built.returncode, built.stderr) == (1, "")
    assert built.stdout.replace(f"{tmp_path}/", "") == (
        "a.specc.json:14:12: error: import-failed: 'doubling' (a module) has no attribute 'Doubel'; "
        "did you mean 'Double'?\n"
    )
    text = json.dumps({**GOOD, "model": "doubling:Double"}, indent=2).replace(
        ': "float32[batch, 3]"', ': "float32[batch, 4]"'
    )
    built = run("build", spec(text), "--out", "archive", "--format", "json")
    assert built.returncode == 1
    (finding,) = json.loads(built.stdout)["findings"]
    assert (finding["rule"], finding["location"]["line"]) == ("output-conflict", 11)


def test_a_model_file_that_is_missing(spec: Any) -> None:
    built = run("build", spec(GOOD), "--out", "archive", "--model", "absent.keras")
    assert (built.returncode, built.stdout) == (3, "")
    assert built.stderr.endswith("absent.keras: there is no such file\n")


def test_a_remote_target_is_refused_before_it_becomes_a_directory(spec: Any, tmp_path: Path) -> None:
    file = spec({**GOOD, "model": "doubling:Double"})
    before = names(tmp_path)
    built = run("build", file, "--out", "gs://bucket/model")
    assert built.returncode == 3
    assert built.stderr.splitlines()[-1] == (
        "specc: error: gs://bucket/model needs the package of its protocol; install it with: pip install gcsfs"
    )
    assert names(tmp_path) == before


def test_versions_digests_and_misuse(spec: Any, tmp_path: Path) -> None:
    file = spec({**GOOD, "model": "doubling:Double"})
    for _ in range(3):
        built = run("build", file, "--base", "models", "--keep", "2")
        assert built.returncode == 0, built.stderr
    assert names(tmp_path / "models") == ["2", "3"]
    assert run("build", file, "--base", "models", "--version", "3").returncode == 3
    digests = run("digest", "models/2", "models/3")
    first, second = (line.split() for line in digests.stdout.splitlines())
    assert (first[0], first[1], second[1]) == (second[0], "models/2", "models/3")
    refused = run("digest", "models")
    assert (refused.returncode, refused.stdout) == (3, "")
    for arguments in (
        ["--out", "x", "--keep", "2"],
        ["--base", "x", "--version", "new"],
        ["--base", "x", "--out", "y"],
        ["--base", ""],
        ["--out", ""],
    ):
        assert run("build", file, *arguments).returncode == 2


def test_several_files_and_a_merged_archive(spec: Any, tmp_path: Path) -> None:
    file = spec({**GOOD, "model": "doubling:Double"})
    other = tmp_path / "other.specc.json"
    other.write_text(json.dumps({**GOOD, "model": "doubling:Double", "mode": "eval"}))
    built = run("build", file, str(other), "--out", "archives")
    assert built.returncode == 0, built.stderr
    assert names(tmp_path / "archives") == ["a", "other"]
    merged = run("build", file, str(other), "--merged", "--out", "merged")
    assert merged.returncode == 0, merged.stderr
    assert "2 MetaGraphs" in merged.stdout


def test_the_checks_of_converters_read_each_mode_of_a_merged_archive(spec: Any) -> None:
    first = {**GOOD, "model": "doubling:Gamma"}
    second = {**first, "mode": "eval", "targets": ["onnx"]}
    second["endpoints"] = {"serve": {**GOOD["endpoints"]["serve"], "function": "gamma"}}
    files = spec(first), spec(second, "b.specc.json")
    merged = run("build", *files, "--merged", "--out", "merged")
    assert merged.returncode == 0, merged.stderr
    found = [line for line in merged.stdout.splitlines() if "onnx-op" in line]
    assert len(found) == 1
    assert found[0].startswith(f"{files[1]}:")
    assert "Lgamma" in found[0]


def test_the_module_beside_the_spec_comes_first(spec: Any, tmp_path: Path) -> None:
    file = spec({**GOOD, "model": "doubling:Double"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "doubling.py").write_text("raise RuntimeError('the wrong module')")
    assert run("build", file, "--out", str(tmp_path / "out"), cwd=elsewhere).returncode == 0


def test_an_unknown_backend(spec: Any) -> None:
    file = spec({**GOOD, "model": "doubling:Double"})
    built = run("build", file, "--out", "archive", env={**os.environ, "KERAS_BACKEND": "foo"})
    assert (built.returncode, built.stdout) == (3, "")
    assert built.stderr.splitlines()[-1].startswith(
        "specc: error: TensorFlow and Keras cannot be imported (KERAS_BACKEND is foo): ValueError: "
    )


def test_a_spec_without_a_model(spec: Any, tmp_path: Path) -> None:
    built = run("build", spec(GOOD), "--out", "archive")
    assert built.returncode == 1
    assert built.stdout.replace(f"{tmp_path}/", "") == (
        "a.specc.json: error: missing-model: the spec names no model\n"
        '  hint: add "model": "module:attribute" to it, or give --model\n'
    )


def test_a_target_that_cannot_be_written(spec: Any) -> None:
    file = spec({**GOOD, "model": "doubling:Double"})
    built = run("build", file, "--out", "/proc/archive")
    assert built.returncode == 3
    assert built.stderr.splitlines()[-1].startswith("specc: error: cannot write /proc/archive")
    assert "Traceback" not in built.stderr


def test_build_without_keras_names_what_to_install(spec: Any, tmp_path: Path) -> None:
    program = "import sys; sys.modules['keras'] = None; from specc.cli import main; sys.exit(main(sys.argv[1:]))"
    hidden = "import importlib.util as u; f = u.find_spec; u.find_spec = lambda n: None if n == 'keras' else f(n); "
    command = [
        sys.executable,
        "-c",
        hidden + program,
        "build",
        spec(GOOD),
        "--out",
        str(tmp_path / "o"),
        "--model",
        "m:m",
    ]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 3
    assert finished.stderr.splitlines()[-1] == (
        "specc: error: build needs Keras; install with: pip install tensorflow keras"
    )


@pytest.mark.parametrize("merged", [(), ("--merged",)])
def test_a_full_standard_output_after_publishing(merged: tuple[str, ...], spec: Any, tmp_path: Path) -> None:
    file = spec({**GOOD, "model": "doubling:Double"})
    command = [sys.executable, "-m", "specc", "build", file, "--out", "archive", *merged]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    said = "specc: error: cannot write to standard output: No space left on device; the archive is published as archive"
    assert done.stderr.splitlines()[-1] == said
    assert (tmp_path / "archive" / "saved_model.pb").exists()


def test_a_full_standard_error_changes_nothing(spec: Any) -> None:
    file = spec({**GOOD, "model": "doubling:Double"})
    command = [sys.executable, "-m", "specc", "build", file, "--out", "archive"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("archive: ")


def test_a_model_that_raises_anything_is_a_finding(spec: Any, tmp_path: Path) -> None:
    (tmp_path / "stopping.py").write_text("def model():\n    raise GeneratorExit('stop')\n")
    for target, rule in (("stopping:model", "bad-model"), ("leaving:x", "import-failed")):
        done = run("build", spec({**GOOD, "model": target}), "--out", "archive")
        assert done.returncode == 1
        assert f"error: {rule}: " in done.stdout
        assert "Traceback" not in done.stderr
