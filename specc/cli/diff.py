"""``specc diff OLD NEW``: what a change of a contract breaks."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from specc.change import SURFACES, Change, worst
from specc.cli import OK, note
from specc.cli.diff_pairs import Pair, named_pair, pairs_since, pairs_since_tags, pairs_with_versions
from specc.cli.findings import add_options, print_report
from specc.cli.settings import ProjectSettings, SettingsFinder
from specc.compatibility.difference import changes_between, in_order
from specc.compatibility.policy import Policy
from specc.compatibility.refused_examples import RefusedExamples
from specc.diagnostics import Diagnostic, counted
from specc.errors import ArchiveError, SpecError, TargetError, UnreadableError, UsageError
from specc.language.document import Document
from specc.report import DiffReport


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="OLD NEW | FILE",
        help="two of: a spec, the directory of an archive, REV:path; with one of the next three options, "
        "the specs to compare, by default all that changed",
    )
    against = parser.add_mutually_exclusive_group()
    against.add_argument("--against", metavar="REV", help="compare with the merge base of a git revision and HEAD")
    against.add_argument(
        "--against-tags", metavar="GLOB", help="compare with every git tag that matches, each by itself"
    )
    against.add_argument(
        "--base",
        metavar="DIR",
        help="compare with the newest version in DIR, a path or a URL; of several FILEs in DIR/NAME",
    )
    parser.add_argument(
        "--version",
        action="append",
        default=[],
        metavar="all|N",
        help="with --base: compare with this version, or with all of them; may be repeated",
    )
    parser.add_argument(
        "--surface",
        action="append",
        choices=SURFACES,
        default=[],
        help="only breaking this surface is an error; may be repeated (default: all three)",
    )
    parser.add_argument("--all", action="store_true", help="print safe and waived changes as text too")
    parser.add_argument(
        "--waive", metavar="FINGERPRINT", help="compare nothing; add a waiver of a change to the nearest pyproject.toml"
    )
    parser.add_argument("--reason", metavar="TEXT", help="with --waive: why the change is allowed")
    parser.add_argument("--until", metavar="DATE", help="with --waive: the last day of the waiver, such as 2027-03-01")
    add_options(parser, "markdown")


def run(options: argparse.Namespace) -> int:
    """Prints what the change breaks, and every change."""
    if options.waive is not None:
        return _waive(options)
    try:
        pairs = _pairs(options)
    except SpecError as error:
        return print_report(DiffReport(error.diagnostics), options)
    except (UnreadableError, ArchiveError, TargetError) as error:
        if options.format == "text":
            raise
        return print_report(DiffReport(unreadable=[(_named(options), str(error))]), options)
    return print_report(_report(pairs, options), options)


def _named(options: argparse.Namespace) -> str:
    """What could not be read, as far as the arguments name it."""
    return str(options.against or options.against_tags or options.base or " ".join(options.names))


def _waive(options: argparse.Namespace) -> int:
    if options.names or options.against or options.against_tags or options.base:
        raise UsageError("--waive compares nothing: give it without OLD, NEW, FILE and what to compare with")
    if options.reason is None or options.until is None:
        raise UsageError("--waive needs --reason TEXT and --until DATE")
    from specc.cli.waivers import add_waiver

    note(add_waiver(options.waive, options.reason, options.until))
    return OK


def _pairs(options: argparse.Namespace) -> list[Pair]:
    """What to compare.

    Raises:
        SpecError: a side is invalid.
        UsageError: the arguments make no sense.
    """
    if options.reason is not None or options.until is not None:
        raise UsageError("--reason and --until need --waive")
    if options.version and options.base is None:
        raise UsageError("--version needs --base")
    if options.against is not None:
        return pairs_since(options.against, options.names)
    if options.against_tags is not None:
        return pairs_since_tags(options.against_tags, options.names)
    if options.base is not None:
        if not options.names or not options.base:
            raise UsageError("--base needs a directory, and the FILEs to compare with its versions")
        return pairs_with_versions(options.base, options.version, options.names)
    if len(options.names) != 2:
        raise UsageError(
            f"expected OLD and NEW, or FILEs and --against REV; found {counted(len(options.names), 'name')}"
        )
    return named_pair(*options.names)


def _report(pairs: list[Pair], options: argparse.Namespace) -> DiffReport:
    finder, used = SettingsFinder(), set[str]()
    projects: dict[Path | None, ProjectSettings] = {}
    found: dict[str, dict[Any, Change]] = {}
    olds: dict[tuple[str, str], tuple[Document, RefusedExamples]] = {}
    for pair in pairs:
        settings = finder.settings_for(pair.new.place)
        projects[settings.file] = settings
        policy = Policy(options.surface or SURFACES, settings.levels, settings.waivers)
        old, new = pair.old.described.document, pair.new.described.document
        changes = policy.judged(changes_between(pair.old, pair.new))
        refused = RefusedExamples(old, new, changes)
        if settings.waivers:
            used.update(change.fingerprint for change in changes)
        for side in (pair.old, pair.new):
            olds[side.name, pair.ref] = old, refused
        _add(found.setdefault(pair.new.name, {}), changes, pair.ref)
    files = {name: in_order(changes.values()) for name, changes in found.items()}
    changes = [change for file in files.values() for change in file]
    shown = {name: [change for change in file if _is_shown(change, options)] for name, file in files.items()}
    if not options.names:  # waivers are looked for although no spec has changed
        here = finder.settings_for("")
        projects[here.file] = here
    unused: list[Diagnostic] = []
    if any(project.waivers for project in projects.values()) and (not options.names or _is_named(options)):
        from specc.cli.waivers import unused_waivers

        unused = list(unused_waivers(projects.values(), used))
    sides = {side.name for pair in pairs for side in (pair.old, pair.new) if side.exists}

    def call_of(change: Change) -> str:
        if change.witness is None:
            return ""
        from specc.compatibility.client_calls import client_call

        return client_call(change.witness, old_of(change)[0], by_name=change.rule == "argument-renamed")

    def old_of(change: Change) -> tuple[Document, RefusedExamples]:
        return olds[change.file, change.against[0] if change.against else ""]

    return DiffReport(
        [*(change for file in shown.values() for change in file), *unused],
        files=len(sides),
        verdict=worst(changes),
        all_changes=changes,
        shown=shown,
        has_refs=options.against_tags is not None or options.base is not None,
        call_of=call_of,
        examples_of=lambda change: old_of(change)[1].of(change),
    )


def _add(found: dict[Any, Change], changes: Iterable[Change], ref: str) -> None:
    """Adds the changes of one pair to those of its file; with refs, a change that is there gets one more."""
    for index, change in enumerate(changes):
        key = change.fingerprint if ref else index
        before = found.get(key, change)
        found[key] = before.with_fields(against=(*before.against, ref)) if ref and ref not in before.against else before


def _is_shown(change: Change, options: argparse.Namespace) -> bool:
    return change.level != "info" or options.all or options.format != "text"


def _is_named(options: argparse.Namespace) -> bool:
    """Whether OLD and NEW are given, and not some of the specs of a project."""
    return not (options.against or options.against_tags or options.base)
