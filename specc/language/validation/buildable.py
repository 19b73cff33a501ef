"""Rules for a consistent document that TensorFlow can also build and revive.

A name that is read from an archive may be any string, but fewer names can be built. Nothing is renamed silently, so a
name that TensorFlow or Python would refuse, lower-case or overwrite is an error.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from specc.diagnostics import MAX_SHOWN_NAME, Diagnostic, Place, SpecPath, finding, format_path
from specc.language.document import CALL, Document, Endpoint
from specc.language.dtypes import DTYPES
from specc.language.example_features import find_unparsable
from specc.language.signatures import RAW, TAGS, has_signature
from specc.language.trees import Dict, NamedTuple, Tensor
from specc.language.validation.methods import (
    default_key_is_taken,
    find_default_of_another_mode,
    find_method_violations,
    find_missing_default,
)
from specc.language.validation.no_signature import find_signature_fields
from specc.language.wire_names import BoundContainer, BoundLeaf, endpoint_nodes, parameter_name
from specc.rules.table import RuleId

_ARGUMENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_INPUT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)*")
"""The names that TensorFlow accepts for operations, and so for inputs."""
_NOT_PARAMETERS = frozenset((*keyword.kwlist, "self"))
MAX_NAME = MAX_SHOWN_NAME
"""TensorFlow takes longer names, and no person reads them: they come from generated keys."""
_SHORTER = "choose a shorter name"
MAX_NESTING = 40
"""TensorFlow and protobuf stop at about 46 nested containers."""

RESERVED = frozenset(
    {
        "signatures", "variables", "trainable_variables", "non_trainable_variables", "name", "name_scope",
        "with_name_scope", "submodules", "graph_debug_info", "tensorflow_version", "tensorflow_git_version",
    }
)  # fmt: skip
"""Attributes that a revived archive has already."""


def find_unbuildable(document: Document) -> Iterator[Diagnostic]:
    """The findings for every name in ``document`` that cannot be built, and for every clash."""
    yield from _bad_attributes(document)
    yield from find_missing_default(document)
    yield from find_default_of_another_mode(document)
    yield from _bad_save_options(document)
    yield from _duplicate_entries(document.imports, ("imports",))
    for name, endpoint in document.endpoints.items():
        at: SpecPath = ("endpoints", name)
        bad = {index: problem for index, word in enumerate(endpoint.arguments) if (problem := _argument_problem(word))}
        for index, problem in bad.items():
            message = f"the argument name {endpoint.arguments[index]!r} {problem}"
            yield finding("bad-name", (*at, "arguments", index), message)
        nodes = endpoint_nodes(endpoint, at)
        for container in nodes.containers:
            yield from _bad_container(container)
        trees = dict(enumerate(endpoint.inputs))
        repeated = {index for index in bad if not isinstance(trees.get(index), (Dict, NamedTuple))}
        yield from _bad_input_names(nodes.inputs, repeated)
        yield from _unsavable_defaults(nodes.inputs)
        yield from _bad_output_names(nodes.outputs)
        if has_signature(document, name):
            yield from find_method_violations(endpoint, at)
            yield from _bad_receiver_names(endpoint, at)
        else:
            yield from find_signature_fields(endpoint, at)


def _bad_attributes(document: Document) -> Iterator[Diagnostic]:
    """Findings for names of endpoints and collections, which become attributes of one revived object."""
    for name in document.endpoints:
        if default_key_is_taken(document, name) and document.default != name:
            hint = "the default endpoint is published under that name; make this one the default or rename it"
            yield finding("reserved-name", ("endpoints", name), f"{name!r} is not the default endpoint", hint)
        if name != CALL:  # the only public attribute with underscores
            yield from _attribute_problems(name, ("endpoints", name), "an endpoint")
    for name in document.variable_collections:
        path: SpecPath = ("variable_collections", name)
        if name in document.endpoints:
            message = f"the collection {name!r} would overwrite the endpoint of that name"
            endpoint = (Place(message="the endpoint", path=("endpoints", name), on_key=True),)
            yield finding("name-clash", path, message, "rename one of them", on_key=True, related=endpoint)
        if default_key_is_taken(document, name):
            message = f"{name!r} is reserved for the default endpoint"
            yield finding("reserved-name", path, message, "rename it", on_key=True)
        yield from _attribute_problems(name, path, "a collection")


def _attribute_problems(name: str, path: SpecPath, what: str) -> Iterator[Diagnostic]:
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
        hint = "use letters, digits and underscores, and no Python keyword"
        yield finding("bad-name", path, f"{name!r} cannot be the name of {what}", hint, on_key=True)
    elif len(name) > MAX_NAME:
        yield finding("bad-name", path, f"the name {name!r} {_too_long(name)}", _SHORTER, on_key=True)
    elif name.startswith("_"):
        message = f"the name {name!r} starts with an underscore"
        yield finding("bad-name", path, message, "such names are private; choose another name", on_key=True)
    elif name in RESERVED:
        message = f"{name!r} is an attribute of every revived archive"
        yield finding("reserved-name", path, message, "choose another name", on_key=True)


def _bad_receiver_names(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    for name in endpoint.receivers:
        path: SpecPath = (*at, "receivers", name)
        if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
            hint = "use letters, digits and underscores, and no Python keyword"
            yield finding("bad-name", path, f"{name!r} cannot be the name of a receiver", hint)
        elif name == RAW:
            message = f"{RAW!r} is reserved for an endpoint's own inputs where a receiver is the plain signature"
            yield finding("reserved-name", path, message, "choose another name")
        yield from find_unparsable(endpoint, name, at)


def _bad_save_options(document: Document) -> Iterator[Diagnostic]:
    options, at = document.save_options, ("save_options",)
    if options.experimental_image_format:
        message = "no released TensorFlow can write this format"
        yield finding("unsupported-save-option", (*at, "experimental_image_format"), message, "remove it")
    for field in ("namespace_whitelist", "extra_tags"):
        yield from _duplicate_entries(getattr(options, field) or (), (*at, field))
    for index, tag in enumerate(options.extra_tags):
        if tag == TAGS[document.mode]:
            message = f"every archive of the mode {document.mode!r} has the tag {tag!r}"
            yield finding("duplicate-entry", (*at, "extra_tags", index), message, "remove it")


def _duplicate_entries(values: Sequence[str], at: SpecPath) -> Iterator[Diagnostic]:
    seen: dict[str, int] = {}
    for index, value in enumerate(values):
        if value in seen:
            first = (Place(message="the first one", path=(*at, seen[value])),)
            message = f"duplicate entry {value!r}"
            yield finding("duplicate-entry", (*at, index), message, "remove one of them", related=first)
        seen.setdefault(value, index)


def _bad_container(container: BoundContainer) -> Iterator[Diagnostic]:
    if container.depth == MAX_NESTING + 1:
        message = f"containers are nested deeper than {MAX_NESTING} levels, which TensorFlow cannot save"
        yield finding("too-deep", container.path, message)
    if isinstance(container.tree, NamedTuple) and container.depth <= MAX_NESTING:
        yield from _bad_namedtuple(container.tree, container.path)
    if isinstance(container.tree, Dict):
        for key in container.tree.items:
            if len(key) > MAX_NAME:
                yield finding("bad-name", (*container.path, key), f"the key {key!r} {_too_long(key)}", on_key=True)


def _bad_namedtuple(tree: NamedTuple, path: SpecPath) -> Iterator[Diagnostic]:
    if not tree.typename.isidentifier() or keyword.iskeyword(tree.typename):
        yield finding("bad-name", (*path, "typename"), f"{tree.typename!r} cannot be the name of a class")
    for index, (name, _) in enumerate(tree.fields):
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            yield finding("bad-name", (*path, "fields", index, 0), f"{name!r} cannot be the name of a field")
        elif len(name) > MAX_NAME:
            yield finding("bad-name", (*path, "fields", index, 0), f"the field {name!r} {_too_long(name)}", _SHORTER)


def _too_long(name: str) -> str:
    return f"has {len(name):,} characters, more than {MAX_NAME}"


def is_argument_name(name: str) -> bool:
    """Whether an argument of a buildable document may be called ``name``."""
    return not _argument_problem(name)


def is_input_name(name: str) -> bool:
    """Whether an input of a buildable document may have the wire name ``name``."""
    return not _input_problem(name)


def _argument_problem(name: str) -> str:
    if not _ARGUMENT_NAME.fullmatch(name):
        return "must start with a letter and contain only letters, digits and underscores"
    if len(name) > MAX_NAME:
        return _too_long(name)
    return _parameter_problem(name)


def _are_legal(names: Sequence[str]) -> bool:
    """Whether none of ``names`` has an ``_input_problem``."""
    return (
        max(map(len, names), default=0) <= MAX_NAME
        and all(map(_INPUT_NAME.fullmatch, names))
        and _NOT_PARAMETERS.isdisjoint(names)
    )


def _input_problem(name: str) -> str:
    if len(name) > MAX_NAME:
        return _too_long(name)
    if not _INPUT_NAME.fullmatch(name):
        return (
            "must start with a letter or digit and contain only letters, digits, '_', '-', '.', and single '/' inside"
        )
    return _parameter_problem(name)


def _parameter_problem(name: str) -> str:
    """Why ``name`` cannot be a parameter of a Python function, as arguments and inputs are, or the empty string."""
    if name not in _NOT_PARAMETERS:
        return ""
    return "is a Python keyword" if keyword.iskeyword(name) else "is reserved by the revived object"


def _bad_input_names(leaves: Sequence[BoundLeaf], bad_arguments: Container[int]) -> Iterator[Diagnostic]:
    """Findings for illegal wire names, except those that only repeat an illegal argument name."""
    names = [component.wire_name for leaf in leaves for component in leaf.components]
    if _are_legal(names) and all(len(set(map(key, names))) == len(names) for key in _UNIQUE_BY):
        return  # the usual case, several times as fast as checking each name
    hint = 'give the leaf a "name"'
    taken: TakenNames = {}
    for leaf in leaves:
        is_reported = leaf.path[3] in bad_arguments  # a finding already
        for component in leaf.components:
            name = component.wire_name
            problem = _input_problem(name)
            if problem and not is_reported:
                yield _name_finding("bad-name", leaf, f"the wire name {name!r} {problem}", hint)
                is_reported = name.startswith(leaf.name)  # the other components have the same prefix
            yield from _name_clashes(name, leaf, taken, input_keys(name))


def _name_finding(rule: RuleId, leaf: BoundLeaf, message: str, hint: str, *related: Place) -> Diagnostic:
    """A finding about the name of a leaf."""
    place = _place_of_name(leaf, message)
    return finding(rule, place.path, message, hint, on_key=place.on_key, related=related)


def _place_of_name(leaf: BoundLeaf, message: str) -> Place:
    """The place of a leaf's name: its own ``name``, or the key that leads to it."""
    if leaf.leaf.name is not None:
        return Place(message=message, path=(*leaf.path, "name"))
    return Place(message=message, path=leaf.path, on_key=True)


def _unsavable_defaults(leaves: Iterable[BoundLeaf]) -> Iterator[Diagnostic]:
    for leaf in leaves:
        if isinstance(leaf.leaf, Tensor) and leaf.leaf.default is not None and DTYPES[leaf.leaf.dtype].quantized:
            message = f"TensorFlow cannot save the default of a {leaf.leaf.dtype} tensor"
            yield finding("unsupported-default", (*leaf.path, "default"), message, "remove it")


def _bad_output_names(leaves: Iterable[BoundLeaf]) -> Iterator[Diagnostic]:
    taken: TakenNames = {}
    for leaf in leaves:
        for component in leaf.components:
            name = component.wire_name
            problem = _too_long(name) if len(name) > MAX_NAME else ""
            problem = problem if name.isprintable() else "contains unprintable characters"
            if problem:
                message = f"the wire name {name!r} {problem}"
                yield _name_finding("bad-name", leaf, message, 'give the leaf a "name"')
            yield from _name_clashes(name, leaf, taken, {name: ""})


TakenNames = dict[object, tuple[str, BoundLeaf]]
"""The names in use, by every key that must be unique."""


_UNIQUE_BY: dict[Callable[[str], str], str] = {
    str.lower: "TensorFlow ignores case here",
    parameter_name: "both are the parameter {!r} of a loaded signature",
}
"""What must be unique among the wire names of an endpoint's inputs, each with the reason."""


def input_keys(name: str) -> dict[object, str]:
    """The keys of a wire name that must be unique among an endpoint's inputs, each with the reason."""
    return {(key, key(name)): reason.format(key(name)) for key, reason in _UNIQUE_BY.items()}


def _name_clashes(name: str, leaf: BoundLeaf, taken: TakenNames, keys: Mapping[object, str]) -> Iterator[Diagnostic]:
    common = next((key for key in keys if key in taken), None)
    if common is None:
        taken.update(dict.fromkeys(keys, (name, leaf)))
        return
    other_name, other = taken[common]
    also = f"{other_name!r} ({keys[common]})" if other_name != name else "the same name"
    message = f"the wire name {name!r} clashes: the leaf at {format_path(other.path)} has {also}"
    there = _place_of_name(other, f"the leaf called {other_name!r}")
    yield _name_finding("name-clash", leaf, message, 'give one of them a "name"', there)
