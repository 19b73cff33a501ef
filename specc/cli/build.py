"""``specc build FILE... (--out DIR | --base DIR)``: builds archives, each completely or not at all."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from specc.checks import Settings, find_built_opinions
from specc.cli import OK, WRONG_USAGE, complain, note
from specc.cli.findings import add_options, print_report
from specc.cli.importing import add_import_option, import_tensorflow, modules_of
from specc.cli.own_process import run_in_own_process
from specc.cli.settings import SettingsFinder
from specc.diagnostics import Diagnostic
from specc.errors import SpeccError, SpecError
from specc.language.document import Document
from specc.language.load import load_spec
from specc.language.scalars import ModelPath
from specc.language.signatures import DEFAULT_KEYS
from specc.language.validation.pipeline import LoadedSpec
from specc.report import Report
from specc.report.text import table

if TYPE_CHECKING:
    from specc.compiler import ExportReport

SEED = 0
"""The seed of Python, NumPy and Keras before a model is imported, so that builds of one model are identical."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a spec; of several, NAME.specc.json is built in DIR/NAME"
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="DIR", help="where to put the archive, a path or a URL; absent or empty")
    where.add_argument("--base", metavar="DIR", help="publish the archive as a version, DIR/<integer>")
    parser.add_argument(
        "--version",
        type=_version,
        metavar="next|timestamp|N",
        help="with --base: one more than the newest version (this is the default), the seconds since 1970, or a number",
    )
    parser.add_argument(
        "--keep",
        type=_count,
        metavar="N",
        help="with --base: remove versions beyond the newest N, once the new one is published",
    )
    parser.add_argument(
        "--model",
        metavar="MODULE:ATTRIBUTE",
        help="a model, or what returns one, to use instead of each spec's own; or a .keras or .h5 file, or DIR/",
    )
    add_import_option(parser, "import it before the model, after those that the spec names; may be repeated")
    runs = parser.add_mutually_exclusive_group()
    runs.add_argument(
        "--verify",
        action="store_true",
        default=None,
        help="before publishing, run the archive as specc verify does, against the model in memory",
    )
    runs.add_argument(
        "--no-verify", dest="verify", action="store_false", default=None, help="do not, though [tool.specc] says so"
    )
    parser.add_argument(
        "--merged",
        action="store_true",
        help="put the modes of one model, a FILE each, into one archive, as readers of TensorFlow 1 expect",
    )
    add_options(parser)


def _version(text: str) -> str | int:
    if text in ("next", "timestamp"):
        return text
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise argparse.ArgumentTypeError(f"{text!r} is not next, timestamp or an integer from 0 to 2**63 - 1")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of versions: expected at least 1")
    return int(text)


@dataclass(frozen=True)
class _Job:
    """One archive to build; ``where`` has the target arguments of :meth:`specc.compiler.program.Program.export`."""

    file: str
    spec: LoadedSpec
    model: str
    imports: tuple[str, ...]
    directory: Path
    where: dict[str, Any]
    settings: Settings


def run(options: argparse.Namespace) -> int:
    """Builds the archives one after the other, with progress on standard error, and prints what is in each."""
    refusal = _misuse(options)
    if refusal:
        complain(refusal)
        return WRONG_USAGE
    jobs = _jobs(options)
    if options.merged:
        return _build_merged(jobs, options)
    # Imports, seeds and counters of one build would change the next archive, compared with a separate build.
    is_apart = len(jobs) > 1 and "tensorflow" not in sys.modules
    findings: list[Diagnostic] = []
    for index, job in enumerate(jobs):
        work = partial(_build, job, options, jobs if index == 0 else [job])
        try:
            findings += run_in_own_process(work, job.file) if is_apart else work()
        except SpeccError:
            if len(jobs) > 1:
                note(f"built {index} of {len(jobs)}; not built: {', '.join(left.file for left in jobs[index:])}")
            raise
    return print_report(Report(findings), options) if findings else OK


def _misuse(options: argparse.Namespace) -> str:
    """Why the options are incompatible, or the empty string."""
    if "" in (options.out, options.base):
        return "an empty path is not a directory; the current directory is ."
    if options.base is None and (options.version is not None or options.keep is not None):
        return "--version and --keep need --base"
    names: dict[str, str] = {}
    for file in options.files if len(options.files) > 1 and not options.merged else ():
        name = _name(file)
        if name in ("", ".", ".."):
            return f"{file} gives no name for an archive; rename it"
        if name in names:
            return f"{names[name]} and {file} would both be written to {name!r}; build them one at a time"
        names[name] = file
    return ""


def _name(file: str) -> str:
    return Path(file).name.removesuffix(".json").removesuffix(".specc")


def _jobs(options: argparse.Namespace) -> list[_Job]:
    """The jobs to build; raises SpecError with all findings of all files."""
    jobs: list[_Job] = []
    findings: list[Diagnostic] = []
    finder = SettingsFinder()
    for file in options.files:
        try:
            jobs.append(_job(file, options, finder))
        except SpecError as error:
            findings += error.diagnostics
    if findings:
        raise SpecError(findings)
    return jobs


def _job(file: str, options: argparse.Namespace, finder: SettingsFinder) -> _Job:
    spec = load_spec(file)
    model = options.model or spec.document.model
    if model is None:
        hint = 'add "model": "module:attribute" to it, or give --model'
        raise SpecError([Diagnostic(rule="missing-model", file=file, message="the spec names no model", hint=hint)])
    with _findings_of_model(spec, options):
        _check_model_path(model)
    imports = tuple(dict.fromkeys((*spec.document.imports, *options.imports)))
    place = options.out or options.base
    if len(options.files) > 1 and not options.merged:
        place = os.path.join(place, _name(file))  # noqa: PTH118  # it may be a URL
    versions = {"base": place, "version": options.version or "next", "keep": options.keep}
    where = {"filepath": place} if options.base is None else versions
    return _Job(file, spec, model, imports, Path(file).resolve().parent, where, finder.settings_for(file))


def _check_targets(jobs: list[_Job]) -> None:
    """Raises TargetError for targets that cannot be written, before the model is loaded."""
    from specc.publishing.destinations import destination

    for job in jobs:
        destination(**job.where).check()


@contextmanager
def _model_of(job: _Job, options: argparse.Namespace, jobs: list[_Job]) -> Iterator[Any]:
    """The job's model, with its modules importable inside the block; ``jobs`` are those that may list its imports."""
    from specc.compiler.load_model import load_model

    here = Path.cwd()
    # The spec's modules are beside it, wherever specc runs; those of --model are searched here first.
    with modules_of(job.directory, (here, job.directory) if options.model else (job.directory, here)):
        note(f"loading {job.model}")
        with _findings_of_load(job, jobs, options):
            directory = here if options.model else job.directory
            model = load_model(job.model, directory, seed=SEED, imports=job.imports)
        yield model


@contextmanager
def _findings_in(spec: LoadedSpec) -> Iterator[None]:
    """Adds the file and location to each finding about a document."""
    try:
        yield
    except SpecError as error:
        raise SpecError(spec.locate(error.diagnostics)) from error


@contextmanager
def _findings_of_load(job: _Job, jobs: list[_Job], options: argparse.Namespace) -> Iterator[None]:
    """Locates findings about a module to import in the spec that lists it, or on the command line."""
    try:
        yield
    except SpecError as error:
        match error.diagnostics[0].path:
            case ("imports", int(index)):
                naming = [each.spec for each in (job, *jobs) if job.imports[index] in each.spec.document.imports]
                found = [each.at(()).in_file("--import") for each in error.diagnostics]
                if naming:
                    path = ("imports", naming[0].document.imports.index(job.imports[index]))
                    found = naming[0].locate(each.at(path) for each in error.diagnostics)
                raise SpecError(found) from error
        with _findings_of_model(job.spec, options):
            raise


@contextmanager
def _findings_of_model(spec: LoadedSpec, options: argparse.Namespace) -> Iterator[None]:
    """Locates findings about a model in its spec, or on the command line."""
    if not options.model:
        with _findings_in(spec):
            yield
        return
    try:
        yield
    except SpecError as error:
        raise SpecError(finding.at(()).in_file("--model") for finding in error.diagnostics) from error


def _build(job: _Job, options: argparse.Namespace, targets: list[_Job]) -> list[Diagnostic]:
    """Builds one archive, if all ``targets`` can be written, and prints what is in it and how long it took.

    Returns:
        The findings about the built archive.
    """
    start = time.perf_counter()
    import_tensorflow("build")
    from specc.compiler import compile

    _check_targets(targets)
    with _model_of(job, options, [job]) as model, _findings_in(job.spec):
        checked = _Verifier([job], model, options)
        report = compile(job.spec.document).export(model, progress=note, before_publish=checked, **job.where)
    sys.stdout.write(_summary(report, job.spec.document, time.perf_counter() - start))
    sys.stdout.flush()
    opinions = list(find_built_opinions(job.spec.document, job.settings, nested_tables=report.nested_tables))
    return job.spec.locate([*opinions, *checked.warnings]) if opinions or checked.warnings else []


def _build_merged(jobs: list[_Job], options: argparse.Namespace) -> int:
    """Builds one archive with a MetaGraph for each document, and prints what is in each."""
    start = time.perf_counter()
    import_tensorflow("build")
    from specc.compiler.merge import merge

    _check_targets(jobs)
    if len({(job.model, job.directory) for job in jobs}) > 1:
        listed = ", ".join(f"{job.model} ({job.file})" for job in jobs)
        complain(f"a merged archive has the modes of one model, but the models are {listed}; choose one with --model")
        return WRONG_USAGE
    imports = tuple(dict.fromkeys(module for job in jobs for module in job.imports))
    with _model_of(replace(jobs[0], imports=imports), options, jobs) as model:
        checked = _Verifier(jobs, model, options)
        documents = [job.spec.document for job in jobs]
        report = merge(documents, model, progress=note, before_publish=checked, **jobs[0].where)
    seconds = time.perf_counter() - start
    for mode in report.modes:
        sys.stdout.write(mode.signatures_text())
    sys.stdout.write("".join(f"note: {text}\n" for text in report.notes))
    sys.stdout.write(f"{report.path}: {report.bytes:,} bytes, {len(report.modes)} MetaGraphs, {seconds:.2f} s\n")
    return print_report(Report(checked.warnings), options) if checked.warnings else OK


class _Verifier:
    """Runs the staged archive of ``jobs`` before it is published, if that is asked for; keeps what are no errors."""

    def __init__(self, jobs: list[_Job], model: Any, options: argparse.Namespace) -> None:
        self._jobs, self._model = jobs, model
        self._is_asked = jobs[0].settings.verify if options.verify is None else options.verify
        self.warnings: list[Diagnostic] = []

    def __call__(self, directory: Path) -> None:
        """Raises SpecError with every finding if one is an error."""
        for job in self._jobs if self._is_asked else ():
            from specc.verification.verify import verify

            note("verifying" if len(self._jobs) == 1 else f"verifying {job.file}")
            found = verify(job.spec.document, directory, model=self._model, imports=job.imports, trust=True)
            located = found.findings if len(self._jobs) == 1 else job.spec.locate(found.findings)
            if not found.ok:
                raise SpecError(located)
            note(f"verified: {found.summary}")
            for text in found.all_notes:
                note(f"note: {text}")
            self.warnings += [finding for finding in located if finding.level == "warning"]


def _check_model_path(target: str) -> None:
    try:
        TypeAdapter(ModelPath).validate_python(target)
    except ValidationError as error:
        (detail,) = error.errors()
        said = {key: text for key, text in detail["ctx"].items() if key != "part"}
        raise SpecError([Diagnostic(rule="bad-path", path=("model",), **said)]) from None


def _summary(report: ExportReport, document: Document, seconds: float) -> str:
    rows = [
        (
            f"{endpoint.name}{' *' if endpoint.is_default else ''}",
            ", ".join(endpoint.inputs),
            ", ".join(endpoint.outputs),
        )
        for endpoint in report.endpoints
    ]
    legend = f"* also {DEFAULT_KEYS[document.mode]}\n" if any(each.is_default for each in report.endpoints) else ""
    stages = ", ".join(f"{stage} {spent:.2f}" for stage, spent in report.seconds.items())
    notes = "".join(f"note: {text}\n" for text in report.notes)
    return (
        f"{table(('endpoint', 'inputs', 'outputs'), rows)}{legend}\n{report.signatures_text()}{notes}\n"
        f"{report.path}: {report.bytes:,} bytes ({report.variable_bytes:,} of variables), "
        f"{seconds:.2f} s ({stages})\n"
    )
