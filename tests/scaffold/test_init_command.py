"""``specc init`` as a user runs it: what it prints and writes, and its exit codes."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import keras
import pytest
from inferred_archives import exported

pytestmark = pytest.mark.tensorflow

WITHOUT_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = sys.modules["keras"] = sys.modules["numpy"] = None  # importing them raises
from specc.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "specc", *arguments], capture_output=True, text=True, check=False, cwd=cwd
    )


def test_an_archive_is_described_without_tensorflow_by_a_path_relative_to_the_spec(tmp_path: Path) -> None:
    exported(tmp_path / "doubling" / "7")
    (tmp_path / "specs").mkdir()
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, "init", "doubling/7", "--out", "specs/first.specc.json"]
    described = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (described.returncode, described.stdout, described.stderr.splitlines()) == (
        0,
        "",
        [
            "guess: model: the archive itself, since the contract does not name a model; prefer the code that makes the model",
            "wrote specs/first.specc.json; check it with: specc validate specs/first.specc.json",
        ],
    )
    data = json.loads((tmp_path / "specs" / "first.specc.json").read_text())
    assert (data["name"], data["model"]) == ("doubling", "../doubling/7/")
    built = run("build", "specs/first.specc.json", "--out", "new", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    again = run("init", "doubling/7", "--out", "specs/first.specc.json", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (3, "")
    assert again.stderr == (
        "specc: error: specs/first.specc.json exists and is not overwritten; choose another file, or remove it first\n"
    )


MODELS = """
import keras

def build():
    return keras.Sequential([keras.Input((None, 4), name="sequence"), keras.layers.LSTM(3, name="state")])

def unbuilt():
    return keras.Sequential([keras.layers.Dense(3)])
"""


def test_a_model_is_described_validated_and_built(tmp_path: Path) -> None:
    (tmp_path / "tides.py").write_text(MODELS)
    described = run("init", "tides:build", cwd=tmp_path)
    assert described.returncode == 0, described.stderr
    assert json.loads(described.stdout) == {
        "specc": 1,
        "name": "tides",
        "model": "tides:build",
        "dims": {"batch": {}, "time": {}},
        "endpoints": {
            "serve": {
                "kwargs": {"training": False},
                "arguments": ["sequence"],
                "inputs": ["float32[batch, time, 4]"],
                "outputs": {"kind": "tensor", "dtype": "float32", "shape": ["batch", 3], "name": "state"},
            }
        },
    }
    assert [line for line in described.stderr.splitlines() if line.startswith("guess: ")] == [
        "guess: dims.time: axis 1 of 'sequence'; check its name; add bounds if there are any"
    ]
    (tmp_path / "tides.specc.json").write_text(described.stdout)
    assert run("validate", "tides.specc.json", cwd=tmp_path).returncode == 0
    built = run("build", "tides.specc.json", "--out", "archive", cwd=tmp_path)
    assert built.returncode == 0, built.stderr


def test_the_path_of_a_keras_file_is_relative_to_the_spec(tmp_path: Path) -> None:
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Dense(2)(inputs)).save(tmp_path / "dense.keras")
    (tmp_path / "specs").mkdir()
    described = run("init", "../dense.keras", "--out", "d.specc.json", "--name", "small", cwd=tmp_path / "specs")
    assert described.returncode == 0, described.stderr
    data = json.loads((tmp_path / "specs" / "d.specc.json").read_text())
    assert (data["name"], data["model"]) == ("small", "../dense.keras")
    assert os.listdir(tmp_path / "specs") == ["d.specc.json"]  # noqa: PTH208
    built = run("build", "specs/d.specc.json", "--out", "archive", cwd=tmp_path)
    assert built.returncode == 0, built.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["tides:nothing", "-q"], 1, "tides:nothing: model: error: import-failed: 'tides' (a module) has no attribute 'nothing'\n"),
        (
            ["tides:unbuilt", "-q"],
            1,
            "tides:unbuilt: model: error: bad-model: the inputs of the model cannot be determined: it is not built; call it once where "
            "it is created, preferably on keras.Input tensors\n",
        ),
        (["custom.keras", "-q"], 1, "custom.keras: model: error: bad-model: cannot load 'custom.keras': 'Custom' is not registered; save the model again"),
        (["absent.keras"], 3, "specc: error: cannot read absent.keras: there is no such file\n"),
        (
            ["tides.py"],
            3,
            "specc: error: cannot read tides.py: it is not a .keras or .h5 file; expected module:attribute, a .keras or .h5 file or the "
            "directory of a SavedModel\n",
        ),
        (["."], 3, "specc: error: . is not a SavedModel: it has no saved_model.pb\n"),
        (["tides:build", "--out", "no/spec.json"], 3, "specc: error: cannot write no/spec.json: there is no directory no\n"),
        ([], 2, "the following arguments are required: MODEL"),
    ],
)  # fmt: skip
def test_exit_codes(arguments: list[str], code: int, message: str, tmp_path: Path) -> None:
    (tmp_path / "tides.py").write_text(MODELS)
    if "custom.keras" in arguments:
        custom = type("Custom", (keras.layers.Layer,), {"call": lambda self, x: x})
        keras.Sequential([keras.Input((3,)), custom()]).save(tmp_path / "custom.keras")
    finished = run("init", *arguments, cwd=tmp_path)
    assert finished.returncode == code
    assert message in (finished.stdout if code == 1 else finished.stderr)
    assert finished.stdout.count("\n") == (1 if code == 1 else 0)
    assert "Traceback" not in finished.stderr


def test_each_warning_of_validate_is_a_guess(tmp_path: Path) -> None:
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Dense(2)(inputs)).export(tmp_path / "exported", verbose=False)
    described = run("init", "exported", "--out", "a.specc.json", cwd=tmp_path)
    assert described.returncode == 0, described.stderr
    assert "warning: generated-name" in run("validate", "a.specc.json", cwd=tmp_path).stdout
    guesses = [
        line for line in described.stderr.splitlines() if line.startswith("guess: endpoints.serve.arguments[0]: ")
    ]
    assert len(guesses) == 1
    assert "meaningful name" in guesses[0]


def test_what_a_model_prints_is_not_in_the_spec(tmp_path: Path) -> None:
    code = """
    import tensorflow as tf

    def loud(x):
        print("traced")
        return x

    print("imported")
    echo = tf.function(loud, input_signature=[tf.TensorSpec([None, 2])])
    """
    (tmp_path / "noisy.py").write_text(textwrap.dedent(code))
    described = run("init", "noisy:echo", cwd=tmp_path)
    assert json.loads(described.stdout)["name"] == "echo"
    assert {"imported", "traced"} <= set(described.stderr.splitlines())
