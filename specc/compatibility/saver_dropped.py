"""Rules for an archive that no Session can load, and for one that it can load again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from specc.change import Change, Judgement, Side, Surface
from specc.compatibility.addresses import addresses, refused
from specc.compatibility.sides import Comparison
from specc.diagnostics import SpecPath

_PATH: SpecPath = ("save_options", "experimental_skip_saver")


def saver_dropped(comparison: Comparison) -> Iterator[Change]:
    """A change if the ops that restore the variables are left out, without which only Python can load the archive."""
    known, is_dropped = addresses(comparison, comparison.old), _skips(comparison) == (False, True)
    surfaces: dict[Surface, Judgement] = dict.fromkeys(known.served, "breaking")
    if is_dropped and surfaces:
        names = comparison.old.document.endpoints
        first = min(name for name in names if set(surfaces) <= set(known.surfaces_of(name)))
        yield Change(
            rule="saver-dropped",
            path=_PATH,
            message="the ops that restore variables are left out, so that no Session can load the archive",
            hint="remove it, or publish such an archive under another name",
            surfaces=surfaces,
            subject=(),
            compared=(False, True),
            old=Side(_PATH, False),
            new=Side(_PATH, True),
            witness=refused(comparison.old, first, surfaces, "no Session can load the archive"),
        )


def saver_kept(comparison: Comparison) -> Iterator[Change]:
    """A change if the ops that restore the variables are there from now on."""
    loads = addresses(replace(comparison, old=comparison.new), comparison.new)
    surfaces: dict[Surface, Judgement] = dict.fromkeys(loads.served, "safe")
    if _skips(comparison) == (True, False) and surfaces:
        yield Change(
            rule="saver-kept",
            path=("save_options",),
            message="the ops that restore variables are there, so that Sessions can load the archive",
            surfaces=surfaces,
            subject=(),
            compared=(True, False),
            old=Side(_PATH, True),
            new=Side(_PATH, False),
        )


def _skips(comparison: Comparison) -> tuple[bool, bool]:
    """Whether OLD and NEW skip the saver. An archive without a contract is taken to have one: only its graph tells."""
    old, new = comparison.old.document, comparison.new.document
    return old.save_options.experimental_skip_saver, new.save_options.experimental_skip_saver
