"""Archives that specc builds, read with their contract, without it, and with the graph of another archive."""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

import specc
from specc.language.contract import CONTRACT_PATH
from specc.language.validation.consistency import find_inconsistencies
from specc.reader import Inspection, inspect, inspect_archive
from specc.reader.projection import project

pytestmark = pytest.mark.tensorflow

DTYPES = ("float32", "int64", "string", "bool", "float16", "int32", "bfloat16", "complex64")
DEFAULTS: dict[str, Any] = {
    "float32": 0.1, "int64": -3, "string": {"base64": "/w=="}, "bool": True, "float16": "NaN", "int32": 7,
    "bfloat16": 3.14159, "complex64": {"real": 0.1, "imag": "-Infinity"},
}  # fmt: skip
KEYS = ("user", "Item", "x", "x_1", "history", "kind", "a", "b", "zz", "c")


class Documents:
    """Random documents that can be built, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.fresh = 0

    def document(self) -> specc.Document:
        names = self.random.sample(("score", "embed", "rank", "serving_default"), self.random.randint(1, 3))
        data = {"specc": 1, "dims": {"batch": {"min": 1}, "time": {"max": 9}}}
        default = self.random.choice([*names, None])
        default = "serving_default" if "serving_default" in names else default
        return specc.from_json(
            {**data, "endpoints": {name: self.endpoint() for name in names}, "default": default, "name": "some"}
        )

    def endpoint(self) -> dict[str, Any]:
        arguments = self.random.sample(("inputs", "first", "second", "Third"), self.random.randint(1, 3))
        inputs = [self.tree(2, is_input=True) for _ in arguments]
        return {
            "function": None,
            "arguments": arguments,
            "inputs": inputs,
            "outputs": self.tree(2, is_input=False),
            "description": "made up",
        }

    def tree(self, depth: int, is_input: bool) -> Any:
        kind = self.random.choice(("leaf", "leaf", "list", "tuple", "dict", "namedtuple")) if depth else "leaf"
        count = self.random.randint(1, 3)
        match kind:
            case "leaf":
                return self.leaf(is_input)
            case "list":
                return [self.tree(depth - 1, is_input) for _ in range(count)]
            case "tuple":
                return {"kind": "tuple", "items": [self.tree(depth - 1, is_input) for _ in range(count)]}
            case "dict":
                return {key: self.tree(depth - 1, is_input) for key in self.random.sample(KEYS, count)}
            case _:
                fields = [[key, self.tree(depth - 1, is_input)] for key in self.random.sample(("p", "q", "r"), count)]
                return {"kind": "namedtuple", "typename": "Point", "fields": fields}

    def leaf(self, is_input: bool) -> Any:
        dtype = self.random.choice(DTYPES)
        shape = [self.random.choice(("batch", "time", "?", 2, 3)) for _ in range(self.random.randint(0, 3))]
        match self.random.choice(("tensor", "tensor", "tensor", "ragged", "sparse")):
            case "ragged":
                rank = self.random.randint(1, 2)
                splits = self.random.choice(("int32", "int64"))
                inner = shape[:1]
                leaf: dict[str, Any] = {"shape": ["batch", *["?"] * rank, *inner], "ragged_rank": rank}
                leaf |= {"kind": "ragged", "dtype": dtype, "row_splits_dtype": splits}
            case "sparse":
                leaf = {"kind": "sparse", "dtype": dtype, "shape": shape or [4]}
            case _:
                leaf = {"kind": "tensor", "dtype": dtype, "shape": shape if self.random.random() < 0.9 else "..."}
                if is_input and dtype == "float32" and self.random.random() < 0.3:
                    leaf |= {"minimum": 0.0, "description": "said"}
                if is_input and self.random.random() < 0.2:
                    leaf |= {"shape": [2], "default": [DEFAULTS[dtype], DEFAULTS[dtype]]}
        if self.random.random() < (0.2 if is_input else 0.05):
            leaf["name"] = self.name()
        elif leaf["kind"] != "tensor" and self.random.random() < (0.2 if is_input else 0.05):
            leaf["names"] = {"values": self.name()}
        return leaf

    def name(self) -> str:
        self.fresh += 1
        return f"{self.random.choice(('Name', 'other'))}_{'abcdefghijklmnopqrstuvwxyz'[self.fresh % 26]}"


def random_document(seed: int) -> specc.Document:
    """The first document from ``seed`` on whose wire names do not clash."""
    for attempt in range(seed, seed + 10_000, 100):
        found = Documents(attempt).document()
        try:
            specc.compile(found)
        except specc.SpecError:
            continue
        return found
    raise AssertionError("no document of this seed can be built")


def zeros(specs: Any) -> Any:
    """Tensors of these specs whose sizes are unknown before they are computed."""
    match specs:
        case tf.TensorSpec():
            return zeros_of(specs.shape, specs.dtype)
        case tf.RaggedTensorSpec():
            splits = [tf.zeros(sizes(1) + 1, specs.row_splits_dtype) for _ in range(specs.ragged_rank)]
            inner = tf.TensorShape([None]).concatenate(specs.shape[specs.ragged_rank + 1 :])
            values = zeros_of(inner, specs.dtype)
            return tf.RaggedTensor.from_nested_row_splits(values, splits, validate=False)
        case tf.SparseTensorSpec():
            rank = specs.shape.rank
            indices, shape = tf.zeros([sizes(1)[0], rank], tf.int64), tf.cast(sizes(rank), tf.int64)
            return tf.SparseTensor(indices, zeros_of(tf.TensorShape([None]), specs.dtype), shape)
        case dict():
            return {key: zeros(item) for key, item in specs.items()}
        case tuple() if hasattr(specs, "_fields"):
            return type(specs)(*(zeros(item) for item in specs))
        case _:
            return type(specs)(zeros(item) for item in specs)


def sizes(rank: int) -> Any:
    return tf.random.uniform([rank], 1, 3, tf.int32)


def zeros_of(shape: Any, dtype: Any) -> Any:
    if shape.rank is None:
        return tf.zeros(tf.random.uniform(sizes(1), 1, 3, tf.int32), dtype)
    return tf.ensure_shape(tf.zeros(sizes(shape.rank), dtype), shape)


def build(document: specc.Document, path: Path) -> Path:
    program = specc.compile(document)
    functions = {name: lambda *_, specs=endpoint.output_specs: zeros(specs) for name, endpoint in program.items()}
    program.export(tf.Module(), path, functions=functions)
    return path


@pytest.mark.parametrize("seed", range(10))
def test_the_contract_gives_the_document_and_the_graph_its_projection(seed: int, tmp_path: Path) -> None:
    document = random_document(seed)
    path = build(document, tmp_path / "archive")
    assert inspect_archive(path) == Inspection(document, "contract")
    (path / CONTRACT_PATH).unlink()
    assert specc.dump(inspect(path)) == specc.dump(project(document))
    assert inspect_archive(path).source == "object graph"
    assert list(find_inconsistencies(project(document))) == []


@pytest.mark.parametrize("seed", range(300))
def test_projecting_twice_changes_nothing_more(seed: int) -> None:
    once = project(random_document(seed))
    assert list(find_inconsistencies(once)) == []
    assert specc.from_json(once.to_json()) == once
    assert project(once) == once


BASE: dict[str, Any] = {
    "specc": 1,
    "dims": {"batch": {}},
    "endpoints": {
        "score": {
            "function": None,
            "arguments": ["features", "weights"],
            "inputs": [
                {
                    "id": "int64[batch]",
                    "tokens": {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"]},
                },
                {"kind": "tensor", "dtype": "float32", "shape": [2], "default": [0.1, "NaN"]},
            ],
            "outputs": {"score": "float32[2]", "ids": ["int64[batch]"]},
        },
        "echo": {"function": None, "inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 3]"},
    },
    "default": "score",
    "variable_collections": {"weights": "weights"},
}


class Model(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weights = [tf.Variable([1.0, 2.0])]

    def score(self, features: Any, weights: Any) -> Any:
        return {"score": self.weights[0] * weights, "ids": [features["id"] + features["tokens"].row_lengths()]}

    def echo(self, inputs: Any) -> Any:
        return inputs


def export(data: dict[str, Any], path: Path) -> Path:
    model = Model()
    functions = {name: getattr(model, name) for name in data["endpoints"] if name in ("score", "echo")}
    specc.compile(specc.from_json(data)).export(model, path, functions=functions)
    return path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(BASE, tmp_path_factory.mktemp("base") / "archive")


def test_without_contract_defaults_and_nested_trees_come_back(archive: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(archive, tmp_path / "copy"))
    (path / CONTRACT_PATH).unlink()
    inspection = inspect_archive(path)
    assert inspection.document == specc.from_json(
        {
            "specc": 1,
            "endpoints": {
                "score": {
                    "function": None,
                    "arguments": ["features", "weights"],
                    "inputs": [
                        {"id": "int64[?]", "tokens": {"kind": "ragged", "dtype": "int64", "shape": ["?", "?"]}},
                        {"kind": "tensor", "dtype": "float32", "shape": [2], "default": [0.1, "NaN"]},
                    ],
                    "outputs": {"score": "float32[2]", "ids": ["int64[?]"]},
                },
                "echo": {"function": None, "inputs": ["float32[?, 3]"], "outputs": "float32[?, 3]"},
            },
            "default": "score",
        }
    )
    assert inspection.notes == (
        "a graph does not record which function each endpoint runs",
        "a graph does not record the names of dimensions: '?' is a size that it leaves open",
        "a graph does not record the order of dict keys: they are sorted, and a function may get them in another order",
        "weights: a list of 1 variable; a graph does not record its path on the model",
    )


def test_the_default_among_endpoints_that_share_everything_is_told_by_its_object(tmp_path: Path) -> None:
    same = {"function": "echo", "inputs": ["float32[?, 3]"], "outputs": "float32[?, 3]"}
    document = specc.from_json({"specc": 1, "endpoints": {"a": same, "b": same, "c": same}, "default": "b"})
    path = tmp_path / "archive"
    specc.compile(document).export(Model(), path)
    (path / CONTRACT_PATH).unlink()
    assert inspect(path) == project(document)
    assert project(document).default == "b"


def changed(change: Any) -> dict[str, Any]:
    data: dict[str, Any] = specc.from_json(BASE).to_json()
    change(data)
    return data


def _rename_argument(data: Any) -> None:
    data["endpoints"]["score"]["arguments"] = ["features", "scale"]
    data["endpoints"]["score"]["inputs"][1]["name"] = "weights"


MISMATCHES: dict[str, tuple[Any, list[str]]] = {
    "another dtype": (
        lambda data: data["endpoints"]["echo"].update(inputs=["float64[batch, 3]"]),
        [
            "endpoints.echo.inputs[0]: the input 'inputs' of the signature 'echo' is float32[?, 3]; "
            "the contract has float64[batch, 3]",
            "endpoints.echo.inputs[0]: the function of the graph's root has float32[?, 3] here",
        ],
    ),
    "a graph that asks for more": (
        lambda data: data["endpoints"]["echo"].update(inputs=["float32[batch, ?]"], outputs="float32[batch, ?]"),
        [
            "endpoints.echo.inputs[0]: the input 'inputs' of the signature 'echo' is float32[?, 3]; "
            "the contract has float32[batch, ?]",
            "endpoints.echo.inputs[0]: the function of the graph's root has float32[?, 3] here",
        ],
    ),
    "a graph that gives less": (
        lambda data: data["endpoints"]["echo"].update(outputs="float32[batch, 4]"),
        [
            "endpoints.echo.outputs: the output 'output_0' of the signature 'echo' is float32[?, 3]; "
            "the contract has float32[batch, 4]",
            "endpoints.echo.outputs: the function of the graph's root has float32[?, 3] here",
        ],
    ),
    "another wire name": (
        lambda data: data["endpoints"]["score"]["inputs"][0].update(
            id={"kind": "tensor", "dtype": "int64", "shape": ["batch"], "name": "uid"}
        ),
        [
            "endpoints.score.inputs[0].id: the signature 'score' has no input 'uid'",
            "endpoints.score: the signature 'score' has an input 'id' that the contract does not declare",
        ],
    ),
    "another default value": (
        lambda data: data["endpoints"]["score"]["inputs"][1].update(default=[0.5, "NaN"]),
        [
            "endpoints.score.inputs[1]: the signature 'score' has the default (0.1, 'NaN') for 'weights'; "
            "the contract has (0.5, 'NaN')"
        ],
    ),
    "another argument": (
        _rename_argument,
        [
            "endpoints.score.arguments: the function of the graph's root takes (features, weights); "
            "the contract has (features, scale)"
        ],
    ),
    "a tuple for a list": (
        lambda data: data["endpoints"]["score"]["outputs"].update(ids={"kind": "tuple", "items": ["int64[batch]"]}),
        ["endpoints.score.outputs.ids: the function of the graph's root has a list with (0) here"],
    ),
    "no default": (
        lambda data: data.update(default=None),
        ["endpoints: the graph has a signature 'serving_default' that the contract does not declare"],
    ),
    "another default": (
        lambda data: data.update(default="echo"),
        ["default: the graph's 'serving_default' differs from its signature 'echo'"],
    ),
    "an endpoint too many in the graph": (
        lambda data: data["endpoints"].pop("echo"),
        ["endpoints: the graph has a signature 'echo' that the contract does not declare"],
    ),
    "an endpoint too few in the graph": (
        lambda data: data["endpoints"].update(more=data["endpoints"]["echo"]),
        [
            "endpoints.more: the graph has no signature 'more' that can be described",
            "endpoints.more: the graph's root has no function 'more'",
        ],
    ),
    "a collection too few in the graph": (
        lambda data: data["variable_collections"].update(more="weights"),
        ["variable_collections.more: the graph's root has no list of variables 'more'"],
    ),
}


@pytest.mark.parametrize("name", MISMATCHES)
def test_a_contract_of_another_graph_is_refused(name: str, archive: Path, tmp_path: Path) -> None:
    change, expected = MISMATCHES[name]
    document = specc.from_json(changed(change))
    path = Path(shutil.copytree(archive, tmp_path / "copy"))
    (path / CONTRACT_PATH).write_text(specc.language.contract.write_contract(document), encoding="utf-8")
    inspection = inspect_archive(path)
    assert (inspection.document, inspection.source, inspection.notes) == (document, "contract", ())
    found = [str(finding).replace("contract-mismatch: ", "") for finding in inspection.findings]
    assert found == [f"{CONTRACT_PATH}: {line}" for line in expected]
    with pytest.raises(specc.SpecError) as caught:
        inspect(path)
    assert caught.value.diagnostics == inspection.findings


def test_a_damaged_contract_is_a_finding_and_the_graph_speaks(archive: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(archive, tmp_path / "copy"))
    text = (path / CONTRACT_PATH).read_text(encoding="utf-8")
    (path / CONTRACT_PATH).write_text(text.replace('"features"', '"feature"'), encoding="utf-8")
    inspection = inspect_archive(path)
    assert [finding.rule for finding in inspection.findings] == ["bad-contract"]
    assert (inspection.document, inspection.source) == (project(specc.from_json(BASE)), "object graph")
    with pytest.raises(specc.SpecError):
        inspect(path)
