"""Seeded random edits of a document's JSON. An edit may have nothing to do, or make a document that cannot be built."""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random

from random_archive_edits import (
    add_endpoint,
    change_archive,
    change_collection,
    change_default_endpoint,
    change_endpoint,
    change_receiver,
    remove_endpoint,
    rename_endpoint,
)
from random_documents import Json, as_document, random_document
from random_structure_edits import (
    add_argument,
    add_leaf,
    add_output,
    change_namedtuple,
    regroup,
    remove_argument,
    remove_leaf,
    rename_argument,
    rename_component,
    rename_key,
    rename_on_wire,
    reorder_arguments,
    reverse_keys,
    spell_names,
    swap_on_wire,
)
from random_tensor_edits import (
    add_default,
    change_default,
    change_dtype,
    change_integer,
    change_kind,
    change_range,
    change_rank,
    change_size,
    fix_output_size,
    free_bounds,
    free_input_size,
    move_bounds,
    rename_dim,
    tie,
    write_three,
)

from specc.language.document import Document

Edit = Callable[[Random, Json], None]


def random_pair(rng: Random) -> tuple[Document, Document]:
    """A random document, and what one to three random edits make of it."""
    old = random_document(rng)
    return _document(old), _document(random_edit(rng, old, rng.choice((1, 1, 1, 2, 3))))


def random_edit(rng: Random, data: Json, count: int) -> Json:
    """``data`` after ``count`` random edits, each of which leaves a document that can be built."""
    while count:
        edited = copy.deepcopy(data)
        edit = rng.choice(EDITS)
        edit(rng, edited)
        if edited != data and as_document(edited):
            data, count = edited, count - 1
    return data


def _document(data: Json) -> Document:
    document = as_document(data)
    assert document is not None
    return document


_WEIGHTS: dict[Edit, int] = {
    rename_dim: 1, move_bounds: 2, free_bounds: 1, change_size: 2, change_integer: 2, free_input_size: 2, fix_output_size: 2, tie: 2,
    write_three: 1, change_rank: 2, change_dtype: 1, change_kind: 1, change_default: 2, add_default: 1, change_range: 3,
    rename_component: 1, rename_on_wire: 1, swap_on_wire: 1, spell_names: 1, rename_key: 1, regroup: 1,
    change_namedtuple: 1, reverse_keys: 1, add_leaf: 1, add_output: 3, remove_leaf: 2,
    add_argument: 2, remove_argument: 1, rename_argument: 1, reorder_arguments: 1,
    change_receiver: 14, change_endpoint: 6, add_endpoint: 1, remove_endpoint: 1, rename_endpoint: 1,
    change_default_endpoint: 1, change_archive: 6, change_collection: 5,
}  # fmt: skip
"""How often an edit is tried. Some rarely find what they edit, or make a document that can be built."""
EDITS = tuple(edit for edit, weight in _WEIGHTS.items() for _ in range(weight))
