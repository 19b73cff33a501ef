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


EDITS: tuple[Edit, ...] = (
    rename_dim, move_bounds, move_bounds, free_bounds, change_size, change_size, free_input_size, free_input_size,
    fix_output_size, fix_output_size, tie, tie, write_three, change_rank,
    change_dtype, change_kind, change_default, change_default, add_default, change_range, change_range,
    rename_on_wire, rename_component, swap_on_wire, spell_names, rename_key, regroup, change_namedtuple, reverse_keys,
    add_leaf, add_output, add_output, remove_leaf,
    add_argument, add_argument, remove_argument, rename_argument, reorder_arguments,
    change_receiver, change_receiver, change_receiver, change_endpoint, change_endpoint, add_endpoint, remove_endpoint,
    rename_endpoint, change_default_endpoint, change_archive, change_archive, change_collection, change_collection,
)  # fmt: skip
