"""Prepares an export: traces the endpoints of a document and collects what its archive will hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from specc.compiler.backends import Backend
from specc.compiler.clock import Clock
from specc.compiler.fewer_collections import fewer_collections
from specc.compiler.trace.binding import LeftOut, bind
from specc.compiler.trace.cores import Cores
from specc.compiler.trace.endpoints import TracedEndpoint, trace_endpoints
from specc.compiler.trace.receivers import receiver_signature
from specc.compiler.write.contents import Contents
from specc.compiler.write.distributed import tracing_for_archive
from specc.compiler.write.early_weights import EarlyWeights
from specc.compiler.write.resources import captured_assets, captured_variables, find_owners, tracked_resources
from specc.compiler.write.save_options import tf_save_options
from specc.compiler.write.variables import collect, find_variables, identity, model_variables
from specc.diagnostics import counted
from specc.language.document import Document
from specc.language.signatures import PublishedSignature, all_signatures, published_among

if TYPE_CHECKING:
    from specc.compiler.program import Program

Functions = Mapping[str, Callable[..., Any]]


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
    early: EarlyWeights | None = None
    """The variables that a thread writes since before the trace, if any."""


@fewer_collections()
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
