"""A SavedModel written by hand from specc's own messages, with one of everything that the reader looks at."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from specc.reader.messages import message

FLOAT, INT64, STRING = 1, 9, 7


def varint(number: int) -> bytes:
    encoded = b""
    while number > 0x7F:
        encoded += bytes([number & 0x7F | 0x80])
        number >>= 7
    return encoded + bytes([number])


def part(number: int, content: bytes) -> bytes:
    """One length-delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def saved_model(*meta_graphs: bytes) -> bytes:
    return b"\x08\x01" + b"".join(part(2, graph) for graph in meta_graphs)


def meta_graph(
    signatures: dict[str, Any],
    nodes: Iterable[Any] = (),
    functions: dict[str, Any] | None = None,
    tags: Any = ("serve",),
    graph_def: bytes | None = None,
) -> bytes:
    info = message("MetaGraphDef.MetaInfoDef")(tags=tags).SerializeToString()
    entry, concrete = message("MetaGraphDef.SignatureDefEntry"), message("SavedObjectGraph.ConcreteFunctionsEntry")
    objects = b"".join(part(1, node.SerializeToString()) for node in nodes)
    for name, function in (functions or {}).items():
        objects += part(2, concrete(key=name, value=function).SerializeToString())
    graph = part(1, info) + part(2, graph_of(["Placeholder"]) if graph_def is None else graph_def)
    for name, signature in signatures.items():
        graph += part(5, entry(key=name, value=signature).SerializeToString())
    return graph + (part(7, objects) if objects else b"")


def graph_of(ops: Iterable[str], functions: dict[str, Iterable[str]] | None = None) -> bytes:
    """A GraphDef with a node for each op, and functions of such nodes by their names."""
    library = b"".join(
        part(1, part(1, part(1, name.encode())) + b"".join(part(3, node_def(op)) for op in body))
        for name, body in (functions or {}).items()
    )
    return b"".join(part(1, node_def(op)) for op in ops) + part(2, library)


def node_def(op: str) -> bytes:
    return part(1, b"some") + part(2, op.encode()) + part(3, b"other")


def shape(*sizes: int) -> Any:
    return message("TensorShapeProto")(dim=[{"size": size} for size in sizes])


def info(dtype: int, *sizes: int) -> Any:
    return message("TensorInfo")(name="some:0", dtype=dtype, tensor_shape=shape(*sizes))


def signature(inputs: dict[str, Any], outputs: dict[str, Any], defaults: dict[str, Any] | None = None) -> Any:
    def entries(kind: str, values: dict[str, Any]) -> list[Any]:
        return [message(f"SignatureDef.{kind}Entry")(key=key, value=value) for key, value in values.items()]

    return message("SignatureDef")(
        inputs=entries("Inputs", inputs),
        outputs=entries("Outputs", outputs),
        defaults=entries("Defaults", defaults or {}),
        method_name="tensorflow/serving/predict",
    )


def value(content: Any = None, **said: Any) -> Any:
    """A StructuredValue: of a list, a tuple, a dict or a text, or of one field by name."""
    structured = message("StructuredValue")
    match content:
        case list():
            return structured(list_value={"values": content})
        case tuple():
            return structured(tuple_value={"values": content})
        case dict():
            fields = [message("DictValue.FieldsEntry")(key=key, value=item) for key, item in content.items()]
            return structured(dict_value={"fields": fields})
        case str():
            return structured(string_value=content)
        case _:
            return structured(**said) if said else structured(none_value={})


def spec(dtype: int, *sizes: int, name: str = "") -> Any:
    return value(tensor_spec_value={"name": name, "dtype": dtype, "shape": shape(*sizes)})


def ragged(dtype: int, rank: int, splits: int, *sizes: int) -> Any:
    state = (
        value(tensor_shape_value=shape(*sizes)),
        value(tensor_dtype_value=dtype),
        value(int64_value=rank),
        value(tensor_dtype_value=splits),
    )
    return value(type_spec_value={"type_spec_class": 3, "type_state": value(state), "type_spec_class_name": "Ragged"})


def namedtuple(name: str, **fields: Any) -> Any:
    pairs = [message("PairValue")(key=key, value=item) for key, item in fields.items()]
    return value(named_tuple_value={"name": name, "values": pairs})


def node(children: dict[str, int] | None = None, **kind: Any) -> Any:
    references = [{"local_name": name, "node_id": index} for name, index in (children or {}).items()]
    return message("SavedObject")(children=references, **(kind or {"user_object": {"identifier": "_generic"}}))


def function_spec(*arguments: str, **said: Any) -> Any:
    return message("FunctionSpec")(
        fullargspec=namedtuple("FullArgSpec", args=value([value(name) for name in arguments]), varargs=value()), **said
    )


def concrete(inputs: Iterable[Any], outputs: Any) -> Any:
    signature = value((value(tuple(inputs)), value({})))
    return message("SavedConcreteFunction")(canonicalized_input_signature=signature, output_signature=outputs)


def example() -> bytes:
    """An archive with an endpoint ``score``, published as the default, and a function ``helper`` without a signature."""
    score = signature(
        {"user": info(INT64, -1), "text": info(FLOAT, -1), "text_splits": info(INT64, -1), "scale": info(FLOAT)},
        {"a": info(FLOAT, -1, 2), "b_0": info(STRING)},
        {"scale": message("TensorProto")(dtype=FLOAT, tensor_shape=shape(), float_val=[0.5])},
    )
    features = value({"text": ragged(FLOAT, 1, INT64, -1, -1), "user": spec(INT64, -1)})
    outputs = value({"a": spec(FLOAT, -1, 2), "b": value([spec(STRING)])})
    keywords = ["text", "text_splits", "user", "scale"]
    list_of_variables = {"user_object": {"identifier": "trackable_list_wrapper"}}
    nodes = [
        node({"score": 1, "signatures": 2, "helper": 4, "weights": 6, "_hidden": 1}),
        node(
            {"trace_0": 3},
            function={"concrete_functions": ["core"], "function_spec": function_spec("self", "features", "scale")},
        ),
        node({"score": 3, "serving_default": 3}),
        node(bare_concrete_function={"concrete_function_name": "core", "argument_keywords": keywords}),
        node(
            {"trace_0": 5}, function={"concrete_functions": ["help"], "function_spec": function_spec("p", "training")}
        ),
        node(bare_concrete_function={"concrete_function_name": "help", "argument_keywords": ["p", "p_1"]}),
        node({"0": 7}, **list_of_variables),
        node(variable={"dtype": FLOAT}),
    ]
    point = namedtuple("Point", x=spec(FLOAT, 2), y=spec(STRING))
    functions = {
        "core": concrete([features, spec(FLOAT, name="scale")], outputs),
        "help": concrete([point, value(bool_value=True)], value((point, spec(FLOAT, 0)))),
    }
    init = signature({}, {"__saved_model_init_op": info(0)})
    signatures = {"score": score, "serving_default": score, "__saved_model_init_op": init}
    return saved_model(meta_graph(signatures, nodes, functions), meta_graph({}, tags=["train"]))


def written(directory: Path, content: bytes) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "saved_model.pb").write_bytes(content)
    return directory
