"""How builds keep out of each other's way in a store that cannot rename.

Each writes an object with a name of its own, a claim, into the folder that it wants, and then lists the folder. It goes
on once a listing shows its own claim and nothing else, and takes the claim away when it is done. In a store that lists
what was written before (S3, Google Cloud Storage and Azure do) at most one of them goes on: of two claims, the listing
that follows the later one shows the earlier one too. The oldest claim stays and waits, and younger ones are withdrawn,
so that one of them does go on; a clock that is wrong changes nothing but who that is.
"""

from __future__ import annotations

import random
import secrets
import time
from pathlib import Path

from specc.publishing.store import Folder

CLAIM = "specc.claim-"
"""What the name of every claim starts with."""
_PATIENCE = 10.0
"""How many seconds the oldest claim waits for the younger ones, one of which may be of a build that was killed."""


class TakenError(Exception):
    """Somebody else has written to the folder."""


class ClaimedError(Exception):
    """Somebody else claims the folder, and is to have it."""


def new_claim(since: int) -> str:
    """The name of a claim, which nothing has, of a build that has been waiting ``since`` a time in ns."""
    return f"{CLAIM}{since:020d}-{secrets.token_hex(4)}"


def write_claim(claim: str, directory: Path, folder: Folder) -> None:
    """Claims ``folder`` with an object made from a file in ``directory``."""
    (directory / claim).write_text("A build is writing here, or was killed while doing so.\n")
    folder.upload(directory, [claim])


def await_turn(claim: str, folder: Folder) -> None:
    """Returns when nothing but ``claim`` is in ``folder``.

    Raises:
        TakenError: there is something else than claims.
        ClaimedError: there is an older claim, or a younger one does not go away.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        found = set(folder.sizes())
        others = found - {claim}
        if any(not is_claim(name) for name in others):
            raise TakenError
        if claim in found and not others:  # a listing without it was made before it was written, and proves nothing
            return
        if any(other < claim for other in others) or time.monotonic() > end:
            raise ClaimedError
        pause(0)


def is_claim(name: str) -> bool:
    """Whether the object of this name is a claim."""
    return name.startswith(CLAIM)


def pause(attempt: int) -> None:
    """A while, longer after many attempts, that differs from what anybody else waits."""
    time.sleep(random.uniform(0.01, min(1.0, 0.05 * 2 ** min(attempt, 8))))
