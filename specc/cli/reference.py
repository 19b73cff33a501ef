"""The generated parts of the documentation: ``python -m specc.cli.reference docs`` writes them into its pages.

A part is the text between ``<!-- generated: NAME -->`` and ``<!-- end -->``. The commands come from their parsers,
the keys from the models of the language, the checks from the table of rules and their pages.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from specc.cli import COMMANDS
from specc.cli.findings import add_options
from specc.language.document import Dim, Document, Endpoint, Selection
from specc.language.examples import Example
from specc.language.json_schema.schema import document_schema
from specc.language.receivers import Feature, Receiver
from specc.language.save_options import SaveOptions
from specc.language.signatures import DEFAULT_KEYS, TAGS
from specc.language.tolerance import OutputTolerance, Tolerance
from specc.language.trees import Dict, List, NamedTuple, Ragged, Sparse, Tensor, Tuple
from specc.rules import RULES, Rule, rule_summary
from specc.rules.reference import changes_table

_GENERATED_PART = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)

_WIDTH = 100
"""Of a synopsis, in characters."""

_MODELS: dict[str, tuple[type[BaseModel], ...]] = {
    "document": (Document,),
    "dim": (Dim,),
    "endpoint": (Endpoint,),
    "tensor": (Tensor,),
    "ragged": (Ragged,),
    "sparse": (Sparse,),
    "containers": (List, Tuple, NamedTuple, Dict),
    "receiver": (Receiver,),
    "feature": (Feature,),
    "example": (Example,),
    "tolerance": (Tolerance,),
    "tolerance of an output": (OutputTolerance,),
    "selection": (Selection,),
    "save_options": (SaveOptions,),
}


def parts() -> dict[str, Callable[[], str]]:
    """The function that makes each generated part, by name."""
    makers: dict[str, Callable[[], str]] = {
        "commands": _commands_table,
        "options for findings": lambda: _options_table(_actions_of_findings()),
        "modes": _modes_table,
        "rules of diff": changes_table,
        "checks": lambda: _checks_table(rule for rule in _check_rules() if rule.target is None),
        "checks of targets": lambda: _checks_table(rule for rule in _check_rules() if rule.target is not None),
    }
    makers |= {f"command {name}": partial(_command_section, name) for name in COMMANDS}
    return makers | {f"keys of {name}": partial(_keys_table, name) for name in _MODELS}


def fill(page: str) -> str:
    """``page`` with current generated parts; raises KeyError for an unknown part."""
    makers = parts()
    return _GENERATED_PART.sub(lambda match: f"{match[1]}\n{makers[match[2]]()}\n{match[3]}", page)


def _commands_table() -> str:
    rows = [(f"[`specc {name}`](#specc-{name})", _escape_cell(text)) for name, text in COMMANDS.items()]
    return _markdown_table(("command", "does"), rows)


def _command_section(name: str) -> str:
    """The synopsis of a command and its arguments; the options that all share are described once, elsewhere."""
    parser = argparse.ArgumentParser(add_help=False)
    importlib.import_module(f"specc.cli.{name}").configure(parser)
    shared = {action.dest for action in _actions_of_findings()}
    own = [action for action in parser._actions if action.dest not in shared]
    synopsis = _wrapped(("specc", name, *_synopsis(parser, own)))
    text = f"```text\n{synopsis}\n```\n\n{_options_table(own)}"
    if len(own) < len(parser._actions):
        text += "\nIt takes the [options for findings](#options-for-findings) too.\n"
    return text


def _actions_of_findings() -> list[argparse.Action]:
    parser = argparse.ArgumentParser(add_help=False)
    add_options(parser)
    return parser._actions


# argparse has no public list of the arguments of a parser, nor of its groups; usage() depends on the version of Python.
def _synopsis(parser: argparse.ArgumentParser, actions: Sequence[argparse.Action]) -> Iterable[str]:
    """Positional arguments first, then options, with those that exclude each other together."""
    grouped: set[argparse.Action] = set()
    yield from (_spelling(action) for action in actions if not action.option_strings)
    for action in actions:
        if not action.option_strings or action in grouped:
            continue
        group = next((each for each in parser._mutually_exclusive_groups if action in each._group_actions), None)
        members = [action] if group is None else group._group_actions
        grouped.update(members)
        choice = " | ".join(map(_spelling, members))
        required = action.required if group is None else group.required
        yield choice if required and len(members) == 1 else f"({choice})" if required else f"[{choice}]"


def _wrapped(words: Iterable[str]) -> str:
    """The words wrapped into lines; a word such as ``[--out DIR]`` is not broken."""
    first, *rest = words
    lines = [first]
    for word in rest:
        if len(lines[-1]) + len(word) < _WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(f"    {word}")
    return "\n".join(lines)


def _spelling(action: argparse.Action) -> str:
    """How an argument is written: ``FILE...``, ``[RULE]`` or ``--out DIR``."""
    choices = "" if action.choices is None else "|".join(map(str, action.choices))
    value = str(action.metavar or choices or action.dest.upper())
    if not action.option_strings and "[" in value:  # several words, which say themselves which may be left out
        return value
    if not action.option_strings:
        plural = f"{value}..." if action.nargs in ("+", "*") else value
        return f"[{plural}]" if action.nargs in ("?", "*") else plural
    option = action.option_strings[0]
    if action.nargs == "?":
        value = f"[{value}]"
    return option if action.nargs == 0 else f"{option} {value}"


def _options_table(actions: Iterable[argparse.Action]) -> str:
    return _markdown_table(
        ("argument", "means"), [(_argument_text(action), _escape_cell(str(action.help))) for action in actions]
    )


def _argument_text(action: argparse.Action) -> str:
    others = "".join(f", `{option}`" for option in action.option_strings[1:])
    return _in_backticks(_spelling(action)) + others


def _keys_table(name: str) -> str:
    """A table of the keys of a model, with their descriptions as editors show them."""
    schema = document_schema()
    rows = []
    for model in _MODELS[name]:
        properties = (schema if model is Document else schema["$defs"][model.__name__])["properties"]
        for field, info in model.model_fields.items():
            key = info.alias or field
            if key == "kind" and model is not Receiver:
                continue
            default = "required" if info.is_required() else _default_text(properties[key])
            kind = (_in_backticks(model.model_fields["kind"].default),) if len(_MODELS[name]) > 1 else ()
            rows.append((*kind, _in_backticks(key), default, _escape_cell(properties[key]["description"])))
    return _markdown_table((*(("kind",) if len(_MODELS[name]) > 1 else ()), "key", "default", "meaning"), rows)


def _default_text(field: dict[str, Any]) -> str:
    return _in_backticks(json.dumps(field["default"])) if "default" in field else ""


def _modes_table() -> str:
    rows = [(_in_backticks(mode), _in_backticks(tag), _in_backticks(DEFAULT_KEYS[mode])) for mode, tag in TAGS.items()]
    return _markdown_table(("mode", "tag", "key of the default"), rows)


def _check_rules() -> list[Rule]:
    return [rule for rule in RULES.values() if rule.stage == "check"]


def _checks_table(checks: Iterable[Rule]) -> str:
    """The checks with their levels, sorted by target and id; each leads to its page."""
    rows = [
        (
            _in_backticks(rule.target) if rule.target else rule.level,
            f"[{rule.id}](rules.md#{rule.id})",
            rule_summary(rule.id),
        )
        for rule in sorted(checks, key=lambda rule: (rule.target or "", rule.id))
    ]
    is_of_target = rows[0][0].startswith("`")
    return _markdown_table(("target" if is_of_target else "level", "check", "summary"), rows)


def _in_backticks(text: str) -> str:
    return "`" + text.replace("|", r"\|") + "`"


def _escape_cell(text: str) -> str:
    """Text escaped for a table cell, where ``<integer>`` would be taken for HTML."""
    return text.replace("|", r"\|").replace("<", "&lt;")


def _markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main(directory: Path) -> None:
    """Writes the generated parts into the pages of ``directory``, where they changed."""
    for page in sorted(directory.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if fill(text) != text:
            page.write_text(fill(text), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
