"""The ops of a graph that fail in another process, that reach out of it, or that carry what belongs elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from specc.diagnostics import Diagnostic, SpecPath, counted
from specc.reader.conformance.notable_ops import (
    CHECKPOINT_OPS,
    LARGE_BYTES,
    NAMED_FILE_OPS,
    PYTHON_OPS,
    machine_paths,
    reaches_out,
)
from specc.reader.conformance.subject import Subject
from specc.reader.saved_graph import GraphFunction, GraphNode, node_of

_LISTED = 5


def find_python_ops(subject: Subject) -> Iterator[Diagnostic]:
    """A finding for each endpoint that calls a Python function of the process that wrote the archive."""
    for name in sorted(subject.document.endpoints):
        found = [node for _, node in _run_by(subject, name) if node.op in PYTHON_OPS]
        if found:
            message = f"{name!r} calls Python ({_listed(found)}), which does not exist in another process"
            yield Diagnostic(
                rule="python-op", path=("endpoints", name), message=message, hint="write it with TensorFlow ops"
            )


def find_reaching_out(subject: Subject) -> Iterator[Diagnostic]:
    """A finding for each endpoint whose ops use files or the network, and one for what other parts of the graph do."""
    reported: set[tuple[str, str]] = set()
    for name in sorted(subject.document.endpoints):
        found = list(reaching_out(subject, name))
        reported.update((function.name, node.name) for function, node in found)
        if found:
            yield _reaching(subject, ("endpoints", name), f"{name!r}", [node for _, node in found])
    rest = [node for function, node in reaching_out_by_loading(subject) if (function.name, node.name) not in reported]
    if rest:
        yield _reaching(subject, (), "the graph", rest)


def _reaching(subject: Subject, path: SpecPath, what: str, nodes: list[GraphNode]) -> Diagnostic:
    message = f"{what} has ops that read or write files or use the network: {_listed(nodes)}"
    hint = "" if subject.trusted else "it is not run unless you trust it: give --trust"
    return Diagnostic(
        rule="reaches-out", path=path, message=message, hint=hint, level="warning" if subject.trusted else "error"
    )


def find_machine_paths(subject: Subject) -> Iterator[Diagnostic]:
    """A finding for the absolute paths of some machine in the graph."""
    paths: dict[str, str] = {}
    for function in (subject.program.main, *subject.program.functions.values()):
        for node in function.nodes.values():
            if not function.name and node.name in subject.asset_nodes:
                continue  # a loader puts the path of the asset there
            for path in machine_paths(node):
                paths.setdefault(path, node.name)
    if paths:
        shown = [f"{path!r} in the node {node!r}" for path, node in sorted(paths.items())[:_LISTED]]
        more = [f"{len(paths) - _LISTED} more"] if len(paths) > _LISTED else []
        message = f"the graph has {counted(len(paths), 'path')} of a machine: {', '.join((*shown, *more))}"
        yield Diagnostic(rule="absolute-path", message=message, level="warning")


def find_large_constants(subject: Subject) -> Iterator[Diagnostic]:
    """A finding for each constant that is larger than 10 MB."""
    for function in (subject.program.main, *subject.program.functions.values()):
        for node in function.nodes.values():
            if node.largest > LARGE_BYTES:
                message = f"the {node.op} {node.name!r} holds {node.largest:,} bytes in the graph"
                yield Diagnostic(
                    rule="large-constant",
                    path=_place(subject, function, node),
                    message=message,
                    hint="keep it in a variable",
                    level="warning",
                )


def _place(subject: Subject, function: GraphFunction, node: GraphNode) -> SpecPath:
    """The first endpoint that runs a node, or the document where none does."""
    for name in sorted(subject.document.endpoints):
        if function.name in subject.reached[name] or (not function.name and node.name in subject.nodes[name]):
            return ("endpoints", name)
    return ()


def reaching_out(subject: Subject, endpoint: str) -> Iterator[tuple[GraphFunction, GraphNode]]:
    """The nodes that use files or the network in a call of an endpoint; it needs no checkpoint either."""
    for function, node in _run_by(subject, endpoint):
        if node.op in CHECKPOINT_OPS or _uses_files(subject, function, node):
            yield function, node


def reaching_out_by_loading(subject: Subject) -> Iterator[tuple[GraphFunction, GraphNode]]:
    """The nodes that use files or the network, except checkpoints, in loading the archive or calling anything in it."""
    for function, node in _nodes(subject, subject.loaded_nodes, subject.loaded_functions):
        if _uses_files(subject, function, node):
            yield function, node


def _run_by(subject: Subject, endpoint: str) -> Iterator[tuple[GraphFunction, GraphNode]]:
    """The nodes that a call of an endpoint runs, each with its function; of functions only those that are kept."""
    return _nodes(subject, subject.nodes[endpoint], subject.reached[endpoint])


def _nodes(
    subject: Subject, main: Iterable[str], functions: Iterable[str]
) -> Iterator[tuple[GraphFunction, GraphNode]]:
    program = subject.program
    for name in sorted(main):
        yield program.main, program.main.nodes[name]
    for name in sorted(functions):
        function = program.functions[name]
        program.step(len(function.nodes))
        for node in function.nodes.values():
            yield function, node


def _uses_files(subject: Subject, function: GraphFunction, node: GraphNode) -> bool:
    """Whether a node uses the network, or files other than the archive's own."""
    if node.op not in NAMED_FILE_OPS:
        return reaches_out(node)
    inputs = [name for name in node.inputs if not name.startswith("^")]
    source = node_of(inputs[1]) if len(inputs) > 1 else ""
    if source in function.inputs:
        return False  # the asset that the function captures
    if not function.name and source in subject.asset_nodes:
        return False
    constant = function.nodes.get(source)
    return constant is None or dict(constant.texts).get("value") != b""


def _listed(nodes: list[GraphNode]) -> str:
    shown = sorted({f"{node.op} {node.name!r}" for node in nodes})
    more = [f"{len(shown) - _LISTED} more"] if len(shown) > _LISTED else []
    return ", ".join((*shown[:_LISTED], *more))
