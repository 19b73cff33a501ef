"""The variables of an archive: its collections, the list of all, and those that are stored twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from specc.diagnostics import Diagnostic, SpecPath, counted, finding
from specc.language.document import Selection
from specc.language.tensor_string import ANY, Shape, format_tensor
from specc.reader.checkpoint import VALUE, StoredTensor
from specc.reader.conformance.subject import Subject
from specc.reader.graph_document import OWN_LISTS, list_items
from specc.reader.linking import shapes_agree
from specc.reader.protobuf.tensors import UndescribableError, dtype_name, shape_of_proto
from specc.source.budget import Budget
from specc.source.regular_files import open_regular

MIN_ELEMENTS = 16
"""Smaller variables are equal by chance: biases, scales, counters."""
_BLOCK = 2**20
_LISTED = 12


def find_collection_mismatches(subject: Subject) -> Iterator[Diagnostic]:
    """A finding for each collection whose members are not what its ``content`` declares, or that has one twice."""
    for name, selections in sorted(subject.document.variable_collections.items()):
        if name not in subject.root.collections:
            continue  # a mismatch of the graph
        members = list_items(subject.graph, name) or []
        at: SpecPath = ("variable_collections", name)
        for member, count in sorted(Counter(members).items()):
            if count > 1:
                message = f"the collection {name!r} has {_described(subject, member)} {count} times"
                yield finding("collection-mismatch", at, message)
        yield from _content(subject, selections, sorted(set(members)), at)


def _content(
    subject: Subject, selections: tuple[Selection, ...], members: list[int], at: SpecPath
) -> Iterator[Diagnostic]:
    """Finds a member for each declared variable, the most precise declarations first; paths are not recorded."""
    declared = {path: leaf for each in selections for path, leaf in (each.content or {}).items()}
    groups: dict[tuple[str, Shape], list[int]] = {}  # those of one dtype and shape, which are found at once
    for member in reversed(members):
        tensor = _tensor_of(subject, member)
        if tensor is not None:
            groups.setdefault(tensor, []).append(member)
    taken: set[int] = set()
    for path, leaf in sorted(
        declared.items(), key=lambda item: sum(isinstance(dim, str) for dim in item[1].shape or ())
    ):
        found = _first_fitting(groups, leaf.dtype, leaf.shape, subject.graph.budget)
        if found is not None:
            taken.add(found.pop())
        else:
            text = format_tensor(leaf.dtype, leaf.shape)
            message = (
                f"the collection {at[-1]!r} has no variable {text} for {path!r}; it has {_listed(subject, members)}"
            )
            yield finding("collection-mismatch", at, message)
            return
    left = [member for member in members if member not in taken]
    if left and all(each.content is not None for each in selections):
        message = (
            f"the collection {at[-1]!r} has {counted(len(members), 'variable')} instead of {len(declared)}: "
            f"{_listed(subject, left)} {'is' if len(left) == 1 else 'are'} not declared"
        )
        yield finding("collection-mismatch", at, message)


def _tensor_of(subject: Subject, member: int) -> tuple[str, Shape] | None:
    """The dtype and shape of a variable, or None where a spec cannot have them."""
    node = subject.graph.node(member)
    if node is None:
        return None
    try:
        return (dtype_name(node.variable.dtype), shape_of_proto(node.variable.shape, subject.graph.budget))
    except UndescribableError:
        return None


def _first_fitting(
    groups: dict[tuple[str, Shape], list[int]], dtype: str, shape: Shape, budget: Budget
) -> list[int] | None:
    """The group whose last member is the first variable left that has this dtype and shape, or None."""
    exact = groups.get((dtype, shape)) if shape is not None and ANY not in shape else None
    if exact:
        return exact
    budget.charge("parts of nodes", len(groups))
    fitting = (
        group for (found, other), group in groups.items() if group and found == dtype and shapes_agree(shape, other)
    )
    return min(fitting, key=lambda group: group[-1], default=None)


def find_unlisted_variables(subject: Subject) -> Iterator[Diagnostic]:
    """A finding for each endpoint that captures variables which the archive's ``variables`` lacks."""
    listed = list_items(subject.graph, OWN_LISTS[0])
    if listed is None:
        return
    known = set(listed)
    for name in sorted(subject.document.endpoints):
        captured = {
            each for function in subject.functions_of(name) for each in subject.graph.captures.get(function, ())
        }
        unlisted = sorted(each for each in captured - known if subject.graph.is_variable(each))
        if unlisted:
            known.update(unlisted)  # each is reported once
            message = f"{name!r} uses {_listed(subject, unlisted)}, which the archive's list `variables` lacks"
            yield Diagnostic(
                rule="unlisted-variable", path=("endpoints", name), message=message, level=subject.promised_level
            )


def find_duplicate_variables(subject: Subject) -> Iterator[Diagnostic]:
    """A finding for the stored variables that nothing uses, and whose bytes equal those of one that is used."""
    pairs = duplicate_pairs(subject)
    if pairs:
        size = sum(unused.size for unused, _ in pairs)
        unused, used = pairs[0]
        text = format_tensor(unused.dtype, unused.shape)
        message = (
            f"{counted(len(pairs), 'variable')} of {size:,} bytes in all {'is' if len(pairs) == 1 else 'are'} stored "
            f"twice: {unused.key.removesuffix(VALUE)!r} ({text}) repeats {used.key.removesuffix(VALUE)!r}, and no "
            "function uses it"
        )
        yield Diagnostic(rule="duplicate-variable", message=message, level=subject.promised_level)


def duplicate_pairs(subject: Subject) -> list[tuple[StoredTensor, StoredTensor]]:
    """Those of :func:`duplicate_candidates` that are not one constant, as which many variables begin."""
    return [pair for pair in duplicate_candidates(subject) if not _is_constant(pair[1], subject.directory)]


def duplicate_candidates(subject: Subject) -> list[tuple[StoredTensor, StoredTensor]]:
    """Each stored variable that no function and no list has, beside one that is used and equal in the index.

    Equal are their dtypes, shapes and checksums; of different bytes, one pair in four thousand million has equal ones.
    """
    graph = subject.graph
    used = {each for captured in graph.captures.values() for each in captured}
    held = {
        each for name in (*OWN_LISTS, *subject.root.collections) for each in list_items(graph, name) or ()
    }  # a list may be read by a client
    captured: dict[tuple[object, ...], StoredTensor] = {}
    free: list[tuple[StoredTensor, tuple[object, ...]]] = []
    for key, tensor in subject.stored.items() if graph.has_objects else ():
        node = node_of_key(subject, key)
        if node is None or _elements(tensor) < MIN_ELEMENTS:
            continue
        content = (tensor.dtype, tensor.shape, tensor.checksum)
        if node in used:
            captured.setdefault(content, tensor)
        elif node not in held:
            free.append((tensor, content))
    return [(tensor, captured[content]) for tensor, content in free if content in captured]


def node_of_key(subject: Subject, key: str) -> int | None:
    """The object whose value is stored under a key, which is the path of names from the root to it."""
    if not key.endswith(VALUE):
        return None
    node = 0
    for word in key.removesuffix(VALUE).split("/"):
        name = word.replace(".S", "/").replace("..", ".")
        following = subject.graph.children(node).get(name)
        if following is None:
            return None
        node = following
    return node


def _elements(tensor: StoredTensor) -> int:
    count = 1
    for size in tensor.shape or ():
        count *= size if isinstance(size, int) else 1
    return count


def _is_constant(tensor: StoredTensor, directory: Path) -> bool:
    """Whether all elements have the same bytes; also if they cannot be read, which loading reports."""
    try:
        with open_regular(directory / tensor.shard) as file:
            file.seek(tensor.offset)
            first = file.read(tensor.size // _elements(tensor))
            file.seek(tensor.offset)
            left = tensor.size
            while first and left > 0:
                block = file.read(min(left, _BLOCK // len(first) * len(first) or len(first)))
                if block != first * (len(block) // len(first)):
                    return False
                left -= len(block) or left
    except (OSError, ValueError):
        return True
    return True


def _described(subject: Subject, index: int) -> str:
    node = subject.graph.node(index)
    if node is None:
        return "a variable"
    tensor = _tensor_of(subject, index)
    text = "a variable" if tensor is None else format_tensor(*tensor)
    return f"{node.variable.name!r} ({text})" if node.variable.name else text


def _listed(subject: Subject, nodes: list[int]) -> str:
    shown = [_described(subject, node) for node in nodes[:_LISTED]]
    more = [f"{len(nodes) - _LISTED} more"] if len(nodes) > _LISTED else []
    return ", ".join((*shown, *more)) or "none"
