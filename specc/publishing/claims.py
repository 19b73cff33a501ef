"""Claims: mutual exclusion of builds in a store that cannot rename.

Each build writes an object with a unique name, a claim, into its target folder, and then lists it. It continues after
a listing shows its own claim and nothing else, and removes the claim when it is done. In a store with consistent
listings (S3, Google Cloud Storage and Azure have them) at most one build continues: of two claims, the listing after
the later one also shows the earlier one. The oldest claim stays and waits, and newer ones are withdrawn, so that
one build does continue; a wrong clock only changes which one that is.
"""

from __future__ import annotations

import random
import secrets
import time
from pathlib import Path

from specc.publishing.store import Folder

CLAIM = "specc.claim-"
"""The prefix of the name of every claim."""
_MAX_WAIT = 10.0
"""How many seconds the oldest claim waits for newer ones, one of which may belong to a killed build."""


class TakenError(Exception):
    """Another process has written to the folder."""


class ClaimedError(Exception):
    """Another build's claim on the folder has priority."""


def new_claim(since: int) -> str:
    """A unique name for the claim of a build that has been waiting ``since`` a time in ns."""
    return f"{CLAIM}{since:020d}-{secrets.token_hex(4)}"


def write_claim(claim: str, directory: Path, folder: Folder) -> None:
    """Claims ``folder`` with an object made from a file in ``directory``."""
    (directory / claim).write_text("A build is writing here, or was killed while doing so.\n")
    folder.upload(directory, [claim])


def await_turn(claim: str, folder: Folder) -> None:
    """Returns when nothing but ``claim`` is in ``folder``.

    Raises:
        TakenError: the folder has objects that are not claims.
        ClaimedError: there is an older claim, or a newer one is not withdrawn.
    """
    end = time.monotonic() + _MAX_WAIT
    while True:
        found = set(folder.sizes())
        others = found - {claim}
        if any(not is_claim(name) for name in others):
            raise TakenError
        if claim in found and not others:  # a listing without it is older than the claim
            return
        if any(other < claim for other in others) or time.monotonic() > end:
            raise ClaimedError
        pause(0)


def is_claim(name: str) -> bool:
    """Whether the object of this name is a claim."""
    return name.startswith(CLAIM)


def pause(attempt: int) -> None:
    """Sleeps for a random time, which grows with the number of attempts."""
    time.sleep(random.uniform(0.01, min(1.0, 0.05 * 2 ** min(attempt, 8))))
