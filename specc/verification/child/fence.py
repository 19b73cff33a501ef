"""Takes away from this process what an archive has no need of: a GPU, the network, core files, and writing files."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import shutil
import threading
import time
from pathlib import Path
from typing import NoReturn

NETWORK, FILES = "network", "file size"
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000


def leave_network() -> tuple[str, ...]:
    """Moves this process to a network namespace of its own, without core files; returns what is not possible here.

    It must have one thread only, so this comes before TensorFlow is imported.
    """
    _limit("RLIMIT_CORE")
    return () if _unshare(_NEW_NETWORK) or _unshare_as_user() else (NETWORK,)


def forbid_files() -> tuple[str, ...]:
    """Lets no file grow from now on; returns what is not possible here. TensorFlow cannot be imported after this."""
    return () if _limit("RLIMIT_FSIZE") else (FILES,)


def _limit(name: str) -> bool:
    try:
        resource = importlib.import_module("resource")
    except ImportError:  # Windows
        return False
    resource.setrlimit(getattr(resource, name), (0, 0))
    return True


def end(directory: Path | None) -> NoReturn:
    """Ends this process at once, and removes its own ``directory``, which a parent that has ended does not."""
    if directory is not None:
        shutil.rmtree(directory, ignore_errors=True)
    os._exit(0)  # TensorFlow's own clean-up may take seconds


def end_with_parent(directory: Path | None) -> None:
    """Calls :func:`end` when the parent of this process has ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        end(directory)

    threading.Thread(target=watch, daemon=True).start()


def _unshare_as_user() -> bool:
    """Whether a namespace of the network could be made in one of users, in which this user keeps its id."""
    if not hasattr(os, "getuid"):  # Windows
        return False
    user, group = os.getuid(), os.getgid()
    if not _unshare(_NEW_USER | _NEW_NETWORK):
        return False
    with contextlib.suppress(OSError):  # files are still this user's, though the system may not show the id
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path("/proc/self", name).write_text(text)
    return True


def _unshare(flags: int) -> bool:
    try:
        return bool(ctypes.CDLL(None).unshare(flags) == 0)
    except (AttributeError, OSError, TypeError):  # not Linux
        return False
