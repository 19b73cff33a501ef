"""The examples on the pages of the rules: the code blocks under "Bad" and "Good"."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from specc.rules import RULES, rule_page

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """One example: a spec, the Python beside it, or both; a spec that is not JSON is in a text block."""

    rule: str
    kind: Literal["Bad", "Good"]
    spec: str = ""
    python: str = ""

    def __str__(self) -> str:
        return f"{self.rule}-{self.kind}"


def sections(rule: str) -> dict[str, str]:
    """The text under each heading of a page, by the heading; that before the first one by the title."""
    # Not any heading: a comment in Python looks like one.
    parts = re.split(rf"^#{{1,2}} ({rule}|Bad|Good)$", rule_page(rule), flags=re.MULTILINE)[1:]
    return {heading: text.strip() for heading, text in zip(parts[::2], parts[1::2], strict=True)}


def blocks(text: str) -> list[tuple[str, str]]:
    """The language and the content of each code block in ``text``."""
    return _BLOCK.findall(text)


def examples() -> list[Example]:
    """The examples of all pages; where a page has its Python once, it is that of both."""
    found = []
    for rule in sorted(RULES):
        written = {kind: dict(blocks(text)) for kind, text in sections(rule).items()}
        shared = next((each["python"] for each in written.values() if "python" in each), "")
        for kind in ("Bad", "Good"):
            parts = written[kind]
            spec = parts.get("json", "") or parts.get("text", "")
            if parts:
                found.append(Example(rule, kind, spec, parts.get("python", shared)))
    return found
