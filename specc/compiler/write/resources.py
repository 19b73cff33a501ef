"""Finds what traced functions use besides the model's variables: other variables, lookup tables and their assets.

A SavedModel can hold a captured resource only if its owner is reachable from the root. The owner is found by the
captured handle, so that lookup layers need not be tracked by hand.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.trace.endpoints import TracedEndpoint
from specc.compiler.trackables import descendants
from specc.compiler.user_code import resolve_attribute
from specc.compiler.write.meta_graph import HANDLE_DTYPES
from specc.compiler.write.variables import find_variables
from specc.diagnostics import Diagnostic, SpecPath, finding, kind_of
from specc.errors import FindingCollector, SpecError
from specc.language.document import Document

Trackable = tf.saved_model.experimental.TrackableResource
_TABLE_TYPES = (
    tf.lookup.StaticHashTable,
    tf.lookup.experimental.MutableHashTable,
    tf.lookup.experimental.DenseHashTable,
)

_HANDLE_PARTS = re.compile(r'(name|container|type)="([^"]*)"')
"""Parts of the text of a handle; TensorFlow has no other public way to read them."""
_KINDS = {
    "LookupInterface": "lookup table",
    "IteratorResource": "dataset iterator",
    "QueueInterface": "queue",
    "Var": "variable",
}
"""What people call the types of resources."""


def name_tables(root: Any) -> None:
    """Gives the lookup tables under ``root`` the names that they would get when they are first saved.

    The names of lookup ops contain them, so a trace would otherwise differ before and after an export.
    """
    for table in (part for part in descendants(root) if isinstance(part, _TABLE_TYPES) and part.name is None):
        with tf.Graph().as_default():
            table._create_resource()  # the hook that TrackableResource documents; nothing else names a table


@contextmanager
def keeping_tables_unnamed(resources: Iterable[Any]) -> Iterator[None]:
    """Removes the names that saving gives to tables that were unnamed when traced: those that only functions use."""
    parts = [part for resource in resources for part in descendants(resource)]
    unnamed = [part for part in parts if isinstance(part, _TABLE_TYPES) and part.name is None]
    try:
        yield
    finally:
        for table in unnamed:
            table._table_name = None  # ``name`` has no setter


def captured_resources(endpoints: Iterable[TracedEndpoint]) -> list[Any]:
    """The distinct resource handles that the endpoints capture, in the order of their traces."""
    handles = (each for each in _captured_tensors(endpoints) if each.dtype in HANDLE_DTYPES)
    return list({id(handle): handle for handle in handles}.values())


def _captured_tensors(endpoints: Iterable[TracedEndpoint]) -> Iterator[Any]:
    """The tensors that the endpoints capture, in the order of their traces."""
    for concrete in (concrete for endpoint in endpoints for concrete in endpoint.concretes):
        yield from (outer for outer, _ in concrete.graph.captures)


def captured_variables(endpoints: Iterable[TracedEndpoint]) -> list[Any]:
    """The variables that the endpoints capture, in the order of their traces.

    ``ConcreteFunction.variables`` also has them, but in an order that differs between processes.
    """
    endpoints = list(endpoints)
    by_handle = {
        id(variable.handle): variable
        for endpoint in endpoints
        for concrete in endpoint.concretes
        for variable in concrete.graph.variables
    }
    return [by_handle[id(handle)] for handle in captured_resources(endpoints) if id(handle) in by_handle]


def captured_assets(endpoints: Iterable[TracedEndpoint], roots: Iterable[Any]) -> list[Any]:
    """The assets whose paths the endpoints capture, which would else be constants with paths of this machine."""
    captured = {id(each) for each in _captured_tensors(endpoints) if each.dtype == tf.string and each.shape.rank == 0}
    if not captured:
        return []
    candidates = [part for root in roots if root is not None for part in descendants(root)]
    candidates += [value for value in gc.get_objects() if issubclass(type(value), tf.saved_model.Asset)]
    assets = [part for part in candidates if isinstance(part, tf.saved_model.Asset) and id(part.asset_path) in captured]
    return list({id(part.asset_path): part for part in assets}.values())


def find_owners(endpoints: Iterable[TracedEndpoint], variables: Iterable[Any], roots: Iterable[Any]) -> list[Any]:
    """The tables and other resources that the endpoints capture, in the order of their traces.

    Raises:
        SpecError: a captured resource cannot be saved, such as a dataset iterator.
    """
    known = {id(variable.handle) for variable in variables}
    wanted = {id(handle): handle for handle in captured_resources(endpoints) if id(handle) not in known}
    found: dict[int, Any] = {}
    for candidate in _possible_owners(wanted, roots):
        handle = getattr(candidate, "resource_handle", None)
        if handle is not None and id(handle) in wanted:
            found.setdefault(id(handle), candidate)
        if len(found) == len(wanted):
            break
    if len(found) < len(wanted):
        raise SpecError(_untracked_findings(endpoints, wanted.keys() - found.keys()))
    return [found[key] for key in wanted]


def _untracked_findings(endpoints: Iterable[TracedEndpoint], lost: Collection[int]) -> Iterator[Diagnostic]:
    """A finding for each endpoint that captures handles without an owner, whose ids are ``lost``."""
    for endpoint in endpoints:
        used = dict.fromkeys(_described(handle) for handle in captured_resources([endpoint]) if id(handle) in lost)
        if used:
            name = endpoint.compiled.name
            message = f"the endpoint {name!r} uses {' and '.join(used)}, which no variable, table or model owns"
            hint = "an iterator or queue cannot be saved; keep tables as attributes of the model"
            yield finding("untracked-resource", endpoint.compiled.path, message, hint)


def _described(handle: Any) -> str:
    """What a handle is of, and its name unless it is generated: ``the lookup table 'table_15'``."""
    kind, parts = "resource", dict(_HANDLE_PARTS.findall(str(handle)))
    if handle.dtype == tf.variant:
        kind = "dataset" if "Dataset" in str(handle) else "variant"
    elif "type" in parts:
        kind = _KINDS.get(parts["type"].rpartition(":")[2], f"resource of the type {parts['type']}")
    name = parts.get("name") if parts.get("container") != "Anonymous" else None
    return f"the {kind} {name!r}" if name else f"a {kind}"


def _possible_owners(wanted: dict[int, Any], roots: Iterable[Any]) -> Iterator[Any]:
    """The possible owners of a handle: the model's parts, then, for a table that only a function uses, all tables."""
    if not wanted:
        return
    for root in roots:
        if root is not None:
            yield from descendants(root)
    yield from (value for value in gc.get_objects() if issubclass(type(value), Trackable))


def tracked_resources(document: Document, model: Any) -> list[Any]:
    """The resources and variables under the attributes that the document tracks.

    A Keras layer itself is not kept: its weights would be stored twice (keras-team/keras#23553).

    Raises:
        SpecError: the attribute does not exist, or has nothing that an archive can keep.
    """
    kept: list[Any] = _initializers(model)
    findings = FindingCollector()
    for index, target in enumerate(document.track):
        with findings.gather():
            kept.extend(_resources_at(model, target, ("track", index)))
    findings.raise_any()
    return list({id(part): part for part in kept}.values())


def _initializers(model: Any) -> list[Any]:
    """The initializer of a loaded archive of TensorFlow 1, whose tables are in its graph, not captured by functions."""
    if not isinstance(getattr(model, "graph", None), tf.Graph) or not hasattr(model, "initializer"):
        return []
    _ = model.initializer.resource_handle  # created at first access, which must not be during saving
    return [model.initializer, *getattr(model, "asset_paths", ())]


def _resources_at(model: Any, target: str, at: SpecPath) -> list[Any]:
    value = resolve_attribute(model, target, "unknown-track", at)
    parts = [
        part
        for part in (value, *descendants(value))
        if isinstance(part, (Trackable, tf.saved_model.Asset, tf.Variable))
    ]
    parts += [named.variable for named in find_variables(value)]
    if not parts and isinstance(value, tf.Module) and not isinstance(value, keras.Layer):
        parts = [value]
    if not parts:
        message = f"{target!r} ({kind_of(value)}) holds no variable, table or asset to keep"
        raise SpecError([finding("unknown-track", at, message)])
    return parts
