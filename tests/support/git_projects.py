"""A git repository in a directory of a test, with specs in it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

DOCUMENT: dict[str, Any] = {
    "specc": 1,
    "name": "ranker",
    "dims": {"batch": {}},
    "endpoints": {
        "score": {
            "inputs": [{"id": "int32[batch]", "price": "float32[batch, 3]"}],
            "outputs": {"score": "float32[batch]"},
        }
    },
}


def document(dtype: str = "int32", *extra: str, **fields: Any) -> dict[str, Any]:
    """DOCUMENT with another dtype of ``id``, ``extra`` endpoints and other fields."""
    inputs = [{"id": f"{dtype}[batch]", "price": "float32[batch, 3]"}]
    names = ("score", *extra)
    endpoints = {name: {**DOCUMENT["endpoints"]["score"], "inputs": inputs} for name in names}
    return {**DOCUMENT, "endpoints": endpoints, **({"default": "score"} if extra else {}), **fields}


class GitProject:
    """A repository at ``path``; its user is set in it and nowhere else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "nobody")
        self.git("config", "user.email", "nobody@example.org")

    def git(self, *arguments: str) -> str:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env={**clean, **nothing}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, name: str, content: Any) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1), encoding="utf-8")
        return path

    def commit(self, message: str = "a commit", tag: str = "") -> str:
        """Commits all there is, and tags it; returns the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        if tag:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")

    def clone(self, path: Path, *options: str) -> GitProject:
        self.git("clone", "--quiet", *options, f"file://{self.path}", str(path))
        return GitProject(path)
