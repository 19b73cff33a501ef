"""Archives written by hand from a document whose endpoints take one dict of dense tensors and return one."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from synthetic_archive import (
    FLOAT,
    INT64,
    concrete,
    function_spec,
    info,
    meta_graph,
    node,
    saved_model,
    signature,
    value,
    written,
)
from synthetic_archive import spec as tensor_spec

from specc.language.contract import CONTRACT_PATH, write_contract
from specc.language.load import from_json
from specc.language.signatures import published_signatures
from specc.language.trees import Dict, Tensor

_DTYPES = {"float32": FLOAT, "int32": 3, "int64": INT64}


def declared_archive(
    directory: Path,
    data: dict[str, Any],
    *,
    left_out: Collection[str] = (),
    contract: bool = True,
    has_objects: bool = True,
    flat: Collection[str] = (),
    tags: Collection[str] = ("serve",),
) -> Path:
    """An archive of the document ``data``; ``flat`` are endpoints without a function on the root."""
    document = from_json(data)
    signatures: dict[str, Any] = {}
    nodes, functions, children = [], {}, {}
    published = published_signatures(document, left_out)
    for each in published:
        inputs = {part.wire_name: info(_DTYPES[part.dtype], *_sizes(part.shape)) for part in each.inputs}
        outputs = {part.wire_name: info(_DTYPES[part.dtype], *_sizes(part.shape)) for part in each.outputs}
        signatures[each.key] = signature(inputs, outputs)
    for name, endpoint in document.endpoints.items():
        if name in left_out or name in flat:
            continue
        (argument,) = endpoint.inputs
        function = function_spec("self", *endpoint.arguments)
        index = 1 + len(nodes)
        children[name] = index
        nodes.append(node({"trace_0": index + 1}, function={"concrete_functions": [name], "function_spec": function}))
        keywords = sorted(argument.items) if isinstance(argument, Dict) else []
        nodes.append(node(bare_concrete_function={"concrete_function_name": name, "argument_keywords": keywords}))
        functions[name] = concrete([_value(argument)], _value(endpoint.outputs))
    root = [node(children), *nodes] if has_objects else []
    written(directory, saved_model(meta_graph(signatures, root, functions if has_objects else None, tags=list(tags))))
    if contract:
        path = directory / CONTRACT_PATH
        path.parent.mkdir()
        path.write_text(write_contract(document, dict.fromkeys(left_out, ())), encoding="utf-8")
    return directory


def _sizes(shape: Any) -> list[int]:
    return [size if isinstance(size, int) else -1 for size in shape]


def _value(tree: Any) -> Any:
    assert isinstance(tree, Dict)
    leaves = {key: leaf for key, leaf in sorted(tree.items.items()) if isinstance(leaf, Tensor)}
    return value({key: tensor_spec(_DTYPES[leaf.dtype], *_sizes(leaf.shape)) for key, leaf in leaves.items()})
