"""Reads the MetaGraphs of a SavedModel."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from specc.diagnostics import printable, with_short_names
from specc.errors import ArchiveError
from specc.reader.meta_graph import MetaGraph
from specc.reader.protobuf.wire_format import DamagedError, archive_budget, file_spans
from specc.source.regular_files import open_regular

FILE_NAME = "saved_model.pb"
MAX_BYTES = 2**31
"""protobuf's own limit on a message."""
MAX_META_GRAPHS = 64

_META_GRAPHS = 2


def read_saved_model(directory: Path) -> list[MetaGraph]:
    """The MetaGraphs of the SavedModel in ``directory``.

    Raises:
        ArchiveError: there is no readable SavedModel.
    """
    path = directory / FILE_NAME
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise ArchiveError(f"cannot read {path}: it is larger than 2 GiB, the limit of protobuf")
            graphs = list(_meta_graphs(file, path, size))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ArchiveError(_unreadable(directory, error)) from None
    except DamagedError as error:
        raise damaged_error(directory, error) from None
    if not graphs:
        raise ArchiveError(f"{path} is not a SavedModel: it has no MetaGraph")
    return graphs


def damaged_error(directory: Path, error: DamagedError) -> ArchiveError:
    """The ArchiveError for a SavedModel in ``directory`` that cannot be read because of ``error``."""
    return ArchiveError(printable(f"cannot read {directory / FILE_NAME}: {with_short_names(str(error))}"))


def _meta_graphs(file: BinaryIO, path: Path, size: int) -> Iterator[MetaGraph]:
    count, budget = 0, archive_budget()
    for number, start, end in file_spans(file, 0, size, budget):
        if number == _META_GRAPHS:
            count += 1
            if count > MAX_META_GRAPHS:
                raise DamagedError(f"it has more than {MAX_META_GRAPHS} MetaGraphs")
            yield MetaGraph(file, path, start, end, budget)


def _unreadable(directory: Path, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError) and directory.is_dir():
        for other, what in (("saved_model.pbtxt", "as text"), ("saved_model.cpb", "in chunks")):
            if (directory / other).exists():
                message = f"its SavedModel is stored {what} ({other}), and only {FILE_NAME} can be read"
                return f"cannot read {directory}: {message}"
        return f"{directory} is not a SavedModel: it has no {FILE_NAME}"
    if not directory.exists():
        return f"cannot read {directory}: there is no such directory"
    if not directory.is_dir():
        return f"{directory} is not a SavedModel: it is not a directory"
    return f"cannot read {directory / FILE_NAME}: {getattr(error, 'strerror', None) or error}"
