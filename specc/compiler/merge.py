"""Merges several modes of one model into one archive with a MetaGraph for each, as readers of TensorFlow 1 expect.

Each mode is staged as its own archive, by the code that writes every archive, but with the variables and resources of
all modes on its root, in the same order. So the checkpoints are equal, key by key, and one of them is kept.

TensorFlow loads an archive of several MetaGraphs in the same way as one of TensorFlow 1: by its signatures. The
endpoints as attributes, ``variables``, the collections and gradients are lost in Python; separate archives keep them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import tensorflow as tf

# The proto is not part of TensorFlow's public API, but TensorFlow 2 has no public way to write several MetaGraphs.
from tensorflow.core.protobuf import saved_model_pb2

from specc.compiler.backends import require_backend
from specc.compiler.clock import Clock
from specc.compiler.export import BeforePublish, file_sizes, publish, require_conformance
from specc.compiler.export_report import ExportReport
from specc.compiler.prepare import Functions, Prepared, prepare
from specc.compiler.program import Program, compile
from specc.compiler.trace.cores import Cores
from specc.compiler.write.resources import name_tables
from specc.compiler.write.seal import write_fingerprint
from specc.compiler.write.serialized import serialized
from specc.compiler.write.stored_values import are_equal
from specc.diagnostics import Diagnostic, did_you_mean, finding
from specc.errors import FindingCollector, SpecError
from specc.language.contract import CONTRACT_PATH, MAX_FILE_NAME, contract_path
from specc.language.document import Document
from specc.language.signatures import TAGS, tags_of
from specc.publishing.destinations import destination
from specc.publishing.publish import Destination
from specc.publishing.staging import Stage
from specc.publishing.versions import VersionChoice
from specc.reader.checkpoint import OBJECT_GRAPH, PREFIX

T = TypeVar("T")

_PB_FILE = "saved_model.pb"


@dataclass(frozen=True)
class MergedReport:
    """A published archive of several MetaGraphs; ``modes`` has the report of each, as of a separate archive.

    ``path`` is its directory, or the URL of a remote one; ``files`` maps each file's path in the archive to its size in
    bytes; ``notes`` are messages for the user.
    """

    path: Path | str
    modes: tuple[ExportReport, ...]
    files: dict[str, int]
    notes: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(self.files.values())


@dataclass(frozen=True)
class _Part(Destination):
    """The archive of one mode, inside the stage of the merged one."""

    directory: Path

    def check(self) -> None:
        """Does nothing, since the stage is new."""

    @contextlib.contextmanager
    def staged(self) -> Iterator[Stage]:
        """The directory itself, which is removed before anything is published."""
        self.directory.mkdir()
        yield Stage(self.directory, publishing="keeping it to be merged", published=self.directory)


def merge(  # noqa: PLR0913  # each is a separate option of the caller
    programs: Iterable[Program | Document],
    model: Any,
    filepath: str | os.PathLike[str] | None = None,
    *,
    base: str | os.PathLike[str] | None = None,
    version: VersionChoice = "next",
    keep: int | None = None,
    functions: Functions | None = None,
    progress: Callable[[str], None] | None = None,
    before_publish: BeforePublish | None = None,
) -> MergedReport:
    """Writes several modes of ``model`` as one SavedModel; nothing is left if it fails.

    Args:
        programs: the modes' documents, compiled or not; no two may have the same tags.
        functions: a function for each endpoint whose ``function`` is null, in whichever document it is.
        model, filepath, base, version, keep, progress, before_publish: what :meth:`specc.Program.export` takes.

    Raises:
        SpecError: the model does not fit a document, or the documents do not fit each other; nothing is left.
        TargetError, UnavailableError: as :meth:`specc.Program.export` does.
    """
    require_backend("tensorflow")
    target = destination(filepath, base=base, version=version, keep=keep)
    target.check()  # before minutes of tracing
    functions, progress = functions or {}, progress or (lambda _: None)
    ordered = _described_first(_as_programs(programs), functions)
    prepared = _with_shared_variables(_prepare_modes(ordered, model, functions, progress))
    with target.staged() as stage:
        parts = [_Part(stage.directory / f"part-{index}") for index in range(len(prepared))]
        reports = [_stage_mode(mode, part, progress) for mode, part in zip(prepared, parts, strict=True)]
        progress(f"merging {len(parts)} MetaGraphs")
        _join_parts([part.directory for part in parts], [mode.document for mode in prepared], stage.directory)
        require_conformance(stage.directory)
        if before_publish is not None:
            before_publish(stage.directory)
        files = file_sizes(stage.directory)
        progress(stage.publishing)
    modes = tuple(replace(report, path=stage.published) for report in reports)
    notes = dict.fromkeys((*(note for report in reports for note in report.notes), *stage.notes))
    return MergedReport(stage.published, modes, files, tuple(notes))


def _as_programs(programs: Iterable[Program | Document]) -> list[Program]:
    compiled, findings = [], FindingCollector()
    for program in programs:
        if isinstance(program, Program):
            compiled.append(program)
        else:
            with findings.gather(), _name_mode_in_findings(program):
                compiled.append(compile(program))
    findings.raise_any()
    return compiled


def _described_first(programs: Sequence[Program], functions: Functions) -> list[Program]:
    """The programs, the one that ``inspect`` describes first: the one for serving with the fewest tags, if any."""
    documents = [program.document for program in programs]
    _require_mergeable(documents, functions)
    serving = [document for document in documents if TAGS["predict"] in tags_of(document)]
    described = min(serving or documents[:1], key=lambda document: len(tags_of(document)))
    return sorted(programs, key=lambda program: program.document is not described)


def _require_mergeable(documents: Sequence[Document], functions: Functions) -> None:
    findings: list[Diagnostic] = []
    if not documents:
        findings.append(finding("no-document", (), "there is nothing to merge", "give one document for each mode"))
    seen: dict[frozenset[str], str] = {}
    for document in documents:
        tags = frozenset(tags_of(document))
        if tags in seen:
            message = f"the MetaGraph of {seen[tags]} has the same tags: {', '.join(tags_of(document))}"
            hint = "loaders tell MetaGraphs apart by their tags; change the mode, or add extra_tags to save_options"
            findings.append(finding("same-tags", ("mode",), message, hint).in_file(_mode_name(document)))
        seen.setdefault(tags, _mode_name(document))
        length = len(Path(contract_path(tags_of(document))).name)
        if length > MAX_FILE_NAME:
            message = f"the contract file is named after the tags, and its name has {length} bytes"
            hint = f"the maximum is {MAX_FILE_NAME}; choose shorter tags"
            path = ("save_options", "extra_tags")
            findings.append(finding("long-tags", path, message, hint).in_file(_mode_name(document)))
    endpoints = {name for document in documents for name in document.endpoints}
    for name in sorted(functions.keys() - endpoints):
        message = f"a function is given for {name!r}, which is not an endpoint of any document"
        findings.append(finding("unknown-endpoint", (), message, did_you_mean(name, endpoints)))
    if findings:
        raise SpecError(findings)


def _mode_name(document: Document) -> str:
    return document.name or "+".join(tags_of(document))


def _prepare_modes(
    programs: Sequence[Program], model: Any, functions: Functions, progress: Callable[[str], None]
) -> list[Prepared]:
    """Every mode, traced; a function that several of them share is traced once."""
    cores = Cores()
    name_tables(model)
    prepared, findings = [], FindingCollector()
    for program in programs:
        own = {name: function for name, function in functions.items() if name in program}
        with findings.gather(), _name_mode_in_findings(program.document):
            prepared.append(prepare(program, model, own, cores, _mode_clock(program.document, progress)))
    findings.raise_any()
    return prepared


def _stage_mode(mode: Prepared, part: _Part, progress: Callable[[str], None]) -> ExportReport:
    with _name_mode_in_findings(mode.document):
        return publish(mode, part, _mode_clock(mode.document, progress))


def _mode_clock(document: Document, progress: Callable[[str], None]) -> Clock:
    return Clock(progress, _mode_name(document))


@contextlib.contextmanager
def _name_mode_in_findings(document: Document) -> Iterator[None]:
    """Adds the name of the document to the findings that are raised in the block."""
    try:
        yield
    except SpecError as error:
        raise SpecError(each.in_file(each.file or _mode_name(document)) for each in error.diagnostics) from error


def _with_shared_variables(prepared: Sequence[Prepared]) -> list[Prepared]:
    """Each mode with the variables and resources of all.

    A checkpoint names a variable by the first list of the root that holds it, which is ``variables``.
    """
    contents = [mode.contents for mode in prepared]
    collected = [collection for each in contents for collection in each.collections.values()]
    shared: dict[str, Any] = {
        "variables": _distinct_by_id([*(each.variables for each in contents), *collected]),
        "trainable_variables": _distinct_by_id(each.trainable_variables for each in contents),
        "non_trainable_variables": _distinct_by_id(each.non_trainable_variables for each in contents),
        "resources": _distinct_by_id(each.resources for each in contents),
    }
    return [replace(mode, contents=replace(mode.contents, **shared)) for mode in prepared]


def _distinct_by_id(lists: Iterable[Iterable[T]]) -> list[T]:
    return list({id(item): item for items in lists for item in items}.values())


def _join_parts(parts: Sequence[Path], documents: Sequence[Document], directory: Path) -> None:
    """Moves the first part into ``directory``, adds the graphs and assets of the others, and removes the parts."""
    first, *others = parts
    for other in others:
        _require_equal_checkpoints(first, other)
    for path in sorted(first.iterdir()):
        path.rename(directory / path.name)
    for other, document in zip(others, documents[1:], strict=True):
        _add_meta_graph(other, directory)
        _add_assets(other, directory)
        (other / CONTRACT_PATH).rename(directory / contract_path(tags_of(document)))
    for part in parts:
        shutil.rmtree(part)
    write_fingerprint(directory)


def _require_equal_checkpoints(first: Path, other: Path) -> None:
    one, two = (tf.train.load_checkpoint(str(part / PREFIX)) for part in (first, other))
    shapes, others = (reader.get_variable_to_shape_map() for reader in (one, two))
    different = set(shapes) ^ set(others)
    different |= {key for key in set(shapes) & set(others) if not _is_equal(one, two, key)}
    different.discard(OBJECT_GRAPH)
    if different:
        message = f"the modes would restore {len(different)} variables differently; please report it"
        raise SpecError([Diagnostic(rule="archive-mismatch", message=message, hint=f"the first is {min(different)}")])


def _is_equal(one: Any, two: Any, key: str) -> bool:
    if key == OBJECT_GRAPH:
        return True
    return are_equal(one.get_tensor(key), two.get_tensor(key))


def _add_meta_graph(part: Path, directory: Path) -> None:
    files = (directory / _PB_FILE, part / _PB_FILE)
    merged, other = (saved_model_pb2.SavedModel.FromString(file.read_bytes()) for file in files)
    merged.meta_graphs.extend(other.meta_graphs)
    (directory / _PB_FILE).write_bytes(serialized(merged))


def _add_assets(part: Path, directory: Path) -> None:
    """Adds the assets of ``part``; MetaGraphs refer to assets by file name, so a file name must be unique."""
    for path in sorted((part / "assets").rglob("*")):
        if not path.is_file():
            continue
        target = directory / path.relative_to(part)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
        elif target.read_bytes() != path.read_bytes():
            message = f"two modes have an asset {path.name!r} with different content"
            raise SpecError([Diagnostic(rule="asset-clash", message=message, hint="rename one of the files")])
