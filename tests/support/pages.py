"""The pages of the documentation: README and what is in docs, with their code blocks and their links.

An HTML comment before a block, which GitHub does not show, says how the block is tested:

- ``<!-- test: file NAME -->``: the page's directory has it as the file NAME;
- ``<!-- test: wrong file NAME -->``: the same, for a spec that has findings;
- ``<!-- test: part of WHOLE -->``: a fragment of JSON, which :func:`page_runs.whole` completes;
- ``<!-- test: exit N -->``: the last command of the block ends with exit code N;
- ``<!-- test: not run: REASON -->``.

``<!-- test: after PAGE -->``, before any block, starts a page with the files of another one.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^ *(?:```|~~~)")
_NOTE = re.compile(r"^<!-- test: (.+) -->$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"(`+).*?\1")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$")


@dataclass(frozen=True)
class Block:
    """One fenced block: the line of its first fence, its language, its text, and what the comment before it says."""

    page: str
    line: int
    language: str
    text: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str:
        """The name of the file that the block is, or nothing."""
        return self.said("file") or self.said("wrong file")

    def said(self, word: str) -> str:
        """What the comment says after ``word``, or nothing."""
        return self.note.removeprefix(word).strip() if self.note.startswith(word) else ""


@dataclass(frozen=True)
class Page:
    """One page, by its path from the root of the repository."""

    name: str

    @property
    def path(self) -> Path:
        return ROOT / self.name

    @cached_property
    def lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()

    @cached_property
    def blocks(self) -> list[Block]:
        found, opened, inside, note = [], 0, False, ""
        for number, line in enumerate(self.lines, start=1):
            if _FENCE.match(line):
                inside = not inside
                if inside:
                    opened = number
                else:
                    language = self.lines[opened - 1].strip().strip("`~")
                    text = "".join(f"{each}\n" for each in self.lines[opened : number - 1])
                    found.append(Block(self.name, opened, language, text, note))
                    note = ""
            elif not inside:
                match = _NOTE.match(line)
                note = match[1] if match else note if line == "" else ""
        return found

    @cached_property
    def start(self) -> str:
        """The page whose files this one starts with, or nothing."""
        notes = [match[1] for match in map(_NOTE.match, self.lines) if match]
        return next((note.removeprefix("after ") for note in notes if note.startswith("after ")), "")

    @cached_property
    def prose(self) -> list[str]:
        """The lines outside code blocks."""
        inside, kept = False, []
        for line in self.lines:
            if _FENCE.match(line):
                inside = not inside
            elif not inside:
                kept.append(line)
        return kept

    @cached_property
    def links(self) -> list[str]:
        """The targets of all links, but for those in code."""
        text = _COMMENT.sub("", "\n".join(_CODE.sub("", line) for line in self.prose))
        return _LINK.findall(text)

    @cached_property
    def anchors(self) -> set[str]:
        """The anchors of the headings, as GitHub makes them."""
        found: set[str] = set()
        for match in filter(None, map(_HEADING.match, self.prose)):
            anchor = re.sub(r"[^\w\- ]", "", match[1].lower()).replace(" ", "-")
            numbered = (f"{anchor}-{number}" for number in itertools.count(1))
            found.add(anchor if anchor not in found else next(each for each in numbered if each not in found))
        return found


def pages() -> list[Page]:
    """README, the changelog, and every page in docs."""
    named = ["README.md", "CHANGELOG.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
    return [Page(name) for name in named]
