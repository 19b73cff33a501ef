"""Parts of a JSON Schema, made one way wherever they stand: a key that explains itself, an object with closed keys."""

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
    """The text below each attribute of a class. Pydantic can read it too, but then for every start of the program."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(tree, ast.ClassDef)
    docs: dict[str, str] = {}
    for statement, below in itertools.pairwise(tree.body):
        match statement, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                docs[name] = inspect.cleandoc(text)
    return docs


def described(key: str, description: str, examples: list[Any]) -> dict[str, Any]:
    """What the schema of a key says to its reader.

    VS Code offers ``examples`` as values but does not show them, so its hover text holds them a second time.
    """
    return {
        "description": plain(description),
        "markdownDescription": hover_text(key, description, examples),
        "examples": examples,
    }


def closed(keys: Sequence[str], asks: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an object with no other keys than ``keys``; ``asks`` is asked once no key is unknown.

    A key that is misspelt is missing too, and would be two errors.
    """
    return {
        "additionalProperties": False,
        "if": {"propertyNames": {"enum": list(keys), "doNotSuggest": True}},  # an editor knows them from "properties"
        "then": asks,
    }


def plain(text: str) -> str:
    """A docstring for readers who know no markup: without the double backticks that stand around code."""
    return text.replace("``", "")


def hover_text(key: str, description: str, examples: Sequence[Any]) -> str:
    """The Markdown of a key: its description, then each example as it stands in a document."""
    lines = (f"{json.dumps(key)}: {json.dumps(example, ensure_ascii=False)}" for example in examples)
    return "\n".join((_escape(description), "", "```json", *lines, "```"))


def _escape(text: str) -> str:
    """Plain text as Markdown; what stands between two double backticks is code."""
    parts = text.split("``")
    return "".join(f"`{part}`" if i % 2 else re.sub(r"[\\`*_<>\[\]]", r"\\\g<0>", part) for i, part in enumerate(parts))
