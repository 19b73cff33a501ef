"""An inferred spec: a document, and every guess in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from specc.diagnostics import Diagnostic, SpecPath, format_path, printable
from specc.language.document import Document, Endpoint
from specc.language.tree_edits import leaves as leaves_of
from specc.language.tree_edits import with_leaves
from specc.language.trees import Leaf, Tensor, Tree
from specc.language.validation.buildable import input_keys, is_input_name
from specc.language.validation.legal_names import argument_names, legal_name
from specc.language.wire_names import BoundLeaf, components, input_leaves, output_leaves
from specc.reader.linking import with_wire_names
from specc.scaffold.open_dims import with_input_leaves


@dataclass(frozen=True)
class Guess:
    """A part of an inferred spec that is uncertain or was left out: its path, and what to check."""

    path: SpecPath
    message: str

    def __str__(self) -> str:
        return printable(f"{format_path(self.path)}: {self.message}" if self.path else self.message)


def text_with_hint(diagnostic: Diagnostic) -> str:
    """The message of a finding, with its hint if it has one: the text of a guess."""
    return f"{diagnostic.message}; {diagnostic.hint}" if diagnostic.hint else diagnostic.message


@dataclass(frozen=True)
class InferredSpec:
    """A document that can be built, and what to check in it before it is committed."""

    document: Document
    guesses: tuple[Guess, ...] = ()


def with_legal_names(endpoint: Endpoint, at: SpecPath) -> tuple[Endpoint, tuple[Guess, ...]]:
    """``endpoint``, whose path is ``at``, with legal names, and a guess for each new name.

    Arguments are renamed, and leaves get a ``name``; keys stay as the function expects them.
    """
    guesses: list[Guess] = []
    former_names = [_wire_names_of_leaf(leaf) for leaf in input_leaves(endpoint)]
    arguments = argument_names(endpoint.arguments)
    for index, name in enumerate(endpoint.arguments):
        if arguments[index] != name:
            guesses.append(Guess((*at, "arguments", index), f"renamed from {name!r}, which cannot be an argument name"))
    endpoint = endpoint.model_copy(update={"arguments": tuple(arguments)})
    endpoint = with_input_leaves(endpoint, _with_former_names(endpoint, former_names))
    inputs = with_input_leaves(endpoint, _renamed_inputs(endpoint, at, guesses)).inputs
    outputs = with_leaves(endpoint.outputs, iter([*_renamed_outputs(endpoint, at, guesses)]))
    legal = endpoint.model_copy(update={"inputs": inputs, "outputs": outputs})
    return _without_redundant_names(legal), tuple(guesses)


def _wire_names_of_leaf(leaf: BoundLeaf) -> tuple[str, ...]:
    return tuple(component.wire_name for component in leaf.components)


def _with_former_names(endpoint: Endpoint, former_names: list[tuple[str, ...]]) -> Iterator[Leaf]:
    """The inputs with the wire names that they had before their arguments were renamed, if those are legal."""
    for leaf, names in zip(input_leaves(endpoint), former_names, strict=True):
        yield (
            with_wire_names(leaf.leaf, _wire_names_of_leaf(leaf), names)
            if all(map(is_input_name, names))
            else leaf.leaf
        )


def _without_redundant_names(endpoint: Endpoint) -> Endpoint:
    """``endpoint`` without the names of dense leaves that equal the name derived from the path."""
    bare = endpoint.model_copy(
        update={
            "inputs": tuple(map(_without_own_names, endpoint.inputs)),
            "outputs": _without_own_names(endpoint.outputs),
        }
    )
    made = iter([leaf.name for leaf in (*input_leaves(bare), *output_leaves(bare))])
    inputs = tuple(with_leaves(tree, _without_derived_names(tree, made)) for tree in endpoint.inputs)
    outputs = with_leaves(endpoint.outputs, _without_derived_names(endpoint.outputs, made))
    return endpoint.model_copy(update={"inputs": inputs, "outputs": outputs})


def _without_own_names(tree: Tree) -> Tree:
    return with_leaves(tree, (leaf.model_copy(update={"name": None}) for leaf in leaves_of(tree)))


def _without_derived_names(tree: Tree, made: Iterator[str]) -> Iterator[Leaf]:
    """The leaves of ``tree``, without a name if it equals the one that is ``made`` from the path."""
    for leaf in leaves_of(tree):
        needless = next(made) == leaf.name and isinstance(leaf, Tensor)
        yield leaf.model_copy(update={"name": None}) if needless else leaf


def _renamed_inputs(endpoint: Endpoint, at: SpecPath, guesses: list[Guess]) -> Iterator[Leaf]:
    leaves = input_leaves(endpoint, at)
    taken: set[object] = set()
    kept: set[int] = set()
    for index, leaf in enumerate(leaves):  # before any is with_wire_names, so that no new name takes a legal one
        names = _wire_names_of_leaf(leaf)
        if all(map(is_input_name, names)) and _are_free(names, taken):
            kept.add(index)
            taken.update(key for name in names for key in input_keys(name))
    for index, leaf in enumerate(leaves):
        yield leaf.leaf if index in kept else _renamed_leaf(leaf, taken, guesses)


def _are_free(names: Iterable[str], taken: Collection[object]) -> bool:
    """Whether ``names`` clash neither with taken names nor with each other."""
    keys = [key for name in names for key in input_keys(name)]
    return len(set(keys)) == len(keys) and not any(key in taken for key in keys)


def _renamed_leaf(leaf: BoundLeaf, taken: set[object], guesses: list[Guess]) -> Leaf:
    """The leaf with the first name derived from its own whose components do not clash with ``taken`` names."""
    base = _legal_wire_name(leaf.name)
    for number in count(1):
        name = base if number == 1 else f"{base}_{number}"
        legal = _with_wire_name(leaf.leaf, name)
        names = [component.wire_name for component in components(legal, name)]
        if _are_free(names, taken):
            break
    taken.update(key for name in names for key in input_keys(name))
    guesses.append(Guess(leaf.path, f"wire name {name!r}, since {leaf.name!r} is not legal or is already taken"))
    return legal


def _renamed_outputs(endpoint: Endpoint, at: SpecPath, guesses: list[Guess]) -> Iterator[Leaf]:
    taken: set[str] = set()
    for leaf in output_leaves(endpoint, at):
        names = _wire_names_of_leaf(leaf)
        legal = leaf.leaf
        if not all(name.isprintable() and name not in taken for name in names):
            base = "".join(letter if letter.isprintable() else "_" for letter in leaf.name)
            free = (base if number == 1 else f"{base}_{number}" for number in count(1))
            name = next(
                name for name in free
                if not any(part.wire_name in taken for part in components(_with_wire_name(leaf.leaf, name), name))
            )  # fmt: skip
            legal = _with_wire_name(leaf.leaf, name)
            guesses.append(
                Guess(leaf.path, f"wire name {name!r}, since {leaf.name!r} is already taken or not printable")
            )
        taken |= {part.wire_name for part in components(legal, legal.name or leaf.name)}
        yield legal


def _with_wire_name(leaf: Leaf, name: str) -> Leaf:
    changes = {"name": name} if isinstance(leaf, Tensor) else {"name": name, "names": None}
    return leaf.model_copy(update=changes)


def _legal_wire_name(text: str) -> str:
    """A legal wire name of an input, similar to ``text``."""
    parts = (re.sub(r"[^A-Za-z0-9_.-]+", "_", part) for part in text.split("/") if part)
    word = "/".join(parts).lstrip("_.-/")
    return word if is_input_name(word) else legal_name(text, (), "input")
