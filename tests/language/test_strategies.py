"""The strategies of the property tests cover every part of the schema."""

from __future__ import annotations

import json

from hypothesis import given, seed, settings
from schema_places import parts_of, visits
from spellings import document_texts
from strategies import Extent, buildable_data, trees

from specc.language.document import Document
from specc.language.json_schema.schema import document_schema
from specc.language.load import from_json
from specc.language.wire_names import input_leaves, output_leaves

SCHEMA = document_schema()


def test_spellings_visit_every_part_of_the_schema() -> None:
    unseen = {pointer for pointer, _ in parts_of(SCHEMA)}

    @given(document_texts())
    @settings(max_examples=300, database=None, deadline=None)
    def draw(text: str) -> None:
        unseen.difference_update(pointer for pointer, _ in visits(SCHEMA, json.loads(text)))

    # What a seed draws depends on what the process has imported and drawn before.
    seeds = iter(range(5))
    while unseen and (number := next(seeds, None)) is not None:
        seed(number)(draw)()
    assert unseen == set()


@given(
    buildable_data(
        Extent(
            max_leaves=2,
            max_endpoints=2,
            dtypes=("int8",),
            defaults=False,
            composites=False,
            unknown_rank=False,
            signatures=False,
            evidence=False,
        )
    )
)
def test_an_extent_is_kept_to(data: dict[str, object]) -> None:
    document = from_json(data)
    assert 1 <= len(document.endpoints) <= 2
    for endpoint in document.endpoints.values():
        for leaves in (input_leaves(endpoint), output_leaves(endpoint)):
            assert len(leaves) <= 2
            assert {leaf.leaf.kind for leaf in leaves} <= {"tensor"}
            assert {leaf.leaf.dtype for leaf in leaves} <= {"int8"}
            assert all(leaf.leaf.shape is not None and leaf.leaf.default is None for leaf in leaves)


@given(trees())
def test_a_drawn_tree_is_a_tree(tree: object) -> None:
    dims = {name: {} for name in ("batch", "time", "B", "_x")}
    Document.model_validate({"specc": 1, "dims": dims, "endpoints": {"a": {"inputs": [tree], "outputs": "bool[]"}}})
