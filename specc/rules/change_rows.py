"""The table of the rules about changes: for each its direction, its judgement on each surface, and its mirror."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from specc.rules.table import ChangeRule

Direction: TypeAlias = Literal["request", "meaning", "answer", "either"]
"""What a change is about: whether a request is accepted, what it means, which answers it has, or any of these."""

UNSEEN = "not visible"
"""For a surface on which a change cannot be seen."""


class Row(NamedTuple):
    """One rule: its judgement on each surface, as short text, and the rule of the same change backwards."""

    direction: Direction
    wire: str
    rest: str
    python: str
    mirror: ChangeRule


_BREAKING, _WARNING, _SAFE = "breaking", "warning", "safe"
_IF_OPTIONAL = "breaking; warning if it was optional"
_WITH_DEFAULT = "safe with a default, else breaking"
_IF_LEFT_OUT = "breaking if it could be left out, else safe"


def _everywhere(direction: Direction, judgement: str, mirror: ChangeRule) -> Row:
    return Row(direction, judgement, judgement, judgement, mirror)


def _for_servers(direction: Direction, judgement: str, mirror: ChangeRule) -> Row:
    """The row of a rule that is not visible in Python."""
    return Row(direction, judgement, judgement, UNSEEN, mirror)


def _on_wire(direction: Direction, judgement: str, mirror: ChangeRule) -> Row:
    return Row(direction, judgement, UNSEEN, UNSEEN, mirror)


def _in_python(direction: Direction, judgement: str, mirror: ChangeRule) -> Row:
    return Row(direction, UNSEEN, UNSEEN, judgement, mirror)


def _in_rest(direction: Direction, judgement: str, mirror: ChangeRule) -> Row:
    return Row(direction, UNSEEN, judgement, UNSEEN, mirror)


ROWS: dict[ChangeRule, Row] = {
    # Endpoints and the archive.
    "endpoint-removed": _everywhere("request", _IF_OPTIONAL, "endpoint-added"),
    "endpoint-added": _everywhere("request", _SAFE, "endpoint-removed"),
    "endpoint-made-optional": _everywhere("request", _BREAKING, "endpoint-made-required"),
    "endpoint-made-required": _everywhere("request", _SAFE, "endpoint-made-optional"),
    "default-endpoint-removed": _for_servers("request", _BREAKING, "default-endpoint-added"),
    "default-endpoint-added": _for_servers("request", _SAFE, "default-endpoint-removed"),
    "default-endpoint-switched": _for_servers("meaning", _BREAKING, "default-endpoint-switched"),
    "method-changed": Row("request", _BREAKING, "breaking if servers served it, else safe", UNSEEN, "method-changed"),
    "tags-changed": _for_servers("request", _BREAKING, "tags-changed"),
    "signature-dropped": _on_wire("request", _BREAKING, "signature-published"),
    "signature-published": _on_wire("request", _SAFE, "signature-dropped"),
    "saver-dropped": _for_servers("request", _BREAKING, "saver-kept"),
    "saver-kept": _for_servers("request", _SAFE, "saver-dropped"),
    "gradients-dropped": _in_python("answer", _BREAKING, "gradients-kept"),
    "gradients-kept": _in_python("answer", _SAFE, "gradients-dropped"),
    "pure-dropped": _everywhere("answer", _BREAKING, "pure-promised"),
    "pure-promised": _everywhere("answer", _SAFE, "pure-dropped"),
    "rowwise-dropped": _everywhere("answer", _BREAKING, "rowwise-promised"),
    "rowwise-promised": _everywhere("answer", _SAFE, "rowwise-dropped"),
    "computation-changed": _everywhere("answer", _WARNING, "computation-changed"),
    "platform-removed": _everywhere("request", _WARNING, "platform-added"),
    "platform-added": _everywhere("request", _SAFE, "platform-removed"),
    "function-alias-removed": _on_wire(
        "request", "breaking; warning if its endpoint was optional and is gone", "function-alias-added"
    ),
    "function-alias-added": _on_wire("request", _SAFE, "function-alias-removed"),
    "not-stated": _everywhere("either", _WARNING, "not-stated"),
    # Inputs.
    "input-removed": _everywhere("request", _BREAKING, "input-added"),
    "input-added": Row("request", _WITH_DEFAULT, _BREAKING, _BREAKING, "input-removed"),
    "input-renamed": _for_servers("request", _BREAKING, "input-renamed"),
    "input-structure-changed": _in_python("request", _BREAKING, "input-structure-changed"),
    "namedtuple-renamed": _in_python("either", _WARNING, "namedtuple-renamed"),
    "input-kind-changed": _everywhere("request", _BREAKING, "input-kind-changed"),
    "input-dtype-changed": _everywhere("request", _BREAKING, "input-dtype-changed"),
    "input-rank-changed": _everywhere("request", _BREAKING, "input-rank-changed"),
    "input-rank-freed": _everywhere("request", _SAFE, "input-rank-changed"),
    "input-size-changed": _everywhere("request", _BREAKING, "input-size-changed"),
    "input-narrowed": _everywhere("request", _BREAKING, "input-widened"),
    "input-widened": _everywhere("request", _SAFE, "input-narrowed"),
    "dim-narrowed": _everywhere("request", _BREAKING, "dim-widened"),
    "dim-widened": _everywhere("request", _SAFE, "dim-narrowed"),
    "inputs-tied": _everywhere("request", _BREAKING, "inputs-untied"),
    "inputs-untied": _everywhere("request", _SAFE, "inputs-tied"),
    "input-range-narrowed": _everywhere("request", _BREAKING, "input-range-widened"),
    "input-range-widened": _everywhere("request", _SAFE, "input-range-narrowed"),
    "input-made-required": Row("request", _BREAKING, _SAFE, _IF_LEFT_OUT, "input-made-optional"),
    "input-made-optional": _everywhere("request", _SAFE, "input-made-required"),
    "input-default-changed": Row("meaning", _BREAKING, _SAFE, _IF_LEFT_OUT, "input-default-changed"),
    "argument-renamed": _in_python("request", _BREAKING, "argument-renamed"),
    "argument-moved": Row("request", _WARNING, _WARNING, _BREAKING, "argument-moved"),
    "argument-added": Row(
        "request",
        "safe with defaults throughout, else breaking",
        _BREAKING,
        "safe at the end with defaults throughout, else breaking",
        "argument-removed",
    ),
    "argument-removed": _everywhere("request", _BREAKING, "argument-added"),
    "crossed-names": _everywhere("meaning", _WARNING, "crossed-names"),
    # Outputs.
    "output-removed": _everywhere("answer", _BREAKING, "output-added"),
    "output-added": Row("answer", _SAFE, _SAFE, "safe in a dict, else breaking", "output-removed"),
    "rest-format-changed": _in_rest("answer", _BREAKING, "rest-format-changed"),
    "rest-rows-lost": _in_rest("answer", _BREAKING, "rest-rows-gained"),
    "rest-rows-gained": _in_rest("answer", _SAFE, "rest-rows-lost"),
    "output-renamed": Row(
        "answer", _BREAKING, "breaking; safe if it is the only one, not over `_bytes`", UNSEEN, "output-renamed"
    ),
    "output-structure-changed": _in_python("answer", _BREAKING, "output-structure-changed"),
    "output-kind-changed": _everywhere("answer", _BREAKING, "output-kind-changed"),
    "output-dtype-changed": _everywhere("answer", _BREAKING, "output-dtype-changed"),
    "output-rank-changed": _everywhere("answer", _BREAKING, "output-rank-changed"),
    "output-rank-freed": _everywhere("answer", _BREAKING, "output-rank-fixed"),
    "output-rank-fixed": _everywhere("answer", _SAFE, "output-rank-freed"),
    "output-size-changed": _everywhere("answer", _BREAKING, "output-size-changed"),
    "output-widened": _everywhere("answer", _BREAKING, "output-narrowed"),
    "output-narrowed": _everywhere("answer", _SAFE, "output-widened"),
    "outputs-untied": _everywhere("answer", _BREAKING, "outputs-tied"),
    "outputs-tied": _everywhere("answer", _SAFE, "outputs-untied"),
    "output-range-widened": _everywhere("answer", _BREAKING, "output-range-narrowed"),
    "output-range-narrowed": _everywhere("answer", _SAFE, "output-range-widened"),
    # Receivers.
    "receiver-removed": _for_servers("request", _BREAKING, "receiver-added"),
    "receiver-added": _for_servers("request", _SAFE, "receiver-removed"),
    "receiver-kind-changed": _for_servers("request", _BREAKING, "receiver-kind-changed"),
    "plain-receiver-changed": _for_servers("request", _BREAKING, "plain-receiver-changed"),
    "feature-key-changed": _for_servers("request", _BREAKING, "feature-key-changed"),
    "feature-kind-changed": _for_servers("request", _BREAKING, "feature-kind-changed"),
    "feature-made-required": _for_servers("request", _BREAKING, "feature-made-optional"),
    "feature-made-optional": _for_servers("request", _SAFE, "feature-made-required"),
    "feature-default-changed": _for_servers("meaning", _BREAKING, "feature-default-changed"),
    # Collections.
    "collection-removed": _in_python("answer", _BREAKING, "collection-added"),
    "collection-added": _in_python("answer", _SAFE, "collection-removed"),
    "member-removed": _in_python("answer", _BREAKING, "member-added"),
    "member-added": _in_python("answer", _SAFE, "member-removed"),
    "member-dtype-changed": _in_python("answer", _BREAKING, "member-dtype-changed"),
    "member-shape-changed": _in_python("answer", _BREAKING, "member-shape-changed"),
    "member-shape-narrowed": _in_python("answer", _SAFE, "member-shape-changed"),
    "collection-selection-changed": _in_python("answer", _WARNING, "collection-selection-changed"),
    "collection-unpinned": _in_python("answer", _WARNING, "collection-pinned"),
    "collection-pinned": _in_python("answer", _SAFE, "collection-unpinned"),
}
"""A mirror that is nothing but safe is listed after its rule."""
