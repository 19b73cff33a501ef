"""The child process answers behind a fence, and how it ends is told with the request that it was at."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from called_archives import tensor
from exports import document
from foreign_archives import module

from specc.verification import protocol
from specc.verification.child.serve import send
from specc.verification.process import Child, ChildEndedError, ending
from specc.verification.protocol import (
    Answered,
    Call,
    ListVariables,
    Load,
    Loaded,
    LoadModel,
    Prepare,
    ProtocolError,
    Ready,
    Refused,
    Variables,
    read_message,
)

pytestmark = pytest.mark.tensorflow

MINUTES = 300
PROBE = """
import json, os, socket, sys
print("a line of the archive", flush=True)
os.write(1, b"and bytes")
try:
    socket.create_connection(("192.0.2.1", 80), timeout=0.2)
    network = "reached"
except TimeoutError:
    network = "sent"
except OSError:
    network = "unreachable"
def terminal():
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
        return True
    except OSError:
        return False
seen = {
    "directory": os.listdir("."), "home": os.environ["HOME"] == os.getcwd(), "session": os.getsid(0) == os.getpid(),
    "terminal": terminal(), "input": sys.stdin.read(), "gpu": os.environ["CUDA_VISIBLE_DEVICES"], "network": network,
}
raise RuntimeError(json.dumps(seen))
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory whose modules the child can import."""
    directory = tmp_path / "modules"
    directory.mkdir()
    monkeypatch.syspath_prepend(str(directory))
    return directory


@pytest.fixture
def child() -> Iterator[Child]:
    with Child(deadline=time.monotonic() + MINUTES) as started:
        yield started


SPECS = [tf.TensorSpec([], tf.int64)]
ENDPOINT = {"function": None, "arguments": ["x"], "inputs": ["int64[]"], "outputs": {"y": "int64[]"}}


def save(path: Path) -> dict[str, Any]:
    """An archive that answers, that writes a file and that loops for ever; gives the JSON of its document."""

    def write(x: Any) -> Any:
        with tf.control_dependencies([tf.io.write_file(str(path.parent / "written"), "something")]):
            return {"y": tf.identity(x)}

    module(
        add=(lambda x: {"y": x + 1}, SPECS),
        write=(write, SPECS),
        loop=(lambda x: {"y": tf.while_loop(lambda i: i < 2, lambda i: i * 1, [x])[0]}, SPECS),
    )(str(path))
    data: dict[str, Any] = document(dict.fromkeys(("add", "write", "loop"), ENDPOINT), default=None).to_json()
    return data


def test_an_archive_is_run_behind_the_fence(modules: Path, child: Child, tmp_path: Path) -> None:
    (modules / "probe.py").write_text(PROBE)
    refused = child.ask(Prepare(("probe",)))
    assert isinstance(refused, Refused)
    seen = json.loads(refused.message.removeprefix("cannot import 'probe': RuntimeError: "))
    network = seen.pop("network")
    ready = child.ask(Prepare())
    assert isinstance(ready, Ready)
    assert ready.tensorflow == tf.__version__
    assert network == "unreachable" or "network" in ready.unfenced
    assert set(seen.pop("directory")) <= {".keras"}  # which Keras makes in its home
    assert seen == {"home": True, "session": True, "terminal": False, "input": "", "gpu": "-1"}

    data = save(tmp_path / "archive")
    inputs = {"x": tensor("int64", [], 1)}
    assert child.ask(Call("session", "add", "add", inputs)) == Refused("the way session is not loaded")
    for way in ("attribute", "session"):
        assert isinstance(child.ask(Load(way, str(tmp_path / "archive"), data)), Loaded)
    answer = child.ask(Call("attribute", "add", "add", inputs))
    assert isinstance(answer, Answered)
    assert answer.outputs == {"y": tensor("int64", [], 2)}
    assert child.ask(ListVariables("stored")) == Variables(())

    refused = child.ask(Call("attribute", "write", "write", inputs))
    if "file size" not in ready.unfenced:
        assert isinstance(refused, Refused)
        assert "File too large" in refused.message
        assert not (tmp_path / "written").exists() or (tmp_path / "written").stat().st_size == 0

    # A crash while the loop runs names the call.
    call = Call("session", "loop", "loop", inputs)
    threading.Timer(1, os.kill, (child.pid, signal.SIGSEGV)).start()
    with pytest.raises(ChildEndedError) as caught:
        child.ask(call)
    assert (caught.value.request, caught.value.timed_out) == (call, False)
    assert str(caught.value) == "the process was ended by SIGSEGV"
    with pytest.raises(ChildEndedError):
        child.ask(call)


FATAL = """
os.write(2, b"F0000 00:00:1795893268.7 27522 tensor.cc:15] Check failed: 1 == 2 \\n    @ 0x7f12 stack")
os.abort()
"""
WRITES_EVERYWHERE = """
for number in range(3, 20):
    try:
        os.write(number, b"not a message")
    except OSError:
        pass
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (FATAL, "the process was ended by SIGABRT: Check failed: 1 == 2"),
        (WRITES_EVERYWHERE, "the process sent a header of 1,852,797,984 bytes"),
    ],
)
def test_an_end_is_told(modules: Path, child: Child, code: str, message: str) -> None:
    (modules / "ending.py").write_text(f"import os, time\n{code}\n")
    with pytest.raises(ChildEndedError, match=message) as caught:
        child.ask(Prepare(("ending",)))
    assert (caught.value.request, caught.value.timed_out) == (Prepare(("ending",)), False)


def test_a_child_without_a_fence_makes_the_model(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (modules / "made.py").write_text(
        "import os, keras\n"
        "def make():\n"
        "    print('made')\n"
        "    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer='ones')])\n"
        "    model.where = os.getcwd()\n"
        "    open('written', 'w').write('as a build may')\n"
        "    return model\n"
    )
    monkeypatch.chdir(modules)
    spec = document({"infer": {"inputs": ["float32[batch, 1]"], "outputs": "float32[batch, 1]"}}, model="made:make")
    with Child(deadline=time.monotonic() + MINUTES, fenced=False) as child:
        assert child.ask(Prepare()) == Ready(tf.__version__, (), pytest.approx(0, abs=MINUTES))
        assert isinstance(child.ask(LoadModel(spec.to_json(), str(modules))), Loaded)
        answer = child.ask(Call("model", "infer", "infer", {"inputs": tensor("float32", [1, 1], 2)}))
    assert isinstance(answer, Answered)
    assert answer.outputs == {"output_0": tensor("float32", [1, 1], 2)}
    assert (modules / "written").read_text() == "as a build may"


def test_an_answer_beyond_the_limits_is_not_a_refusal_of_the_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_BYTES", 7)
    stream = io.BytesIO()
    send(stream, Answered({"y": tensor("int64", [], 1)}))
    stream.seek(0)
    answer = read_message(stream)
    assert answer == Refused("the answer is a message of more than 7 bytes", "too_large")


def test_how_a_process_ended() -> None:
    assert [ending(3), ending(-signal.SIGKILL)] == ["ended with exit code 3", "was ended by SIGKILL"]


def test_the_time_is_limited() -> None:
    start = time.monotonic()
    with Child(deadline=start + 0.4) as child, pytest.raises(ChildEndedError) as caught:
        child.ask(Prepare())
    assert (caught.value.request, caught.value.timed_out) == (Prepare(), True)
    assert str(caught.value) == "the time was over"
    assert time.monotonic() - start < 30


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    parent = (
        "import os, time; from specc.verification.process import Child; "
        "child = Child(deadline=time.monotonic() + 60); print(child.pid, flush=True); os._exit(0)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True, check=True, env=environment)
    end = time.monotonic() + 20
    while time.monotonic() < end and Path(f"/proc/{int(run.stdout)}").exists():
        time.sleep(0.05)
    assert not Path(f"/proc/{int(run.stdout)}").exists()
    assert list(tmp_path.iterdir()) == [], "the parent could not remove the child's directory"


def test_its_directory_is_removed(child: Child) -> None:
    directory = Path(f"/proc/{child.pid}/cwd").resolve()
    assert directory.is_dir()
    child.close()
    assert not directory.exists()
    child.close()


def test_a_request_beyond_the_limits_is_not_sent(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specc.verification.protocol.MAX_BYTES", 7)
    with pytest.raises(ProtocolError):
        child.ask(Call("session", "a", "a", {"x": tensor("int64", [], 1)}))
    assert child.ask(ListVariables("listed")) == Refused("it is not prepared")
