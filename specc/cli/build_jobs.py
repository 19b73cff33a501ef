"""The jobs of one run of ``specc build``: what to build, where, and with which model."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from specc.checks import Settings
from specc.cli.importing import modules_of
from specc.cli.progress import stage
from specc.cli.settings import SettingsFinder
from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.language.load import load_spec
from specc.language.scalars import ModelPath
from specc.language.validation.pipeline import LoadedSpec
from specc.source.file_names import archive_name, archive_place

SEED = 0
"""The seed of Python, NumPy and Keras before a model is imported, so that builds of one model are identical."""


@dataclass(frozen=True)
class BuildJob:
    """One archive to build; ``where`` has the target arguments of :meth:`specc.compiler.program.Program.export`."""

    file: str
    spec: LoadedSpec
    model: str
    imports: tuple[str, ...]
    directory: Path
    where: dict[str, Any]
    settings: Settings


def find_misuse(options: argparse.Namespace) -> str:
    """Why the options are incompatible, or the empty string."""
    if "" in (options.out, options.base):
        return "an empty path is not a directory; the current directory is ."
    if options.base is None and (options.version is not None or options.keep is not None):
        return "--version and --keep need --base"
    names: dict[str, str] = {}
    for file in options.files if len(options.files) > 1 and not options.merged else ():
        name = archive_name(file)
        if name in ("", ".", ".."):
            return f"{file} gives no name for an archive; rename it"
        if name in names:
            return f"{names[name]} and {file} would both be written to {name!r}; build them one at a time"
        names[name] = file
    return ""


def plan_jobs(options: argparse.Namespace) -> list[BuildJob]:
    """The jobs to build; raises SpecError with all findings of all files."""
    jobs: list[BuildJob] = []
    findings: list[Diagnostic] = []
    finder = SettingsFinder()
    for file in options.files:
        try:
            jobs.append(_plan_job(file, options, finder))
        except SpecError as error:
            findings += error.diagnostics
    if findings:
        raise SpecError(findings)
    return jobs


def _plan_job(file: str, options: argparse.Namespace, finder: SettingsFinder) -> BuildJob:
    spec = load_spec(file)
    model = options.model or spec.document.model
    if model is None:
        hint = 'add "model": "module:attribute" to it, or give --model'
        raise SpecError([Diagnostic(rule="missing-model", file=file, message="the spec names no model", hint=hint)])
    with _located_model(spec, options):
        _check_model_path(model)
    imports = tuple(dict.fromkeys((*spec.document.imports, *options.imports)))
    place = options.out or options.base
    if len(options.files) > 1 and not options.merged:
        place = archive_place(place, file)
    versions = {"base": place, "version": options.version or "next", "keep": options.keep}
    where = {"filepath": place} if options.base is None else versions
    return BuildJob(file, spec, model, imports, Path(file).resolve().parent, where, finder.settings_for(file))


def _check_model_path(target: str) -> None:
    try:
        TypeAdapter(ModelPath).validate_python(target)
    except ValidationError as error:
        (detail,) = error.errors()
        problem = {key: text for key, text in detail["ctx"].items() if key != "part"}
        raise SpecError([Diagnostic(rule="bad-path", path=("model",), **problem)]) from None


def check_targets(jobs: list[BuildJob]) -> None:
    """Raises TargetError for targets that cannot be written, before TensorFlow is imported; publishing checks again."""
    from specc.publishing.destinations import destination

    for job in jobs:
        destination(**job.where).check()


@contextmanager
def loaded_model(job: BuildJob, options: argparse.Namespace, jobs: list[BuildJob]) -> Iterator[Any]:
    """The job's model, with its modules importable inside the block; ``jobs`` are those that may list its imports."""
    from specc.compiler.load_model import load_model

    here = Path.cwd()
    # The spec's modules are beside it, wherever specc runs; those of --model are searched here first.
    with modules_of(job.directory, (here, job.directory) if options.model else (job.directory, here)):
        stage(f"loading {job.model}")
        with _located_import(job, jobs, options):
            directory = here if options.model else job.directory
            model = load_model(job.model, directory, seed=SEED, imports=job.imports)
        yield model


@contextmanager
def located_in_spec(spec: LoadedSpec) -> Iterator[None]:
    """Adds the file and location to each finding about a document."""
    try:
        yield
    except SpecError as error:
        raise SpecError(spec.locate(error.diagnostics)) from error


@contextmanager
def _located_import(job: BuildJob, jobs: list[BuildJob], options: argparse.Namespace) -> Iterator[None]:
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
        with _located_model(job.spec, options):
            raise


@contextmanager
def _located_model(spec: LoadedSpec, options: argparse.Namespace) -> Iterator[None]:
    """Locates findings about a model in its spec, or on the command line."""
    if not options.model:
        with located_in_spec(spec):
            yield
        return
    try:
        yield
    except SpecError as error:
        raise SpecError(finding.at(()).in_file("--model") for finding in error.diagnostics) from error
