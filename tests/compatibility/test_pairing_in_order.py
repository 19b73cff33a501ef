"""The pairing of endpoints of one structure is the same with and without its short cut."""

from __future__ import annotations

from random import Random

from random_edits import random_pair

from specc.change import SURFACES
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.halves import Half
from specc.compatibility.pairing import LeafPair, Pairing, Role
from specc.compatibility.sides import Described
from specc.language.document import Document


def pairs_of(old: Document, new: Document) -> list[EndpointPair]:
    sides = Described(old), Described(new)
    names = old.endpoints.keys() & new.endpoints.keys()
    return [EndpointPair(*(Half(side, name) for side in sides), SURFACES, name) for name in sorted(names)]


def written(pairing: Pairing) -> dict[str, object]:
    """Every field, with pairs of leaves by their paths."""
    return {name: [_path(each) for each in value] for name, value in vars(pairing).items()}


def _path(value: object) -> object:
    if isinstance(value, tuple):
        return [_path(each) for each in value]
    return (value.old.path, value.new.path) if isinstance(value, LeafPair) else value


def test_endpoints_of_one_structure_are_paired_as_all_others_are() -> None:
    roles: tuple[Role, ...] = ("inputs", "outputs")
    in_order = 0
    for seed in range(500):
        old, new = random_pair(Random(seed))
        for short, walked in zip(pairs_of(old, new), pairs_of(old, new), strict=True):
            walked.__dict__["has_equal_containers"] = False
            in_order += short.has_equal_containers
            for role in roles:
                assert written(short.pairing(role)) == written(walked.pairing(role)), seed
    assert in_order > 100
