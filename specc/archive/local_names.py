"""Names inside the functions of a saved graph that TensorFlow makes of numbers counted per process.

They are made anew before functions are named by their bodies, see :mod:`specc.archive.function_names`.
"""

from __future__ import annotations

import re
from typing import Any

_PLACEHOLDER = re.compile(r"_\d+(?=(?:_rewritten)?___redundant_placeholder)")
"""The number of a loop's condition in the arguments of its body: ``while_cond_1061___redundant_placeholder0``."""

_TABLE_IMPORTS = frozenset({"LookupTableImport", "LookupTableImportV2"})
_NAMED = "_user_specified_name"


def name_locals_anew(meta_graph: Any) -> None:
    """Takes the numbers of a process out of the names of arguments and nodes."""
    wire_names = {name for signature in meta_graph.signature_def.values() for name in signature.inputs}
    renamed: dict[str, dict[str, str]] = {}
    for definition in meta_graph.graph_def.library.function:
        _name_captures(definition, wire_names)
        names = _new_names(definition)
        if names:
            _rename(definition, names)
            renamed[definition.signature.name] = names
    for node in meta_graph.object_graph_def.nodes if renamed else ():
        if node.WhichOneof("kind") == "captured_tensor":
            capture = node.captured_tensor
            capture.name = _reference(capture.name, renamed.get(capture.concrete_function, {}))


def forget_debug_info(meta_graph: Any) -> None:
    """Drops where nodes come from, which is paths of this machine and names of functions that are not here."""
    graph = meta_graph.graph_def
    graph.ClearField("debug_info")
    for nodes in (graph.node, *(definition.node_def for definition in graph.library.function)):
        for node in nodes:
            node.ClearField("experimental_debug_info")


def _name_captures(definition: Any, wire_names: set[str]) -> None:
    """A captured argument without a name of its own is called by a number."""
    for index, attributes in definition.arg_attr.items():
        if _NAMED not in attributes.attr:
            continue
        named = attributes.attr[_NAMED]
        text = named.s.decode()
        if text.isdigit() and text not in wire_names:
            named.s = definition.signature.input_arg[index].name.encode()


def _new_names(definition: Any) -> dict[str, str]:
    """The new name of each argument and node whose name holds a number of the process."""
    names = [argument.name for argument in definition.signature.input_arg]
    names += [node.name for node in definition.node_def]
    patterns = [_PLACEHOLDER] if any("___redundant_placeholder" in name for name in names) else []
    patterns += [_number_of(scope) for scope in _initializer_scopes(definition)]
    taken, found = set(names), {}
    for name in names if patterns else ():
        plain = name
        for pattern in patterns:
            plain = pattern.sub("", plain)
        if plain == name:
            continue
        new, again = plain, 0
        while new in taken:
            again += 1
            new = f"{plain}_{again}"
        taken.add(new)
        found[name] = new
    return found


def _initializer_scopes(definition: Any) -> list[str]:
    """The scopes of what fills tables, which end in a number: ``key_value_init10``."""
    scopes = [node.name.split("/")[-2:-1] for node in definition.node_def if node.op in _TABLE_IMPORTS]
    return list(dict.fromkeys(scope for (scope,) in filter(None, scopes) if scope[-1:].isdigit()))


def _number_of(scope: str) -> re.Pattern[str]:
    """The number at the end of a scope, in names of nodes and in names of arguments, which are in lower case."""
    word = re.escape(scope.rstrip("0123456789"))
    return re.compile(rf"(?:(?<=^{word})|(?<=[/_]{word})){scope[len(scope.rstrip('0123456789')):]}(?=$|[/_])", re.IGNORECASE)


def _rename(definition: Any, names: dict[str, str]) -> None:
    for argument in definition.signature.input_arg:
        argument.name = names.get(argument.name, argument.name)
    for attributes in definition.arg_attr.values():
        if _NAMED in attributes.attr:
            named = attributes.attr[_NAMED]
            named.s = _PLACEHOLDER.sub("", named.s.decode()).encode()
    for node in definition.node_def:
        node.name = names.get(node.name, node.name)
        node.input[:] = [_reference(text, names) for text in node.input]
        if "_class" in node.attr:
            located = node.attr["_class"].list
            located.s[:] = [_located(text.decode(), names).encode() for text in located.s]
    for returned in (definition.ret, definition.control_ret):
        for key in returned:
            returned[key] = _reference(returned[key], names)
    outputs = definition.signature.control_output
    outputs[:] = [names.get(name, name) for name in outputs]
    for key in [key for key in definition.control_ret if key in names]:
        definition.control_ret[names[key]] = definition.control_ret.pop(key)


def _reference(text: str, names: dict[str, str]) -> str:
    """``node:output:0``, ``node:0``, ``^node`` or ``node``, by the new name of the node."""
    control, name, output = text[:1] == "^", *text.removeprefix("^").partition(":")[::2]
    if name not in names:
        return text
    return f"{'^' * control}{names[name]}{':' * bool(output)}{output}"


def _located(text: str, names: dict[str, str]) -> str:
    prefix, at, name = text.partition("@")
    return f"{prefix}{at}{names.get(name, name)}"
