"""TensorFlow's C API as a runtime: compiles ``session_runs.c`` against the wheel's libraries, and runs it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import tensorflow as tf
from consumer_archives import Answer, Archive, Run
from tensor_files import Outputs, RunAnswer, read_answers, write_calls

SOURCE = Path(__file__).resolve().parents[1] / "consumers" / "session_runs.c"


def compiler() -> str | None:
    """The C compiler, if there is one."""
    return shutil.which("cc") or shutil.which("gcc")


def compile_program(directory: Path) -> Path:
    """The program, built into ``directory``."""
    program, libraries = directory / "session_runs", Path(tf.sysconfig.get_lib())
    found = compiler()
    assert found is not None
    command = [
        found, "-std=c11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror",
        "-isystem", tf.sysconfig.get_include(), str(SOURCE), "-o", str(program),
        f"-L{libraries}", "-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2", f"-Wl,-rpath,{libraries}",
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=120)
    return program


def answering_program(command: list[str], directory: Path) -> Answer:
    """A program as a runtime: it is started once for each archive, as ``COMMAND ARCHIVE TAGS CALLS ANSWERS``.

    What it raises is a RuntimeError: the error that ended the run, or that the program crashed.
    """
    answered: dict[Path, Mapping[str, RunAnswer] | RuntimeError] = {}

    def answer(archive: Archive, run: Run) -> Iterable[Outputs]:
        if archive.path not in answered:
            answered[archive.path] = _answers(command, archive, directory)
        found = answered[archive.path]
        if isinstance(found, RuntimeError):
            raise found
        return found[run.name].outputs()

    return answer


def _answers(command: list[str], archive: Archive, directory: Path) -> Mapping[str, RunAnswer] | RuntimeError:
    calls, answers = directory / f"{archive.path.name}.calls", directory / f"{archive.path.name}.answers"
    write_calls(archive, calls)
    whole = [*command, str(archive.path), ",".join(archive.tags), str(calls), str(answers)]
    done = subprocess.run(whole, check=False, capture_output=True, text=True, errors="replace", timeout=120)
    if done.returncode != 0:
        return RuntimeError(f"exit code {done.returncode}: {done.stderr[-2000:]}")
    return read_answers(archive, answers)
