"""Helpers for parts of a JSON Schema: the description of a key, and an object with a fixed set of keys."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import re
import textwrap
from collections.abc import Sequence
from typing import Any


def attribute_docs(model: type) -> dict[str, str]:
    """The docstring below each attribute of a class. Pydantic can read it too, but would do so on every start."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(tree, ast.ClassDef)
    docs: dict[str, str] = {}
    for statement, below in itertools.pairwise(tree.body):
        match statement, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                docs[name] = inspect.cleandoc(text)
    return docs


def described(key: str, description: str, examples: list[Any]) -> dict[str, Any]:
    """The description and examples of a key in the schema.

    VS Code offers ``examples`` as values but does not show them, so the hover text repeats them.
    """
    return {
        "description": plain(description),
        "markdownDescription": hover_text(key, description, examples),
        "examples": examples,
    }


def closed(keys: Sequence[str], requirements: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an object with only these ``keys``; ``requirements`` apply only if no key is unknown.

    A misspelt key is missing too, and would be two errors.
    """
    return {
        "additionalProperties": False,
        "if": {"propertyNames": {"enum": list(keys), "doNotSuggest": True}},  # an editor knows them from "properties"
        "then": requirements,
    }


def plain(text: str) -> str:
    """A docstring as plain text, without the double backticks around code."""
    return text.replace("``", "")


def hover_text(key: str, description: str, examples: Sequence[Any]) -> str:
    """The Markdown of a key: its description, then each example as it is written in a document."""
    lines = (f"{json.dumps(key)}: {json.dumps(example, ensure_ascii=False)}" for example in examples)
    return "\n".join((_escape_markdown(description), "", "```json", *lines, "```"))


def _escape_markdown(text: str) -> str:
    """Plain text as Markdown; text between double backticks is code."""
    parts = text.split("``")
    return "".join(f"`{part}`" if i % 2 else re.sub(r"[\\`*_<>\[\]]", r"\\\g<0>", part) for i, part in enumerate(parts))
