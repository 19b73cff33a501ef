"""Small files of which every part is within its limit and the product of two parts is not.

Each generator writes its files into a directory and returns the arguments of the commands that read them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measured_commands import Commands
from synthetic_archive import (
    FLOAT,
    STRING,
    concrete,
    function_spec,
    info,
    meta_graph,
    node,
    saved_model,
    shape,
    signature,
    spec,
    value,
    written,
)

from specc.reader.protobuf.messages import message

Generator = Callable[[Path], Commands]

LEAF = "float32[]"
_LIST = {"user_object": {"identifier": "trackable_list_wrapper"}}


def reading(archive: Path) -> Commands:
    """The commands that read an archive without TensorFlow."""
    path = str(archive)
    target = str(archive.parent / f"{archive.name}.specc.json")
    return [
        ("inspect", "--json", path),
        ("init", path, "--out", target),
        ("diff", path, path),
        ("verify", "--static", path),
    ]


def archive(name: str) -> Callable[[Callable[[], bytes]], Generator]:
    """A generator of an archive, from a function that makes its ``saved_model.pb``."""

    def decorate(make: Callable[[], bytes]) -> Generator:
        def write(directory: Path) -> Commands:
            return reading(written(directory / name, make()))

        ARCHIVES[name] = write
        return write

    return decorate


def spec_file(name: str) -> Callable[[Callable[[], Any]], Generator]:
    """A generator of a spec, from a function that makes its data, or the data of two specs to compare."""

    def decorate(make: Callable[[], Any]) -> Generator:
        def write(directory: Path) -> Commands:
            made = make()
            directory.mkdir(parents=True, exist_ok=True)
            paths = []
            for index, each in enumerate(made if isinstance(made, tuple) else (made,)):
                path = directory / f"{name}{index}.specc.json"
                path.write_text(json.dumps(each, separators=(",", ":")), encoding="utf-8")
                paths.append(str(path))
            return [("validate", paths[0]), ("diff", paths[0], paths[-1]), ("fmt", "--check", paths[0])]

        SPECS[name] = write
        return write

    return decorate


ARCHIVES: dict[str, Generator] = {}
SPECS: dict[str, Generator] = {}


def _default(dtype: int, size: int, **said: Any) -> bytes:
    proto = message("TensorProto")(dtype=dtype, tensor_shape=shape(size), **said)
    one = signature({"x": info(dtype, size)}, {"y": info(dtype, size)}, {"x": proto})
    return saved_model(meta_graph({"serving_default": one}))


@archive("one text of a default repeated by its shape")
def _text_default() -> bytes:
    return _default(STRING, 100_000, string_val=[b"x" * 150_000])


@archive("defaults of many inputs repeated by their shapes")
def _many_defaults() -> bytes:
    proto = message("TensorProto")(dtype=FLOAT, tensor_shape=shape(100_000), float_val=[0.5])
    names = [f"x{index}" for index in range(1000)]
    one = signature({name: info(FLOAT, 100_000) for name in names}, {"y": info(FLOAT)}, dict.fromkeys(names, proto))
    return saved_model(meta_graph({"serving_default": one}))


@archive("bounds of many leaves repeated by their shapes")
def _many_bounds() -> bytes:
    proto = message("TensorProto")(dtype=FLOAT, tensor_shape=shape(100_000), float_val=[0.5])
    leaf = value(
        bounded_tensor_spec_value={"dtype": FLOAT, "shape": shape(100_000), "minimum": proto, "maximum": proto}
    )
    return _functions({"f": 1}, {"t": concrete([value([leaf] * 2000)], spec(FLOAT))})


def _functions(names: dict[str, int], traces: dict[str, Any], mentions: int = 1) -> bytes:
    named = list(traces) * mentions
    nodes = [
        node(names),
        node({"trace_0": 2}, function={"concrete_functions": named, "function_spec": function_spec("self", "x")}),
        node(bare_concrete_function={"concrete_function_name": named[0], "argument_keywords": ["x"]}),
    ]
    return saved_model(meta_graph({}, nodes, traces))


def _wide(count: int, key: str = "k") -> Any:
    return value({f"{key}{index}": spec(FLOAT, -1) for index in range(count)})


@archive("one trace mentioned many times")
def _mentions() -> bytes:
    return _functions({"f": 1}, {"t": concrete([_wide(100)], spec(FLOAT, -1))}, 100_000)


@archive("many traces of many leaves")
def _traces() -> bytes:
    return _functions(
        {"f": 1}, {f"t{index}": concrete([_wide(1000, f"k{index}_")], spec(FLOAT)) for index in range(300)}
    )


@archive("many names of one function")
def _names_of_function() -> bytes:
    return _functions({f"f{index}": 1 for index in range(10_000)}, {"t": concrete([_wide(1000)], spec(FLOAT, -1))})


@archive("many names of a function with one long argument")
def _names_of_long_argument() -> bytes:
    nodes = [
        node({f"f{index}": 1 for index in range(10_000)}),
        node({}, function={"concrete_functions": ["t"], "function_spec": function_spec("self", "x" * 1_000_000)}),
    ]
    return saved_model(meta_graph({}, nodes, {"t": concrete([spec(FLOAT)], spec(FLOAT))}))


@archive("many names of a node with many children")
def _names_of_children() -> bytes:
    nodes = [node({f"v{index}": 1 for index in range(14)}), node({str(index): 2 for index in range(260_000)}, **_LIST)]
    nodes.append(node(variable={"dtype": FLOAT}))
    one = signature({"x": info(FLOAT)}, {"y": info(FLOAT)})
    return saved_model(meta_graph({"serving_default": one}, nodes))


@archive("many MetaGraphs with an object graph each")
def _meta_graphs() -> bytes:
    nodes = [node(), *[node({str(index): 1 for index in range(100)}) for _ in range(4000)]]
    one = signature({"x": info(FLOAT)}, {"y": info(FLOAT)})
    return saved_model(*[meta_graph({"serving_default": one}, nodes, tags=["serve"])] * 64)


@archive("many MetaGraphs with many signatures each")
def _meta_graph_signatures() -> bytes:
    one = signature({f"x{index}": info(FLOAT) for index in range(50_000)}, {"y": info(FLOAT)})
    return saved_model(*[meta_graph({"serving_default": one}, tags=["serve"])] * 64)


@archive("a signature with many inputs")
def _inputs() -> bytes:
    one = signature({f"x{index}": info(FLOAT) for index in range(200_000)}, {"y": info(FLOAT)})
    return saved_model(meta_graph({"serving_default": one}))


@archive("many signatures and functions of the same name")
def _signatures_and_functions() -> bytes:
    names = [f"f{index}" for index in range(200)]
    wide = signature({f"k{index}": info(FLOAT, -1) for index in range(1000)}, {"y": info(FLOAT)})
    nodes = [
        node(dict.fromkeys(names, 1)),
        node({"trace_0": 2}, function={"concrete_functions": ["t"], "function_spec": function_spec("self", "x")}),
        node(bare_concrete_function={"concrete_function_name": "t", "argument_keywords": []}),
    ]
    return saved_model(meta_graph(dict.fromkeys(names, wide), nodes, {"t": concrete([_wide(1000)], spec(FLOAT))}))


@archive("a long key around many leaves")
def _long_key_of_trace() -> bytes:
    return _functions({"f": 1}, {"t": concrete([value({"k" * 1_000_000: _wide(5000)})], spec(FLOAT))})


@archive("a long key around many levels")
def _long_keys_of_levels() -> bytes:
    tree = _wide(2000)
    for _ in range(20):
        tree = value({"k" * 20_000: tree})
    return _functions({"f": 1}, {"t": concrete([tree], spec(FLOAT))})


@archive("a long name of an endpoint with many leaves")
def _long_endpoint() -> bytes:
    one = signature({f"x{index}": info(FLOAT) for index in range(5000)}, {"y": info(FLOAT)})
    return saved_model(meta_graph({"e" * 1_000_000: one}))


@archive("leaves of many dimensions")
def _ranks() -> bytes:
    one = signature({f"x{index}": info(FLOAT, *range(250)) for index in range(10_000)}, {"y": info(FLOAT)})
    return saved_model(meta_graph({"serving_default": one}))


@archive("a shape of many dimensions for many composites")
def _splits() -> bytes:
    state = (
        value(tensor_shape_value={"unknown_rank": True}),
        value(tensor_dtype_value=FLOAT),
        value(int64_value=200),
        value(tensor_dtype_value=9),
    )
    leaf = value(type_spec_value={"type_spec_class": 3, "type_state": value(state), "type_spec_class_name": "Ragged"})
    return _functions({"f": 1}, {"t": concrete([value([leaf] * 20_000)], spec(FLOAT))})


def document(inputs: Any, outputs: Any = LEAF, **said: Any) -> dict[str, Any]:
    return {"specc": 1, "endpoints": {"score": {"inputs": inputs, "outputs": outputs, **said}}}


@spec_file("a long key around many leaves")
def _long_key() -> Any:
    return document([{"k" * 1_000_000: {f"a{index}": LEAF for index in range(5000)}}])


@spec_file("long keys at many levels")
def _long_keys() -> Any:
    tree: Any = {f"a{index}": LEAF for index in range(20_000)}
    for _ in range(30):
        tree = {"k" * 30_000: tree}
    return document([tree])


@spec_file("a long name of an argument around many leaves")
def _long_argument() -> Any:
    return document([[LEAF] * 20_000], arguments=["a" * 1_000_000])


@spec_file("a long name of an endpoint with many findings")
def _long_endpoint_name() -> Any:
    return {"specc": 1, "endpoints": {"e" * 4_000_000: {"inputs": [[{"x ": LEAF}] * 1000], "outputs": "bad"}}}


@spec_file("many leaves")
def _many_leaves() -> Any:
    return document([["int8[]"] * 900_000])


@spec_file("many endpoints")
def _many_endpoints() -> Any:
    one = {"inputs": ["int8[]"], "outputs": "int8[]"}
    return {"specc": 1, "default": None, "endpoints": {f"e{index}": one for index in range(200_000)}}


@spec_file("many values that are wrong")
def _many_errors() -> Any:
    return document([[0] * 900_000])


@spec_file("many examples without many keys")
def _missing_keys() -> Any:
    keys = {f"k{index}": LEAF for index in range(2000)}
    examples = {f"e{index}": {"inputs": [{}]} for index in range(200)}
    return document([keys], examples=examples)


@spec_file("one example without many keys")
def _missing_keys_of_one() -> Any:
    return document([{f"k{index}": LEAF for index in range(90_000)}], examples={"e": {"inputs": [{}]}})


@spec_file("many empty examples of many keys")
def _many_examples() -> Any:
    keys = {f"k{index}": LEAF for index in range(20_000)}
    return document([keys], examples={f"e{index}": {"inputs": []} for index in range(100_000)})


@spec_file("many examples of wide inputs")
def _wide_examples() -> Any:
    keys = {f"k{index}": LEAF for index in range(300)}
    inputs = [dict.fromkeys(keys, 0.5)]
    return document([keys], examples={f"e{index}": {"inputs": inputs} for index in range(2500)})


@spec_file("many receivers of many leaves")
def _receivers() -> Any:
    receivers = {f"r{index}": {"kind": "tf_example"} for index in range(2000)}
    return document([{f"k{index}": "float32[3]" for index in range(5000)}], receivers=receivers)


@spec_file("all sizes of many dimensions changed")
def _sizes() -> Any:
    def one(size: int) -> Any:
        return document([{f"k{index}": f"float32[{','.join([str(size)] * 200)}]" for index in range(1000)}])

    return one(2), one(3)


@spec_file("all sizes of more dimensions changed")
def _more_sizes() -> Any:
    def one(size: int) -> Any:
        return document([{f"k{index}": f"float32[{','.join([str(size)] * 250)}]" for index in range(20_000)}])

    return one(2), one(3)


@spec_file("all leaves renamed")
def _renamed() -> Any:
    return tuple(document([{f"{key}{index}": LEAF for index in range(50_000)}]) for key in "ab")


@spec_file("all endpoints renamed")
def _endpoints_renamed() -> Any:
    one = {"inputs": [LEAF], "outputs": LEAF}
    return tuple(
        {"specc": 1, "default": None, "endpoints": {f"{key}{index}": one for index in range(30_000)}} for key in "ab"
    )


@spec_file("deeply nested with a defect")
def _deep() -> Any:
    tree: Any = "wrong"
    for index in range(115):
        tree = [tree] if index % 2 else {"a": tree}
    return document([tree])


@spec_file("many dims")
def _dims() -> Any:
    dims = {f"d{index}": {} for index in range(100_000)}
    return {**document([[f"float32[d{index}]" for index in range(100_000)]]), "dims": dims}
