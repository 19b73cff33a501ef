"""Replaces names inside the functions of a saved graph that contain numbers counted per process.

This happens before functions are named by their bodies, see :mod:`specc.compiler.write.function_names`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

# The protos are not part of TensorFlow's public API, but there is no public way to read a SavedModel's proto.
from tensorflow.core.framework import types_pb2

from specc.compiler.write.node_references import redirect, redirect_captures
from specc.compiler.write.unique_names import UniqueNames

_PLACEHOLDER = re.compile(r"_\d+(?=(?:_rewritten)?___redundant_placeholder)")
"""The number of a loop's condition in the arguments of its body: ``while_cond_1061___redundant_placeholder0``."""

_CAPTURED = re.compile(r"(.*?)(?:_\d+)+")
"""The numbered name of a captured tensor within a scope, such as ``while_cond_2530_0``."""

_HANDLE_DTYPES = (types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT)
_TABLE_IMPORTS = ("LookupTableImport", "LookupTableImportV2")
_USER_SPECIFIED_NAME = "_user_specified_name"


def rename_locals(meta_graph: Any) -> None:
    """Removes the numbers counted per process from the names of arguments and nodes."""
    wire_names = {name for signature in meta_graph.signature_def.values() for name in signature.inputs}
    functions = meta_graph.graph_def.library.function
    called_by_name = {node.op for definition in functions for node in definition.node_def}
    renamed: dict[str, dict[str, str]] = {}
    for definition in functions:
        _name_captures(definition, wire_names)
        names = _new_names(definition, wire_names)
        if names:
            if definition.signature.name not in called_by_name:  # then no node refers to the names of outputs
                _rename_outputs(definition, names)
            _rename_nodes(definition, names)
            renamed[definition.signature.name] = names
    redirect_captures(meta_graph.object_graph_def, renamed)


def _user_specified_names(definition: Any) -> list[tuple[Any, Any]]:
    """Each argument with a user-specified name, and the attribute that holds that name."""
    arguments, attributes = definition.signature.input_arg, definition.arg_attr
    named = [index for index in sorted(attributes) if _USER_SPECIFIED_NAME in attributes[index].attr]
    return [(arguments[index], attributes[index].attr[_USER_SPECIFIED_NAME]) for index in named]


def _name_captures(definition: Any, wire_names: set[str]) -> None:
    """Renames captured tensors outside of every scope, whose name is only a number."""
    for argument, given in _user_specified_names(definition):
        if given.s.isdigit() and given.s.decode() not in wire_names:
            given.s = argument.name.encode()


def _new_names(definition: Any, wire_names: set[str]) -> dict[str, str]:
    """The new name of each argument and node whose name contains a number counted per process."""
    arguments = [argument.name for argument in definition.signature.input_arg]
    names = [*arguments, *(node.name for node in definition.node_def)]
    plain = {}
    for argument, given in _user_specified_names(definition):
        scope = _CAPTURED.fullmatch(argument.name)
        if scope is None or argument.name in wire_names or given.s.decode() != argument.name:
            continue
        # If it is not a handle, it may be an argument of a user's function, whose name ends in a digit.
        if argument.type in _HANDLE_DTYPES or re.search(r"_\d\d", argument.name[scope.end(1) :]):
            plain[argument.name] = scope[1]
    patterns = [_PLACEHOLDER] if any("___redundant_placeholder" in name for name in arguments) else []
    patterns += [_scope_number(scope) for scope in _initializer_scopes(definition)]
    for pattern in patterns:
        plain |= {name: pattern.sub("", plain.get(name, name)) for name in names if pattern.search(name)}
    return _make_unique(plain, names)


def _make_unique(plain: dict[str, str], taken: Iterable[str]) -> dict[str, str]:
    """``plain`` with a number added to each new name that is already in use."""
    names = UniqueNames()
    for name in taken:
        names.add(name)
    return {name: names.add(new) for name, new in plain.items()}


def _initializer_scopes(definition: Any) -> list[str]:
    """The scopes of table initializers, which end in a number: ``key_value_init10``."""
    scopes = [node.name.split("/")[-2:-1] for node in definition.node_def if node.op in _TABLE_IMPORTS]
    return list(dict.fromkeys(scope for held in scopes for scope in held if scope[-1:].isdigit()))


def _scope_number(scope: str) -> re.Pattern[str]:
    """A pattern of the number of a scope in names of nodes, and of arguments, which are lower case without slashes."""
    word = scope.rstrip("0123456789")
    return re.compile(rf"(?<={re.escape(word)}){scope[len(word) :]}(?=$|[/_])", re.IGNORECASE)


def _rename_outputs(definition: Any, names: dict[str, str]) -> None:
    """Renames the outputs that return a captured tensor and also have its numbered name."""
    plain = {
        output.name: scope[1]
        for output in definition.signature.output_arg
        if definition.ret[output.name] in names and (scope := _CAPTURED.fullmatch(output.name))
    }
    new = _make_unique(plain, [output.name for output in definition.signature.output_arg])
    for output in definition.signature.output_arg:
        if output.name in new:
            definition.ret[new[output.name]] = definition.ret.pop(output.name)
            output.name = new[output.name]


def _rename_nodes(definition: Any, names: dict[str, str]) -> None:
    for argument, given in _user_specified_names(definition):
        text = given.s.decode()
        given.s = (names.get(text, text) if text == argument.name else _PLACEHOLDER.sub("", text)).encode()
    for argument in definition.signature.input_arg:
        argument.name = names.get(argument.name, argument.name)
    for node in definition.node_def:
        node.name = names.get(node.name, node.name)
    redirect(definition, names)
    outputs = definition.signature.control_output
    outputs[:] = [names.get(name, name) for name in outputs]
    for key in [key for key in definition.control_ret if key in names]:
        definition.control_ret[names[key]] = definition.control_ret.pop(key)
