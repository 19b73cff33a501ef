"""What ``specc record`` writes: the spec in canonical form, and files of arrays beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specc.errors import TargetError
from specc.language.calls.write import as_json, to_npz
from specc.language.document import Document
from specc.language.load import dump, from_json
from specc.publishing.single_file import replace_file, write_new
from specc.source.file_names import archive_name
from specc.source.json_text import read_content
from specc.verification.recording import RecordedCall, Recording

MAX_INLINE = 4096
"""The limit on the JSON of a call, or of its outputs, that stays in the spec; in characters."""


def write_recording(recording: Recording, spec: Path, before: bytes) -> list[str]:
    """Writes what was recorded: the files first, then the spec. Returns the names of the files.

    Raises:
        TargetError: the spec is not what it was ``before``, or nothing can be written; it is then as it was.
    """
    document, files = _with_files(recording, f"{archive_name(spec.name)}.examples")
    if read_content(spec) != before:
        raise TargetError(f"{spec} has changed since it was read; record again")
    directory = spec.absolute().parent
    written: list[Path] = []
    try:
        for name, content in files.items():
            path = directory / name
            path.parent.mkdir(exist_ok=True)
            if path.exists():
                replace_file(path, content)
            else:
                write_new(path, content)
                written.append(path)
        replace_file(spec, dump(document).encode("utf-8"))
    except (OSError, TargetError) as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise TargetError(str(error)) from error
    return list(files)


def _with_files(recording: Recording, folder: str) -> tuple[Document, dict[str, bytes]]:
    """The document with files for what is too large for it, and their content."""
    data: dict[str, Any] = as_json(recording.document.to_json())
    taken, files = set(_files_in(data)), {}
    for call in recording.calls:
        example = data["endpoints"][call.endpoint]["examples"][call.example]
        sides = _large_sides(call, example)
        if not sides:
            continue
        name = f"{folder}/{call.endpoint}.{call.example}.npz"
        if name in taken:  # its inputs, or another example
            name = f"{folder}/{call.endpoint}.{call.example}.outputs.npz"
        taken.add(name)
        endpoint = recording.document.endpoints[call.endpoint]
        files[name] = to_npz(
            endpoint, call.inputs if "inputs" in sides else None, call.outputs if "outputs" in sides else None
        )
        example |= {side: {"file": name} for side in sides}
    document = from_json(data) if files else recording.document
    return document, files


def _large_sides(call: RecordedCall, example: dict[str, Any]) -> list[str]:
    """Which of the recorded ``inputs`` and ``outputs`` go to a file."""
    recorded = [side for side in ("inputs", "outputs") if getattr(call, side) is not None]
    return [side for side in recorded if len(json.dumps(example[side])) > MAX_INLINE]


def _files_in(value: Any) -> Iterator[str]:
    """Every file that examples name."""
    if isinstance(value, dict):
        if set(value) == {"file"} and isinstance(value["file"], str):
            yield value["file"]
        for item in value.values():
            yield from _files_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _files_in(item)
