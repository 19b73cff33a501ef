"""Archives with one defect each, and the finding that names it.

Most are copies of the sound archive whose files are edited; the others are built from a ranker with the defect.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sabotaged_model
import tensorflow as tf
from edited_archives import add_node, drop_child, edited, endpoint_function, root_child, with_contract
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
Finding = tuple[str, str, str]
"""Level, rule, and path."""


@dataclass(frozen=True)
class Sabotage:
    """An archive with one defect. ``found`` are all findings about it that are errors, and ``text`` is in the first."""

    make: Make
    found: tuple[tuple[str, str], ...]
    text: str = ""
    reference: str = ""
    """``examples``, ``model`` or ``against``, without which nobody could tell."""
    promises: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Further keys of endpoints, in the document that the archive is held against."""
    static: bool = True
    """Whether the static checks run too; without them, what is run has to show the defect."""
    warnings: tuple[tuple[str, str], ...] = ()


def _built(kind: type[Ranker] = Ranker, change: Callable[[Ranker], Any] | None = None) -> Make:
    def make(sound: Path, _: Path) -> Path:
        path = sound.parent / f"{kind.__name__}{change.__name__ if change else ''}"
        return path if path.exists() else write(path, kind, change)

    return make


def _edited(edit: Callable[[Any], Any]) -> Make:
    return lambda sound, path: edited(sound, path, edit)


def _damaged(damage: Callable[[Path], Any]) -> Make:
    def make(sound: Path, path: Path) -> Path:
        shutil.copytree(sound, path)
        damage(path)
        return path

    return make


def _swap(side: str, one: str, other: str) -> Make:
    def swap(graph: Any) -> None:
        for key in ("score", "serving_default"):
            tensors = getattr(graph.signature_def[key], side)
            tensors[one].name, tensors[other].name = tensors[other].name, tensors[one].name

    return _edited(swap)


def _wrapper(graph: Any, key: str) -> Any:
    """The FunctionDef of a signature."""
    signatures = root_child(graph, "signatures")
    (index,) = (child.node_id for child in signatures.children if child.local_name == key)
    name = graph.object_graph_def.nodes[index].bare_concrete_function.concrete_function_name
    return next(each for each in graph.graph_def.library.function if each.signature.name == name)


def _negate(function: Any, result: str, dtype: tf.DType = tf.float32) -> None:
    """Puts a Neg before a result of a function, of which the key has ``result`` in it."""
    (key,) = (each for each in function.ret if result in each)
    node = add_node(function, "Neg", "negated")
    node.input.append(function.ret[key])
    node.attr["T"].type = dtype.as_datatype_enum
    function.ret[key] = "negated:y:0"


def _negate_in_main_graph(graph: Any) -> None:
    for key in ("score", "serving_default"):
        tensor = graph.signature_def[key].outputs["parts_0"]
        node = add_node(graph.graph_def, "Neg", f"negated_{key}")
        node.input.append(tensor.name)
        node.attr["T"].type = tf.float32.as_datatype_enum
        tensor.name = f"negated_{key}:0"


def _move_alias(graph: Any) -> None:
    graph.signature_def["serving_default"].CopyFrom(graph.signature_def["look_up"])


def _negate_alias(graph: Any) -> None:
    tensor = graph.signature_def["serving_default"].outputs["parts_0"]
    node = add_node(graph.graph_def, "Neg", "negated")
    node.input.append(tensor.name)
    node.attr["T"].type = tf.float32.as_datatype_enum
    tensor.name = "negated:0"


def _default(graph: Any) -> None:
    graph.signature_def["scaled"].defaults["scale"].CopyFrom(tf.make_tensor_proto(3.0))


def _widen(graph: Any) -> None:
    for key in ("score", "serving_default"):
        graph.signature_def[key].inputs["price"].tensor_shape.dim[1].size = -1


def _freeze(graph: Any) -> None:
    nodes = graph.object_graph_def.nodes
    next(node for node in nodes if node.HasField("variable") and node.variable.trainable).variable.trainable = False


def _drop_member(graph: Any) -> None:
    del root_child(graph, "weights").children[-1]


def _repeat_member(graph: Any) -> None:
    members = root_child(graph, "weights").children
    members[1].node_id = members[0].node_id


def _unlist(graph: Any) -> None:
    nodes, listed = graph.object_graph_def.nodes, root_child(graph, "variables").children
    shapes = [[dim.size for dim in nodes[child.node_id].variable.shape.dim] for child in listed]
    del listed[shapes.index([50, 4])]


def _any_size(_: Path, path: Path) -> Path:
    """The archive of a document with another price, in which no contract says so."""
    price = {**UNIT, "shape": ["batch", "?"]}
    write(path, sabotaged_model.AnySize, built_from=document({"score": {"inputs": [{**USER, "price": price}]}}))
    (path / CONTRACT_PATH).unlink()
    return path


def _negate_receiver(graph: Any) -> None:
    function = _wrapper(graph, "examples:look_up")
    _negate(function, "", tf.int64)


def _more_words(path: Path) -> None:
    (path / "assets" / "words.txt").write_text("bee\nant\ncat\n")


def _replace_checkpoint(sound: Path, path: Path) -> Path:
    """The sound archive with the variables of another one."""
    other = _built(change=_noise)(sound, path)
    shutil.copytree(sound, path)
    shutil.rmtree(path / "variables")
    shutil.copytree(other / "variables", path / "variables")
    return path


def _cut(file: str, size: int) -> Make:
    def damage(path: Path) -> None:
        found = path / "variables" / file
        found.write_bytes(found.read_bytes()[:-size])

    return _damaged(damage)


def _contract(change: Callable[[Any], Any]) -> Make:
    return _damaged(lambda path: with_contract(path, change))


def _wider_bound(data: Any) -> None:
    data["endpoints"]["score"]["outputs"]["click"]["maximum"] = 2


def _other_dtype(data: Any) -> None:
    data["endpoints"]["look_up"]["outputs"]["ids"] = "int32[batch]"


def _edit_contract(path: Path) -> None:
    file = path / CONTRACT_PATH
    file.write_text(file.read_text().replace('"max": 64', '"max": 65'))


def _noise(model: Ranker) -> None:
    model.head.kernel.assign(model.head.kernel + 0.1)


def _other_statistics(model: Ranker) -> None:
    model.norm.moving_variance.assign(model.norm.moving_variance * 1.5)


SCORE_AT, LOOK_UP_AT, SCALED_AT = "endpoints.score", "endpoints.look_up", "endpoints.scaled"
CLICK_AT, FIRST_AT, SECOND_AT = (f"{SCORE_AT}.outputs.{name}" for name in ("click", "parts[0]", "parts[1]"))
ROWWISE = {"score": {"rowwise": True}}
PURE = {"score": {"pure": True}}

SABOTAGES: dict[str, Sabotage] = {
    "weights, beside the model": Sabotage(
        _built(change=_noise), (("weights-differ", ""),), "'ranker/head/kernel' has other values", "model"
    ),
    "weights, beside examples": Sabotage(
        _built(change=_noise), (("answer-differs", CLICK_AT),), "the example `known`", "examples"
    ),
    "weights, beside the archive in production": Sabotage(
        _built(change=_noise), (("answer-differs", CLICK_AT),), "differs from", "against"
    ),
    "statistics, beside the model": Sabotage(
        _built(change=_other_statistics), (("weights-differ", ""),), "'ranker/norm/moving_variance' has other values",
        "model",
    ),
    "statistics, beside examples": Sabotage(
        _built(change=_other_statistics), (("answer-differs", CLICK_AT),), reference="examples"
    ),
    "outputs swapped on the wire": Sabotage(
        _swap("outputs", "parts_0", "parts_1"), (("wire-crossed", FIRST_AT),), "'parts_0' is 'parts_1'"
    ),
    "outputs swapped on the wire, as run": Sabotage(
        _swap("outputs", "parts_0", "parts_1"), (("ways-disagree", FIRST_AT), ("ways-disagree", SECOND_AT)),
        "the session answers otherwise", static=False,
    ),
    "outputs swapped everywhere, beside examples": Sabotage(
        _built(sabotaged_model.SwappedOutputs), (("answer-differs", FIRST_AT), ("answer-differs", SECOND_AT)),
        reference="examples",
    ),
    "outputs swapped everywhere, beside the model": Sabotage(
        _built(sabotaged_model.SwappedOutputs), (("answer-differs", FIRST_AT), ("answer-differs", SECOND_AT)),
        "differs from the model", "model",
    ),
    "inputs swapped on the wire": Sabotage(
        _swap("inputs", "id", "shop"), (("wire-crossed", f"{SCORE_AT}.inputs[0].id"),), "'id' is 'shop'"
    ),
    "inputs swapped on the wire, as run": Sabotage(
        _swap("inputs", "id", "shop"), (("ways-disagree", CLICK_AT), ("ways-disagree", FIRST_AT)), "session",
        static=False,
    ),
    "inputs swapped everywhere, beside the archive in production": Sabotage(
        _built(sabotaged_model.SwappedInputs), (("answer-differs", CLICK_AT), ("answer-differs", FIRST_AT)),
        reference="against",
    ),
    "rows reversed": Sabotage(
        _built(sabotaged_model.Reversed), (("not-rowwise", CLICK_AT),), "the first row, sent on its own", promises=ROWWISE
    ),
    "rows reversed, beside examples": Sabotage(
        _built(sabotaged_model.Reversed), (("answer-differs", CLICK_AT),), reference="examples", promises=ROWWISE
    ),
    "rows mixed": Sabotage(
        _built(sabotaged_model.Mixed), (("not-rowwise", CLICK_AT),), "the first row, sent on its own", promises=ROWWISE
    ),
    "NaN for one row": Sabotage(
        _built(sabotaged_model.NotANumber), (("not-finite", CLICK_AT),), "NaN at [1]"
    ),
    "long histories cut, beside the model": Sabotage(
        _built(sabotaged_model.Cut), (("answer-differs", CLICK_AT), ("answer-differs", SECOND_AT)), reference="model"
    ),
    "long histories cut, beside examples": Sabotage(
        _built(sabotaged_model.Cut), (("answer-differs", CLICK_AT), ("answer-differs", SECOND_AT)), reference="examples"
    ),
    "precision lost, beside the model": Sabotage(
        _built(sabotaged_model.Coarse), (("answer-differs", CLICK_AT),), reference="model"
    ),
    "precision lost, beside the archive in production": Sabotage(
        _built(sabotaged_model.Coarse), (("answer-differs", CLICK_AT),), reference="against"
    ),
    "a bound broken": Sabotage(
        _built(sabotaged_model.OutOfBounds), (("out-of-bounds", CLICK_AT),), "is outside of the bounds"
    ),
    "a legal value refused": Sabotage(_built(sabotaged_model.Refusing), (("call-failed", SCORE_AT),)),
    "random answers": Sabotage(
        _built(sabotaged_model.Random), (("not-pure", FIRST_AT),), "otherwise the second time", promises=PURE
    ),
    "random answers, where purity is not promised": Sabotage(
        _built(sabotaged_model.Random), (), warnings=(("not-pure", FIRST_AT),)
    ),
    "inference that moves variables": Sabotage(
        _built(sabotaged_model.Moving), (("not-pure", SCORE_AT),), "'ranker/count'", promises=PURE
    ),
    "inference that moves variables, where purity is not promised": Sabotage(
        _built(sabotaged_model.Moving), (), warnings=(("not-pure", SCORE_AT),)
    ),
    "a vocabulary replaced, beside examples": Sabotage(
        _damaged(_more_words), (("answer-differs", f"{LOOK_UP_AT}.outputs.ids"),), reference="examples"
    ),
    "an asset missing": Sabotage(
        _damaged(lambda path: (path / "assets" / "words.txt").unlink()), (("missing-asset", LOOK_UP_AT),), "words.txt"
    ),
    "a checkpoint cut": Sabotage(
        _cut("variables.data-00000-of-00001", 200), (("load-failed", ""),), "variables.data-00000-of-00001"
    ),
    "a checkpoint cut, as run": Sabotage(
        _cut("variables.data-00000-of-00001", 200), (("load-failed", ""),), static=False
    ),
    "the index of the checkpoint cut": Sabotage(_cut("variables.index", 20), (("load-failed", ""),), "variables.index"),
    "a stale fingerprint: the weights of another archive": Sabotage(
        _replace_checkpoint, (("stale-fingerprint", ""),)
    ),
    "a stale fingerprint: an attribute of a variable": Sabotage(
        _edited(_freeze), (("stale-fingerprint", ""),)
    ),
    "a contract edited": Sabotage(_damaged(_edit_contract), (("bad-contract", ""),)),
    "the contract of another graph": Sabotage(
        _contract(_other_dtype), (("contract-mismatch", f"{LOOK_UP_AT}.outputs.ids"),)
    ),
    "a contract that promises something else": Sabotage(
        _contract(_wider_bound), (("contract-differs", CLICK_AT),), "maximum"
    ),
    "a variable twice in a collection": Sabotage(
        _edited(_repeat_member), (("collection-mismatch", "variable_collections.weights"),) * 2, "2 times"
    ),
    "a member missing in a collection": Sabotage(
        _edited(_drop_member), (("collection-mismatch", "variable_collections.weights"),), "'ranker/head/bias'"
    ),
    "a variable missing in the list": Sabotage(
        _edited(_unlist), (("unlisted-variable", SCORE_AT),), "embeddings"
    ),
    "an alias moved": Sabotage(_edited(_move_alias), (("spec-mismatch", "default"),), "'serving_default'"),
    "an alias that answers otherwise": Sabotage(_edited(_negate_alias), (("alias-differs", "default"),)),
    "another method": Sabotage(
        _edited(lambda graph: setattr(graph.signature_def["look_up"], "method_name", "tensorflow/serving/regress")),
        (("spec-mismatch", f"{LOOK_UP_AT}.method"),), "regress",
    ),
    "another dtype": Sabotage(
        _edited(lambda graph: setattr(graph.signature_def["look_up"].outputs["ids"], "dtype", 3)),
        (("spec-mismatch", f"{LOOK_UP_AT}.outputs.ids"),), "int32",
    ),
    "another tag": Sabotage(
        _edited(lambda graph: graph.meta_info_def.tags.append("gpu")), (("spec-mismatch", "mode"),), "gpu"
    ),
    "another default": Sabotage(
        _edited(_default), (("spec-mismatch", f"{SCALED_AT}.inputs[1]"),), "3.0"
    ),
    "another default, as run": Sabotage(
        _edited(_default), (("input-default-ignored", f"{SCALED_AT}.inputs[1]"),), "the session", static=False
    ),
    "a fixed size not enforced by the signature": Sabotage(
        _edited(_widen), (("not-enforced", f"{SCORE_AT}.inputs[0].price"),), "float32[?, ?]"
    ),
    "a fixed size not enforced anywhere": Sabotage(
        _any_size, (("not-enforced", f"{SCORE_AT}.inputs[0].price"),), "float32[?, ?]"
    ),
    "a fixed size not enforced anywhere, as run": Sabotage(
        _any_size, (("not-enforced", f"{SCORE_AT}.inputs[0].price"),), "answer a call with the size 4 instead of 3",
        static=False,
    ),
    "an attribute missing": Sabotage(
        _edited(lambda graph: drop_child(graph.object_graph_def.nodes[0], "score")),
        (("spec-mismatch", SCORE_AT),), "no function 'score'",
    ),
    "an attribute broken": Sabotage(
        _edited(lambda graph: _negate(endpoint_function(graph, "score"), "_1")), (("ways-disagree", FIRST_AT),),
        "the attribute answers otherwise",
    ),
    "a signature broken": Sabotage(
        _edited(lambda graph: _negate(_wrapper(graph, "score"), "_1")), (("ways-disagree", FIRST_AT),),
        "the attribute answers otherwise",
    ),
    "a session broken": Sabotage(
        _edited(_negate_in_main_graph), (("ways-disagree", FIRST_AT),), "the session answers otherwise",
    ),
    "a receiver broken": Sabotage(
        _edited(_negate_receiver), (("ways-disagree", f"{LOOK_UP_AT}.receivers.examples"),), "'examples:look_up'",
        "examples",
    ),
    "a signature missing": Sabotage(
        _edited(lambda graph: graph.signature_def.pop("scaled")), (("spec-mismatch", SCALED_AT),), "no signature"
    ),
}  # fmt: skip
