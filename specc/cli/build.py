"""``specc build FILE --out DIR``: an archive, whole or not at all."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from specc.cli import OK, note
from specc.diagnostics import Diagnostic
from specc.errors import SpecError, UnavailableError
from specc.language.load import load_buildable
from specc.report.text import table

if TYPE_CHECKING:
    from specc.archive import ExportReport

SEED = 0
"""Seeds Python, NumPy and Keras before the model is imported, so that two builds of one model are one archive."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="the spec")
    parser.add_argument("--out", required=True, metavar="DIR", help="where to put the archive; absent or empty")
    parser.add_argument(
        "--model",
        metavar="MODULE:ATTRIBUTE",
        help="the model, or what returns it, in place of the one that the spec names; or a .keras file",
    )


def run(options: argparse.Namespace) -> int:
    """Builds the archive, with progress on standard error, and prints what is in it."""
    start = time.perf_counter()
    document = load_buildable(options.file)
    target = options.model or document.model
    if target is None:
        hint = 'add "model": "module:attribute" to it, or give --model'
        raise SpecError(
            [Diagnostic(rule="missing-model", file=options.file, message="the spec names no model", hint=hint)]
        )
    _import_tensorflow()
    from specc.archive import compile
    from specc.archive.model import load_model
    from specc.archive.publish import require_free

    require_free(Path(options.out))  # before minutes of importing and loading
    directory = Path(options.file).resolve().parent
    # As with python -m, modules are found from here; and beside the spec, so that it can be built from anywhere.
    sys.path[:0] = [os.getcwd(), str(directory)]  # noqa: PTH109
    note(f"loading {target}")
    try:
        model = load_model(target, Path.cwd() if options.model else directory, seed=SEED)
        report = compile(document).export(model, options.out, progress=note)
    except SpecError as error:
        raise SpecError(finding.in_file(options.file) for finding in error.diagnostics) from error
    sys.stdout.write(_summary(report, time.perf_counter() - start))
    return OK


def _import_tensorflow() -> None:
    missing = [name for name in ("tensorflow", "keras") if find_spec(name) is None]
    if missing:
        names = " and ".join({"tensorflow": "TensorFlow", "keras": "Keras"}[name] for name in missing)
        raise UnavailableError(f"build needs {names}; install with: pip install 'specc[tensorflow]'")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    note("importing TensorFlow")
    with _quiet_unless_it_fails():
        import tensorflow  # noqa: F401


@contextmanager
def _quiet_unless_it_fails() -> Iterator[None]:
    """TensorFlow's C++ half writes lines to standard error while it loads, before any level can be set."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as said:
        saved = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            said.seek(0)
            os.write(saved, said.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _summary(report: ExportReport, seconds: float) -> str:
    rows = [
        (
            f"{endpoint.name}{' *' if endpoint.is_default else ''}",
            ", ".join(endpoint.inputs),
            ", ".join(endpoint.outputs),
        )
        for endpoint in report.endpoints
    ]
    legend = "* also serving_default\n" if any(endpoint.is_default for endpoint in report.endpoints) else ""
    stages = ", ".join(f"{stage} {spent:.2f}" for stage, spent in report.seconds.items())
    notes = "".join(f"note: {text}\n" for text in report.notes)
    return (
        f"{table(('endpoint', 'inputs', 'outputs'), rows)}{legend}{notes}\n"
        f"{report.path}: {report.bytes:,} bytes ({report.variable_bytes:,} of variables), "
        f"{seconds:.2f} s ({stages})\n"
    )
