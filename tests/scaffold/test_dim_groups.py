"""Groups of open axes: the finest partition that runs is found with few questions, and its groups have distinct names."""

from random import Random

import pytest

from specc.scaffold.dim_groups import Partition, likely_partitions, name_groups, split_groups
from specc.scaffold.open_dims import OpenDim


def dims_of(**roles: str) -> list[OpenDim]:
    """The axes of inputs, each with a word of the letters of its roles: b(atch), t(ime), f(eatures)."""
    words = {"b": "batch", "t": "time", "f": "features"}
    return [
        OpenDim(leaf, axis, words[letter], name)
        for leaf, (name, letters) in enumerate(roles.items())
        for axis, letter in enumerate(letters)
    ]


class Function:
    """A function that runs if all axes of each of its components have one size."""

    def __init__(self, components: Partition) -> None:
        self.components, self.questions = components, 0

    def runs(self, partition: Partition) -> bool:
        self.questions += 1
        return all(any(component <= group for group in partition) for component in self.components)

    def finest(self, dims: list[OpenDim]) -> Partition:
        return split_groups(next(filter(self.runs, likely_partitions(dims))), self.runs)


def partition_of(dims: list[OpenDim], *components: str) -> Partition:
    """The partition whose components are words such as ``x0 mask0``: an input and an axis."""
    by_place = {f"{dim.wire_name}{dim.axis}": dim for dim in dims}
    return frozenset(frozenset(by_place[word] for word in component.split()) for component in components)


EXAMPLES = {
    "encoder and decoder": (
        {"encoder_ids": "bt", "encoder_mask": "bt", "decoder_ids": "bt", "decoder_mask": "bt"},
        {
            "batch": "encoder_ids0 encoder_mask0 decoder_ids0 decoder_mask0",
            "encoder_time": "encoder_ids1 encoder_mask1",
            "decoder_time": "decoder_ids1 decoder_mask1",
        },
    ),
    "masked positions": (
        {"token_ids": "bt", "padding_mask": "bt", "mask_positions": "bt"},
        {
            "batch": "token_ids0 padding_mask0 mask_positions0",
            "time": "token_ids1 padding_mask1",
            "mask_positions": "mask_positions1",
        },
    ),
    "a mask whose two axes are one": ({"x": "bt", "mask": "btf"}, {"batch": "x0 mask0", "time": "x1 mask1 mask2"}),
    "a square matrix": ({"near": "bt", "x": "b"}, {"batch": "near0 near1 x0"}),
    "pairs in one role": (
        {"a": "b", "c": "b", "d": "b", "e": "b"},
        {"a_batch": "a0 e0", "c_batch": "c0 d0"},
    ),
    "names that are not identifiers": ({"user-id": "b", "7.of": "b"}, {"user_id_batch": "user-id0", "input_7_of_batch": "7.of0"}),
}  # fmt: skip


@pytest.mark.parametrize(("inputs", "groups"), EXAMPLES.values(), ids=EXAMPLES)
def test_the_finest_partition_and_its_names(inputs: dict[str, str], groups: dict[str, str]) -> None:
    dims = dims_of(**inputs)
    expected = partition_of(dims, *groups.values())
    function = Function(expected)
    assert function.finest(dims) == expected
    assert function.questions <= 40
    by_place = {f"{dim.wire_name}{dim.axis}": name for dim, name in name_groups(expected).items()}
    assert by_place == {word: name for name, words in groups.items() for word in words.split()}


def test_components_of_at_most_three_axes_are_all_found() -> None:
    random = Random(5)
    for _ in range(200):
        dims = dims_of(**{f"x{index}": random.choice(["b", "bt", "t"]) for index in range(4)})
        left = random.sample(dims, len(dims))
        components = []
        while left:
            size = random.randint(1, 3)
            components.append(frozenset(left[:size]))
            left = left[size:]
        function = Function(frozenset(components))
        start = frozenset([frozenset(dims)])
        assert split_groups(start, function.runs) == function.components
        names = name_groups(function.components)
        assert len(set(names.values())) == len(components)


def test_hundreds_of_inputs_take_a_question_each() -> None:
    dims = dims_of(**{f"cat{index}": "b" for index in range(300)})
    function = Function(frozenset([frozenset(dims)]))
    assert function.finest(dims) == function.components
    assert function.questions <= 310
