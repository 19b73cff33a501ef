"""Two renames that Python lacks: one that never replaces, and one that swaps.

Linux has them as ``renameat2``, macOS as ``renamex_np``. Some file systems, such as NFS, do not support the flags; each
function documents its fallback.
"""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_CURRENT_DIRECTORY = -100  # AT_FDCWD
_NO_REPLACE, _EXCHANGE = 1, 2
"""RENAME_NOREPLACE and RENAME_EXCHANGE, the flags of ``renameat2``."""
_MACOS_EXCLUSIVE, _MACOS_SWAP = 4, 2
"""RENAME_EXCL and RENAME_SWAP, the flags of ``renamex_np`` in ``sys/stdio.h``."""
_UNSUPPORTED_ERRORS = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EPERM})
"""The errors of kernels, file systems and container filters for a call or a flag that they do not support."""


def rename_new(source: Path, target: Path) -> None:
    """Renames the directory ``source`` to ``target``, which must not exist, not even as an empty directory.

    Where the system cannot do that, an empty directory that is created between the check and the rename is replaced;
    a non-empty one never is.

    Raises:
        FileExistsError: ``target`` exists.
    """
    if _rename(source, target, _NO_REPLACE, _MACOS_EXCLUSIVE):
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
    return _rename(one, other, _EXCHANGE, _MACOS_SWAP)


def _rename(source: Path, target: Path, linux: int, macos: int) -> bool:
    """Calls the system's own rename with its flag; returns False if the system does not support it."""
    library = ctypes.CDLL(None, use_errno=True)
    one, other = os.fsencode(source), os.fsencode(target)
    if hasattr(library, "renameat2"):
        failed = library.renameat2(_CURRENT_DIRECTORY, one, _CURRENT_DIRECTORY, other, linux)
    elif hasattr(library, "renamex_np"):
        failed = library.renamex_np(one, other, macos)
    else:
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED_ERRORS:
        return False
    raise OSError(number, os.strerror(number), str(source), None, str(target))
