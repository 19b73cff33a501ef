"""Opening regular files only: a pipe, a socket or a device at the same name may wait for ever, or never end."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)  # Windows only; the others are missing there
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_NONBLOCK", 0)  # else opening a pipe waits for a writer
)


class NotRegularError(OSError):
    """What is at the path is not a regular file."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(errno.EINVAL, "it is not a regular file", os.fspath(path))


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """The regular file at ``path``, opened for reading without a wait.

    The status is read before the file is opened, since opening some devices has effects, and again afterwards, since
    another process may have replaced it.

    Raises:
        NotRegularError: it is something else.
        OSError: there is no such file, or it may not be read.
        ValueError: the path contains a NUL.
    """
    _require_regular(os.stat(path), path)  # noqa: PTH116  # a path may be a string
    descriptor = os.open(path, _FLAGS)
    try:
        _require_regular(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return open(descriptor, "rb")  # noqa: PTH123  # the caller closes it


def read_regular(path: str | os.PathLike[str], limit: int) -> bytes:
    """The bytes of the regular file at ``path``, at most ``limit`` and one more.

    Raises:
        OSError, ValueError: as from :func:`open_regular`, or it cannot be read.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(min(size, limit) + 1) or b""
        while len(content) <= limit and (more := file.read(limit + 1 - len(content))):
            content += more  # it has grown, or its size is not stated, as in /proc
    return content


def _require_regular(status: os.stat_result, path: str | os.PathLike[str]) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotRegularError(path)
