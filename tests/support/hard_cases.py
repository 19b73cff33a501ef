"""A model and a document whose archive two writers could write differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import specc

VECTOR, MATRIX, TEXT = "float32[batch]", "float32[batch, 4]", "string[batch]"


@dataclass(frozen=True)
class Case:
    """A program with its model; ``calls`` are arguments by endpoint, drawn ones if there are none."""

    program: specc.Program
    model: Any = None
    functions: Mapping[str, Callable[..., Any]] | None = None
    calls: Sequence[Mapping[str, Sequence[Any]]] = ()
    is_stateful: bool = False

    def export(self, path: Path) -> Any:
        return self.program.export(self.model, path, functions=self.functions)


def case(
    endpoints: dict[str, Any],
    functions: Mapping[str, Callable[..., Any]] | None = None,
    model: Any = None,
    said: Mapping[str, Any] | None = None,
    **more: Any,
) -> Case:
    """A case whose first endpoint is the default; an endpoint that ``functions`` has is not looked up in the model."""
    given = {
        name: {**endpoint, **({"function": None} if name in (functions or {}) else {})}
        for name, endpoint in endpoints.items()
    }
    data = {"specc": 1, "dims": {"batch": {}, "time": {}}, "endpoints": given, "default": next(iter(given))}
    return Case(specc.compile(specc.from_json({**data, **(said or {})})), model, functions, **more)
