"""Rules between the parts of a document, which no single part can check: every document must keep them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain, islice

from specc.diagnostics import Diagnostic, Place, SpecPath, counted, did_you_mean, finding
from specc.language.document import Document, Endpoint
from specc.language.dtypes import DTYPES, Family
from specc.language.tensor_string import ANY
from specc.language.trees import Leaf, NamedTuple, Ragged, Sparse, Tensor
from specc.language.validation.evidence import find_bad_evidence
from specc.language.values import fits_dtype, placed_scalars, scalars, shape_of, value_hint
from specc.language.wire_names import endpoint_nodes

_MAX_SHOWN = 100
"""How many names a hint considers: a hostile file has a hundred thousand, and comparing them all takes minutes."""
_BOUNDED = (Family.INTEGER, Family.FLOAT)


def find_inconsistencies(document: Document) -> Iterator[Diagnostic]:
    """The findings for every place where one part of ``document`` contradicts another."""
    yield from _dims(document)
    yield from _undeclared(document)
    for name, endpoint in document.endpoints.items():
        at: SpecPath = ("endpoints", name)
        yield from _arguments(endpoint, at)
        yield from _receiver(endpoint, at)
        nodes = endpoint_nodes(endpoint, at)
        for container in nodes.containers:
            if isinstance(container.tree, NamedTuple):
                yield from _fields(container.tree, container.path)
        for bound in nodes.inputs:
            yield from _leaf(bound.leaf, bound.path, is_input=True)
        for bound in nodes.outputs:
            yield from _leaf(bound.leaf, bound.path, is_input=False)
    yield from _default(document)
    yield from _collections(document)
    yield from _save_options(document)
    yield from find_bad_evidence(document)


def _dims(document: Document) -> Iterator[Diagnostic]:
    for name, dim in document.dims.items():
        if dim.max is not None and dim.max < dim.min:
            message = f"dim {name!r} has no legal size: its max {dim.max} is below its min {dim.min}"
            yield finding("bad-dim-bounds", ("dims", name), message)


def _arguments(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    names, count = endpoint.arguments, len(endpoint.inputs)
    if not names and count > 1:
        hint = 'add "arguments" with one name for each entry of "inputs"'
        yield finding("missing-arguments", at, f"the {count} positional arguments have no names", hint)
    elif len(names) != count:
        hint = '"inputs" is the list of positional arguments, each with its name in "arguments"'
        message = f"{counted(len(names), 'argument name')} for {counted(len(endpoint.inputs), 'input')}"
        yield finding("wrong-arguments", (*at, "arguments"), message, hint)
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        if name in seen:
            first = (Place(message="the first one", path=(*at, "arguments", seen[name])),)
            message = f"duplicate argument name {name!r}"
            yield finding("duplicate-argument", (*at, "arguments", index), message, related=first)
        seen.setdefault(name, index)


def _receiver(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    if endpoint.receiver is not None and endpoint.receiver not in endpoint.receivers:
        hint = did_you_mean(endpoint.receiver, islice(endpoint.receivers, _MAX_SHOWN)) or 'declare it in "receivers"'
        yield finding("unknown-receiver", (*at, "receiver"), f"there is no receiver {endpoint.receiver!r}", hint)


def _fields(tree: NamedTuple, path: SpecPath) -> Iterator[Diagnostic]:
    """Findings for duplicate fields of a namedtuple."""
    seen: dict[str, int] = {}
    for index, (name, _) in enumerate(tree.fields):
        if name in seen:
            message = f"duplicate field {name!r} in the namedtuple {tree.typename!r}"
            first = (Place(message="the first one", path=(*path, "fields", seen[name], 0)),)
            yield finding("duplicate-field", (*path, "fields", index, 0), message, related=first)
        seen.setdefault(name, index)


def _leaf(leaf: Leaf, path: SpecPath, *, is_input: bool) -> Iterable[Diagnostic]:
    match leaf:
        case Tensor(default=None, minimum=None, maximum=None) | Sparse():
            return ()
        case Tensor():
            return _values(leaf, path, is_input=is_input)
        case Ragged():
            return _ragged(leaf, path)


def _values(leaf: Tensor, path: SpecPath, *, is_input: bool) -> Iterator[Diagnostic]:
    if is_input:
        yield from _default_value(leaf, path)
    if leaf.minimum is not None or leaf.maximum is not None:
        yield from _bounds(leaf, path)
    if not is_input and leaf.default is not None:
        yield finding("bad-default", (*path, "default"), "an output cannot have a default", "remove it")


def _undeclared(document: Document) -> Iterator[Diagnostic]:
    """A finding for each undeclared dim, at its first use."""
    uses: dict[str, list[SpecPath]] = {}
    known = {ANY, *document.dims}
    for name, endpoint in document.endpoints.items():
        nodes = endpoint_nodes(endpoint, ("endpoints", name))
        for bound in chain(nodes.inputs, nodes.outputs):
            for dim in bound.leaf.shape or ():
                if isinstance(dim, str) and dim not in known:
                    places = uses.setdefault(dim, [])
                    if bound.path not in places[-1:]:
                        places.append(bound.path)
    for dim, places in uses.items():
        hint = did_you_mean(dim, islice(document.dims, _MAX_SHOWN)) or f'declare it in "dims": {{"{dim}": {{}}}}'
        if dim in ("None", "null"):
            hint = "a dimension of any size is '?'"
        others = len(places) - 1
        more = f", here and in {counted(others, 'other tensor')}" if others else ""
        yield finding("undeclared-dim", places[0], f"the dim {dim!r} is not declared{more}", hint, part=dim)


def _ragged(leaf: Ragged, path: SpecPath) -> Iterator[Diagnostic]:
    for axis, dim in enumerate(leaf.shape or ()):
        if isinstance(dim, str) and dim != ANY and 1 <= axis <= leaf.ragged_rank:
            message = f"the dim {dim!r} cannot name axis {axis} of a {leaf.kind} tensor, which varies in size"
            yield finding("named-ragged-dim", path, message, "write '?' there", part=dim)
    if leaf.shape is not None and len(leaf.shape) <= leaf.ragged_rank:
        message = f"a ragged rank of {leaf.ragged_rank} needs at least {leaf.ragged_rank + 1} dimensions"
        yield finding("bad-ragged-rank", path, f"{message}, found {len(leaf.shape)}")
    splits = leaf.names.row_splits if leaf.names else None
    if splits is not None and len(splits) != leaf.ragged_rank:
        message = f"{counted(len(splits), 'name')} for the row splits of a tensor of ragged rank {leaf.ragged_rank}"
        yield finding("wrong-names", (*path, "names", "row_splits"), message)


def _default_value(leaf: Tensor, path: SpecPath) -> Iterator[Diagnostic]:
    if leaf.default is None:
        return
    if leaf.shape is None or not all(isinstance(dim, int) for dim in leaf.shape):
        message = "an input with a default needs fixed dimensions: a default is one value of one shape"
        yield finding("bad-default", (*path, "default"), message)
    elif shape_of(leaf.default) != leaf.shape and not _is_empty(leaf):
        found = shape_of(leaf.default)
        text = "rows of different lengths" if found is None else f"shape {list(found)}"
        yield finding("bad-default", (*path, "default"), f"the default has {text}, not {list(leaf.shape)}")
    for place, value in placed_scalars(leaf.default):
        if not fits_dtype(value, leaf.dtype):
            hint = value_hint(value, leaf.dtype)
            yield finding(
                "bad-default", (*path, "default", *place), f"{value!r} is not a value of dtype {leaf.dtype}", hint
            )


def _is_empty(leaf: Tensor) -> bool:
    """Whether the default is an empty array, which cannot show the dimensions after a size of 0."""
    return not any(True for _ in scalars(leaf.default)) and 0 in (leaf.shape or ())


def _bounds(leaf: Tensor, path: SpecPath) -> Iterator[Diagnostic]:
    said = {field: getattr(leaf, field) for field in ("minimum", "maximum") if getattr(leaf, field) is not None}
    usable = {}
    for field, bound in said.items():
        if DTYPES[leaf.dtype].family not in _BOUNDED:
            yield finding("bad-bound", (*path, field), f"dtype {leaf.dtype} is not ordered, so it cannot have bounds")
        elif bound == "NaN" or not fits_dtype(bound, leaf.dtype):
            yield finding("bad-bound", (*path, field), f"{bound!r} is not a valid bound for dtype {leaf.dtype}")
        else:
            usable[field] = float(bound) if isinstance(bound, str) else bound
    low, high = usable.get("minimum"), usable.get("maximum")
    if low is not None and high is not None and low > high:
        yield finding("bad-bound", path, f"no value is legal: the maximum {high} is below the minimum {low}")
    for place, value in placed_scalars(leaf.default) if usable and leaf.default is not None else ():
        number = float(value) if value in ("NaN", "Infinity", "-Infinity") else value
        outside = fits_dtype(value, leaf.dtype) and (
            (low is not None and not number >= low) or (high is not None and not number <= high)
        )
        if outside:
            message = f"the default {value!r} is outside the tensor's bounds"
            yield finding("bad-default", (*path, "default", *place), message)


def _default(document: Document) -> Iterator[Diagnostic]:
    if not document.default_is_said:
        hint = f'add "default": with one of {_listed(document.endpoints)}, or null for none'
        yield finding("missing-default", (), "there are several endpoints but no default", hint)
    elif document.default is not None and document.default not in document.endpoints:
        near = did_you_mean(document.default, islice(document.endpoints, _MAX_SHOWN))
        hint = near or f"the endpoints are {_listed(document.endpoints)}"
        yield finding("unknown-default", ("default",), f"there is no endpoint {document.default!r}", hint)


def _listed(names: Collection[str]) -> str:
    more = f" and {len(names) - _MAX_SHOWN} more" if len(names) > _MAX_SHOWN else ""
    return ", ".join(sorted(islice(names, _MAX_SHOWN))) + more


def _collections(document: Document) -> Iterator[Diagnostic]:
    for name, collection in document.variable_collections.items():
        for index, selection in enumerate(collection):
            at: SpecPath = ("variable_collections", name, *((index,) if len(collection) > 1 else ()))
            for path, leaf in (selection.content or {}).items():
                if any(isinstance(dim, str) and dim != ANY for dim in leaf.shape or ()):
                    message = "a variable cannot have named dimensions"
                    yield finding("named-variable-dim", (*at, "content", path), message, "write a size or '?'")


def _save_options(document: Document) -> Iterator[Diagnostic]:
    options = document.save_options
    for alias, name in sorted(options.function_aliases.items()):
        if name not in document.endpoints:
            hint = did_you_mean(name, islice(document.endpoints, _MAX_SHOWN)) or "an alias must name an endpoint"
            at: SpecPath = ("save_options", "function_aliases", alias)
            yield finding("unknown-endpoint", at, f"there is no endpoint {name!r}", hint)
    sharding = options.experimental_sharding_callback
    if sharding is not None and (sharding.callback is None) == (sharding.max_shard_size is None):
        message = "a checkpoint is sharded by a callback or by a maximum size: give exactly one of the two"
        yield finding("bad-sharding", ("save_options", "experimental_sharding_callback"), message)
