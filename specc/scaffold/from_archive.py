"""A first spec for a SavedModel, which builds the archive anew from the archive itself: no TensorFlow is needed."""

from __future__ import annotations

import keyword
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from specc.diagnostics import SpecPath
from specc.errors import ArchiveError, SpecError
from specc.language.canonical import document_to_json
from specc.language.document import CALL, Document, Endpoint, Selection
from specc.language.load import from_json
from specc.language.signatures import DEFAULT_KEYS
from specc.language.tree_edits import leaves
from specc.language.validation.legal_names import legal_endpoint_name
from specc.language.wire_names import parameter_name
from specc.reader.custom_ops import libraries, library_of, listed
from specc.reader.graph_document import Root, collection_notes, general_notes, read_root, read_signatures
from specc.reader.graph_ops import REFERENCE_OPS
from specc.reader.inspection import Inspection, choose_graph, inspect_archive
from specc.reader.protobuf.wire_format import DamagedError
from specc.reader.saved_functions import read_function
from specc.reader.saved_model import MetaGraph, damaged, read_saved_model
from specc.reader.signature_defs import Signature
from specc.scaffold.inferred_spec import Guess, InferredSpec
from specc.scaffold.open_dims import BATCH
from specc.scaffold.rebuild_endpoint import CALL_SIGNATURE, Parts, UnbuildableError, rebuilt


def infer_archive_spec(
    path: str | os.PathLike[str], *, model: str | None = None, imports: Sequence[str] = ()
) -> InferredSpec:
    """A first spec of the SavedModel in the directory ``path``: it validates, and builds from the archive.

    A contract that names its model and its functions stays as it is. Any other document has the archive itself for its
    model, and the functions that it revives with, or ``specc:call_signature``, for its functions.

    Args:
        path: the directory of the SavedModel.
        model: how the document names the archive; ``path`` with a slash at its end, unless said.
        imports: modules that the document imports before the model, as those that register ops of the archive's; a
            library that specc knows is added by itself. None of them is imported here.

    Raises:
        ArchiveError: there is no SavedModel that can be read, or it offers nothing that can be built.
        SpecError: the archive carries a contract that is damaged or does not match its graph.
    """
    directory = Path(path)
    inspection = inspect_archive(directory)
    if inspection.findings:
        raise SpecError(inspection.findings)
    named = f"{os.fspath(path).rstrip('/') or '/'}/" if model is None else model
    if inspection.source == "contract":
        return _with_imports(_of_contract(inspection, named), inspection, imports)
    graph, _ = choose_graph(read_saved_model(directory))
    try:
        return _with_imports(_of_graph(inspection, graph, named, directory), inspection, imports)
    except DamagedError as error:
        raise damaged(directory, error) from None


def _with_imports(inferred: InferredSpec, inspection: Inspection, imports: Sequence[str]) -> InferredSpec:
    """The spec with the modules that register what its model needs, where that is an archive.

    A library is what specc knows of an op, never what the archive says of it.
    """
    document, guesses = inferred.document, list(inferred.guesses)
    if document.imports:
        said = f"{', '.join(document.imports)}: the archive's contract says so, and a build imports them; check them"
        guesses.append(Guess(("imports",), said))
    is_archive = document.model is not None and document.model.endswith("/")
    needed = {op: library_of(op) for op in inspection.custom_ops} if is_archive else {}
    all_imports = tuple(dict.fromkeys((*document.imports, *imports, *libraries(needed))))
    for library in libraries(needed):
        if library not in (*document.imports, *imports):
            ops = listed([op for op, its_library in needed.items() if its_library == library])
            said = f"{library}, since TensorFlow lacks {ops}; it must be installed where the spec is built"
            guesses.append(Guess(("imports",), said))
    unknown = [op for op, library in needed.items() if not library]
    if unknown and not (*document.imports, *imports):
        said = f"name the module that registers {listed(unknown)}: TensorFlow lacks what the archive uses"
        guesses.append(Guess(("imports",), said))
    return _checked(document.model_copy(update={"imports": all_imports}), tuple(guesses))


def _of_contract(inspection: Inspection, model: str) -> InferredSpec:
    contract = inspection.document
    given = [name for name, endpoint in contract.endpoints.items() if endpoint.function is None]
    if contract.model is not None and not given:
        said = f"the archive's contract names {contract.model!r}; check that it is found from where the spec is"
        return InferredSpec(contract, (Guess(("model",), said), *_said(inspection.notes)))
    alone = {"preprocess": None, "postprocess": None, "autograph": False}
    endpoints = {
        name: endpoint.model_copy(update={**alone, **_revived(name, by_signature=name in inspection.undescribed)})
        for name, endpoint in contract.endpoints.items()
        if name not in inspection.left_out
    }
    collections = {name: _collection(name) for name in contract.variable_collections}
    update = {"model": model, "endpoints": endpoints, "variable_collections": collections, "track": ()}
    why = "the contract names no model" if contract.model is None else f"the code gave the function of {given[0]}"
    guesses = [Guess(("model",), f"the archive itself, since {why}; its own model is better")]
    for name, reason in inspection.left_out.items():
        guesses.append(Guess(("endpoints", name), f"left out, as in the archive: {reason}"))
    return _checked(contract.model_copy(update=update), (*guesses, *_said(inspection.notes)))


def _revived(name: str, *, by_signature: bool) -> dict[str, Any]:
    """What runs an endpoint of a contract on the archive itself: its attribute, unless only its wire is described."""
    if by_signature:
        return {"function": CALL_SIGNATURE, "kwargs": {"key": name}}
    return {"function": name, "kwargs": {}}


def _collection(attribute: str) -> tuple[Selection, ...]:
    return (Selection.model_validate({"from": attribute}),)


def _of_graph(inspection: Inspection, graph: MetaGraph, model: str, directory: Path) -> InferredSpec:
    found, root = inspection.document, read_root(graph)
    functions = {name: read_function(graph, node) for name, node in root.functions.items()}
    parts = Parts(read_signatures(graph)[0], functions)
    if not graph.has_objects:
        _require_loadable(parts.signatures, graph, directory)
    guesses = [Guess(("model",), "the archive itself; name the code that makes the model, where there is any")]
    endpoints: dict[str, Endpoint] = {}
    default, reasons = found.default, []
    for name in found.endpoints:
        legal = _endpoint_name(name, found, endpoints)
        at: SpecPath = ("endpoints", legal)
        try:
            endpoint, more = rebuilt(name, legal, found, parts)
        except UnbuildableError as error:
            reasons.append(f"{name}: {error}")
            guesses.append(Guess(("endpoints", name), f"left out: {error}"))
            default = None if default == name else default
            continue
        if legal != name:
            guesses.append(Guess(at, f"no endpoint can be called {name!r}; clients have to be told"))
            default = legal if default == name else default
        endpoints[legal] = endpoint
        guesses.extend(more)
    if not endpoints:
        raise ArchiveError(f"{directory} offers nothing that can be built: {'; '.join(reasons[:3])}")
    if CALL in endpoints and default is None and len(endpoints) == 1:
        said = f"null, since the archive has no signature; write {CALL!r}, if a server is to have one"
        guesses.append(Guess(("default",), said))
    moot = {*general_notes(found), *collection_notes(root)}
    guesses += _said(tuple(note for note in inspection.notes if note not in moot))
    collections = {name: _collection(name) for name in _collections(root, endpoints)}
    dims: dict[str, Any] = {BATCH: {}} if any(_has_batch(endpoint) for endpoint in endpoints.values()) else {}
    document = found.model_copy(
        update={"model": model, "endpoints": endpoints, "default": default, "variable_collections": collections}
    )
    if dims:
        document = from_json({**document_to_json(document), "dims": dims})
        guesses.append(
            Guess(("dims", BATCH), "the first dimension of every input that has one; check that they are equal")
        )
    return _checked(document, tuple(guesses))


def _require_loadable(signatures: Mapping[str, Signature], graph: MetaGraph, directory: Path) -> None:
    """Raises ArchiveError where TensorFlow cannot load a SavedModel of TensorFlow 1, or cannot save it again."""
    if graph.ops & REFERENCE_OPS:
        hint = "write it again with resource variables, tf.compat.v1.enable_resource_variables()"
        raise ArchiveError(f"{directory} cannot be built from: it holds reference variables of TensorFlow 1; {hint}")
    for key, signature in signatures.items():
        by_parameter: dict[str, str] = {}
        for name in signature.inputs:
            if keyword.iskeyword(name) or name == "self":
                verb = "call" if name == "self" else "load"
                message = (
                    f"TensorFlow cannot {verb} it, since {name!r}, an input of {key!r}, is no name for a parameter"
                )
                raise ArchiveError(f"{directory} cannot be built from: {message}")
            other = by_parameter.setdefault(parameter_name(name), name)
            if other != name:
                both = f"{other!r} and {name!r}, inputs of {key!r}, are both the parameter {parameter_name(name)!r}"
                raise ArchiveError(f"{directory} cannot be built from: TensorFlow cannot load it, since {both}")


def _endpoint_name(name: str, found: Document, taken: Mapping[str, Endpoint]) -> str:
    """``name`` where an endpoint may be called so; only the default one may have the default's key."""
    others = {other for other in found.endpoints if other != name} | taken.keys()
    keys = {DEFAULT_KEYS["predict"], DEFAULT_KEYS[found.mode]}
    return legal_endpoint_name(name, others | (keys if name != found.default else set()))


def _collections(root: Root, endpoints: Mapping[str, Endpoint]) -> Iterator[str]:
    for name, size in sorted(root.collections.items()):
        if size and name not in endpoints and legal_endpoint_name(name, ()) == name:
            yield name


def _has_batch(endpoint: Endpoint) -> bool:
    return any(BATCH in (leaf.shape or ()) for tree in endpoint.inputs for leaf in leaves(tree))


def _said(notes: tuple[str, ...]) -> tuple[Guess, ...]:
    return tuple(Guess((), note) for note in notes)


def _checked(document: Document, guesses: tuple[Guess, ...]) -> InferredSpec:
    """The spec, read anew, so that what was put together is what a file of it would be."""
    return InferredSpec(from_json(document_to_json(document)), guesses)
