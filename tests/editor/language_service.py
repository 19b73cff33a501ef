"""VS Code's JSON language service, in a process of node: what an editor of a spec shows."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCHEMA = HERE.parents[1] / "schemas" / "specc.v1.schema.json"
URI = (HERE / "edited.specc.json").as_uri()
CURSOR = "¦"

Place = tuple[str | int, ...]


class MissingError(Exception):
    """The requirements of these tests are not installed."""


class Editor:
    """The file ``edited.specc.json`` in this folder, as VS Code sees it."""

    def __init__(self) -> None:
        self._node = subprocess.Popen(
            ["node", "service.cjs", SCHEMA.as_uri()],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def close(self) -> None:
        assert self._node.stdin is not None
        self._node.stdin.close()
        assert self._node.wait(timeout=60) == 0

    def _ask(self, method: str, text: str, **more: Any) -> Any:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps({"method": method, "uri": URI, "text": text, **more}) + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline())

    def hovers(self, text: str, paths: Iterable[Place]) -> dict[Place, str]:
        """The Markdown over each key, or item, that a path leads to."""
        asked = list(dict.fromkeys(paths))
        return dict(zip(asked, self._ask("hovers", text, paths=asked), strict=True))

    def complete(self, text: str) -> list[dict[str, Any]]:
        """The completions at the cursor in ``text``."""
        assert text.count(CURSOR) == 1
        items: list[dict[str, Any]] = self._ask("complete", text.replace(CURSOR, ""), offset=text.index(CURSOR))
        return items

    def squiggles(self, text: str) -> list[tuple[Place, str, str]]:
        """Everything that is underlined: the path to it, its text, and the message."""
        return [(tuple(path), text[start:end], message) for path, start, end, message in self._ask("diagnose", text)]


def install() -> None:
    """Installs the packages of package.json with npm, unless they are installed.

    Raises:
        MissingError: there is no node or no npm, or npm cannot reach its registry.
    """
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise MissingError(f"{program} is not installed")
    with (HERE / "package.json").open(encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # there may be a second session of pytest, or of pytest-xdist
        wanted = json.load(file)["dependencies"]
        if all(_installed(name) == version for name, version in wanted.items()):
            return
        command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise MissingError(f"npm cannot install {', '.join(wanted)}: {done.stderr[-500:]}")


def _installed(package: str) -> str | None:
    try:
        text = (HERE / "node_modules" / package / "package.json").read_text(encoding="utf-8")
    except OSError:
        return None
    version: str = json.loads(text)["version"]
    return version
