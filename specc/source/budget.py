"""The work budget of one file: how much of each kind of work reading it may take.

Every part of a file has a limit of its own, but the product of two parts does not follow from these: one trace that is
mentioned ten thousand times, one long key around thousands of leaves. So whoever does work that is not in proportion to
the bytes of the file charges it before it is done.

A Budget belongs to one file. It is made where the file is opened and passed on explicitly, by the objects that walk
through the file: a context variable would be lost in the generators that compute findings lazily, and would charge one
file for another where two are read in turn, as ``diff`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

Work = Literal[
    "bytes of descriptions", "bytes of nodes", "changes", "characters of names", "characters of paths", "dimensions",
    "dims", "elements of values", "endpoints", "examples", "fields", "leaves", "objects", "parts of nodes",
    "parts of paths", "parts of schemas", "values outside of trees",
]  # fmt: skip
ARCHIVE_LIMITS: Mapping[Work, int] = {
    "bytes of descriptions": 32 * 2**20,  # functions and signatures; an endpoint of 100,000 leaves has 29 MB
    "bytes of nodes": 2**27,  # of a graph, without its constants
    "characters of names": 16 * 2**20,  # of every tensor and of every path; 100,000 leaves have about 5 million
    "dimensions": 2_000_000,
    "elements of values": 500_000,  # of defaults and bounds
    "fields": 4_000_000,  # of protobuf messages; an endpoint of 100,000 leaves has 3,300,000
    "leaves": 500_000,  # each tensor of each signature, trace and receiver; a default endpoint has four of each
    "objects": 400_000,  # of an object graph, and children of these
    "parts of nodes": 1_500_000,  # inputs, calls and texts that are kept of a graph; a node has about three
}
"""The limits for an archive: what a processor does in about a second, and ten times what honest files need."""
DOCUMENT_LIMITS: Mapping[Work, int] = {
    "characters of names": 16 * 2**20,
    "characters of paths": 48 * 2**20,  # of every value: each may be a defect, with its path
    "dimensions": 500_000,
    "dims": 20_000,  # those with a name
    "endpoints": 10_000,
    "examples": 10_000,
    "leaves": 200_000,
    "parts of paths": 3_000_000,  # of every node of a tree: its depth; 100,000 leaves at depth 10 have a million
    "values outside of trees": 300_000,
}
"""The limits for a document, of which one of 100,000 leaves takes a second."""
ARTEFACT_LIMITS: Mapping[Work, int] = {
    "characters of names": 2 * 2**20,  # and of descriptions, each as often as an artefact has it
    "elements of values": 2_000_000,  # of examples, for each signature that they call
    "endpoints": 1_000,
    "parts of schemas": 100_000,  # each tensor in each form of a request, and its dimensions
}
"""The limits for an artefact, which has some 100 bytes for each part of a schema."""


class Budget:
    """What is left of one file's budget.

    ``refuse`` makes the exception for a file that needs more, from a text that begins with ``doing``.
    """

    def __init__(
        self, refuse: Callable[[str], Exception], limits: Mapping[Work, int], doing: str = "reading it"
    ) -> None:
        self._refuse = refuse
        self._doing = doing
        self._limits = limits
        self._left = dict(limits)

    def charge(self, work: Work, amount: int = 1) -> None:
        """Takes ``amount`` from the budget, before the work is done.

        Raises:
            Exception: what ``refuse`` makes, if there is less left.
        """
        left = self._left[work] = self._left[work] - amount
        if left < 0:
            raise self._refuse(
                f"{self._doing} takes {self.spent(work):,} {work} or more; the limit is {self._limits[work]:,}"
            )

    def spent(self, work: Work) -> int:
        """How much has been charged."""
        return self._limits[work] - self._left[work]
