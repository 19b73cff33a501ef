"""The facts of an archive as a flat dict, by a readable place: two archives of one content are compared fact by fact.

What differs between two writers and no reader looks at is not among them: names of functions and nodes, the order of
objects, and the parts of functions, which a loader finds by their names.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf import text_format
from tagged_session import meta_graphs
from tensorflow.core.protobuf import trackable_object_graph_pb2

from specc.language.contract import CONTRACT_PATH
from specc.language.load import dump
from specc.reader import inspect_archive
from specc.reader.checkpoint import OBJECT_GRAPH, PREFIX

Facts = dict[str, Any]
_NOT_COMPARED = re.compile(r"(trace|capture)_\d+|_destroy_resource")
"""Parts of functions, and a function that does nothing where TensorFlow writes it."""


def facts_of(path: Path, scratch: Path) -> Facts:
    """The facts of the archive at ``path``; a copy of it is made in ``scratch``, which does not exist yet."""
    facts: Facts = {}
    for place, value in (*_file_facts(path), *_inspected(path, scratch), *_checkpoint_facts(path)):
        facts[place] = value
    for number, graph in enumerate(meta_graphs(path)):
        for place, value in (*_graph_facts(graph), *_object_facts(graph)):
            facts[f"graph {number}: {place}"] = value
    return facts


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """A line for each fact that differs, or that only one of two archives has."""
    places = dict.fromkeys([*one, *other])
    absent = "(absent)"
    return [
        f"{place}: {one.get(place, absent)} != {other.get(place, absent)}"
        for place in places
        if one.get(place, absent) != other.get(place, absent)
    ]


def _file_facts(path: Path) -> Iterator[tuple[str, Any]]:
    for file in sorted(each for each in path.rglob("*") if each.is_file()):
        name = file.relative_to(path).as_posix()
        is_compared = name.startswith(("assets/", "assets.extra/"))
        yield f"file {name}", file.read_bytes() if is_compared else None


def _inspected(path: Path, scratch: Path) -> Iterator[tuple[str, Any]]:
    """What ``specc inspect`` says with the contract, and of the graph alone."""
    shutil.copytree(path, scratch)
    (scratch / CONTRACT_PATH).unlink(missing_ok=True)
    for name, directory in (("inspect", path), ("inspect without contract", scratch)):
        inspection = inspect_archive(directory)
        yield f"{name}: document", dump(inspection.document)
        yield f"{name}: findings", [str(finding) for finding in inspection.findings]
        yield f"{name}: notes", list(inspection.notes)
    shutil.rmtree(scratch)


def _checkpoint_facts(path: Path) -> Iterator[tuple[str, Any]]:
    if not (path / f"{PREFIX}.index").exists():
        return
    reader = tf.train.load_checkpoint(str(path / PREFIX))
    for key, dtype in sorted(reader.get_variable_to_dtype_map().items()):
        yield f"checkpoint {key}: dtype", dtype.name
        if key == OBJECT_GRAPH:
            graph = trackable_object_graph_pb2.TrackableObjectGraph.FromString(reader.get_tensor(key))
            yield from _stored_objects(graph)
        else:
            value = reader.get_tensor(key)
            yield (
                f"checkpoint {key}: value",
                (value.shape, value.tolist() if value.dtype == object else value.tobytes()),
            )


def _stored_objects(graph: Any) -> Iterator[tuple[str, Any]]:
    """What the checkpoint's object graph says of each object, by its path."""
    for path, number in _paths([node.children for node in graph.nodes]).items():
        node = graph.nodes[number]
        # Not full_name, by which OpenVINO finds a variable: TensorFlow gives several variables the same.
        attributes = sorted((each.name, each.checkpoint_key) for each in node.attributes)
        if attributes:
            yield f"checkpoint object {path}", (attributes, node.has_checkpoint_values.value)


def _paths(children: list[Any]) -> dict[str, int]:
    """The number of each object by each of its paths from the root; an object's first path leads to its parts.

    The parts of a function are left out: traces and captured constants, which are there for a checkpoint's sake.
    """
    found, seen, left = {"root": 0}, {0}, [("root", 0)]
    for path, number in left:
        for child in sorted(children[number], key=lambda each: each.local_name):
            if _NOT_COMPARED.fullmatch(child.local_name):
                continue
            inner = f"{path}.{child.local_name}"
            found[inner] = child.node_id
            if child.node_id not in seen:
                seen.add(child.node_id)
                left.append((inner, child.node_id))
    return found


def _graph_facts(graph: Any) -> Iterator[tuple[str, Any]]:
    info = graph.meta_info_def
    yield "tags", list(info.tags)
    yield "versions", (info.tensorflow_version, info.tensorflow_git_version, info.stripped_default_attrs)
    yield "graph version", graph.graph_def.versions.producer
    # TensorFlow also names traces that it does not write, such as those of an earlier archive.
    written = {function.signature.name for function in graph.graph_def.library.function}
    yield "aliases", sorted(alias for name, alias in info.function_aliases.items() if name in written)
    yield "collections", sorted(graph.collection_def)
    yield "assets", sorted(asset.filename for asset in graph.asset_file_def)
    yield "saver", (graph.HasField("saver_def"), graph.saver_def.version, bool(graph.saver_def.save_tensor_name))
    for key, signature in sorted(graph.signature_def.items()):
        place = f"signature {key}"
        yield f"{place}: method", signature.method_name
        for direction in ("inputs", "outputs"):
            for name, tensor in sorted(getattr(signature, direction).items()):
                is_named = not key.startswith("__") and direction == "inputs"
                described = (
                    re.sub(r"\W", "_", tensor.name) if is_named else "",
                    tensor.dtype,
                    _line(tensor.tensor_shape),
                )
                yield f"{place}: {direction} {name}", described
        for name, default in sorted(signature.defaults.items()):
            yield f"{place}: default {name}", str(tf.make_ndarray(default).tolist())  # NaN is equal to NaN


def _object_facts(graph: Any) -> Iterator[tuple[str, Any]]:
    objects = graph.object_graph_def
    paths = _paths([node.children for node in objects.nodes])
    names: dict[int, str] = {}
    for path, number in paths.items():
        names.setdefault(number, path)
    for path, number in paths.items():
        if names[number] != path:
            yield f"object {path}", f"the object {names[number]}"
        else:
            yield from _object(f"object {path}", objects.nodes[number], objects, names)


def _object(place: str, node: Any, objects: Any, names: Mapping[int, str]) -> Iterator[tuple[str, Any]]:
    kind = node.WhichOneof("kind")
    yield place, kind
    yield f"{place}: saveables", sorted(node.saveable_objects)
    match kind:
        case "function":
            yield f"{place}: parameters", _line(node.function.function_spec)
            traces = [objects.concrete_functions[name] for name in node.function.concrete_functions]
            yield f"{place}: captured", sorted(_captured(trace, objects, names) for trace in traces)
        case "bare_concrete_function":
            bare = node.bare_concrete_function
            yield f"{place}: keywords", (list(bare.argument_keywords), bare.allowed_positional_arguments)
            yield f"{place}: parameters", _line(bare.function_spec)
            trace = objects.concrete_functions[bare.concrete_function_name]
            yield f"{place}: captured", _captured(trace, objects, names)
        case "asset":
            yield f"{place}: asset", None
        case "variable" | "user_object" | "resource" | "constant":
            yield f"{place}: {kind}", "" if kind == "constant" else _line(getattr(node, kind))


def _captured(function: Any, objects: Any, names: Mapping[int, str]) -> list[str]:
    """Which objects a trace captures, in an order of their own."""
    return sorted(names.get(number, objects.nodes[number].WhichOneof("kind")) for number in function.bound_inputs)


def _line(proto: Any) -> str:
    return str(text_format.MessageToString(proto, as_one_line=True))
