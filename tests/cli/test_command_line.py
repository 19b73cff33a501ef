"""The commands as a user runs them: their output, streams and exit codes."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import BAD, GOOD, run

from specc.cli import main


def test_validate_prints_no_finding_for_a_valid_file(spec: Any, capsys: Any) -> None:
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


def test_max_findings_limits_the_output(spec: Any, capsys: Any) -> None:
    assert main(["validate", spec(BAD), "--max-findings", "2"]) == 1
    out, err = capsys.readouterr()
    assert out.count("error: ") == 2
    assert err == "1 file checked, 7 errors (5 not shown)\n"


def test_only_a_terminal_gets_colour(spec: Any) -> None:
    command = [sys.executable, "-m", "specc", "validate", spec(BAD)]

    def on_a_terminal(**environment: str) -> bytes:
        ours, theirs = pty.openpty()
        subprocess.run(
            command, stdout=theirs, stderr=subprocess.DEVNULL, check=False, env={**os.environ, **environment}
        )
        os.close(theirs)
        output = os.read(ours, 1_000_000)
        os.close(ours)
        return output

    assert b"\x1b[1;31merror:\x1b[0m" in on_a_terminal(TERM="xterm", NO_COLOR="")
    assert b"\x1b" not in on_a_terminal(TERM="xterm", NO_COLOR="1")
    assert b"\x1b" not in on_a_terminal(TERM="dumb", NO_COLOR="")
    assert "\x1b" not in run("validate", spec(BAD), env={**os.environ, "TERM": "xterm"}).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
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
def test_wrong_usage_and_missing_files(arguments: list[str], code: int, message: str, capsys: Any) -> None:
    assert main(arguments) == code
    assert message in capsys.readouterr().err


def test_help_exits_with_0(capsys: Any) -> None:
    assert main(["--help"]) == 0
    assert "validate" in capsys.readouterr().out


def test_control_characters_in_a_name_are_escaped(spec: Any, capsys: Any) -> None:
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


def test_settings_are_read_for_each_call(spec: Any, tmp_path: Path) -> None:
    file = spec({**GOOD, "dims": {"batch": {}, "unused": {}}})
    settings = tmp_path / "pyproject.toml"
    for level, code in (("warning", 0), ("error", 1), ("off", 0)):
        settings.write_text(f'[tool.specc.levels]\nunused-dim = "{level}"\n')
        assert main(["validate", file]) == code


def test_a_closed_pipe_gives_no_traceback(spec: Any) -> None:
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


BLOCKED = """
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
    finished = subprocess.run([sys.executable, "-c", BLOCKED, spec(GOOD)], capture_output=True, text=True, check=False)
    message = "specc.compile needs TensorFlow and Keras; install them with: pip install tensorflow keras\n"
    assert (finished.stdout, finished.stderr) == (message, "")


def test_an_import_of_tensorflow_would_fail_there() -> None:
    broken = BLOCKED.replace("import specc.cli,", "import tensorflow, specc.cli,")
    finished = subprocess.run([sys.executable, "-c", broken, "x"], capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert "tensorflow" in finished.stderr


def test_a_full_standard_output(spec: Any) -> None:
    command = [sys.executable, "-m", "specc", "validate", spec(BAD)]
    with Path("/dev/full").open("w") as full:
        finished = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert finished.returncode == 3
    assert finished.stderr == "specc: error: [Errno 28] No space left on device\n"
