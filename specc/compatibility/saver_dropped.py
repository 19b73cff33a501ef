"""Rules for an archive that no Session can load, and for one that it can load again."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Judgement, Side, Surface
from specc.compatibility.addresses import first_request
from specc.compatibility.sides import Comparison
from specc.diagnostics import SpecPath

_PATH: SpecPath = ("save_options", "experimental_skip_saver")


def saver_dropped(comparison: Comparison) -> Iterator[Change]:
    """A change if the ops that restore the variables are left out, without which only Python can load the archive."""
    if _skips(comparison) == (False, True):
        surfaces: dict[Surface, Judgement] = {"wire": "breaking", "rest": "breaking"}
        yield Change(
            rule="saver-dropped",
            path=_PATH,
            message="the ops that restore variables are left out, so that no Session can load the archive",
            hint="keep them here, and publish the archive without them under another name",
            surfaces=surfaces,
            subject=(),
            compared=(False, True),
            old=Side(_PATH, False),
            new=Side(_PATH, True),
            witness=first_request(comparison.old, surfaces, "no Session can load the archive"),
        )


def saver_kept(comparison: Comparison) -> Iterator[Change]:
    """A change if the ops that restore the variables are there from now on."""
    if _skips(comparison) == (True, False):
        yield Change(
            rule="saver-kept",
            path=_PATH[:1],
            message="the ops that restore variables are there, so that Sessions can load the archive",
            surfaces={"wire": "safe", "rest": "safe"},
            subject=(),
            compared=(True, False),
            old=Side(_PATH, True),
            new=Side(_PATH, False),
        )


def _skips(comparison: Comparison) -> tuple[bool, bool] | None:
    """Whether OLD and NEW leave these ops out; None where it is not known, without a contract."""
    if not (comparison.old.has_contract and comparison.new.has_contract):
        return None
    old, new = comparison.old.document.save_options, comparison.new.document.save_options
    return old.experimental_skip_saver, new.experimental_skip_saver
