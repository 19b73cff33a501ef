"""A Python without what Windows lacks, as far as it can be hidden: run it first in a process of its own.

``hide()`` hides modules and names for all later imports. Names that the standard library itself needs on this system are
left.
"""

import os
import signal
import sys

MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty")
NAMES = (
    "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "getuid", "geteuid", "getgid", "getegid", "killpg",
    "setsid", "mkfifo", "fchmod", "fchown", "chown", "statvfs", "uname", "sched_getaffinity", "nice", "getpgid",
)  # fmt: skip
SIGNALS = ("SIGHUP", "SIGALRM", "SIGPIPE", "SIGQUIT", "SIGUSR1", "setitimer", "alarm", "pthread_sigmask", "SIGWINCH")


class _Finder:
    def find_spec(self, name, path=None, target=None):
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def hide() -> None:
    sys.meta_path.insert(0, _Finder())
    for name in MODULES:
        sys.modules.pop(name, None)
    for module, names in ((os, NAMES), (signal, SIGNALS)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
