"""A git repository with one file of configuration, in which pre-commit runs the hooks of this checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
GOOD = {
    "specc": 1,
    "dims": {"batch": {}},
    "endpoints": {"serve": {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 3]"}},
}
BAD = {"specc": 1, "endpoints": {"serve": {"inputs": ["float23[3]"], "outputs": {}}}}


class Scratch:
    """A git repository at ``path``; ``home`` is where pre-commit keeps the environments of hooks."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PYTHON"))}
        people = {
            f"GIT_{who}_{what}": "nobody@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        self._environment = {**clean, **people, **nothing, "PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
        path.mkdir(parents=True)
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> str:
        done = self._run("git", *arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def commit(self, message: str = "a commit") -> subprocess.CompletedProcess[str]:
        """Commits all there is, as a person would."""
        self.git("add", "--all")
        return self._run("git", "commit", "--quiet", f"--message={message}")

    def pre_commit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run(sys.executable, "-m", "pre_commit", *arguments)

    def hook(self, name: str) -> tuple[int, str]:
        """The exit code of one hook over all that is staged, and what it says beneath its own line."""
        self.git("add", "--all")
        done = self.pre_commit("run", name, "--all-files")
        return done.returncode, done.stdout.partition("\n\n")[2].strip("\n")

    def specc(self, *arguments: str) -> tuple[int, str]:
        """The exit code of the command, run by hand with the code of this checkout, and what it says."""
        done = self._run(sys.executable, "-m", "specc", *arguments, PYTHONPATH=str(ROOT))
        return done.returncode, done.stdout.strip("\n")

    def write(self, name: str, content: Any) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def _run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.path,
            env={**self._environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )


def copy_checkout(path: Path, home: Path) -> Scratch:
    """A git repository of what is in this checkout now, committed or not."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    copy = Scratch(path, home)
    for name in os.fsdecode(listed.stdout).split("\0"):
        if (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
    assert copy.commit().returncode == 0
    return copy


def configuration(repository: Scratch, *hooks: str) -> str:
    """A file of configuration that takes ``hooks``, JSON objects, from ``repository``."""
    revision = repository.git("rev-parse", "HEAD").strip()
    return json.dumps(
        {"repos": [{"repo": str(repository.path), "rev": revision, "hooks": [json.loads(hook) for hook in hooks]}]}
    )
