"""``specc verify [SPEC] ARCHIVE``: runs an archive, and says whether it does what a spec says."""

from __future__ import annotations

import argparse
from pathlib import Path

from specc.cli import note
from specc.cli.findings import add_options, exit_code, print_report
from specc.cli.given_spec import (
    GivenSpec,
    add_call_options,
    add_model_option,
    add_names,
    add_running_options,
    read_given,
)
from specc.errors import ArchiveError, SpecError, UnreadableError, UsageError
from specc.report import VerifyReport
from specc.report.writer import write
from specc.verification.result import Verification
from specc.verification.subject import WAYS
from specc.verification.verify import verify

CASES = 8


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add_names(
        parser,
        "[SPEC] ARCHIVE",
        "a spec, or an archive that has a contract or describes itself, by default ARCHIVE; and the directory of "
        "a SavedModel",
    )
    parser.add_argument("--static", action="store_true", help="read the files only; nothing runs; needs no TensorFlow")
    add_model_option(
        parser, "hold variables and answers against the model: the spec's own, or one that is named as for build"
    )
    parser.add_argument("--against", metavar="ARCHIVE", help="hold answers against those of another archive")
    parser.add_argument(
        "--way", action="append", choices=WAYS, default=[], help="only this way to call endpoints; may be repeated"
    )
    add_call_options(parser, CASES, "how many calls are generated for each endpoint; 0 leaves its examples")
    add_running_options(parser)
    add_options(parser, "junit")


def run(options: argparse.Namespace) -> int:
    """Prints what was run and every finding."""
    if not 1 <= len(options.names) <= 2:
        raise UsageError("expected SPEC and ARCHIVE, or an ARCHIVE that describes itself")
    spec, archive = (None, *options.names)[-2:]
    if spec is None and Path(archive).is_file():
        raise UsageError(f"{archive} is a file: expected SPEC and ARCHIVE, or the directory of a SavedModel")
    try:
        given = read_given(spec, archive)
        verification = _verify(given, archive, options)
    except SpecError as error:
        return print_report(VerifyReport(error.diagnostics, archive=archive, spec=spec, seed=options.seed), options)
    except (ArchiveError, UnreadableError) as error:
        if options.format == "text":
            raise
        return print_report(VerifyReport(unreadable=[(archive, str(error))], archive=archive, spec=spec), options)
    report = VerifyReport(
        given.locate(verification.findings, archive),
        archive=archive,
        spec=spec,
        seed=options.seed,
        tensorflow=verification.tensorflow,
        endpoints=verification.endpoints,
    )
    if options.format != "text" or options.quiet:
        return print_report(report, options)
    write(verification.text(verification.findings[: options.max_findings]))
    return exit_code(report, options)


def _verify(given: GivenSpec, archive: str, options: argparse.Namespace) -> Verification:
    if options.model and given.file is None:
        raise UsageError("--model needs a SPEC file, since nothing that an archive names is imported")
    try:
        with given.importing():
            return verify(
                given.document,
                archive,
                model=options.model,
                against=options.against,
                static=options.static,
                endpoints=options.endpoint,
                ways=options.way,
                cases=options.cases,
                seed=options.seed,
                timeout=options.timeout,
                imports=given.imports(options.imports),
                trust=options.trust,
                progress=note,
            )
    except SpecError as error:
        raise given.error(error, archive, options.model) from error
