"""One document in other words: long forms for short ones, ``2.0`` for ``2``, defaults said, keys shuffled, more space.

Keys keep their order in kwargs and in the dicts of inputs, where it is a part of what the document says.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import strategies as st
from strategies import Extent, document_data
from tree_strategies import FULL

from specc.language.dtypes import DTYPES, Family
from specc.language.load import from_json
from specc.language.tensor_string import parse_tensor
from specc.language.trees import is_long_form


def respelled(data: dict[str, Any], random: Random) -> str:
    """Another text of the document ``data``."""
    respeller = _Respeller(random)
    indent = random.choice((None, 0, 2, "\t"))
    return json.dumps(respeller.document(data), ensure_ascii=random.random() < 0.5, indent=indent)


def document_texts(extent: Extent = FULL) -> st.SearchStrategy[str]:
    """Texts of consistent documents, hardly ever canonical."""
    return spelled_twice(extent).map(lambda texts: texts[0])


def spelled_twice(extent: Extent = FULL) -> st.SearchStrategy[tuple[str, str]]:
    """Two texts of one document."""
    canonical = document_data(extent).map(lambda data: from_json(data).to_json())
    return st.builds(
        lambda data, seed: (respelled(data, Random(seed)), respelled(data, Random(seed + 1))),
        canonical,
        st.integers(0, 2**32),
    )


class _Respeller:
    def __init__(self, random: Random) -> None:
        self._random = random

    def _maybe(self) -> bool:
        return self._random.random() < 0.5

    def document(self, data: dict[str, Any]) -> Any:
        endpoints = {name: self._endpoint(endpoint) for name, endpoint in data["endpoints"].items()}
        said = {**data, "specc": self._number(1), "endpoints": endpoints}
        if "default" not in data and self._maybe():
            said["default"] = next(iter(endpoints))
        if "dims" in data:
            said["dims"] = {
                name: {key: self._number(value) for key, value in dim.items()} for name, dim in data["dims"].items()
            }
        collections = data.get("variable_collections", {})
        for key, value in {"mode": "predict", "serving_only": False, "save_options": {}, "targets": []}.items():
            if key not in data and self._maybe():
                said[key] = value
        options = said.get("save_options", {})
        if isinstance(options.get("experimental_sharding_callback"), str) and self._maybe():
            sharding = {"callback": options["experimental_sharding_callback"]}
            said["save_options"] = {**options, "experimental_sharding_callback": sharding}
        said["variable_collections"] = {name: self._collection(collection) for name, collection in collections.items()}
        shuffled = {name: self._shuffled_endpoint(endpoint) for name, endpoint in self._shuffled_keys(endpoints)}
        return {
            key: shuffled if key == "endpoints" else self._shuffled(value) for key, value in self._shuffled_keys(said)
        }

    def _endpoint(self, endpoint: dict[str, Any]) -> dict[str, Any]:
        said = {
            "function": "__call__",
            "autograph": False,
            "gradients": True,
            "jax": {},
            "description": "",
            "kwargs": {},
            "preprocess": None,
            "method": "predict",
            "receivers": {},
            "receiver": None,
            "optional": False,
            "pure": None,
            "rowwise": None,
            "tolerance": {},
            "examples": {},
        }
        if len(endpoint["inputs"]) == 1:
            said["arguments"] = ["inputs"]
        kept = {key: value for key, value in said.items() if self._maybe()}
        return {
            **kept,
            **endpoint,
            "inputs": [self._tree(tree) for tree in endpoint["inputs"]],
            "outputs": self._tree(endpoint["outputs"]),
        }

    def _collection(self, collection: Any) -> Any:
        items = collection if isinstance(collection, list) else [collection]
        items = [{"from": item} if isinstance(item, str) and self._maybe() else item for item in items]
        return items[0] if len(items) == 1 and self._maybe() else items

    def _tree(self, tree: Any) -> Any:
        if isinstance(tree, str):
            dtype, shape = parse_tensor(tree)
            if self._maybe():
                return {"kind": "tensor", "dtype": dtype, "shape": self._shape("..." if shape is None else list(shape))}
            spaces = (" " * self._random.randrange(3) for _ in iter(int, 1))
            dims = ",".join(f"{next(spaces)}{dim}{next(spaces)}" for dim in shape or ())
            return f"{dtype}[...]" if shape is None else f"{dtype}[{dims}]"
        if isinstance(tree, list):
            items = [self._tree(item) for item in tree]
            return {"kind": "list", "items": items} if self._maybe() else items
        if not is_long_form(tree):
            short = {key: self._tree(item) for key, item in tree.items()}
            return {"kind": "dict", "items": short} if self._maybe() else short
        match tree["kind"]:
            case "tuple":
                return {**tree, "items": [self._tree(item) for item in tree["items"]]}
            case "namedtuple":
                return {**tree, "fields": [[name, self._tree(item)] for name, item in tree["fields"]]}
            case _:
                return self._leaf(tree)

    def _leaf(self, leaf: dict[str, Any]) -> dict[str, Any]:
        said = {**leaf, "shape": self._shape(leaf["shape"])}
        if DTYPES[leaf["dtype"]].family in (Family.INTEGER, Family.FLOAT):
            for key in ("default", "minimum", "maximum"):
                if key in leaf:
                    said[key] = self._number(leaf[key])
        return said

    def _shape(self, shape: Any) -> Any:
        return shape if shape == "..." else [self._number(dim) for dim in shape]

    def _number(self, value: Any) -> Any:
        """Numbers with and without their fraction of zero; negative zero has a sign that an integer has not."""
        match value:
            case list():
                return [self._number(item) for item in value]
            case int() if not isinstance(value, bool) and abs(value) < 2**53 and self._maybe():
                return float(value)
            case float() if value.is_integer() and abs(value) < 2**53 and str(value) != "-0.0" and self._maybe():
                return int(value)
            case _:
                return value

    def _shuffled_endpoint(self, endpoint: dict[str, Any]) -> dict[str, Any]:
        said = {}
        for key, value in self._shuffled_keys(endpoint):
            match key:
                case "inputs":
                    said[key] = [self._shuffled_input(tree) for tree in value]
                case "kwargs":
                    said[key] = value
                case _:
                    said[key] = self._shuffled(value)
        return said

    def _shuffled_input(self, tree: Any) -> Any:
        match tree:
            case {"kind": "dict" | "list" | "tuple" | "namedtuple"} if is_long_form(tree):
                return {key: self._shuffled_input(value) for key, value in self._shuffled_keys(tree)}
            case dict() if not is_long_form(tree):
                return {key: self._shuffled_input(value) for key, value in tree.items()}
            case list():
                return [self._shuffled_input(item) for item in tree]
            case _:
                return self._shuffled(tree)

    def _shuffled_keys(self, value: dict[str, Any]) -> list[tuple[str, Any]]:
        return [(key, value[key]) for key in self._random.sample(sorted(value), len(value))]

    def _shuffled(self, value: Any) -> Any:
        match value:
            case dict():
                return {key: self._shuffled(item) for key, item in self._shuffled_keys(value)}
            case list():
                return [self._shuffled(item) for item in value]
            case _:
                return value
