"""The examples on the pages of the rules: the code blocks under "Bad" and "Good", or "Old" and "New"."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from specc.change import SURFACES, Surface
from specc.compatibility import Comparison, Described
from specc.language.load import loads
from specc.rules import RULES, rule_page

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FROM_A_GRAPH = ", read from a graph"
_VERDICT = re.compile(
    r"Wire: (?P<wire>[a-z ]+)\. REST: (?P<rest>[a-z ]+)\. Python: (?P<python>[a-z ]+)\. "
    r"Mirror: (?P<mirror>itself|`[a-z-]+`)\."
)

CHANGES = sorted(rule.id for rule in RULES.values() if rule.stage == "diff")
"""The rules about two documents; the others are about one."""


class Example(NamedTuple):
    """One example: a spec, the Python or the request beside it, or both; a spec that is not JSON is in a text block."""

    rule: str
    kind: Literal["Bad", "Good"]
    spec: str = ""
    python: str = ""
    request: str = ""

    def __str__(self) -> str:
        return f"{self.rule}-{self.kind}"


class ChangeExample(NamedTuple):
    """The pair of documents on the page of a change, and the page's last line: judgements and mirror."""

    old: str
    new: str
    has_contract: tuple[bool, bool]
    surfaces: dict[Surface, str]
    mirror: str

    def comparison(self, *, is_swapped: bool = False) -> Comparison:
        """The comparison of the pair; swapped, that of NEW with OLD."""
        old, new = (
            Described(loads(text), has_contract)
            for text, has_contract in zip((self.old, self.new), self.has_contract, strict=True)
        )
        return Comparison(new, old) if is_swapped else Comparison(old, new)


def sections(rule: str) -> dict[str, str]:
    """The text under each heading of a page, by the heading; that before the first one by the title."""
    headings = f"(?:Old|New)(?:{_FROM_A_GRAPH})?" if rule in CHANGES else "Bad|Good"
    # Not any heading: a comment in Python looks like one.
    parts = re.split(rf"^#{{1,2}} ({rule}|{headings})$", rule_page(rule), flags=re.MULTILINE)[1:]
    return {heading: text.strip() for heading, text in zip(parts[::2], parts[1::2], strict=True)}


def blocks(text: str) -> list[tuple[str, str]]:
    """The language and the content of each code block in ``text``."""
    return _BLOCK.findall(text)


def examples() -> list[Example]:
    """The examples of all pages about one document; where a page has its Python once, it is that of both."""
    found = []
    for rule in sorted(set(RULES) - set(CHANGES)):
        written = {kind: dict(blocks(text)) for kind, text in sections(rule).items()}
        shared = next((each["python"] for each in written.values() if "python" in each), "")
        for kind in ("Bad", "Good"):
            parts = written[kind]
            spec = parts.get("json", "") or parts.get("text", "")
            request = ""
            if RULES[rule].stage == "payload":
                (_, spec), (_, request) = blocks(sections(rule)[kind])
            if parts:
                found.append(Example(rule, kind, spec, parts.get("python", shared), request))
    return found


def change_example(rule: str) -> ChangeExample:
    """The example on the page of a change."""
    _, old, new = sections(rule)
    ((_, before),), ((_, after),) = (blocks(sections(rule)[heading]) for heading in (old, new))
    said = _VERDICT.fullmatch(rule_page(rule).splitlines()[-1])
    assert said is not None, f"the last line of {rule}.md is not a verdict"
    return ChangeExample(
        before,
        after,
        has_contract=(not old.endswith(_FROM_A_GRAPH), not new.endswith(_FROM_A_GRAPH)),
        surfaces={surface: said[surface] for surface in SURFACES if said[surface] != "not visible"},
        mirror=rule if said["mirror"] == "itself" else said["mirror"].strip("`"),
    )
