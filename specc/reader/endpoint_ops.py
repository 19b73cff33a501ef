"""The ops of an archive: how many there are, which of them each endpoint runs, and those that are notable.

An op is notable if it needs something of the process or the machine where it runs, or does more than compute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from specc.reader.conformance.notable_ops import NETWORK_OPS, PYTHON_OPS, STATE_OPS, XLA_OP
from specc.reader.conformance.ops import reaching_out, reaching_out_by_loading
from specc.reader.conformance.subject import Subject
from specc.reader.custom_ops import custom_ops
from specc.reader.saved_graph import GraphFunction, GraphNode

NotableKind = Literal["python", "files", "network", "state", "xla", "custom", "device"]


@dataclass(frozen=True)
class NotableOp:
    """An op that needs something of the process or the machine where it runs, or does more than compute."""

    kind: NotableKind
    op: str
    """Empty for ``device``: any op may be pinned."""
    count: int
    """How many nodes, in all functions together; for ``device`` in one endpoint, that with the most."""
    endpoints: tuple[str, ...] = ()
    """Those whose calls run it; none where it only runs when the archive is loaded."""
    detail: str = ""
    """The platforms of ``xla``, the library of ``custom``, the name of ``device``; empty where it is not known."""


def op_counts(subject: Subject) -> dict[str, int]:
    """How many nodes there are of each op in the graph and its functions, without calls of these."""
    counts: Counter[str] = Counter()
    for function in (subject.program.main, *subject.program.functions.values()):
        counts.update(function.ops)
    return _without_calls(subject, counts)


def _without_calls(subject: Subject, counts: Counter[str]) -> dict[str, int]:
    return {op: counts[op] for op in sorted(counts) if op not in subject.program.functions}


class Run(NamedTuple):
    """What a call of an endpoint runs: how many nodes of each op, and how many are pinned to each device."""

    ops: dict[str, int]
    devices: Counter[str]


def runs_of(subject: Subject) -> dict[str, Run]:
    """What a call of each endpoint runs; endpoints that run the same share it."""
    program, found = subject.program, dict[str, Run]()
    counted: dict[tuple[frozenset[str], frozenset[str]], Run] = {}
    for name in sorted(subject.document.endpoints):
        nodes, reached = subject.nodes[name], subject.reached[name]
        if (nodes, reached) not in counted:
            functions = [program.functions[each] for each in reached]
            program.step(len(nodes) + sum(len(each.ops) + len(each.devices) for each in functions))
            ops = Counter(program.main.nodes[node].op for node in nodes)
            devices = Counter(program.main.nodes[node].device for node in nodes)
            del devices[""]
            for function in functions:
                ops.update(function.ops)
                devices.update(function.devices)
            counted[nodes, reached] = Run(_without_calls(subject, ops), devices)
        found[name] = counted[nodes, reached]
    return found


def notable_ops(
    subject: Subject, counts: Mapping[str, int], runs: Mapping[str, Run], libraries: Mapping[str, str]
) -> Iterator[NotableOp]:
    """The notable ops by kind, each op once; ``libraries`` are those of custom ops that the contract has.

    ``counts`` are those of :func:`op_counts`, and ``runs`` those of :func:`runs_of`.
    """
    users: dict[str, list[str]] = {}
    for name, run in runs.items():
        for op in run.ops:
            users.setdefault(op, []).append(name)
    found: list[NotableOp] = []
    for op in _run_ops(subject):
        kind = _kind_of(op)
        if kind is not None and (kind != "state" or op in users):  # loading sets the variables of every archive
            detail = _platforms(subject) if kind == "xla" else ""
            found.append(NotableOp(kind, op, counts[op], tuple(users.get(op, ())), detail))
    for op, library in custom_ops(counts).items():
        found.append(NotableOp("custom", op, counts[op], tuple(users.get(op, ())), libraries.get(op) or library))
    yield from sorted((*found, *_outside(subject), *_pinned(runs)), key=_order)


def _order(notable: NotableOp) -> tuple[int, str, str]:
    kinds: tuple[str, ...] = get_args(NotableKind)
    return kinds.index(notable.kind), notable.op, notable.detail


def _outside(subject: Subject) -> Iterator[NotableOp]:
    """The ops that use files or the network."""
    by_endpoint = {name: _by_op(reaching_out(subject, name)) for name in sorted(subject.document.endpoints)}
    loading = _by_op(reaching_out_by_loading(subject))
    for op in {op for each in (*by_endpoint.values(), loading) for op in each}:
        nodes = {node for each in (*by_endpoint.values(), loading) for node in each.get(op, ())}
        users = tuple(name for name, each in by_endpoint.items() if op in each)
        yield NotableOp("network" if op in NETWORK_OPS else "files", op, len(nodes), users)


def _pinned(runs: Mapping[str, Run]) -> Iterator[NotableOp]:
    """The devices that nodes of endpoints have to run on."""
    users: dict[str, list[str]] = {}
    counts: Counter[str] = Counter()
    for name, run in runs.items():
        for device, count in run.devices.items():
            users.setdefault(device, []).append(name)
            counts[device] = max(counts[device], count)
    for device, names in users.items():
        yield NotableOp("device", "", counts[device], tuple(names), device)


def _kind_of(op: str) -> NotableKind | None:
    if op in PYTHON_OPS:
        return "python"
    if op == XLA_OP:
        return "xla"
    return "state" if STATE_OPS.fullmatch(op) else None


def _run_ops(subject: Subject) -> list[str]:
    """The ops of everything that runs when the archive is loaded or called."""
    program = subject.program
    found = {program.main.nodes[node].op for node in subject.loaded_nodes}
    for name in subject.loaded_functions:
        found.update(program.functions[name].ops)
    return sorted(found)


def _by_op(nodes: Iterable[tuple[GraphFunction, GraphNode]]) -> dict[str, set[tuple[str, str]]]:
    """``nodes`` by op, each as the names of its function and itself."""
    found: dict[str, set[tuple[str, str]]] = {}
    for function, node in nodes:
        found.setdefault(node.op, set()).add((function.name, node.name))
    return found


def _platforms(subject: Subject) -> str:
    """Where all compiled programs together can run: ``CPU, CUDA``."""
    found = {
        text.decode("utf-8", "replace")
        for function in (subject.program.main, *subject.program.functions.values())
        for node in function.nodes.values()
        if node.op == XLA_OP
        for attribute, text in node.texts
        if attribute == "platforms"
    }
    return ", ".join(sorted(found))
