"""The document and the archives of a ranker: a sound one, built ones of rankers with a defect, and edited copies."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sabotaged_model
import tensorflow as tf
from edited_archives import add_node, edited, root_child, with_contract
from sabotaged_model import Ranker

import specc
from specc.language.contract import CONTRACT_PATH
from specc.language.document import Document

IDS = {"kind": "tensor", "dtype": "int32", "shape": ["batch"], "minimum": 0, "maximum": 49}
UNIT = {"kind": "tensor", "dtype": "float32", "shape": ["batch", 3], "minimum": -1, "maximum": 1}
USER = {"id": IDS, "shop": IDS, "history": {**IDS, "shape": ["batch", "length"]}, "price": UNIT}
CLICK = {"kind": "tensor", "dtype": "float32", "shape": ["batch"], "minimum": 0, "maximum": 1}
SCORE = {
    "inputs": [USER],
    "outputs": {"click": CLICK, "parts": ["float32[batch, 4]", "float32[batch, 4]"]},
}
LOOK_UP = {
    "function": "look_up",
    "arguments": ["words"],
    "inputs": ["string[batch]"],
    "outputs": {"ids": "int64[batch]"},
    "receivers": {"examples": {"kind": "tf_example"}},
}
SCALED = {
    "function": "scaled",
    "arguments": ["x", "scale"],
    "inputs": [
        UNIT, {"kind": "tensor", "dtype": "float32", "shape": [], "default": 2.0, "minimum": 0, "maximum": 4},
    ],
    "outputs": {"y": "float32[batch, 3]"},
}  # fmt: skip
DATA: dict[str, Any] = {
    "specc": 1,
    "model": "sabotaged_model:make",
    "dims": {"batch": {"max": 64}, "length": {"min": 1, "max": 30}},
    "endpoints": {"score": SCORE, "look_up": LOOK_UP, "scaled": SCALED},
    "default": "score",
    "variable_collections": {
        "weights": {
            "from": "trainable_variables",
            "content": {
                "ranker/items/embeddings": "float32[50, 4]",
                "ranker/norm/gamma": "float32[7]",
                "ranker/norm/beta": "float32[7]",
                "ranker/head/kernel": "float32[7, 1]",
                "ranker/head/bias": "float32[1]",
            },
        }
    },
}
CALLS: dict[str, Any] = {
    "look_up": [["cat", "ant", "dog"]],
    "score": [
        {
            "id": [1, 2], "shop": [30, 4], "history": [[1, 2, 3, 4, 5, 6], [7, 7, 7, 7, 49, 0]],
            "price": [[0.5, -0.25, 1.0], [0.0, 0.75, -1.0]],
        }
    ],
}  # fmt: skip
"""The inputs of an example of each of these endpoints."""


def document(endpoints: Mapping[str, Mapping[str, Any]] | None = None, **more: Any) -> Document:
    """The document of all archives here; ``endpoints`` has further keys for some."""
    data = json.loads(json.dumps({**DATA, **more}))
    for name, keys in (endpoints or {}).items():
        data["endpoints"][name].update(keys)
    return specc.from_json(data)


def write(
    path: Path,
    kind: type[Ranker] = Ranker,
    change: Callable[[Ranker], Any] | None = None,
    built_from: Document | None = None,
) -> Path:
    """The archive of a ranker, which ``change`` has changed before."""
    model = sabotaged_model.make(kind)
    if change is not None:
        change(model)
    specc.compile(built_from or document()).export(model, path)
    return path


def with_examples() -> Document:
    """The document with the answers of a sound ranker."""
    model = sabotaged_model.make()
    (words,), (user,) = CALLS["look_up"], CALLS["score"]
    dtypes = {"price": tf.float32}
    answers = {
        "look_up": model.look_up(tf.constant(words)),
        "score": model({key: tf.constant(value, dtypes.get(key, tf.int32)) for key, value in user.items()}),
    }
    outputs = {
        name: tf.nest.map_structure(lambda each: each.numpy().tolist(), value) for name, value in answers.items()
    }
    return document(
        {name: {"examples": {"known": {"inputs": CALLS[name], "outputs": outputs[name]}}} for name in CALLS}
    )


Make = Callable[[Path, Path], Path]
"""Makes an archive at the second path, of the sound one at the first."""


def built(kind: type[Ranker] = Ranker, change: Callable[[Ranker], Any] | None = None) -> Make:
    def make(sound: Path, _: Path) -> Path:
        path = sound.parent / f"{kind.__name__}{change.__name__ if change else ''}"
        return path if path.exists() else write(path, kind, change)

    return make


def with_edit(edit: Callable[[Any], Any]) -> Make:
    return lambda sound, path: edited(sound, path, edit)


def damaged(damage: Callable[[Path], Any]) -> Make:
    def make(sound: Path, path: Path) -> Path:
        shutil.copytree(sound, path)
        damage(path)
        return path

    return make


def swap(side: str, one: str, other: str) -> Make:
    def swap(graph: Any) -> None:
        for key in ("score", "serving_default"):
            tensors = getattr(graph.signature_def[key], side)
            tensors[one].name, tensors[other].name = tensors[other].name, tensors[one].name

    return with_edit(swap)


def wrapper(graph: Any, key: str) -> Any:
    """The FunctionDef of a signature."""
    signatures = root_child(graph, "signatures")
    (index,) = (child.node_id for child in signatures.children if child.local_name == key)
    name = graph.object_graph_def.nodes[index].bare_concrete_function.concrete_function_name
    return next(each for each in graph.graph_def.library.function if each.signature.name == name)


def negate(function: Any, result: str, dtype: tf.DType = tf.float32) -> None:
    """Puts a Neg before a result of a function, of which the key has ``result`` in it."""
    (key,) = (each for each in function.ret if result in each)
    node = add_node(function, "Neg", "negated")
    node.input.append(function.ret[key])
    node.attr["T"].type = dtype.as_datatype_enum
    function.ret[key] = "negated:y:0"


def negate_in_main_graph(graph: Any) -> None:
    for key in ("score", "serving_default"):
        tensor = graph.signature_def[key].outputs["parts_0"]
        node = add_node(graph.graph_def, "Neg", f"negated_{key}")
        node.input.append(tensor.name)
        node.attr["T"].type = tf.float32.as_datatype_enum
        tensor.name = f"negated_{key}:0"


def move_alias(graph: Any) -> None:
    graph.signature_def["serving_default"].CopyFrom(graph.signature_def["look_up"])


def negate_alias(graph: Any) -> None:
    tensor = graph.signature_def["serving_default"].outputs["parts_0"]
    node = add_node(graph.graph_def, "Neg", "negated")
    node.input.append(tensor.name)
    node.attr["T"].type = tf.float32.as_datatype_enum
    tensor.name = "negated:0"


def default(graph: Any) -> None:
    graph.signature_def["scaled"].defaults["scale"].CopyFrom(tf.make_tensor_proto(3.0))


def widen(graph: Any) -> None:
    for key in ("score", "serving_default"):
        graph.signature_def[key].inputs["price"].tensor_shape.dim[1].size = -1


def freeze(graph: Any) -> None:
    nodes = graph.object_graph_def.nodes
    next(node for node in nodes if node.HasField("variable") and node.variable.trainable).variable.trainable = False


def drop_member(graph: Any) -> None:
    del root_child(graph, "weights").children[-1]


def repeat_member(graph: Any) -> None:
    members = root_child(graph, "weights").children
    members[1].node_id = members[0].node_id


def other_member(in_place_of: str, other: str) -> Make:
    """An archive whose collection has the variable at one path in the place of another."""
    paths = [each.path for each in sabotaged_model.make().variables]

    def replace_member(graph: Any) -> None:
        listed = [child.node_id for child in root_child(graph, "variables").children]
        node, instead = (listed[paths.index(path)] for path in (in_place_of, other))
        (member,) = (each for each in root_child(graph, "weights").children if each.node_id == node)
        member.node_id = instead

    return with_edit(replace_member)


def reverse_members(graph: Any) -> None:
    members = root_child(graph, "weights").children
    nodes = [member.node_id for member in members]
    for member, node in zip(members, reversed(nodes), strict=True):
        member.node_id = node


def unlist(graph: Any) -> None:
    nodes, listed = graph.object_graph_def.nodes, root_child(graph, "variables").children
    shapes = [[dim.size for dim in nodes[child.node_id].variable.shape.dim] for child in listed]
    del listed[shapes.index([50, 4])]


def any_size(_: Path, path: Path) -> Path:
    """The archive of a document with another price, in which no contract says so."""
    price = {**UNIT, "shape": ["batch", "?"]}
    write(path, sabotaged_model.AnySize, built_from=document({"score": {"inputs": [{**USER, "price": price}]}}))
    (path / CONTRACT_PATH).unlink()
    return path


def negate_receiver(graph: Any) -> None:
    function = wrapper(graph, "examples:look_up")
    negate(function, "", tf.int64)


def more_words(path: Path) -> None:
    (path / "assets" / "words.txt").write_text("bee\nant\ncat\n")


def replace_checkpoint(sound: Path, path: Path) -> Path:
    """The sound archive with the variables of another one."""
    other = built(change=noise)(sound, path)
    shutil.copytree(sound, path)
    shutil.rmtree(path / "variables")
    shutil.copytree(other / "variables", path / "variables")
    return path


def cut_file(file: str, size: int) -> Make:
    def damage(path: Path) -> None:
        found = path / "variables" / file
        found.write_bytes(found.read_bytes()[:-size])

    return damaged(damage)


def contract(change: Callable[[Any], Any]) -> Make:
    return damaged(lambda path: with_contract(path, change))


def wider_bound(data: Any) -> None:
    data["endpoints"]["score"]["outputs"]["click"]["maximum"] = 2


def other_dtype(data: Any) -> None:
    data["endpoints"]["look_up"]["outputs"]["ids"] = "int32[batch]"


def edit_contract(path: Path) -> None:
    file = path / CONTRACT_PATH
    file.write_text(file.read_text().replace('"max": 64', '"max": 65'))


def noise(model: Ranker) -> None:
    model.head.kernel.assign(model.head.kernel + 0.1)


def other_statistics(model: Ranker) -> None:
    model.norm.moving_variance.assign(model.norm.moving_variance * 1.5)
