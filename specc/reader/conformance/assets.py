"""``missing-asset``: a file that the graph reads is not in the archive."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.reader.conformance.subject import Subject

ASSETS = "assets"


def find_missing_assets(subject: Subject) -> Iterator[Diagnostic]:
    """A finding for each asset of the graph that is not a regular file in ``assets/``."""
    seen: set[str] = set()
    users: dict[int, str] | None = None
    for index, asset in enumerate(subject.graph.assets):
        if asset.filename not in seen:
            seen.add(asset.filename)
            problem = asset_problem(subject.directory, asset.filename)
            if problem:
                users = _users(subject) if users is None else users
                place: SpecPath = ("endpoints", users[index]) if index in users else ()
                message = f"the graph reads the file {ASSETS}/{asset.filename}, {problem}"
                yield finding("missing-asset", place, message, "publish all files of the archive")


def asset_problem(directory: Path, name: str) -> str:
    """Why the asset called ``name`` cannot be read, or nothing."""
    if not name or "\0" in name or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        return "which is outside of the archive"
    path = directory / ASSETS / name
    try:
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(os.path.realpath(directory)):
            return f"which is a link to {os.path.realpath(path)}, outside of the archive"
        if not stat.S_ISREG(real.stat().st_mode):
            return "which is not a regular file"
    except FileNotFoundError:
        return "which the archive lacks"
    except OSError as error:
        return f"which cannot be read: {error.strerror}"
    return ""


def _users(subject: Subject) -> dict[int, str]:
    """The first endpoint that uses each asset, by its index."""
    graph, seen, found = subject.graph, set[int](), dict[int, str]()
    for name in sorted(subject.document.endpoints):
        waiting = [each for function in subject.functions_of(name) for each in graph.captures.get(function, ())]
        while waiting:
            node_id = waiting.pop()
            node = None if node_id in seen or graph.is_variable(node_id) else graph.node(node_id)
            seen.add(node_id)
            if node is not None:
                if node.WhichOneof("kind") == "asset":
                    found.setdefault(node.asset.asset_file_def_index, name)
                waiting.extend(child.node_id for child in node.children)
    return found
