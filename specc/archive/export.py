"""The way from a compiled document and a model to a published archive."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from specc.archive.binding import bind
from specc.archive.compiled import CompiledEndpoint
from specc.archive.cores import Cores
from specc.archive.endpoints import TracedEndpoint, trace_endpoints
from specc.archive.publish import free_target, staged
from specc.archive.report import EndpointReport, ExportReport
from specc.archive.resources import captured_variables, owners, tracked
from specc.archive.seal import seal
from specc.archive.variables import collect, find_variables, model_variables
from specc.archive.write import Contents, write
from specc.diagnostics import Diagnostic
from specc.errors import SpecError, UnavailableError
from specc.language.document import Document
from specc.reader import inspect_archive

Functions = Mapping[str, Callable[..., Any]]


class _Clock:
    """Times the stages, and tells each to whoever watches."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress

    @contextmanager
    def stage(self, name: str, line: str) -> Iterator[None]:
        self._progress(line)
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


def export(
    document: Document,
    declared: Mapping[str, CompiledEndpoint],
    model: Any,
    filepath: str | os.PathLike[str],
    *,
    functions: Functions,
    progress: Callable[[str], None],
) -> ExportReport:
    """Writes the archive; :meth:`specc.archive.program.Program.export` says the rest."""
    require_tensorflow_backend()
    clock = _Clock(progress)
    target = free_target(filepath)  # before minutes of tracing
    cores = Cores()
    with clock.stage("trace", f"tracing {_count(len(declared), 'endpoint')}"):
        endpoints = trace_endpoints(bind(declared, model, functions), cores)
        contents = _gather(document, model, endpoints)
    with staged(target) as directory:
        with clock.stage("write", f"writing {_count(len(contents.variables), 'variable')}"):
            write(contents, directory)
        with clock.stage("seal", "sealing"):
            seal(document, directory)
            _prove(directory)
        files = _sizes(directory)
        progress("flushing to disk")
        flushing = time.perf_counter()  # leaving the block flushes and renames
    clock.seconds["publish"] = time.perf_counter() - flushing
    return ExportReport(
        path=target,
        endpoints=tuple(_report(endpoint.compiled, document) for endpoint in endpoints),
        cores=len(cores.functions),
        collections={name: len(variables) for name, variables in contents.collections.items()},
        files=files,
        seconds=clock.seconds,
        notes=tuple(_notes(contents)),
    )


def require_tensorflow_backend() -> None:
    """Raises UnavailableError where Keras runs on another backend."""
    if keras.config.backend() != "tensorflow":
        hint = "set KERAS_BACKEND=tensorflow before Keras is imported"
        raise UnavailableError(f"specc exports from Keras on TensorFlow, not on {keras.config.backend()}; {hint}")


def _gather(document: Document, model: Any, endpoints: list[TracedEndpoint]) -> Contents:
    """Everything that the archive holds: the model's variables in its order, then whatever else the endpoints reach."""
    collections = collect(document, model)
    kept = tracked(document, model)
    named = model_variables(model)
    known = {id(variable.variable) for variable in named}
    captured = find_variables(captured_variables(endpoints))
    named += [variable for variable in captured if id(variable.variable) not in known]
    variables = [variable.variable for variable in named]
    everything = [*variables, *(variable for collection in collections.values() for variable in collection)]
    owned = owners(endpoints, everything, [model, *kept])
    return Contents(
        endpoints=endpoints,
        variables=variables,
        trainable_variables=[variable.variable for variable in named if variable.trainable],
        non_trainable_variables=[variable.variable for variable in named if not variable.trainable],
        collections=dict(collections),
        resources=list({id(part): part for part in (*owned, *kept)}.values()),
    )


def _prove(directory: Path) -> None:
    """Reads the staged archive back, as anybody will, and holds it against its contract before it is published."""
    findings = inspect_archive(directory).findings
    if findings:
        bug = Diagnostic(
            rule="archive-mismatch", message="the written archive is not what was declared; please report it"
        )
        raise SpecError([*findings, bug])


def _sizes(directory: Path) -> dict[str, int]:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.stat().st_size for path in files}


def _report(compiled: CompiledEndpoint, document: Document) -> EndpointReport:
    return EndpointReport(
        name=compiled.name,
        inputs=tuple(component.wire_name for component in compiled.input_components),
        outputs=tuple(component.wire_name for component in compiled.output_components),
        is_default=compiled.name == document.default,
    )


def _notes(contents: Contents) -> Iterator[str]:
    inferring = [endpoint.compiled.name for endpoint in contents.endpoints if not endpoint.compiled.declared.gradients]
    if inferring and contents.keeps_gradients:
        names = ", ".join(inferring)
        yield f"custom gradients stay, though {names} can do without: an archive drops them for all endpoints or none"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
