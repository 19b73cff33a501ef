"""The commands as a user runs them: their output, streams and exit codes."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from specc.cli import main

GOOD = {
    "specc": 1,
    "dims": {"batch": {}},
    "endpoints": {"serve": {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 3]"}},
}
BAD = {
    "specc": 1,
    "endpoints": {
        "serve": {"inputs": ["float23[batch, 3]"], "outputs": "float32[batch, 3]", "autgraph": True},
        "name": {"inputs": [3], "outputs": {}},
    },
}


@pytest.fixture
def spec(tmp_path: Path) -> Any:
    def write(data: Any, name: str = "a.specc.json") -> str:
        path = tmp_path / name
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return str(path)

    return write


def test_validate_says_nothing_of_a_good_file(spec: Any, capsys: Any) -> None:
    assert main(["validate", spec(GOOD)]) == 0
    assert capsys.readouterr() == ("", "1 file checked, no errors\n")


def test_validate_prints_every_finding_of_every_file(spec: Any, capsys: Any) -> None:
    first, second, third = spec(BAD), spec(GOOD, "b.specc.json"), spec("{", "c.specc.json")
    assert main(["validate", first, second, third, "-q"]) == 1
    assert capsys.readouterr() == (
        f"""\
{first}:1:1: error: missing-default: there are several endpoints but no default; add "default": with one of name, serve, or null for none
{first}:1:50: error: bad-dtype: 'float23' is not a dtype; did you mean 'float32'?
{first}:1:91: error: undeclared-dim: the dim 'batch' is not declared; declare it in "dims": {{"batch": {{}}}}
{first}:1:103: error: unknown-key: unknown key 'autgraph'; did you mean 'autograph'?
{first}:1:122: error: reserved-name: 'name' is an attribute of every revived archive; choose another name
{first}:1:142: error: wrong-type: expected a tree, found the number 3; write a tensor as a string such as 'float32[batch, 3]', a list as an array, a dict as an object
{first}:1:146: error: empty-container: an object must not be empty here
{third}:1:1: error: not-json: this object is not closed: the text ends before its '}}'
""",
        "",
    )


def test_a_finding_shows_its_line(spec: Any, capsys: Any) -> None:
    file = spec(json.dumps(GOOD, indent=2).replace("float32", "float23", 1))
    assert main(["validate", file]) == 1
    assert capsys.readouterr() == (
        f"""\
{file}:9:10: error: bad-dtype: 'float23' is not a dtype
9 |         "float23[batch, 3]"
  |          ^^^^^^^
  = at endpoints.serve.inputs[0]
  = hint: did you mean 'float32'?
""",
        "1 file checked, 1 error\n",
    )


def test_no_more_findings_than_wanted(spec: Any, capsys: Any) -> None:
    assert main(["validate", spec(BAD), "--max-findings", "2"]) == 1
    out, err = capsys.readouterr()
    assert out.count("error: ") == 2
    assert err == "1 file checked, 7 errors (5 not shown)\n"


def test_a_terminal_gets_colour_and_nobody_else(spec: Any) -> None:
    command = [sys.executable, "-m", "specc", "validate", spec(BAD)]

    def on_a_terminal(**environment: str) -> bytes:
        ours, theirs = pty.openpty()
        subprocess.run(
            command, stdout=theirs, stderr=subprocess.DEVNULL, check=False, env={**os.environ, **environment}
        )
        os.close(theirs)
        said = os.read(ours, 1_000_000)
        os.close(ours)
        return said

    assert b"\x1b[1;31merror:\x1b[0m" in on_a_terminal(TERM="xterm", NO_COLOR="")
    assert b"\x1b" not in on_a_terminal(TERM="xterm", NO_COLOR="1")
    assert b"\x1b" not in on_a_terminal(TERM="dumb", NO_COLOR="")
    assert "\x1b" not in run("validate", spec(BAD), env={**os.environ, "TERM": "xterm"}).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["validate", "absent.specc.json"], 3, "cannot read absent.specc.json: there is no such file"),
        (["validate", "."], 3, "cannot read .: it is not a regular file"),
        (["validate", "/dev/null"], 3, "cannot read /dev/null: it is not a regular file"),
        (["validate", "x", "--format", "xml"], 2, "invalid choice: 'xml'"),
        (["validate", "x", "--max-findings", "0"], 2, "'0' is not a number of findings: expected at least 1"),
        (["validate"], 2, "the following arguments are required: FILE"),
        (["vaildate", "x"], 2, "invalid choice: 'vaildate'"),
        ([], 2, "COMMAND"),
        (["build", "a.specc.json"], 2, "one of the arguments --out --base is required"),
        (["inspect", "absent"], 3, "absent"),
    ],
)
def test_wrong_usage_and_missing_files(arguments: list[str], code: int, said: str, capsys: Any) -> None:
    assert main(arguments) == code
    assert said in capsys.readouterr().err


def test_help_is_no_error(capsys: Any) -> None:
    assert main(["--help"]) == 0
    assert "validate" in capsys.readouterr().out


def test_a_name_that_would_draw_on_the_terminal_is_escaped(spec: Any, capsys: Any) -> None:
    main(["validate", spec({**GOOD, "\x1b[31mred\u202e": 1})])
    out = capsys.readouterr().out
    assert "\\u001b[31mred\\u202e" in out
    assert "\x1b" not in out


def test_a_call_leaves_the_process_as_it_is(spec: Any, tmp_path: Path) -> None:
    program = """
import gc, os, sys
from specc.cli import main
def state():
    streams = [(stream.errors, id(stream)) for stream in (sys.stdout, sys.stderr)]
    return dict(os.environ), streams, gc.get_threshold(), gc.get_freeze_count(), list(sys.path), os.getcwd()
before = state()
assert main(["validate", sys.argv[1]]) == 0
assert main(["fmt", "--check", sys.argv[1]]) == 1
assert state() == before
"""
    environment = {name: text for name, text in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"}
    command = [sys.executable, "-c", program, spec(GOOD)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    assert (finished.returncode, finished.stderr.count("Traceback")) == (0, 0), finished.stderr


def test_settings_that_change_between_two_calls_count(spec: Any, tmp_path: Path) -> None:
    file = spec({**GOOD, "dims": {"batch": {}, "unused": {}}})
    settings = tmp_path / "pyproject.toml"
    for level, code in (("warning", 0), ("error", 1), ("off", 0)):
        settings.write_text(f'[tool.specc.levels]\nunused-dim = "{level}"\n')
        assert main(["validate", file]) == code


def run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "specc", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def test_a_reader_that_goes_away_is_no_traceback(spec: Any) -> None:
    endpoints = {f"e{index}": {"inputs": [3], "outputs": "x"} for index in range(400)}
    many = spec({"specc": 1, "endpoints": endpoints})
    process = subprocess.Popen(
        [sys.executable, "-m", "specc", "validate", *[many] * 20], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    assert process.wait() != 0


WALL = """
import sys
sys.modules["tensorflow"] = sys.modules["keras"] = sys.modules["numpy"] = None  # an import of them raises
import specc
import specc.cli, specc.cli.validate, specc.cli.inspect, specc.cli.diff, specc.testing
document = specc.load(sys.argv[1])
specc.loads(specc.dump(document))
assert specc.diff(document, sys.argv[1]).findings == ()
try:
    specc.compile
except specc.UnavailableError as error:
    print(error)
"""


def test_the_front_end_works_without_tensorflow(spec: Any) -> None:
    finished = subprocess.run([sys.executable, "-c", WALL, spec(GOOD)], capture_output=True, text=True, check=False)
    message = "specc.compile needs TensorFlow and Keras; install them with: pip install 'specc[tensorflow]'\n"
    assert (finished.stdout, finished.stderr) == (message, "")


def test_the_wall_test_can_fail() -> None:
    broken = WALL.replace("import specc.cli,", "import tensorflow, specc.cli,")
    finished = subprocess.run([sys.executable, "-c", broken, "x"], capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert "tensorflow" in finished.stderr


def test_build_without_tensorflow_says_how_to_get_it(spec: Any, tmp_path: Path) -> None:
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
        "specc: error: build needs Keras; install with: pip install 'specc[tensorflow]'"
    )


MODEL = """
import tensorflow as tf

class Double(tf.Module):
    def __call__(self, x):
        return x * 2.0

model = Double()
number = 3
raises = lambda: 1 / 0
"""


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name != "__pycache__")


@pytest.mark.tensorflow
class TestBuild:
    @pytest.fixture(autouse=True)
    def _in_a_directory_of_its_own(self, tmp_path: Path, monkeypatch: Any) -> None:
        pytest.importorskip("tensorflow")
        (tmp_path / "doubling.py").write_text(MODEL)
        (tmp_path / "broken_module.py").write_text("import nothing_like_this")
        (tmp_path / "leaving.py").write_text("raise SystemExit(0)")
        (tmp_path / "broken.keras").write_text("no zip file")
        monkeypatch.chdir(tmp_path)

    def test_build_inspect_and_build_again(self, spec: Any, tmp_path: Path) -> None:
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

    def test_the_spec_may_lie_anywhere(self, spec: Any, tmp_path: Path) -> None:
        file = spec(GOOD)
        built = run("build", file, "--out", str(tmp_path / "out"), "--model", "doubling:model", cwd="/")
        assert built.returncode == 0, built.stderr

    @pytest.mark.parametrize(
        ("model", "message"),
        [
            ("nothing_here:m", "import-failed: cannot import 'nothing_here': No module named 'nothing_here'; run from the directory that holds it, or install it"),
            ("broken_module:m", "import-failed: cannot import 'broken_module': No module named 'nothing_like_this'"),
            ("doubling:Doubel", "import-failed: 'doubling' (a module) has no attribute 'Doubel'; did you mean 'Double'?"),
            ("doubling:number", "bad-model: doubling:number is an int, which is not a model; a model is a Keras model or layer, a tf.Module, a tf.function, or a callable that returns one"),
            ("doubling:raises", "bad-model: doubling:raises() failed: ZeroDivisionError: division by zero; raised in doubling.py, line 10, in <lambda>"),
            ("leaving:m", "import-failed: importing 'leaving' failed: it called sys.exit(0); raised in leaving.py, line 1, in <module>"),
            ("./m.py:build", "bad-path: './m.py:build' is not module:attribute, a .keras or .h5 file or, with a slash at its end, a SavedModel's directory; for example 'ranker.model:build'"),
            ("broken.keras", "bad-model: cannot load 'broken.keras': it is not a zip file, which a .keras file must be; it may be truncated; save the model again with model.save()"),
        ],
    )  # fmt: skip
    def test_models_that_cannot_be_had(self, model: str, message: str, spec: Any, tmp_path: Path) -> None:
        file = spec(GOOD)
        before = names(tmp_path)
        built = run("build", file, "--out", "archive", "--model", model, "--quiet")
        assert built.returncode == 1
        assert built.stdout.replace(f"{tmp_path}/", "") == f"--model: error: {message}\n"
        assert "Traceback" not in built.stderr
        assert names(tmp_path) == before

    def test_a_finding_about_a_spec_is_at_its_place(self, spec: Any, tmp_path: Path) -> None:
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

    def test_a_model_file_that_is_missing(self, spec: Any) -> None:
        built = run("build", spec(GOOD), "--out", "archive", "--model", "absent.keras")
        assert (built.returncode, built.stdout) == (3, "")
        assert built.stderr.endswith("absent.keras: there is no such file\n")

    def test_a_remote_target_is_refused_before_it_becomes_a_directory(self, spec: Any, tmp_path: Path) -> None:
        file = spec({**GOOD, "model": "doubling:Double"})
        before = names(tmp_path)
        built = run("build", file, "--out", "gs://bucket/model")
        assert built.returncode == 3
        assert built.stderr.splitlines()[-1] == (
            "specc: error: gs://bucket/model needs the package of its protocol; install it with: pip install gcsfs"
        )
        assert names(tmp_path) == before

    def test_versions_digests_and_misuse(self, spec: Any, tmp_path: Path) -> None:
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

    def test_several_files_and_a_merged_archive(self, spec: Any, tmp_path: Path) -> None:
        file = spec({**GOOD, "model": "doubling:Double"})
        other = tmp_path / "other.specc.json"
        other.write_text(json.dumps({**GOOD, "model": "doubling:Double", "mode": "eval"}))
        built = run("build", file, str(other), "--out", "archives")
        assert built.returncode == 0, built.stderr
        assert names(tmp_path / "archives") == ["a", "other"]
        merged = run("build", file, str(other), "--merged", "--out", "merged")
        assert merged.returncode == 0, merged.stderr
        assert "2 MetaGraphs" in merged.stdout

    def test_the_module_beside_the_spec_comes_first(self, spec: Any, tmp_path: Path) -> None:
        file = spec({**GOOD, "model": "doubling:Double"})
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "doubling.py").write_text("raise RuntimeError('the wrong module')")
        assert run("build", file, "--out", str(tmp_path / "out"), cwd=elsewhere).returncode == 0

    def test_a_backend_that_is_not_there(self, spec: Any) -> None:
        file = spec({**GOOD, "model": "doubling:Double"})
        built = run("build", file, "--out", "archive", env={**os.environ, "KERAS_BACKEND": "foo"})
        assert (built.returncode, built.stdout) == (3, "")
        assert built.stderr.splitlines()[-1].startswith(
            "specc: error: TensorFlow and Keras cannot be imported (KERAS_BACKEND is foo): ValueError: "
        )

    def test_a_standard_output_that_is_full(self, spec: Any) -> None:
        command = [sys.executable, "-m", "specc", "validate", spec(BAD)]
        with Path("/dev/full").open("w") as full:
            finished = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert finished.returncode == 3
        assert finished.stderr == "specc: error: [Errno 28] No space left on device\n"

    def test_a_spec_without_a_model(self, spec: Any, tmp_path: Path) -> None:
        built = run("build", spec(GOOD), "--out", "archive")
        assert built.returncode == 1
        assert built.stdout.replace(f"{tmp_path}/", "") == (
            "a.specc.json: error: missing-model: the spec names no model\n"
            '  hint: add "model": "module:attribute" to it, or give --model\n'
        )

    def test_a_target_that_cannot_be_written(self, spec: Any) -> None:
        file = spec({**GOOD, "model": "doubling:Double"})
        built = run("build", file, "--out", "/proc/archive")
        assert built.returncode == 3
        assert built.stderr.splitlines()[-1].startswith("specc: error: cannot write /proc/archive")
        assert "Traceback" not in built.stderr
