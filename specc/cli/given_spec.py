"""The SPEC and the ARCHIVE of commands that run an archive: a spec file, or an archive that describes itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from specc.cli.importing import add_import_option, modules_of
from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.language.document import Document
from specc.language.load import ALWAYS, load_spec
from specc.language.validation.pipeline import LoadedSpec
from specc.reader import inspect_archive


@dataclass(frozen=True)
class GivenSpec:
    """A document, and where it is from: ``file`` is its spec, or None if an archive describes itself by it.

    ``name`` is the spec or the archive, as it was named; None for the archive that is run.
    """

    document: Document
    name: str | None
    file: LoadedSpec | None = None

    def imports(self, further: Iterable[str]) -> tuple[str, ...]:
        """The modules that a spec file names, then ``further`` ones; what an archive names is never imported."""
        own = self.document.imports if self.file else ()
        return tuple(dict.fromkeys((*own, *further)))

    def importing(self) -> AbstractContextManager[None]:
        """Puts the directory of the spec, and the working directory, on the import path for the block."""
        return modules_of(self.directory, (self.directory, Path.cwd()))

    @property
    def directory(self) -> Path:
        """Where modules and files of the spec are."""
        return Path(self.name).absolute().parent if self.file and self.name else Path.cwd()

    def locate(self, findings: Iterable[Diagnostic], archive: str) -> list[Diagnostic]:
        """``findings`` in their order, each with its file and its location there."""
        return [self._located(finding, archive) for finding in findings]

    def error(self, error: SpecError, archive: str, model: object) -> SpecError:
        """``error`` with its findings located; those about a ``model`` that is named on the command line are there."""
        return SpecError(
            finding.at(()).in_file("--model")
            if isinstance(model, str) and finding.path == ("model",)
            else self._located(finding, archive)
            for finding in error.diagnostics
        )

    def _located(self, finding: Diagnostic, archive: str) -> Diagnostic:
        if finding.file:  # a file of the archive
            return finding.in_file(f"{archive}/{finding.file}")
        if self.file is None:
            return finding.in_file(self.name or archive)
        (located,) = self.file.locate([finding])
        return located


def read_given(spec: str | None, archive: str) -> GivenSpec:
    """The document that ``spec`` names: a spec file, or an archive; by default ``archive`` itself.

    Raises:
        ArchiveError, UnreadableError: there is no such file, or no SavedModel that can be read.
        SpecError: it is invalid.
    """
    if spec is None:
        return GivenSpec(inspect_archive(Path(archive)).document, None)
    if not Path(spec).is_dir():
        loaded = load_spec(spec, ALWAYS)
        return GivenSpec(loaded.document, spec, loaded)
    inspection = inspect_archive(Path(spec))
    errors = [finding.in_file(spec) for finding in inspection.findings if finding.level == "error"]
    if errors:
        raise SpecError(errors)
    return GivenSpec(inspection.document, spec)


def add_running_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of every command that runs an archive."""
    add_import_option(parser, "import it before the archive is loaded, after those of a spec file; may be repeated")
    parser.add_argument(
        "--trust", action="store_true", help="run an archive that reads or writes files or uses the network, too"
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=600.0, metavar="SECONDS", help="the limit on the whole run (default: 600)"
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, more than 0 and less than 1,000,000")
    return seconds


def add_call_options(parser: argparse.ArgumentParser, cases: int, what: str) -> None:
    """Adds the options of every command that generates calls; ``what`` describes how many by default."""
    parser.add_argument(
        "--endpoint", action="append", default=[], metavar="NAME", help="only this endpoint; may be repeated"
    )
    parser.add_argument("--cases", type=_count, default=cases, metavar="N", help=f"{what} (default: {cases})")
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of generated values: the same seed, the same calls"
    )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of calls, from 0 to 999999")
    return int(text)


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise argparse.ArgumentTypeError(f"{text!r} is not a seed: expected a number from 0")
    return int(text)


def add_names(parser: argparse.ArgumentParser, metavar: str, what: str) -> None:
    """Adds the positional ``names``, to which ``--model`` may add a word that follows it."""
    parser.add_argument("names", nargs="*", action="extend", default=[], metavar=metavar, help=what)


class _ModelAction(argparse.Action):
    """``--model``, whose value is optional; a word that does not name a model is one of the command's ``names``."""

    def __call__(
        self, parser: object, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        """Keeps the value if it has a ``:`` or ends in ``.keras``, ``.h5`` or ``/``; True stands for the spec's own."""
        text = values if isinstance(values, str) else ""
        namespace.model = text if ":" in text or text.endswith((".keras", ".h5", "/")) else True
        if text and namespace.model is True:
            namespace.names = [*namespace.names, text]


def add_model_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Adds ``--model``."""
    parser.add_argument("--model", nargs="?", action=_ModelAction, metavar="MODULE:ATTRIBUTE", help=what)
