"""A model has the same bytes in every export: in any process, in any order, again, and among others."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
import varied_exports
from varied_exports import document

import specc
from specc.reader.digest import archive_digest

pytestmark = pytest.mark.tensorflow

MODULE = """
import keras, numpy as np
FACTOR = float(np.random.rand())  # a weight that is made when the module is imported

def build():
    words = keras.Input((), dtype="string")
    found = keras.layers.Embedding(4, 2)(keras.layers.StringLookup(vocabulary=["ant", "bee"])(words))
    return keras.Model(words, keras.layers.Dense(2, activation="swish")(found) * FACTOR)
"""
SPEC = {
    "specc": 1,
    "name": "words",
    "model": "words:build",
    "dims": {"batch": {}},
    "endpoints": {"serve": {"inputs": ["string[batch]"], "outputs": "float32[batch, 2]"}},
}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The digests of all exports from another process, in which they are made in the opposite order."""
    directory = tmp_path_factory.mktemp("elsewhere")
    names = list(varied_exports.EXPORTS)[::-1]
    command = [sys.executable, varied_exports.__file__, str(directory), *names]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return directory, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", varied_exports.EXPORTS)
def test_the_bytes_are_the_same_twice_from_one_model_anew_and_in_another_process(
    name: str, elsewhere: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    directory, theirs = elsewhere
    export = varied_exports.make(name, directory)
    for index in range(2):
        export(tmp_path / str(index))
    varied_exports.make(name, directory)(tmp_path / "anew")
    digests = {path.name: archive_digest(path) for path in tmp_path.iterdir()}
    assert digests == dict.fromkeys(("0", "1", "anew"), theirs[name])


@pytest.mark.parametrize("name", varied_exports.EXPORTS)
def test_every_function_and_gradient_has_a_number_that_no_process_counts_to(
    name: str, elsewhere: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    varied_exports.make(name, elsewhere[0])(tmp_path / "archive")
    library = varied_exports.graph_of(tmp_path / "archive").graph_def.library
    names = [function.signature.name for function in library.function]
    assert all(re.fullmatch(r".+_[1-9]\d{8}", each) for each in names)
    assert names == sorted(set(names))
    tags = {
        node.attr["_gradient_op_type"].s.decode()
        for function in library.function
        for node in function.node_def
        if "_gradient_op_type" in node.attr
    }
    assert all(re.fullmatch(r"[A-Za-z]+-[1-9]\d{8}", tag) for tag in tags)
    if name != "aliased":  # which drops its gradients
        assert {gradient.registered_op_type for gradient in library.registered_gradients} <= tags
    held = {gradient.gradient_func for gradient in library.registered_gradients}
    assert held <= set(names)


def spec_files(directory: Path, names: str) -> list[str]:
    (directory / "words.py").write_text(MODULE)
    for name in names:
        (directory / f"{name}.specc.json").write_text(json.dumps(SPEC))
    return [f"{name}.specc.json" for name in names]


def specc_build(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "specc", "build", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


def test_a_spec_built_alone_and_among_others_and_through_python_is_one_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = spec_files(tmp_path, "abc")
    alone = specc_build(tmp_path, files[0], "--out", "alone")
    assert alone.returncode == 0, alone.stderr
    three = specc_build(tmp_path, *files, "--out", "three")
    assert three.returncode == 0, three.stderr
    assert re.findall(r"^three/\w", three.stdout, re.MULTILINE) == ["three/a", "three/b", "three/c"]
    assert three.stderr.count("loading words:build\n") == 3
    monkeypatch.syspath_prepend(tmp_path)
    archives = [tmp_path / "alone", *(tmp_path / "three" / name for name in "abc")]
    for index in range(2):
        keras.utils.clear_session()
        keras.utils.set_random_seed(0)
        sys.modules.pop("words", None)
        model = __import__("words").build()
        for again in range(2):
            archives.append(tmp_path / f"python-{index}-{again}")
            specc.load(str(tmp_path / "a.specc.json"))
            specc.compile(specc.load(tmp_path / "a.specc.json")).export(model, archives[-1])
    sys.modules.pop("words", None)
    digests = [archive_digest(archive) for archive in archives]
    assert digests == [digests[0]] * 8


@pytest.mark.parametrize(
    ("ending", "code", "said"),
    [
        ("import os; os._exit(7)", 3, "specc: error: b.specc.json: the build process ended with exit code 7"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            3,
            "specc: error: b.specc.json: the build process was ended by SIGKILL",
        ),
        ("import sys; sys.exit(0)", 1, "import-failed: importing 'ends' failed: it called sys.exit(0)"),
        ("1 / 0", 1, "import-failed: importing 'ends' failed: ZeroDivisionError: division by zero"),
    ],
)
def test_a_build_that_ends_its_process_is_told_of(ending: str, code: int, said: str, tmp_path: Path) -> None:
    files = spec_files(tmp_path, "abc")
    (tmp_path / "ends.py").write_text(ending)
    (tmp_path / "b.specc.json").write_text(json.dumps({**SPEC, "model": "ends:build"}))
    built = specc_build(tmp_path, *files, "--out", "out")
    assert built.returncode == code
    assert said in built.stdout + built.stderr
    assert "built 1 of 3; not built: b.specc.json, c.specc.json\n" in built.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]


def test_findings_of_one_of_several_are_one_report(tmp_path: Path) -> None:
    files = spec_files(tmp_path, "ab")
    (tmp_path / "b.specc.json").write_text(json.dumps({**SPEC, "model": "words:absent"}))
    built = specc_build(tmp_path, *files, "--out", "out", "--format", "json")
    report = json.loads(built.stdout[built.stdout.index("\n{") :])
    assert built.returncode == 1
    assert [(each["rule"], each["file"]) for each in report["findings"]] == [("import-failed", "b.specc.json")]


def test_no_archive_is_begun_where_another_could_not_be_written(tmp_path: Path) -> None:
    files = spec_files(tmp_path, "ab")
    (tmp_path / "out" / "b").mkdir(parents=True)
    (tmp_path / "out" / "b" / "note.txt").write_text("mine")
    built = specc_build(tmp_path, *files, "--out", "out")
    assert built.returncode == 3
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b"]
    assert "loading" not in built.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_an_interrupted_build_ends_all_its_processes(number: int, code: int, tmp_path: Path) -> None:
    files = spec_files(tmp_path, "ab")
    (tmp_path / "waits.py").write_text(
        "import os, pathlib, time\npathlib.Path('began').write_text(str(os.getpid()))\ntime.sleep(60)\n"
    )
    (tmp_path / "a.specc.json").write_text(json.dumps({**SPEC, "model": "waits:build"}))
    command = [sys.executable, "-m", "specc", "build", *files, "--out", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    began = tmp_path / "began"
    while not (began.exists() and began.read_text()):
        time.sleep(0.05)
    assert int(began.read_text()) != process.pid
    process.send_signal(number)
    assert process.wait(30) == code
    assert process.stderr is not None
    said = process.stderr.read()  # ends after the last process that holds it has ended
    assert said.endswith("specc: error: interrupted\n") == (number == signal.SIGINT)
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_an_in_process_call_builds_several_too(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    from specc.cli import main

    files = spec_files(tmp_path, "ab")
    monkeypatch.chdir(tmp_path)
    assert "tensorflow" in sys.modules
    assert main(["build", *files, "--out", "out"]) == 0
    assert "words" not in sys.modules
    assert len({archive_digest(tmp_path / "out" / name) for name in "ab"}) == 1
    capsys.readouterr()


def test_a_table_is_called_the_same_before_and_after_an_export(tmp_path: Path) -> None:
    keras.utils.clear_session()
    lookup = keras.layers.StringLookup(vocabulary=["ant"])
    model = keras.Sequential([keras.Input((), dtype="string"), lookup])
    endpoint = document({"serve": {"inputs": ["string[batch]"], "outputs": "int64[batch]"}})
    specc.compile(endpoint).export(model, tmp_path / "first")
    tf.saved_model.save(model, str(tmp_path / "tensorflow"))  # names every table
    specc.compile(endpoint).export(model, tmp_path / "second")
    assert archive_digest(tmp_path / "first") == archive_digest(tmp_path / "second")


SPAWNED = """
import multiprocessing, sys
multiprocessing.get_all_start_methods = lambda: ["spawn"]
from specc.cli import main
if __name__ == "__main__":
    sys.exit(main(["build", *sys.argv[1:], "--out", "out", "--quiet"]))
"""


def test_where_a_system_cannot_fork_processes_start_anew(tmp_path: Path) -> None:
    files = spec_files(tmp_path, "ab")
    (tmp_path / "b.specc.json").write_text(json.dumps({**SPEC, "model": "words:absent"}))
    (tmp_path / "spawned.py").write_text(SPAWNED)
    command = [sys.executable, "spawned.py", *files]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert built.returncode == 1, built.stderr
    assert "b.specc.json:1:40: error: import-failed: 'words' (a module) has no attribute 'absent'" in built.stdout
    assert "importing TensorFlow" not in built.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]
