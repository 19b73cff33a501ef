"""Infers a first spec from a SavedModel, to rebuild the archive from itself; TensorFlow is not needed."""

from __future__ import annotations

import keyword
import os
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from specc.diagnostics import SpecPath
from specc.errors import ArchiveError, SpecError
from specc.language.document import CALL, Dim, Document, Endpoint, Selection
from specc.language.load import from_json
from specc.language.signatures import DEFAULT_KEYS
from specc.language.tree_edits import leaves
from specc.language.validation.legal_names import legal_endpoint_name
from specc.language.wire_names import extent_of, parameter_name
from specc.reader.custom_ops import libraries, library_of, listed
from specc.reader.describe_endpoint import NO_SIGNATURE
from specc.reader.graph_document import Root, collection_notes, general_notes, read_root, read_signatures
from specc.reader.graph_ops import REFERENCE_OPS
from specc.reader.inspection import Inspection, choose_graph, inspect_archive
from specc.reader.meta_graph import MetaGraph
from specc.reader.protobuf.wire_format import DamagedError
from specc.reader.saved_functions import read_function
from specc.reader.saved_model import damaged_error, read_saved_model
from specc.reader.signature_defs import Signature
from specc.scaffold.dim_guesses import dim_guesses
from specc.scaffold.inferred_spec import Guess, InferredSpec
from specc.scaffold.open_dims import BATCH
from specc.scaffold.rebuild_endpoint import CALL_SIGNATURE, ArchiveInterface, UnbuildableError, rebuild_endpoint

_SERVE = "serve"
"""The name of an endpoint that the archive has only as its default signature; ``Model.export`` uses it too."""

_OF_KERAS_2 = frozenset({"call_and_return_all_conditional_losses", "call_and_return_conditional_losses"})
"""The functions that Keras 2 saves with every model: its call for training, with the losses that layers add."""
_WHY_OF_KERAS_2 = "Keras 2 saves it with every model, for training"

_WALKS = 10
"""What a leaf costs, in readings of it: it is compared, named, twice validated, and written."""


def infer_archive_spec(
    path: str | os.PathLike[str], *, model: str | None = None, imports: Sequence[str] = ()
) -> InferredSpec:
    """The inferred spec of the SavedModel in the directory ``path``: it is valid, and can be built from the archive.

    A contract that names its model and its functions is kept unchanged. In any other document, the model is the archive
    itself, and each function is one of the revived archive, or ``specc:call_signature``.

    Args:
        path: the directory of the SavedModel.
        model: the name of the archive in the document; by default ``path`` with a trailing slash.
        imports: modules that the document imports before the model, such as those that register ops of the archive;
            a library in specc's own table is added automatically. None of them is imported here.

    Raises:
        ArchiveError: there is no readable SavedModel, or nothing in it can be built.
        SpecError: the archive's contract is damaged or does not match its graph.
    """
    directory = Path(path)
    inspection = inspect_archive(directory)
    if inspection.findings:
        raise SpecError(inspection.findings)
    named = f"{os.fspath(path).rstrip('/') or '/'}/" if model is None else model
    if inspection.source == "contract":
        return _with_imports(_infer_from_contract(inspection, named), inspection, imports)
    graph, _ = choose_graph(read_saved_model(directory))
    try:
        return _with_imports(_infer_from_graph(inspection, graph, named, directory), inspection, imports)
    except DamagedError as error:
        raise damaged_error(directory, error) from None


def _with_imports(inferred: InferredSpec, inspection: Inspection, imports: Sequence[str]) -> InferredSpec:
    """The spec with the modules that register the ops of its model, if that is an archive.

    The library of an op comes only from specc's own table, never from the archive. The document is parsed from its
    JSON, so that it equals what a file of it would be.
    """
    document, guesses = inferred.document, list(inferred.guesses)
    if document.imports:
        message = (
            f"{', '.join(document.imports)}: from the archive's contract; a build imports these modules, so check them"
        )
        guesses.append(Guess(("imports",), message))
    is_archive = document.model is not None and document.model.endswith("/")
    needed = {op: library_of(op) for op in inspection.custom_ops} if is_archive else {}
    all_imports = tuple(dict.fromkeys((*document.imports, *imports, *libraries(needed))))
    for library in libraries(needed):
        if library not in (*document.imports, *imports):
            ops = listed([op for op, its_library in needed.items() if its_library == library])
            message = f"{library}, since TensorFlow lacks {ops}; it must be installed where the spec is built"
            guesses.append(Guess(("imports",), message))
    unknown = [op for op, library in needed.items() if not library]
    if unknown and not (*document.imports, *imports):
        message = f"name the module that registers {listed(unknown)}: the archive uses ops that TensorFlow lacks"
        guesses.append(Guess(("imports",), message))
    return InferredSpec(from_json(document.model_copy(update={"imports": all_imports}).to_json()), tuple(guesses))


def _infer_from_contract(inspection: Inspection, model: str) -> InferredSpec:
    contract = inspection.document
    given = [name for name, endpoint in contract.endpoints.items() if endpoint.function is None]
    if contract.model is not None and not given:
        message = f"the archive's contract names {contract.model!r}; check that it loads from the directory of the spec"
        return InferredSpec(contract, (Guess(("model",), message), *_notes_as_guesses(inspection.notes)))
    without_steps = {"preprocess": None, "postprocess": None, "autograph": False}
    endpoints = {
        name: endpoint.model_copy(
            update={**without_steps, **_revived_function_fields(name, by_signature=name in inspection.undescribed)}
        )
        for name, endpoint in contract.endpoints.items()
        if name not in inspection.left_out
    }
    collections = {name: _select_attribute(name) for name in contract.variable_collections}
    update = {"model": model, "endpoints": endpoints, "variable_collections": collections, "track": ()}
    why = (
        "the contract does not name a model"
        if contract.model is None
        else f"the function of {given[0]} was passed in code"
    )
    guesses = [Guess(("model",), f"the archive itself, since {why}; prefer the code that makes the model")]
    for name, reason in inspection.left_out.items():
        guesses.append(Guess(("endpoints", name), f"left out, as in the archive: {reason}"))
    return InferredSpec(contract.model_copy(update=update), (*guesses, *_notes_as_guesses(inspection.notes)))


def _revived_function_fields(name: str, *, by_signature: bool) -> dict[str, Any]:
    """The function and kwargs of an endpoint of a contract on the archive itself: its attribute or its signature."""
    if by_signature:
        return {"function": CALL_SIGNATURE, "kwargs": {"key": name}}
    return {"function": name, "kwargs": {}}


def _select_attribute(attribute: str) -> tuple[Selection, ...]:
    return (Selection.model_validate({"from": attribute}),)


def _infer_from_graph(inspection: Inspection, graph: MetaGraph, model: str, directory: Path) -> InferredSpec:
    found, root = inspection.document, read_root(graph)
    functions = {name: read_function(graph, node) for name, node in root.functions.items()}
    parts = ArchiveInterface(read_signatures(graph)[0], functions, graph.budget)
    if not graph.has_objects:
        _require_loadable(parts.signatures, graph, directory)
    guesses = [Guess(("model",), "the archive itself; name the code that makes the model if there is any")]
    endpoints: dict[str, Endpoint] = {}
    default, reasons = found.default, []
    of_keras_2 = [name for name in functions if name in _OF_KERAS_2 and name not in parts.signatures]
    guesses += [Guess(("endpoints", name), f"left out: {_WHY_OF_KERAS_2}") for name in of_keras_2]
    reasons += [f"{name}: {_WHY_OF_KERAS_2}" for name in of_keras_2]
    for name, legal in _new_names(found, functions):
        if name in of_keras_2:
            continue
        at: SpecPath = ("endpoints", legal)
        described = found.endpoints[name]
        extent = extent_of(described.arguments, described.inputs, described.outputs)
        graph.budget.charge("leaves", _WALKS * extent.leaves)
        try:
            endpoint, more = rebuild_endpoint(name, legal, found, parts)
        except UnbuildableError as error:
            reasons.append(f"{name}: {error}")
            guesses.append(Guess(("endpoints", name), f"left out: {error}"))
            default = None if default == name else default
            continue
        if legal != name:
            why = (
                "the key of the default signature, which stays"
                if default == name
                else "which cannot be an endpoint name; clients must use the new name"
            )
            guesses.append(Guess(at, f"renamed from {name!r}, {why}"))
            default = legal if default == name else default
        endpoints[legal] = endpoint
        guesses.extend(more)
        if name in inspection.unpublished and name != CALL:
            guesses.append(Guess(at, "the archive has no signature for it, but one that is built from this spec has"))
    if not endpoints:
        raise ArchiveError(f"nothing in {directory} can be built: {'; '.join(reasons[:3])}")
    if CALL in endpoints and default is None and len(endpoints) == 1:
        message = f"null, since the archive has no signature; set it to {CALL!r} if a server needs one"
        guesses.append(Guess(("default",), message))
    resolved_notes = {*general_notes(found), *collection_notes(root)}
    resolved_notes |= {f"{name}: {NO_SIGNATURE}" for name in functions}
    guesses += _notes_as_guesses(
        tuple(
            note
            for note in inspection.notes
            if note not in resolved_notes and note.partition(":")[0] not in _OF_KERAS_2
        )
    )
    collections = {name: _select_attribute(name) for name in _usable_collections(root, endpoints)}
    update: dict[str, Any] = {
        "model": model, "endpoints": endpoints, "default": default, "variable_collections": collections
    }  # fmt: skip
    if any(map(_has_batch, endpoints.values())):
        update["dims"] = {BATCH: Dim()}
    document = found.model_copy(update=update)
    return InferredSpec(document, (*guesses, *dim_guesses(document, {})))


def _new_names(found: Document, functions: Container[str]) -> Iterator[tuple[str, str]]:
    """Each endpoint's name with the one in the new document: the same, ``serve`` for the default's key, or a legal one.

    A function keeps its name, by which Python calls it on the revived object.
    """
    keys = {DEFAULT_KEYS["predict"], DEFAULT_KEYS[found.mode]}  # which only the default endpoint may have
    taken, numbers = {*found.endpoints, *keys}, dict[str, int]()
    for name in found.endpoints:
        if name == found.default:
            taken -= keys
        taken -= {name} - keys
        is_only_key = name == DEFAULT_KEYS["predict"] == DEFAULT_KEYS[found.mode] and name not in functions
        legal = _SERVE if is_only_key and _SERVE not in taken else legal_endpoint_name(name, taken, numbers)
        taken |= {name, legal, *keys}
        yield name, legal


def _require_loadable(signatures: Mapping[str, Signature], graph: MetaGraph, directory: Path) -> None:
    """Raises ArchiveError if TensorFlow cannot load a SavedModel of TensorFlow 1, or cannot save it again."""
    if graph.ops & REFERENCE_OPS:
        hint = "export it again with resource variables, tf.compat.v1.enable_resource_variables()"
        raise ArchiveError(f"cannot build from {directory}: it has reference variables of TensorFlow 1; {hint}")
    for key, signature in signatures.items():
        by_parameter: dict[str, str] = {}
        for name in signature.inputs:
            if keyword.iskeyword(name) or name == "self":
                verb = "call" if name == "self" else "load"
                message = (
                    f"TensorFlow cannot {verb} it, since {name!r}, an input of {key!r}, is not a valid parameter name"
                )
                raise ArchiveError(f"cannot build from {directory}: {message}")
            other = by_parameter.setdefault(parameter_name(name), name)
            if other != name:
                both = f"{other!r} and {name!r}, inputs of {key!r}, both become the parameter {parameter_name(name)!r}"
                raise ArchiveError(f"cannot build from {directory}: TensorFlow cannot load it, since {both}")


def _usable_collections(root: Root, endpoints: Mapping[str, Endpoint]) -> Iterator[str]:
    for name, size in sorted(root.collections.items()):
        if size and name not in endpoints and legal_endpoint_name(name, ()) == name:
            yield name


def _has_batch(endpoint: Endpoint) -> bool:
    return any(BATCH in (leaf.shape or ()) for tree in endpoint.inputs for leaf in leaves(tree))


def _notes_as_guesses(notes: tuple[str, ...]) -> tuple[Guess, ...]:
    return tuple(Guess((), note) for note in notes)
