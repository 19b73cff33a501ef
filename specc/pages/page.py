"""The HTML page of a contract: one file, which loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from specc.pages.archive_parts import op_tables, variable_map, variable_rows
from specc.pages.changes import PlacedChanges
from specc.pages.endpoints import EndpointData
from specc.pages.interned import Strings, json_in_html
from specc.pages.parts import changes_part, graph_part, header, navigation, text, variables_part
from specc.pages.subject import Against, Subject

_HERE = Path(__file__).parent


def page(subject: Subject, against: Against | None = None, endpoints: Collection[str] = (), *, server: str = "") -> str:
    """The page of ``subject`` as text of HTML, with only these ``endpoints`` if there are any.

    A ``server`` is the URL of a mock, whose own page it is: requests can be sent from it. Without one, it has no code
    that could send any.
    """
    shown = Strings()
    changes = PlacedChanges(against.changes, against.document) if against is not None else PlacedChanges()
    document, contents = subject.document, subject.contents
    names = sorted(endpoints or document.endpoints, key=lambda name: (name != document.default, name))
    removed = [] if endpoints else changes.removed(document)
    drawn = EndpointData(subject, shown, changes, server)
    data: dict[str, Any] = {
        "endpoints": [drawn.row(name) for name in (*names, *removed)],
        "dims": drawn.dims(),
        "changes": changes.rows(shown),
        "variables": variable_rows(contents, shown) if contents is not None else [],
        **(op_tables(contents, names, shown) if contents is not None else {}),
    }
    parts = [changes_part(against) if against is not None else "", _ENDPOINTS]
    if contents is not None:
        parts += [variables_part(contents, variable_map(data["variables"], shown)), graph_part(contents, names)]
    side = navigation(subject, against, names, removed, changes)
    data["strings"] = shown.texts
    style = "\n".join(_source(name) for name in (_STYLES if server else _STYLES[:1]))
    script = "\n".join(_source(f"script/{name}") for name in (_SCRIPTS if server else _SCRIPTS[:-1]))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(style, script, can_send=server != "")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(subject.title)}: contract {subject.contract_digest[:12]}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<div class="page">
{header(subject, against)}
{side}
<main id="content" tabindex="-1">
{"".join(parts)}
</main>
</div>
<div id="status" class="hidden-text" role="status"></div>
<script id="data" type="application/json">{json_in_html(data)}</script>
<script>{script}</script>
</body>
</html>
"""


_STYLES = ("page.css", "try_it.css")
_SCRIPTS = ("elements.js", "endpoints.js", "archive.js", "page.js", "try_it.js")
"""The parts of the one style and the one script, in their order; the last is for a page that can send requests."""
_ENDPOINTS = """<section id="all-endpoints"><h2>Endpoints</h2>
<noscript><p>The endpoints are drawn by the page's own script, which is turned off here.</p></noscript>
<div id="endpoints"></div></section>
"""


def _source(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _policy(style: str, script: str, *, can_send: bool) -> str:
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in (style, script)]
    connect = "connect-src 'self'; " if can_send else ""
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        f"{connect}base-uri 'none'; form-action 'none'"
    )
