"""Every rule id that specc can report, collected from where its source makes findings."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import specc
from specc.language.document import Target

SPEC_STAGES = ("language", "loaders")
"""The packages whose findings are about a spec alone, and hold for every document."""
ALL_STAGES = (*SPEC_STAGES, "checks", "archive", "reader", "cli")

_MAKERS = {
    *("Diagnostic", "finding", "problem", "spelled", "_find", "_of_name", "_refusal"),
    *("Check", "make", "type_error", "value_error", "resolve_attribute", "run_user_code"),
}
"""Whatever makes a finding, or is told the rule of one that it may make."""


def rules_in_source(*stages: str) -> set[str]:
    """The first words that look like an id in every call that makes a finding, and every constant called ``RULE``."""
    rules: set[str] = set()
    for stage in stages:
        for path in sorted((Path(specc.__file__).parent / stage).glob("**/*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                rules |= {word for word in _words(node) if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", word)}
    return rules - set(get_args(Target))  # a check names its target beside its rule


def _words(node: ast.AST) -> set[str]:
    match node:
        case ast.Call() if _name(node.func) in _MAKERS:
            values = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "rule")]
        case ast.Assign(targets=[ast.Name(id="RULE")]):
            values = [node.value]
        case _:
            values = []
    return {value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)}


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
