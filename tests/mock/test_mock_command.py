"""``specc mock``: the process, its output and its end; and ``specc.testing.mock``."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import GOOD
from mock_client import ask
from synthetic_archive import example, written

from specc.cli import main
from specc.errors import SpecError
from specc.language.load import from_json
from specc.testing import mock

NOTHING = {"specc": 1, "endpoints": {"f": {"inputs": ["complex64[2]"], "outputs": "float32[2]"}}}
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.specc.json"
    path.write_text(json.dumps(GOOD))
    return path


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "specc", "mock", *arguments]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_without_an_error(start: Start, spec: Path, number: signal.Signals) -> None:
    process = start(str(spec), "--port", "0")
    url = url_of(process)
    assert url.startswith("http://127.0.0.1:")
    request = {"signature_name": "serve", "inputs": [[1, 2, 3]]}
    reply = ask(f"{url}/v1/models/small:predict", request)
    assert reply.status == 200
    assert ask(f"{url}/v1/models/small:predict", b"\x1b").status == 400
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (0, "")
    lines = errors.splitlines()
    assert lines[0] == "POST /v1/models/small:predict 200"
    assert lines[1].startswith("POST /v1/models/small:predict 400 JSON Parse error: 1:1: not-json: ")
    assert len(lines) == 2


def test_a_taken_port_and_the_seed_and_the_name(start: Start, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = {"signature_name": "serve", "inputs": [[1, 2, 3]]}
    one = url_of(start(str(spec), "--port", "0", "--quiet", "--name", "other"))
    two = url_of(start(str(spec), "--port", "0", "--seed", "1"))
    first = ask(f"{one}/v1/models/other:predict", request)
    assert first.status == 200
    assert ask(f"{two}/v1/models/small:predict", request).data != first.data
    assert main(["mock", str(spec), "--port", one.rpartition(":")[2]]) == 3
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("specc: error: cannot listen on 127.0.0.1:")


@pytest.mark.parametrize("port", ["-1", "65536", "x", "1e3"])
def test_what_is_not_a_port(spec: Path, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mock", str(spec), f"--port={port}"]) == 2
    assert "is not a port: expected 0 to 65535" in capsys.readouterr().err


def test_a_document_of_which_nothing_can_be_called(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nothing.specc.json"
    path.write_text(json.dumps(NOTHING))
    assert main(["mock", str(path), "--port", "0"]) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    assert "emit-nothing" in errors
    with pytest.raises(SpecError, match="emit-nothing"), mock(from_json(NOTHING)):
        pass


def test_an_archive_without_a_contract(start: Start, tmp_path: Path) -> None:
    process = start(str(written(tmp_path / "ranker" / "3", example())), "--port", "0")
    url = url_of(process)
    signatures = ask(f"{url}/v1/models/ranker/metadata").data["metadata"]["signature_def"]["signature_def"]
    assert "serving_default" in signatures


def test_other_errors(tmp_path: Path, spec: Path) -> None:
    assert main(["mock", str(tmp_path / "none.specc.json")]) == 3
    assert main(["mock", str(spec), "--name", "a/b"]) == 2
    spec.write_text("{")
    assert main(["mock", str(spec)]) == 1


def test_a_mock_in_a_test(spec: Path) -> None:
    request = {"signature_name": "serve", "instances": [[1, 2, 3]]}
    with mock(spec) as url, mock(from_json(GOOD)) as other, mock(str(spec), name="x", seed=1) as seeded:
        reply = ask(f"{url}/v1/models/small:predict", request)
        assert reply.status == 200
        assert ask(f"{other}/v1/models/model:predict", request).data == reply.data
        assert ask(f"{seeded}/v1/models/x:predict", request).data != reply.data
    with pytest.raises(OSError, match="refused"):
        ask(f"{url}/v1/models/small:predict", request)
