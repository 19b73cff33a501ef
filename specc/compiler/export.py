"""Exports a model: traces a compiled document's endpoints, writes the archive and publishes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.compiler.clock import Clock
from specc.compiler.compiled_endpoint import CompiledEndpoint
from specc.compiler.export_report import EndpointReport, ExportReport, SignatureReport
from specc.compiler.fewer_collections import fewer_collections
from specc.compiler.op_registry import find_custom_ops
from specc.compiler.prepare import Functions, Prepared, prepare
from specc.compiler.trace.cores import Cores, ops_of
from specc.compiler.write.contents import Contents
from specc.compiler.write.early_weights import weights_written_early
from specc.compiler.write.op_definitions import used_ops
from specc.compiler.write.resources import name_tables
from specc.compiler.write.seal import seal
from specc.compiler.write.stored_values import require_stored_values
from specc.compiler.write.writers import write
from specc.diagnostics import Diagnostic, counted
from specc.errors import SpecError
from specc.language.document import Document
from specc.language.signatures import tags_of
from specc.publishing.publish import Destination
from specc.publishing.staging import Stage, flushing
from specc.reader import inspect_archive
from specc.reader.checkpoint import PREFIX
from specc.reader.custom_ops import loading_note

if TYPE_CHECKING:
    from specc.compiler.program import Program

_LOOKUP = "LookupTableFindV2"
"""The op of every lookup in a table."""

BeforePublish = Callable[[Path], None]
"""Called with the staged archive; nothing is published if it raises."""


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

    @contextmanager
    def preparing(stage: Stage) -> Iterator[Prepared]:
        with weights_written_early(program.document, model, cores.backend, stage) as early:
            yield replace(prepare(program, model, functions, cores, clock), early=early)

    return _publish(preparing, destination, clock, before_publish)


def publish(prepared: Prepared, destination: Destination, clock: Clock) -> ExportReport:
    """Writes, seals and publishes a prepared archive."""
    return _publish(lambda _: nullcontext(prepared), destination, clock)


@fewer_collections()
def _publish(
    preparing: Callable[[Stage], AbstractContextManager[Prepared]],
    destination: Destination,
    clock: Clock,
    before_publish: BeforePublish | None = None,
) -> ExportReport:
    """Publishes what ``preparing`` prepares for a stage; ``before_publish`` gets the staged archive."""
    with destination.staged() as stage:
        weights = (stage.directory / PREFIX).parent  # other files are small, and may be many
        with preparing(stage) as prepared, flushing(stage, weights):
            document, contents = prepared.document, prepared.contents
            with (
                clock.stage("write", f"writing {counted(len(contents.variables), 'variable')}"),
                prepared.backend.without_build_paths(),
            ):
                clock.watch(stage.directory)
                written = write(contents, prepared.published, stage.directory, prepared.early)
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
