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

from pydantic import TypeAdapter, ValidationError

from specc.cli import OK, note
from specc.diagnostics import Diagnostic
from specc.errors import SpecError, UnavailableError
from specc.language.load import load_buildable
from specc.language.scalars import ModelPath
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
    _check_model_path(target, options.file)
    _import_tensorflow()
    from specc.archive import compile
    from specc.archive.model import load_model
    from specc.archive.publish import free_target

    free_target(options.out)  # before minutes of loading
    directory, here = Path(options.file).resolve().parent, Path.cwd()
    # The spec's own modules are beside it, and the same from everywhere; what --model names is looked for here first.
    sys.path[:0] = map(str, (here, directory) if options.model else (directory, here))
    note(f"loading {target}")
    try:
        model = load_model(target, here if options.model else directory, seed=SEED)
        report = compile(document).export(model, options.out, progress=note)
    except SpecError as error:
        raise SpecError(finding.in_file(options.file) for finding in error.diagnostics) from error
    sys.stdout.write(_summary(report, time.perf_counter() - start))
    return OK


def _check_model_path(target: str, file: str) -> None:
    try:
        TypeAdapter(ModelPath).validate_python(target)
    except ValidationError as error:
        (detail,) = error.errors()
        finding = Diagnostic(rule="bad-path", path=("model",), file=file, **detail["ctx"])
        raise SpecError([finding]) from None


def _import_tensorflow() -> None:
    missing = [name for name in ("tensorflow", "keras") if find_spec(name) is None]
    if missing:
        names = " and ".join({"tensorflow": "TensorFlow", "keras": "Keras"}[name] for name in missing)
        raise UnavailableError(f"build needs {names}; install with: pip install 'specc[tensorflow]'")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    note("importing TensorFlow")
    try:
        with _quietly():
            from specc.archive.export import require_tensorflow_backend
    except (Exception, SystemExit) as error:
        backend = f" (KERAS_BACKEND is {os.environ['KERAS_BACKEND']})" if "KERAS_BACKEND" in os.environ else ""
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        raise UnavailableError(f"TensorFlow and Keras cannot be imported{backend}: {text}") from error
    require_tensorflow_backend()


@contextmanager
def _quietly() -> Iterator[None]:
    """TensorFlow's C++ half writes lines to standard error while it loads, before any level can be set."""
    sys.stderr.flush()
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115  # closed below
    except OSError:  # nowhere to keep what it says
        yield
        return
    with file as said:
        saved = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
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
