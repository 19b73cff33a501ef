"""Where ``fcntl`` is missing, as on Windows: publishing is refused in one line, and everything else works."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import GOOD
from without_posix import MODULES, NAMES, SIGNALS

import specc
from specc.cli import COMMANDS

SUPPORT = str(Path(__file__).parent / "support")
RUN = """
import json, sys
sys.path.insert(0, {support!r})
from without_posix import hide
hide()
import contextlib, io
from specc.cli import main
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""
REFUSED = "archives cannot be written here: this system has no file locks (Python's fcntl is missing), without which"


def run_there(*commands: list[str], code: str = RUN, cwd: Path) -> list[tuple[int, str, str]]:
    """The exit code and the output of each command, in one process without what Windows lacks."""
    command = [sys.executable, "-c", code.format(support=SUPPORT), json.dumps(commands)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_the_front_end_works(tmp_path: Path) -> None:
    (tmp_path / "a.specc.json").write_text(json.dumps(GOOD))
    (tmp_path / "b.specc.json").write_text(json.dumps({**GOOD, "name": "b"}))
    found = run_there(
        ["validate", "a.specc.json"],
        ["validate", "absent.specc.json"],
        ["fmt", "a.specc.json"],
        ["diff", "a.specc.json", "b.specc.json"],
        ["digest", "--contract", "a.specc.json"],
        ["schema"],
        ["explain", "bad-dtype"],
        ["inspect", "."],
        cwd=tmp_path,
    )
    assert [code for code, _, _ in found] == [0, 3, 0, 0, 0, 0, 0, 3]
    assert "there is no such file" in found[1][2]
    assert "saved_model.pb" in found[-1][2]


def test_artefacts_and_requests_work(tmp_path: Path) -> None:
    (tmp_path / "a.specc.json").write_text(json.dumps(GOOD))
    (tmp_path / "request.json").write_text("{}")
    written = [["emit", kind, "a.specc.json", "--out", "made/"] for kind in ("openapi", "payload-schema", "markdown")]
    found = run_there(
        *written, *written, ["emit", "openapi", "a.specc.json"], ["payload", "check", "a.specc.json", "request.json"],
        cwd=tmp_path,
    )  # fmt: skip
    assert [code for code, _, _ in found] == [0, 0, 0, 0, 0, 0, 0, 1], found


def test_every_command_has_help(tmp_path: Path) -> None:
    found = run_there(*[[command, "--help"] for command in COMMANDS], cwd=tmp_path)
    assert [code for code, _, _ in found] == [0] * len(COMMANDS)
    assert all(out.startswith("usage: specc ") for _, out, _ in found)


@pytest.mark.parametrize("where", [["--out", "x"], ["--base", "x"], ["--out", "memory://x"]])
def test_build_is_refused_before_anything_is_imported(where: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.specc.json").write_text(json.dumps({**GOOD, "model": "absent:model"}))
    ((code, out, err),) = run_there(["build", "a.specc.json", *where], cwd=tmp_path)
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert err.startswith(f"specc: error: {REFUSED}")
    assert [path.name for path in tmp_path.iterdir()] == ["a.specc.json"]


MODEL = """
import tensorflow as tf

class Double(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def serve(self, x):
        return x * 2.0

def model():
    return Double()
"""
WITH_TENSORFLOW = """
import sys
sys.path.insert(0, {support!r})
import json, keras, tensorflow as tf, doubled_inputs  # their builds for this system use what is hidden next
from without_posix import hide
hide()
import specc
from specc.errors import UnavailableError
model = doubled_inputs.model()
tf.saved_model.save(model, "archive", signatures=model.serve)
refused = []
document = specc.inspect("archive")
try:
    specc.compile(document).export(model, "x")
except UnavailableError as error:
    refused.append(str(error))
keras_model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
archive = specc.ExportArchive()
archive.track(keras_model)
archive.add_endpoint("serve", keras_model.call, input_signature=[tf.TensorSpec((None, 3), tf.float32)])
try:
    archive.write_out("y")
except UnavailableError as error:
    refused.append(str(error))
found = specc.verify(document, "archive", cases=2)
print(json.dumps([len(refused), *refused]), json.dumps([found.ok, found.text(), ""]), sep="\\n")
"""


@pytest.mark.tensorflow
def test_verify_works_and_what_publishes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "doubled_inputs.py").write_text(MODEL)
    refused, verified = run_there(code=WITH_TENSORFLOW, cwd=tmp_path)
    assert refused[0] == 2
    assert all(text.startswith(REFUSED) and "\n" not in text for text in refused[1:])
    assert verified[0], verified[1]
    assert not {"x", "y"} & {path.name for path in tmp_path.iterdir()}


def test_every_use_of_what_is_hidden_is_guarded() -> None:
    """A hidden name is used by ``getattr``, after ``hasattr``, or in a module that only publishing calls."""
    package = Path(specc.__file__).parent
    used = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id="os" | "signal" as module), attr=name) if name in (
                    *NAMES,
                    *SIGNALS,
                    "SIGKILL",
                ):
                    used.add((path.relative_to(package).as_posix(), f"{module}.{name}"))
                case ast.Import(names=[ast.alias(name=name)]) if name in MODULES:
                    used.add((path.relative_to(package).as_posix(), name))
    assert used == {
        ("publishing/staging.py", "fcntl"),  # in a try
        ("publishing/staging.py", "os.O_DIRECTORY"),
        ("publishing/staging.py", "os.O_NOFOLLOW"),
        ("publishing/replace.py", "os.geteuid"),
        ("verification/process.py", "os.killpg"),  # after hasattr
        ("verification/process.py", "signal.SIGKILL"),
        ("verification/child/fence.py", "os.getuid"),  # after hasattr
        ("verification/child/fence.py", "os.getgid"),
    }
