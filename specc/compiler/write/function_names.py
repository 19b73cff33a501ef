"""Names the functions of a saved graph by a hash of their bodies, instead of the numbers that TensorFlow counts.

``__inference_core_972`` becomes its stem and nine digits of a hash of its body, in which every called function is
represented by its own hash. So a model has the same names in every process, and the same name means the same body in
every archive: two archives can be loaded into one graph. Small numbers like TensorFlow's would clash: a loader that
finds the gradient ``CustomGradient-7`` in a process that has registered one of that name silently uses the process's
own; the counter of a process never reaches nine digits.

A name that the body does not determine (of two equal functions with different captures, of functions that refer to each
other, of functions with a table, whose name depends on the archive) also depends on a digest of the whole archive.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from specc.compiler.write.function_references import (
    Reference,
    references_in_function,
    references_in_nodes,
    references_in_objects,
    write_references,
)

_NUMBER_OF_ORIGIN = re.compile(r"_\d+(?=_(?:rewritten|grad|frozen)(?:_|$))")
"""The number of a function in the name of one derived from it: ``while_body_772_grad_900``."""

_NESTED_PREFIX = re.compile(r"__(?:inference|forward|backward)_(?=__(?:forward|backward)_|Dataset_)")
"""The prefix before a function name that has its own number, in addition to the number of every function."""

_COUNTED_GRADIENT = re.compile(r"(CustomGradient-|(?:Stateful)?PartitionedCall-)\d+")


def stem(name: str) -> str:
    """A function's name without the numbers that TensorFlow counted."""
    name = re.sub(r"_\d+$", "", _NUMBER_OF_ORIGIN.sub("", name))
    before = _NESTED_PREFIX.match(name)
    return before[0] + stem(name[before.end() :]) if before else name


def _name_with_hash(prefix: str, *parts: object) -> str:
    """``prefix`` and nine digits, the first not zero, of a hash of ``parts``."""
    number = int.from_bytes(hashlib.sha256("\0".join(map(str, parts)).encode()).digest())
    return f"{prefix}{10**8 + number % (9 * 10**8)}"


@dataclass
class _Function:
    """A function of the library, with the parts of its name."""

    definition: Any
    name: str
    """Its current name."""
    stem: str
    references: list[Reference]
    is_ambiguous: bool
    """Whether the body does not determine the name."""
    content: str = ""
    """A hash of the body; empty until it is computed."""
    place: int = 0
    """Its number among the functions with this content, by first reference."""


class FunctionNames:
    """The functions of one MetaGraph, and every reference to them.

    References keep TensorFlow's original names, so that :meth:`assign` can be called again.
    """

    def __init__(self, meta_graph: Any, is_ambiguous: Callable[[Any], bool]) -> None:
        """Takes ``is_ambiguous``, which returns whether archives may hold a FunctionDef with different bodies."""
        self._meta_graph = meta_graph
        self._library = meta_graph.graph_def.library
        known = {definition.signature.name for definition in self._library.function}
        self._gradients = {each.registered_op_type: each.gradient_func for each in self._library.registered_gradients}
        self._functions = {
            name: _Function(definition, name, stem(name), references, is_ambiguous(definition))
            for definition in self._library.function
            for name in [definition.signature.name]
            for references in [list(references_in_function(definition, known))]
        }
        self._others = [
            *references_in_nodes(meta_graph.graph_def.node, known),
            *references_in_objects(meta_graph.object_graph_def, self._library),
        ]
        self._ordered = self._in_order_of_reference()
        self._number_equal_functions()

    @property
    def in_order(self) -> list[str]:
        """TensorFlow's original names, in an order that does not depend on them."""
        return list(self._ordered)

    @property
    def need_digest(self) -> bool:
        """Whether the body of any function does not determine its name."""
        return any(function.is_ambiguous for function in self._ordered.values())

    @property
    def renamed(self) -> dict[str, str]:
        """The name of each function by TensorFlow's original name."""
        return {original: function.name for original, function in self._functions.items()}

    def assign(self, digest: str = "") -> None:
        """Renames every function and its references, and sorts what TensorFlow keeps in a varying order."""
        before = {function.name: original for original, function in self._functions.items()}
        taken: set[str] = set()
        for function in self._ordered.values():
            parts = [function.content, *([function.place, digest] if function.is_ambiguous else [])]
            while (name := _name_with_hash(f"{function.stem}_", *parts)) in taken:  # the digits of another body
                parts.append("again")
            taken.add(name)
            function.name = function.definition.signature.name = name
        for function in self._ordered.values():
            write_references(function.references, self._name_of, self._tag_of)
        write_references(self._others, self._name_of, self._tag_of)
        after = {name: self._functions[original].name for name, original in before.items()}
        objects = self._meta_graph.object_graph_def
        _rename_map_keys(objects.concrete_functions, after)
        _rename_map_keys(self._meta_graph.meta_info_def.function_aliases, after)
        _rename_and_sort_captures(objects, after)
        self._library.function.sort(key=lambda definition: definition.signature.name)
        self._sort_gradients()

    def _name_of(self, original: str) -> str:
        function = self._functions.get(original)
        return stem(original) if function is None else function.name

    def _tag_of(self, original: str, index: int) -> str:
        """The tag of a gradient: of one in the archive by its function, of others, which are lost, by their order."""
        counted = _COUNTED_GRADIENT.fullmatch(original)
        if counted is None:
            return original
        function = self._functions.get(self._gradients.get(original, ""))
        parts = ("lost", index) if function is None else (function.name,)
        return _name_with_hash(counted[1], *parts)

    def _sort_gradients(self) -> None:
        renamed = {(self._tag_of(tag, 0), self._name_of(function)) for tag, function in self._gradients.items()}
        del self._library.registered_gradients[:]
        for tag, function in sorted(renamed):
            self._library.registered_gradients.add(registered_op_type=tag, gradient_func=function)
        self._library.gradient.sort(key=lambda gradient: gradient.function_name)

    def _in_order_of_reference(self) -> dict[str, _Function]:
        """Every function once, first those that the graph and the objects reach; also computes their contents."""
        ordered: dict[str, _Function] = {}
        for name in [*self._targets(self._others), *self._unreached()]:
            if name in ordered:
                continue
            ordered[name] = self._functions[name]
            left = [(name, self._targets(self._functions[name].references))]
            while left:  # no recursion: calls may be nested deeper than Python's
                caller, targets = left[-1]
                target = next((target for target in targets if target not in ordered), None)
                if target is None:
                    self._hash(self._functions[caller])
                    left.pop()
                else:
                    ordered[target] = self._functions[target]
                    left.append((target, self._targets(self._functions[target].references)))
        return ordered

    def _targets(self, references: Iterable[Reference]) -> Iterator[str]:
        """The functions that ``references`` lead to."""
        for reference in references:
            target = self._gradients.get(reference.name, "") if reference.is_tag else reference.name
            if target in self._functions:
                yield target

    def _unreached(self) -> list[str]:
        """All functions in an order that does not depend on TensorFlow's numbers."""
        bodies = {
            name: (function.stem, len(function.definition.node_def)) for name, function in self._functions.items()
        }
        return sorted(bodies, key=lambda name: bodies[name])

    def _hash(self, function: _Function) -> None:
        """Hashes a body in which every reference is replaced by a hash, or, within a cycle, by a stem."""

        def hashed(original: str) -> str:
            target = self._functions.get(original)
            if target is None:
                return stem(original)
            if not target.content:
                function.is_ambiguous = True
            return f"{target.stem}_{target.content}"

        def hashed_tag(original: str, index: int) -> str:
            gradient = self._gradients.get(original, "")
            return hashed(gradient) if gradient in self._functions else self._tag_of(original, index)

        write_references(function.references, hashed, hashed_tag)
        function.definition.signature.name = function.stem
        function.content = hashlib.sha256(function.definition.SerializeToString(deterministic=True)).hexdigest()

    def _number_equal_functions(self) -> None:
        """Counts the functions of equal content, and marks functions that refer to an ambiguous one as ambiguous."""
        total, seen = Counter(function.content for function in self._ordered.values()), Counter[str]()
        callers: dict[str, list[_Function]] = {}
        for function in self._ordered.values():
            function.place = seen[function.content]
            seen[function.content] += 1
            function.is_ambiguous |= total[function.content] > 1
            for target in self._targets(function.references):
                callers.setdefault(target, []).append(function)
        left = [function for function in self._ordered.values() if function.is_ambiguous]
        while left:
            for caller in callers.get(left.pop().name, ()):
                if not caller.is_ambiguous:
                    caller.is_ambiguous = True
                    left.append(caller)


def _rename_map_keys(held: Any, names: dict[str, str]) -> None:
    """Renames the keys of a map field, whose values are messages or strings."""
    values = {names.get(key, key): held[key] for key in held}
    values = {key: value if isinstance(value, str) else _copy_of(value) for key, value in values.items()}
    held.clear()
    for key, value in values.items():
        if isinstance(value, str):
            held[key] = value
        else:
            held[key].CopyFrom(value)


def _rename_and_sort_captures(objects: Any, names: dict[str, str]) -> None:
    """Renames the functions of captured tensors, and sorts these, since TensorFlow lists them in the order of names."""
    places = [index for index, node in enumerate(objects.nodes) if node.WhichOneof("kind") == "captured_tensor"]
    held = {index: _copy_of(objects.nodes[index]) for index in places}
    for node in held.values():
        capture = node.captured_tensor
        capture.concrete_function = names.get(capture.concrete_function, capture.concrete_function)
    ordered = sorted(places, key=lambda index: held[index].SerializeToString(deterministic=True))
    moved = dict(zip(ordered, places, strict=True))
    for index, place in moved.items():
        objects.nodes[place].CopyFrom(held[index])
    for function in objects.concrete_functions.values():
        function.bound_inputs[:] = [moved.get(index, index) for index in function.bound_inputs]


def _copy_of(message: Any) -> Any:
    copy = type(message)()
    copy.CopyFrom(message)
    return copy
