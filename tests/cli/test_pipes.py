"""A pipe without a writer, given as any file of any command: an error at once, and nothing waits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import GOOD

COMMANDS = [
    "validate pipe.specc.json",
    "fmt pipe.specc.json",
    "diff pipe.specc.json good.specc.json",
    "diff good.specc.json archive",
    "digest --contract pipe.specc.json",
    "digest archive",
    "inspect archive",
    "inspect contract",
    "verify good.specc.json archive --static",
    "verify good.specc.json contract --static",
    "verify pipe.specc.json archive --static",
    "run good.specc.json archive --input pipe.specc.json",
    "record pipe.specc.json --model x:y",
    "build pipe.specc.json --out out",
    "init archive",
    "schema --check schemas",
    "diff --base versions good.specc.json",
]
RUN = """
import json, sys
from specc.cli import main
for line in json.loads(sys.argv[1]):
    print(line, main(line.split()), file=sys.stderr, flush=True)
"""


def with_pipes(directory: Path) -> None:
    (directory / "good.specc.json").write_text(json.dumps(GOOD))
    for name in ("archive", "contract/assets.extra", "schemas", "versions/1"):
        (directory / name).mkdir(parents=True)
    (directory / "contract" / "saved_model.pb").write_bytes(b"\x08\x01\x12\x00")
    for name in ("pipe.specc.json", "archive/saved_model.pb", "contract/assets.extra/specc.json", "versions/1/saved_model.pb",
                 "schemas/specc.v1.schema.json", "schemas/specc-findings.v1.schema.json"):  # fmt: skip
        os.mkfifo(directory / name)


def run_all(commands: list[str], cwd: Path) -> list[tuple[str, str]]:
    """What each command said on standard error, and its exit code."""
    command = [sys.executable, "-c", RUN, json.dumps(commands)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120)
    said, found = "", []
    for line in done.stderr.splitlines():
        name, _, code = line.rpartition(" ")
        if name in commands:
            found.append((said, code))
            said = ""
        else:
            said += f"{line}\n"
    assert len(found) == len(commands), done.stderr
    return found


def test_a_pipe_is_an_error_at_once(tmp_path: Path) -> None:
    with_pipes(tmp_path)
    for line, (said, code) in zip(COMMANDS, run_all(COMMANDS, tmp_path), strict=True):
        assert code == "3", (line, said)
        assert "regular file" in said or "has no saved_model.pb" in said or "no published version" in said, (line, said)


@pytest.mark.tensorflow
def test_so_it_is_as_a_model(tmp_path: Path) -> None:
    for name in ("m.keras", "m.h5"):
        os.mkfifo(tmp_path / name)
        (tmp_path / f"{name}.specc.json").write_text(json.dumps({**GOOD, "model": name}))
    commands = [
        f"{what} {name}{more}"
        for name in ("m.keras", "m.h5")
        for what, more in (("init", ""), ("build", ".specc.json --out out"))
    ]
    for said, code in run_all(commands, tmp_path):
        assert code == "3", said
        assert "it is not a regular file" in said
