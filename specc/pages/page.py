"""The HTML page of a contract: one file, which loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from specc.diagnostics import counted, printable
from specc.pages.data import PageData, badges, json_in_html, one_line

_HERE = Path(__file__).parent


def page(subject: Any, endpoints: tuple[str, ...] = ()) -> str:
    style, script = (_source(name) for name in ("page.css", "page.js"))
    names = [name for name in sorted(subject.document.endpoints) if name in endpoints or not endpoints]
    default = subject.document.default
    names.sort(key=lambda name: (name != default, name))
    data = PageData(subject.document, subject.title).json(names)
    title = _text(f"{subject.title} – contract {subject.contract_digest[:12]}")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the endpoints</a>
<div class="page">
{_header(subject)}
{_side(subject, names)}
<main id="content" tabindex="-1">
<section><h2>Endpoints</h2><div id="endpoints"></div></section>
<noscript><p>The endpoints are drawn by the page's own script, which is turned off here.</p></noscript>
</main>
</div>
<div id="status" class="hidden-text" role="status"></div>
<script id="data" type="application/json">{json_in_html(data)}</script>
<script>{script}</script>
</body>
</html>
"""


def _source(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _text(text: str) -> str:
    return escape(printable(text))


def _header(subject: Any) -> str:
    document = subject.document
    lead = f'<p class="lead">{_text(document.description)}</p>' if document.description else ""
    facts = "".join(f"<div><dt>{word}</dt><dd>{value}</dd></div>" for word, value in _facts(subject))
    return f"""<header class="top">
<div class="masthead">
<div><p class="kind">{'Spec'} <code>{_text(subject.file)}</code></p><h1>{_text(subject.title)}</h1></div>
<fieldset class="theme"><legend class="hidden-text">Colours</legend>
<input type="radio" name="theme" id="theme-system" checked><label for="theme-system">System</label>
<input type="radio" name="theme" id="theme-light"><label for="theme-light">Light</label>
<input type="radio" name="theme" id="theme-dark"><label for="theme-dark">Dark</label>
</fieldset>
</div>
{lead}
<dl class="facts">{facts}</dl>
</header>"""


def _facts(subject: Any) -> Iterator[tuple[str, str]]:
    document = subject.document
    digest = subject.contract_digest
    copy = f'<button class="copy" type="button" data-copy="{digest}" aria-label="Copy the contract digest">Copy</button>'
    yield "Contract", f'<code title="{digest}">{digest[:12]}</code>{copy}'
    yield "Default", f"<code>{_text(document.default)}</code>" if document.default else "none"
    yield "Endpoints", str(len(document.endpoints))


def _side(subject: Any, names: list[str]) -> str:
    items = "\n".join(_item(subject, index, name) for index, name in enumerate(names))
    return f"""<div class="side">
<div class="find"><label class="hidden-text" for="filter">Filter by endpoint, wire name or variable</label>
<input id="filter" type="search" placeholder="Endpoint, wire name, variable" autocomplete="off" spellcheck="false"><kbd>/</kbd></div>
<nav aria-label="Contents"><h2>Endpoints <span>{len(names)}</span></h2>
<ul>
{items}
</ul>
<p class="none" id="nothing" hidden>Nothing matches.</p></nav>
</div>"""


def _item(subject: Any, index: int, name: str) -> str:
    endpoint = subject.document.endpoints[name]
    marks = "".join(f"<i>{_text(badge)}</i>" for badge in badges(subject.document, name))
    href = quote(f"endpoint-{printable(name)}", safe="")
    line = _text(one_line(endpoint))
    return f'<li><a href="#{href}" data-endpoint="{index}">{marks}<b>{_text(name)}</b><span>{line}</span></a></li>'
