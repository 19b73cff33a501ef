"""Exports a model: traces a compiled document's endpoints, writes the archive and publishes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.compiler.backends import Backend
from specc.compiler.compiled_endpoint import CompiledEndpoint
from specc.compiler.export_report import EndpointReport, ExportReport, SignatureReport
from specc.compiler.op_registry import find_custom_ops
from specc.compiler.trace.binding import LeftOut, bind
from specc.compiler.trace.cores import Cores, ops_of
from specc.compiler.trace.endpoints import TracedEndpoint, trace_endpoints
from specc.compiler.trace.receivers import receiver_signature
from specc.compiler.write.contents import Contents
from specc.compiler.write.distributed import tracing_for_archive
from specc.compiler.write.op_definitions import used_ops
from specc.compiler.write.resources import (
    captured_assets,
    captured_variables,
    find_owners,
    name_tables,
    tracked_resources,
)
from specc.compiler.write.save_options import tf_save_options
from specc.compiler.write.seal import seal
from specc.compiler.write.stored_values import require_stored_values
from specc.compiler.write.variables import collect, find_variables, identity, model_variables
from specc.compiler.write.writers import write
from specc.diagnostics import Diagnostic, counted
from specc.errors import SpecError
from specc.language.document import Document
from specc.language.signatures import PublishedSignature, all_signatures, published_among, tags_of
from specc.publishing.publish import Destination
from specc.publishing.staging import flushing
from specc.reader import inspect_archive
from specc.reader.checkpoint import PREFIX
from specc.reader.custom_ops import loading_note

if TYPE_CHECKING:
    from specc.compiler.program import Program

_LOOKUP = "LookupTableFindV2"
"""The op of every lookup in a table."""

Functions = Mapping[str, Callable[..., Any]]
BeforePublish = Callable[[Path], None]
"""Called with the staged archive; nothing is published if it raises."""


class Clock:
    """Times the stages of an export, and reports each to ``progress``, after the name of its ``mode`` if it has one.

    The time between two stages is part of the later one, so that the stages add up to the time since the start.
    """

    def __init__(self, progress: Callable[[str], None], mode: str = "") -> None:
        self.seconds: dict[str, float] = {}
        self.progress = (lambda line: progress(f"{mode}: {line}")) if mode else progress
        self.watch: Callable[[Path], None] = getattr(progress, "watch", lambda _: None)
        """Called with the directory in which the archive is being written."""
        self._last = time.perf_counter()

    @contextmanager
    def stage(self, name: str, line: str) -> Iterator[None]:
        """Times a block, and reports ``line`` before it."""
        self.progress(line)
        yield
        self.end(name)

    def end(self, name: str) -> None:
        """Ends a stage that began when the one before it ended."""
        now = time.perf_counter()
        self.seconds[name], self._last = now - self._last, now


@dataclass(frozen=True)
class Revived:
    """The tf.function that an endpoint revives as, and its traces in addition to the endpoint's own.

    If its inputs and outputs cannot be written in a spec, ``undescribed`` is the reason, and the signature is its first
    trace.
    """

    function: Any
    traces: tuple[Any, ...] = ()
    undescribed: str = ""


@dataclass(frozen=True)
class Prepared:
    """A document whose endpoints are traced, with the contents of its archive."""

    document: Document
    signatures: Sequence[PublishedSignature]
    """All that the document declares, whether the archive has them or not."""
    published: Sequence[PublishedSignature]
    """Those that the archive has."""
    contents: Contents
    cores: int
    left_out: LeftOut
    """The findings of each optional endpoint that could not be built."""
    backend: Backend
    undescribed: Mapping[str, str]
    """For each endpoint of which only the flat signature is described, the reason."""


def export(
    program: Program,
    model: Any,
    destination: Destination,
    *,
    functions: Functions,
    progress: Callable[[str], None],
    before_publish: BeforePublish | None = None,
) -> ExportReport:
    """Writes the archive, as :meth:`specc.compiler.program.Program.export` describes."""
    clock = Clock(progress)
    cores = Cores()  # raises for a backend that specc cannot export from
    destination.check()  # before minutes of tracing
    name_tables(model)
    prepared = prepare(program, model, functions, cores, clock)
    return publish(prepared, destination, clock, before_publish=before_publish)


def prepare(  # noqa: PLR0913  # each is a separate part of an export
    program: Program,
    model: Any,
    functions: Functions,
    cores: Cores,
    clock: Clock,
    *,
    collections: Mapping[str, Sequence[Any]] | None = None,
    revived: Mapping[str, Revived] | None = None,
) -> Prepared:
    """Traces what ``cores`` does not have yet, checks it against the program, and collects the archive's contents.

    ``collections`` are variables that are passed in code instead of selected from the model; ``revived`` are the
    functions that endpoints revive as.
    """
    document, signatures = program.document, all_signatures(program.document)
    with clock.stage("trace", f"tracing {counted(len(program), 'endpoint')}"):
        left_out: LeftOut = {}
        cores.backend.register_model(model)
        with tracing_for_archive(model, policy=document.save_options.experimental_variable_policy):
            traced = trace_endpoints(bind(program, model, functions, left_out), cores, left_out, model)
        endpoints = [_with_revived(endpoint, (revived or {}).get(endpoint.compiled.name)) for endpoint in traced]
        published = published_among(signatures, document, left_out)
        contents = _gather_contents(document, model, endpoints, published, collections or {}, cores.backend)
    undescribed = {name: each.undescribed for name, each in (revived or {}).items() if each.undescribed}
    return Prepared(
        document, signatures, published, contents, len(cores.functions), left_out, cores.backend, undescribed
    )


def _with_revived(endpoint: TracedEndpoint, given: Revived | None) -> TracedEndpoint:
    if given is None:
        return endpoint
    signature = given.traces[0] if given.undescribed else endpoint.signature
    return replace(endpoint, signature=signature, revived=given.function, further=given.traces)


def publish(
    prepared: Prepared, destination: Destination, clock: Clock, *, before_publish: BeforePublish | None = None
) -> ExportReport:
    """Writes, seals, verifies and publishes a prepared archive; ``before_publish`` gets the staged one."""
    document, contents = prepared.document, prepared.contents
    with destination.staged() as stage:
        weights = (stage.directory / PREFIX).parent  # other files are small, and may be many
        with flushing(stage, weights):
            with (
                clock.stage("write", f"writing {counted(len(contents.variables), 'variable')}"),
                prepared.backend.without_build_paths(),
            ):
                clock.watch(stage.directory)
                written = write(contents, prepared.published, stage.directory)
            with clock.stage("seal", "sealing"):
                custom_ops = find_custom_ops(used_ops(written.saved_model))
                seal(
                    written.saved_model, document, stage.directory, prepared.left_out, prepared.undescribed, custom_ops
                )
                require_conformance(stage.directory)
                require_stored_values(contents, stage.directory)
        if before_publish is not None:
            before_publish(stage.directory)
            clock.end("verify")
        files = file_sizes(stage.directory)
        clock.progress(stage.publishing)  # leaving the block publishes
    clock.end("publish")
    return ExportReport(
        path=stage.published,
        endpoints=tuple(_endpoint_report(endpoint.compiled, document) for endpoint in contents.endpoints),
        signatures=tuple(_signature_reports(prepared)),
        cores=prepared.cores,
        collections={name: len(variables) for name, variables in contents.collections.items()},
        files=files,
        seconds=clock.seconds,
        custom_ops=custom_ops,
        notes=(*_notes_for_user(contents, custom_ops, document.imports), *filter(None, [written.note]), *stage.notes),
        nested_tables=tuple(_nested_tables(contents)),
        tags=tuple(tags_of(document)),
    )


def _gather_contents(  # each is a separate part of an archive
    document: Document,
    model: Any,
    endpoints: list[TracedEndpoint],
    published: Iterable[PublishedSignature],
    given: Mapping[str, Sequence[Any]],
    backend: Backend,
) -> Contents:
    """The contents of the archive: the model's variables in its order, then whatever else the endpoints reach."""
    collections = {
        name: [backend.tf_variable(variable) for variable in variables]
        for name, variables in collect(document, model, given).items()
    }
    kept = [backend.tf_variable(part) for part in tracked_resources(document, model)]
    named = [replace(each, variable=backend.tf_variable(each.variable)) for each in model_variables(model)]
    known = {identity(variable.variable) for variable in named}
    captured = find_variables(captured_variables(endpoints))
    named += [variable for variable in captured if identity(variable.variable) not in known]
    variables = [variable.variable for variable in named]
    everything = [*variables, *(variable for collection in collections.values() for variable in collection)]
    owned = [*find_owners(endpoints, everything, [model, *kept]), *captured_assets(endpoints, [model, *kept])]
    return Contents(
        endpoints=endpoints,
        signatures=_signature_functions(published, endpoints),
        variables=variables,
        trainable_variables=[variable.variable for variable in named if variable.trainable],
        non_trainable_variables=[variable.variable for variable in named if not variable.trainable],
        collections=dict(collections),
        resources=list({id(part): part for part in (*owned, *kept)}.values()),
        options=tf_save_options(document, endpoints),
    )


def _signature_functions(published: Iterable[PublishedSignature], endpoints: list[TracedEndpoint]) -> dict[str, Any]:
    """The function of every signature that is not an alias, by its key."""
    traced = {endpoint.compiled.name: endpoint for endpoint in endpoints}
    functions = {}
    for signature in published:
        endpoint = traced[signature.endpoint]
        if signature.alias_of:
            continue
        if signature.receiver is None:
            functions[signature.key] = endpoint.signature
        else:
            (serialized,) = signature.inputs
            functions[signature.key] = receiver_signature(
                endpoint.compiled, signature.receiver, serialized, endpoint.call
            )
    return functions


def _signature_reports(prepared: Prepared) -> Iterator[SignatureReport]:
    for signature in prepared.signatures:
        reason = "; ".join(map(str, prepared.left_out.get(signature.endpoint, ())))
        if not reason and prepared.document.serving_only and not signature.is_servable:
            reason = f"no server serves the method {signature.method}, and the document is serving_only"
        yield SignatureReport(signature.key, signature.endpoint, signature.receiver, signature.method, reason)


def require_conformance(directory: Path) -> None:
    """Reads the staged archive back and checks it against its contract, before it is published."""
    findings = inspect_archive(directory).findings
    if findings:
        bug = Diagnostic(
            rule="archive-mismatch", message="the written archive is not what was declared; please report it"
        )
        raise SpecError([*findings, bug])


def file_sizes(directory: Path) -> dict[str, int]:
    """The size of each file of an archive in bytes, by its path in it."""
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.stat().st_size for path in files}


def _endpoint_report(compiled: CompiledEndpoint, document: Document) -> EndpointReport:
    return EndpointReport(
        name=compiled.name,
        inputs=tuple(component.wire_name for component in compiled.input_components),
        outputs=tuple(component.wire_name for component in compiled.output_components),
        is_default=compiled.name == document.default,
    )


def _nested_tables(contents: Contents) -> Iterator[str]:
    """The endpoints whose signatures call a function that looks up a table."""
    for endpoint in contents.endpoints:
        if any(_LOOKUP in ops_of(concrete) for concrete in endpoint.called):
            yield endpoint.compiled.name


def _notes_for_user(contents: Contents, custom_ops: Mapping[str, str], imports: Sequence[str]) -> Iterator[str]:
    if custom_ops:
        yield loading_note(custom_ops, imports)
    endpoints_without_gradients = [
        endpoint.compiled.name for endpoint in contents.endpoints if not endpoint.compiled.declared.gradients
    ]
    if endpoints_without_gradients and contents.keeps_gradients:
        names = ", ".join(endpoints_without_gradients)
        yield f"custom gradients are kept, though {names} need none: an archive drops them for all endpoints or none"
