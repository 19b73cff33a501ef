"""Two renames that Python lacks, through Linux's ``renameat2``: one that never replaces, and one that swaps.

The call is missing on macOS, and its flags on NFS and some FUSE file systems; each function documents its fallback.
"""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_CURRENT_DIRECTORY = -100  # AT_FDCWD
_NO_REPLACE, _EXCHANGE = 1, 2
_UNSUPPORTED_ERRORS = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM})
"""The errors of kernels, file systems and container filters for a call or a flag that they do not support."""


def rename_new(source: Path, target: Path) -> None:
    """Renames the directory ``source`` to ``target``, which must not exist, not even as an empty directory.

    Without ``renameat2``, an empty directory that is created between the check and the rename is replaced; a non-empty
    one never is.

    Raises:
        FileExistsError: ``target`` exists.
    """
    if _renameat2(source, target, _NO_REPLACE):
        return
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    try:
        source.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error
        raise


def exchange(one: Path, other: Path) -> bool:
    """Swaps two directories atomically; returns False, with nothing changed, if the system does not support it.

    Raises:
        FileNotFoundError: one of them does not exist.
    """
    return _renameat2(one, other, _EXCHANGE)


def _renameat2(source: Path, target: Path, flag: int) -> bool:
    """Calls ``renameat2``; returns False if the system does not support it."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_CURRENT_DIRECTORY, os.fsencode(source), _CURRENT_DIRECTORY, os.fsencode(target), flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED_ERRORS:
        return False
    raise OSError(number, os.strerror(number), str(source), None, str(target))
