"""``specc build FILE... (--out DIR | --base DIR)``: builds archives, each completely or not at all."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from specc.checks import run_build_checks
from specc.cli import OK, WRONG_USAGE, complain, note
from specc.cli.build_examination import ArchiveExaminer
from specc.cli.build_jobs import BuildJob, check_targets, find_misuse, loaded_model, located_in_spec, plan_jobs
from specc.cli.build_verification import ArchiveVerifier
from specc.cli.findings import add_options, print_report
from specc.cli.importing import add_import_option, import_tensorflow
from specc.cli.own_process import run_in_own_process
from specc.cli.progress import Progress, shown_on_terminal
from specc.diagnostics import Diagnostic, printable
from specc.errors import SpeccError
from specc.language.document import Document
from specc.language.signatures import DEFAULT_KEYS, tags_of
from specc.publishing.staging import require_locks
from specc.report import Report
from specc.report.text import table
from specc.report.writer import write

if TYPE_CHECKING:
    from specc.compiler import ExportReport

T = TypeVar("T")


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
        type=_version_choice,
        metavar="next|timestamp|N",
        help="with --base: one more than the newest version (this is the default), the seconds since 1970, or a number",
    )
    parser.add_argument(
        "--keep",
        type=_number_of_versions,
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
        "--no-verify",
        dest="verify",
        action="store_false",
        default=None,
        help="do not run it, even if [tool.specc] has verify = true",
    )
    parser.add_argument(
        "--warmup",
        action="store_true",
        help="add the requests of the examples, with which TensorFlow Serving warms a version up; they are run first",
    )
    parser.add_argument(
        "--merged",
        action="store_true",
        help="put the modes of one model, a FILE each, into one archive, as readers of TensorFlow 1 expect",
    )
    add_options(parser)


def _version_choice(text: str) -> str | int:
    if text in ("next", "timestamp"):
        return text
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise argparse.ArgumentTypeError(f"{text!r} is not next, timestamp or an integer from 0 to 2**63 - 1")
    return int(text)


def _number_of_versions(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of versions: expected at least 1")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Builds the archives one after the other, with progress on standard error, and prints what is in each."""
    refusal = find_misuse(options)
    if refusal:
        complain(refusal)
        return WRONG_USAGE
    require_locks()
    jobs = plan_jobs(options)
    if options.merged:
        return _shown("", partial(_build_merged, jobs, options))
    # Imports, seeds and counters of one build would change the next archive, compared with a separate build.
    is_apart = len(jobs) > 1 and "tensorflow" not in sys.modules
    if is_apart:
        run_in_own_process(partial(check_targets, jobs), jobs[0].file)  # fsspec starts threads, and they do not fork
    else:
        check_targets(jobs)
    findings: list[Diagnostic] = []
    for index, job in enumerate(jobs):
        build = partial(_build, job, options)
        work = partial(_shown, job.file if len(jobs) > 1 else "", build)
        try:
            findings += run_in_own_process(work, job.file) if is_apart else work()
        except SpeccError:
            if len(jobs) > 1:
                note(f"built {index} of {len(jobs)}; not built: {', '.join(left.file for left in jobs[index:])}")
            raise
    return print_report(Report(findings), options) if findings else OK


def _shown(label: str, work: Callable[[], T]) -> T:
    """The result of ``work``, whose stages are shown live on a terminal."""
    with shown_on_terminal(label):
        return work()


def _build(job: BuildJob, options: argparse.Namespace) -> list[Diagnostic]:
    """Builds one archive, and prints what is in it and how long each stage took.

    Returns:
        The findings about the built archive.
    """
    start = time.perf_counter()
    import_tensorflow("build")
    from specc.compiler import compile

    imported = time.perf_counter()
    with loaded_model(job, options, [job]) as model, located_in_spec(job.spec):
        checked, examined = ArchiveVerifier([job], model, options), ArchiveExaminer(job)
        program, loaded = compile(job.spec.document), time.perf_counter()
        report = program.export(model, progress=Progress(), before_publish=_asked(checked, examined), **job.where)
    seconds = {"import": imported - start, "load": loaded - imported, **report.seconds}
    _write_published(_archive_summary(report, job.spec.document, seconds), report.path)
    return job.spec.locate([*_build_findings(job, examined, report), *checked.warnings])


def _asked(*steps: ArchiveVerifier | ArchiveExaminer) -> Callable[[Path], None] | None:
    """A function that takes the steps that are asked for, one after the other; None if none is."""
    asked = [step for step in steps if step.is_asked]

    def run_all(directory: Path) -> None:
        for step in asked:
            step(directory)

    return run_all if asked else None


def _build_findings(job: BuildJob, examined: ArchiveExaminer, report: ExportReport) -> Iterator[Diagnostic]:
    """What the checks of built archives find."""
    built = replace(examined.built, nested_tables=report.nested_tables)
    return run_build_checks(job.spec.document, job.settings, built)


def _build_merged(jobs: list[BuildJob], options: argparse.Namespace) -> int:
    """Builds one archive with a MetaGraph for each document, and prints what is in each."""
    start = time.perf_counter()
    check_targets(jobs[:1])  # of all modes
    import_tensorflow("build")
    from specc.compiler.merge import merge

    if len({(job.model, job.directory) for job in jobs}) > 1:
        listed = ", ".join(f"{job.model} ({job.file})" for job in jobs)
        complain(f"a merged archive has the modes of one model, but the models are {listed}; choose one with --model")
        return WRONG_USAGE
    imports = tuple(dict.fromkeys(module for job in jobs for module in job.imports))
    with loaded_model(replace(jobs[0], imports=imports), options, jobs) as model:
        checked, examined = ArchiveVerifier(jobs, model, options), [ArchiveExaminer(job) for job in jobs]
        documents, before = [job.spec.document for job in jobs], _asked(checked, *examined)
        report = merge(documents, model, progress=Progress(), before_publish=before, **jobs[0].where)
    seconds = time.perf_counter() - start
    signatures = "".join(mode.signatures_text() for mode in report.modes)
    notes = "".join(f"note: {printable(text)}\n" for text in report.notes)
    size = f"{report.bytes:,} bytes, {len(report.modes)} MetaGraphs, {seconds:.2f} s"
    _write_published(f"{signatures}{notes}{printable(str(report.path))}: {size}\n", report.path)
    modes = {frozenset(mode.tags): mode for mode in report.modes}
    findings = [
        each
        for job, examiner in zip(jobs, examined, strict=True)
        for each in job.spec.locate(_build_findings(job, examiner, modes[frozenset(tags_of(job.spec.document))]))
    ]
    return print_report(Report([*findings, *checked.warnings]), options) if findings or checked.warnings else OK


def _write_published(text: str, path: Path | str) -> None:
    """Writes ``text`` about an archive; if that fails, raises OSError with the path of the published archive."""
    try:
        write(text)
        sys.stdout.flush()
    except OSError as error:
        reason = error.strerror or error
        raise OSError(f"cannot write to standard output: {reason}; the archive is published as {path}") from error


def _archive_summary(report: ExportReport, document: Document, seconds: dict[str, float]) -> str:
    rows = [
        (
            f"{endpoint.name}{' *' if endpoint.is_default else ''}",
            ", ".join(endpoint.inputs),
            ", ".join(endpoint.outputs),
        )
        for endpoint in report.endpoints
    ]
    legend = f"* also {DEFAULT_KEYS[document.mode]}\n" if any(each.is_default for each in report.endpoints) else ""
    stages = ", ".join(f"{stage} {spent:.2f}" for stage, spent in seconds.items())
    notes = "".join(f"note: {printable(text)}\n" for text in report.notes)
    return (
        f"{table(('endpoint', 'inputs', 'outputs'), rows)}{legend}\n{report.signatures_text()}{notes}\n"
        f"{printable(str(report.path))}: {report.bytes:,} bytes ({report.variable_bytes:,} of variables), "
        f"{sum(seconds.values()):.2f} s ({stages})\n"
    )
