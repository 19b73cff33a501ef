"""The pairs that ``specc diff`` compares: OLD and NEW as named, or specs with their earlier revisions or versions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from specc.compatibility.named_sides import NamedSide, absent, read_archive, read_revision, read_side, read_sides
from specc.errors import FindingCollector
from specc.source.file_names import archive_place

if TYPE_CHECKING:
    from specc.source.git_revisions import ChangedFile, Repository


@dataclass(frozen=True)
class Pair:
    """One comparison. ``ref`` is the tag or version of OLD, where NEW is compared with several."""

    old: NamedSide
    new: NamedSide
    ref: str = ""


def named_pair(old: str, new: str) -> list[Pair]:
    """OLD and NEW.

    Raises:
        SpecError: a side is invalid.
        UnreadableError, ArchiveError: a side cannot be read.
        UsageError: a name makes no sense.
    """
    return [Pair(*read_sides(old, new))]


def pairs_since(revision: str, files: Sequence[str]) -> list[Pair]:
    """The changed specs, or ``files``, with what they were at the merge base of ``revision`` and HEAD."""
    repository = _repository(files)
    commit = repository.merge_base(revision)
    shown = revision if repository.commit(revision) == commit else commit[:12]
    return _read(repository, [(commit, shown, "")], files)


def pairs_since_tags(glob: str, files: Sequence[str]) -> list[Pair]:
    """The changed specs, or ``files``, with what they were at each tag that matches ``glob``."""
    repository = _repository(files)
    # refs/tags/: a branch may have the name of a tag
    return _read(
        repository, [(repository.commit(f"refs/tags/{tag}"), tag, tag) for tag in repository.tags(glob)], files
    )


def _repository(files: Sequence[str]) -> Repository:
    from specc.source.git_revisions import repository_of

    return repository_of(os.path.dirname(files[0]) or "." if files else ".")  # noqa: PTH120  # "" is the working directory


def _read(repository: Repository, commits: list[tuple[str, str, str]], files: Sequence[str]) -> list[Pair]:
    """The pairs of all commits, each with the name of its sides and its ref; those of one file follow each other."""
    collector = FindingCollector()
    given = {repository.path_of(file): file for file in files}
    sides: dict[tuple[str, str], NamedSide | None] = {}

    def side(commit: str, shown: str, path: str) -> NamedSide | None:
        """A side, read once; None where it is invalid, and its findings are collected."""
        if (commit, path) not in sides:
            sides[commit, path] = None
            with collector.gather():
                if commit:
                    sides[commit, path] = read_revision(repository.root, commit, path, f"{shown}:{path}")
                else:
                    sides[commit, path] = read_side(given.get(path) or repository.file_at(path))
        return sides[commit, path]

    pairs: list[Pair] = []
    for commit, shown, ref in commits:
        changed = repository.changed_specs(commit)
        for file in dict.fromkeys(_chosen(repository, commit, changed, given) if given else changed):
            if ref and file.old is None:  # nobody could call it then
                continue
            old = side(commit, shown, file.old) if file.old else None
            new = side("", "", file.new) if file.new else None
            if new is not None and file.old is None:
                old = absent(new, f"{shown}:{file.new}")
            if old is not None and file.new is None:
                new = absent(old, repository.file_at(file.old or ""))
            if old is not None and new is not None:
                pairs.append(Pair(old, new, ref))
    collector.raise_any()
    return sorted(pairs, key=lambda pair: pair.new.name)


def _chosen(
    repository: Repository, commit: str, changed: Sequence[ChangedFile], paths: Iterable[str]
) -> Iterator[ChangedFile]:
    """Those of the files that changed since ``commit`` that are at ``paths``, and the other files there."""
    from specc.source.git_revisions import ChangedFile

    known = {each.old: each for each in changed if each.old} | {each.new: each for each in changed if each.new}
    before: frozenset[str] | None = None
    for path in paths:
        if path in known:
            yield known[path]
            continue
        before = repository.paths_at(commit) if before is None else before
        yield ChangedFile(path if path in before else None, path)


def pairs_with_versions(base: str, versions: Sequence[str], files: Sequence[str]) -> list[Pair]:
    """Each of ``files`` with published versions of its archive: the newest, those numbered, or ``all``."""
    from specc.publishing.published import published_versions

    pairs, collector = [], FindingCollector()
    for file in files:
        where = base if len(files) == 1 else archive_place(base, file)
        new: NamedSide | None = None
        with collector.gather():
            new = read_side(file)
        for version in published_versions(where, versions):
            with collector.gather(), version.opened() as directory:
                old = read_archive(directory, version.name)
                if new is not None:
                    pairs.append(Pair(old, new, str(version.number)))
    collector.raise_any()
    return pairs
