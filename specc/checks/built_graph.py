"""What a build knows of the graph of a signature, for the checks that ask what a converter makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class BuiltOp(NamedTuple):
    """An op of a graph, with the dtypes among its attributes, sorted."""

    name: str
    dtypes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuiltGraph:
    """What a call of one signature runs: the main graph and the functions that it calls."""

    ops: frozenset[BuiltOp]
    changing: frozenset[str] = frozenset()
    """The names of those ops that change a variable or a table."""
    reads_table_file: bool = False
    """Whether it looks up a table of an archive that fills tables from files."""
    leaves_tables: bool = False
    """Whether the archive has tables that it does not look up."""

    @property
    def names(self) -> frozenset[str]:
        """The names of the ops."""
        return frozenset(op.name for op in self.ops)


@dataclass(frozen=True)
class Built:
    """The result of a build, as far as checks ask for it.

    ``nested_tables`` are the endpoints in which a build found nested lookup tables; ``graphs`` are by the signature's
    key, and only there if a converter is a target; ``refused_by_litert`` has the ops, or the first words of the error,
    for the signatures that its converter refused.
    """

    nested_tables: tuple[str, ...] = ()
    graphs: Mapping[str, BuiltGraph] = field(default_factory=dict)
    refused_by_litert: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
