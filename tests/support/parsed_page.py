"""The page of a contract, read: its elements, its style and scripts, and its data."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser
from typing import Any


class ParsedPage(HTMLParser):
    """The elements of a page, and the text of its style and of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inner: dict[str, list[str]] = {}
        self.text = ""
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = "data" if ("id", "data") in attrs and tag == "script" else tag
        if tag in ("style", "script"):
            self.inner.setdefault(self._open, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in self.inner and self._open in ("style", "script", "data"):
            self.inner[self._open][-1] += data
        else:
            self.text += data


def page_data(text: str) -> dict[str, Any]:
    """The data of a page, which its script draws."""
    (found,) = ParsedPage(text).inner["data"]
    data: dict[str, Any] = json.loads(found)
    return data


def policy_of(page: ParsedPage) -> dict[str, str]:
    """The content security policy of a page, by directive."""
    (policy,) = [attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes]
    assert policy is not None
    return dict(each.split(" ", 1) for each in policy.split("; "))


def sha256(text: str) -> str:
    """The hash of a style or a script, as a policy states it."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
