"""Arguments and results of another structure, which only Python sees."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.halves import Half
from specc.compatibility.leaf_change import RESULT, node_change
from specc.compatibility.pairing import Role
from specc.diagnostics import SpecPath
from specc.language.trees import LEAVES, Tree, children
from specc.language.wire_names import BoundLeaf


def input_structure_changed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of the structure of arguments."""
    judgements = pair.judged("breaking", ("python",))
    for nodes in pair.inputs.structure if judgements else ():
        name = pair.old.words[nodes.old]
        yield node_change(
            pair,
            "input-structure-changed",
            "inputs",
            nodes,
            judgements,
            f"{name!r} is {structure(nodes.new_tree)}, before {structure(nodes.old_tree)}",
            hint="keep the structure, and add an endpoint for the new one",
            compared=(_parts(nodes.old_tree), _parts(nodes.new_tree)),
            witness=pair.witnesses.refused(judgements, f"{name!r} is {structure(nodes.old_tree)}"),
        )


def output_structure_changed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of the structure of the result, but for keys that a dict gains."""
    judgements = pair.judged("breaking", ("python",))
    for nodes in pair.outputs.structure if judgements else ():
        name = pair.old.words[nodes.old] or RESULT
        yield node_change(
            pair,
            "output-structure-changed",
            "outputs",
            nodes,
            judgements,
            f"{name!r} is {structure(nodes.new_tree)}, before {structure(nodes.old_tree)}",
            hint="keep the structure, and add an endpoint for the new one",
            compared=(_parts(nodes.old_tree), _parts(nodes.new_tree)),
            witness=pair.witnesses.ruled_out(
                judgements, f"{name!r} is {structure(nodes.new_tree)}", _inside(pair.new, nodes.new)
            ),
        )


def namedtuple_renamed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of names of namedtuples, which only ``tf.nest`` sees, between two structures."""
    judgements = pair.judged("warning", ("python",))
    roles: tuple[Role, ...] = ("inputs", "outputs")
    for role in roles if judgements else ():
        for nodes in pair.pairing(role).typenames:
            old, new = (getattr(tree, "typename", "") for tree in (nodes.old_tree, nodes.new_tree))
            yield node_change(
                pair,
                "namedtuple-renamed",
                role,
                nodes,
                judgements,
                f"the namedtuple {old!r} is called {new!r}",
                hint=f"keep the name {old!r}: tf.nest compares it",
                compared=(old, new),
                witness=None,
            )


def structure(tree: Tree) -> str:
    """The kind of a node and its keys, as text."""
    if isinstance(tree, LEAVES):
        return f"a {tree.kind}"
    keys = [str(key) for key, _ in children(tree)]
    return f"a {tree.kind} with {', '.join(keys[:8])}{', ...' if len(keys) > 8 else ''}"


def _parts(tree: Tree) -> list[object]:
    return [tree.kind, *(key for key, _ in children(tree))]


def _inside(half: Half, path: SpecPath) -> list[BoundLeaf]:
    return [leaf for leaf in half.nodes.outputs if leaf.path[: len(path)] == path]
