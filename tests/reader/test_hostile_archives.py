"""Archives whose parts are within their limits and whose products are not end in bounded work and memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hostile_files import ARCHIVES
from measured_commands import measure
from synthetic_archive import (
    FLOAT,
    concrete,
    function_spec,
    info,
    meta_graph,
    node,
    saved_model,
    signature,
    spec,
    value,
    written,
)

from specc.errors import ArchiveError
from specc.reader import inspect_archive, saved_functions
from specc.reader.conformance.static_checks import static_findings
from specc.reader.graph_document import describe_graph
from specc.reader.inspection import choose_graph
from specc.reader.meta_graph import MetaGraph
from specc.reader.saved_model import read_saved_model

MEGABYTES = 300


# Each takes some processes of its own: a third of them here, the others in the long run. What they may spend is counted below.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (index % 3 > 0)) for index, name in enumerate(ARCHIVES)]
)
def test_reading_an_archive_takes_bounded_memory(name: str, tmp_path: Path) -> None:
    took = measure(ARCHIVES[name](tmp_path))
    assert set(took.codes) <= {0, 1, 3}, took.stderr[-300:]
    assert took.megabytes < MEGABYTES


def graph_of_archive(content: bytes, directory: Path) -> MetaGraph:
    graph, _ = choose_graph(read_saved_model(written(directory, content)))
    return graph


def described(content: bytes, directory: Path) -> MetaGraph:
    graph = graph_of_archive(content, directory)
    describe_graph(graph)
    return graph


def functions(names: int, mentions: int = 1, leaves: int = 10) -> bytes:
    nodes = [
        node({f"f{index}": 1 for index in range(names)}),
        node({}, function={"concrete_functions": ["t"] * mentions, "function_spec": function_spec("self", "x")}),
    ]
    tree = value({f"k{index}": spec(FLOAT, -1) for index in range(leaves)})
    return saved_model(meta_graph({}, nodes, {"t": concrete([tree], spec(FLOAT))}))


def test_a_function_of_many_names_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = list[Any]()
    original = saved_functions._read_trace
    monkeypatch.setattr(saved_functions, "_read_trace", lambda *given: read.append(1) or original(*given))
    one, many = (described(functions(names), tmp_path).budget for names in (1, 50))
    assert len(read) == 2
    assert one.spent("bytes of descriptions") * 3 > many.spent("bytes of descriptions")


def test_each_name_of_a_function_is_charged_for_its_leaves(tmp_path: Path) -> None:
    one, many = (described(functions(names), tmp_path).budget.spent("leaves") for names in (1, 50))
    assert many - one == 49 * (10 + 1 + 1)  # the leaves, and the name of the argument


def test_a_trace_that_is_mentioned_many_times_is_one(tmp_path: Path) -> None:
    one, many = (described(functions(1, mentions), tmp_path).budget.spent("leaves") for mentions in (1, 1000))
    assert one == many


def test_one_text_of_a_default_is_charged_for_each_element(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as caught:
        inspect_archive(next(iter(write_archive("one text of a default repeated by its shape", tmp_path))))
    said = "reading it takes 14,999,8"
    assert str(caught.value).startswith(f"cannot read {tmp_path}")
    assert said in str(caught.value)
    assert str(caught.value).endswith("characters of names or more; the limit is 16,777,216")


def write_archive(name: str, directory: Path) -> list[Path]:
    return [Path(command[-1]) for command in ARCHIVES[name](directory) if command[0] == "inspect"]


def test_only_the_metagraph_that_is_described_is_read(tmp_path: Path) -> None:
    nodes = [node(), *[node({str(index): 1 for index in range(100)}) for _ in range(100)]]
    one = signature({"x": info(FLOAT)}, {"y": info(FLOAT)})
    graphs = [meta_graph({"serving_default": one}, nodes, tags=[tag]) for tag in ("serve", "train", "eval")]
    alone, among = (described(saved_model(*chosen), tmp_path).budget for chosen in (graphs[:1], graphs))
    assert alone.spent("bytes of descriptions") + 100 > among.spent("bytes of descriptions")
    assert alone.spent("objects") == among.spent("objects")


def test_the_children_of_a_list_of_many_names_are_read_once(tmp_path: Path) -> None:
    wrapper = {"user_object": {"identifier": "trackable_list_wrapper"}}

    def archive(names: int) -> bytes:
        nodes = [
            node({f"v{index}": 1 for index in range(names)}),
            node({str(index): 2 for index in range(1000)}, **wrapper),
            node(variable={"dtype": FLOAT}),
        ]
        one = signature({"x": info(FLOAT)}, {"y": info(FLOAT)})
        return saved_model(meta_graph({"serving_default": one}, nodes))

    one, many = (described(archive(names), tmp_path).budget.spent("objects") for names in (1, 50))
    assert many - one == 49


def test_an_archive_of_ten_thousand_leaves_and_variables_is_read(tmp_path: Path) -> None:
    wrapper = {"user_object": {"identifier": "trackable_list_wrapper"}}
    nodes = [
        node({"weights": 1, "f": 2}),
        node({str(index): 3 + index for index in range(10_000)}, **wrapper),
        node({}, function={"concrete_functions": ["t"], "function_spec": function_spec("self", "x")}),
        *[node(variable={"dtype": FLOAT, "name": f"layer/{index}/kernel"}) for index in range(10_000)],
    ]
    tree = value({f"feature_{index}": spec(FLOAT, -1, 4) for index in range(10_000)})
    path = written(tmp_path, saved_model(meta_graph({}, nodes, {"t": concrete([tree], spec(FLOAT))})))
    found = inspect_archive(path)
    assert len(found.document.endpoints["f"].inputs[0].items) == 10_000
    assert static_findings(found.document, path) == []


def test_keyword_arguments_of_one_name_are_not_compared(tmp_path: Path) -> None:
    """Two entries of a map with one key: a damaged file has them."""
    twice = value({"a": spec(FLOAT)})
    twice.dict_value.fields.add().CopyFrom(twice.dict_value.fields[0])
    function = concrete([], spec(FLOAT))
    function.canonicalized_input_signature.tuple_value.values[1].CopyFrom(twice)
    nodes = [node({"f": 1}), node({}, function={"concrete_functions": ["t"], "function_spec": function_spec("x")})]
    with pytest.raises(ArchiveError, match="f: left out: it has arguments with missing or duplicate names"):
        inspect_archive(written(tmp_path, saved_model(meta_graph({}, nodes, {"t": function}))))
