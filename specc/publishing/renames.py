"""Two renames that Python lacks, through Linux's ``renameat2``: one that never replaces, and one that swaps.

Neither the call (macOS) nor its flags (NFS, some FUSE file systems) are to be had everywhere; each function says what
is done then.
"""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_CURRENT_DIRECTORY = -100  # AT_FDCWD
_NO_REPLACE, _EXCHANGE = 1, 2
_CANNOT = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM})
"""What kernels, file systems and the filters of containers say to a call or a flag that they do not know."""


def rename_new(source: Path, target: Path) -> None:
    """Renames the directory ``source`` to ``target``, which must not exist, not even as an empty directory.

    Without ``renameat2`` an empty directory that somebody makes between the look and the rename is replaced. One that
    holds anything never is.

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
    """Swaps two directories in one step; False where the system cannot, and then nothing has changed.

    Raises:
        FileNotFoundError: one of them does not exist.
    """
    return _renameat2(one, other, _EXCHANGE)


def _renameat2(source: Path, target: Path, flag: int) -> bool:
    """Whether the rename was done; False where the system cannot do it."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_CURRENT_DIRECTORY, os.fsencode(source), _CURRENT_DIRECTORY, os.fsencode(target), flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(source), None, str(target))
