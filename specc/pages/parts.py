"""The parts of the page that are HTML: its header, its navigation, and the frames of the sections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from urllib.parse import quote

from specc.change import SURFACES, Judgement
from specc.diagnostics import counted, printable
from specc.pages.changes import PlacedChanges
from specc.pages.page_words import short_file, size_text
from specc.pages.subject import Against, Subject
from specc.pages.words import badges, notable_text, one_line, remarkable_ops
from specc.reader.contents import Contents
from specc.reader.endpoint_ops import NotableOp
from specc.report.diff_summary import breaks

_SURFACES = {"wire": "gRPC and Sessions", "rest": "TensorFlow Serving's REST", "python": "the revived object"}
_MARKS: dict[Judgement, str] = {"breaking": "✕ breaking", "warning": "! warning", "safe": "✓ safe"}
_STATES = {"+": "added", "-": "removed", "~": "changed"}
_LISTED = 5
"""How many endpoints that run an op are named."""
_LEGEND = '<span class="legend"><i class="trainable"></i>trainable<i class="fixed"></i>not trainable</span>'


def text(value: str) -> str:
    """``value`` as text in HTML."""
    return escape(printable(value))


def header(subject: Subject, against: Against | None) -> str:
    """The header: the name, what changed, and the facts."""
    document = subject.document
    lead = f'<p class="lead">{text(document.description)}</p>' if document.description else ""
    facts = "".join(f"<div><dt>{word}</dt><dd>{value}</dd></div>" for word, value in _facts(subject))
    kind = "Spec" if subject.inspection is None else "Archive"
    notes = "".join(f"<li>{text(note)}</li>" for note in _notes(subject))
    notes = f'<ul class="notes">{notes}</ul>' if notes else ""
    return f"""<header class="top">
<div class="masthead">
<div><p class="kind">{kind} <code>{text(short_file(subject.file))}</code></p><h1>{text(subject.title)}</h1></div>
<fieldset class="theme"><legend class="hidden-text">Colours</legend>
<input type="radio" name="theme" id="theme-system" checked><label for="theme-system">System</label>
<input type="radio" name="theme" id="theme-light"><label for="theme-light">Light</label>
<input type="radio" name="theme" id="theme-dark"><label for="theme-dark">Dark</label>
</fieldset>
</div>
{lead}
{_verdict(against) if against is not None else ""}
<dl class="facts">{facts}</dl>
{notes}
</header>"""


def _facts(subject: Subject) -> Iterator[tuple[str, str]]:
    document, contents, digest = subject.document, subject.contents, subject.contract_digest
    copy = (
        f'<button class="copy" type="button" data-copy="{digest}" aria-label="Copy the contract digest">Copy</button>'
    )
    yield "Contract", f'<code title="{digest}">{digest[:12]}</code>{copy}'
    yield "Default", f"<code>{text(document.default)}</code>" if document.default else "none"
    yield "Endpoints", f"{len(document.endpoints):,}"
    if contents is None:
        return
    variables = contents.variables
    if variables is not None:
        yield "Variables", f"{len(variables):,} <small>{size_text(sum(each.bytes for each in variables))}</small>"
    if contents.assets:
        yield "Assets", f"{len(contents.assets):,}"
    yield "On disk", f'<span title="{contents.bytes:,} bytes">{size_text(contents.bytes)}</span>'
    if contents.tensorflow_version:
        yield "Built with", f"TensorFlow {text(contents.tensorflow_version)}"
    yield "Tags", ", ".join(f"<code>{text(tag)}</code>" for tag in contents.tags) or "none"


def _notes(subject: Subject) -> Iterator[str]:
    if not subject.has_contract:
        yield "The archive has no contract: this is read from its graph, and ? means that a size is not known."
    yield from subject.notes
    if subject.inspection is not None:
        for name, reason in subject.inspection.left_out.items():
            yield f"The archive was built without {name}: {reason}"
    yield from map(str, subject.findings)


def _verdict(against: Against) -> str:
    """The judgement of all changes on each surface, first of all in words."""
    surfaces = "".join(
        f'<li class="{against.verdict[surface]}"><b>{surface}</b><span>{_MARKS[against.verdict[surface]]}</span>'
        f"<small>{_SURFACES[surface]}</small></li>"
        for surface in SURFACES
    )
    words = breaks(against.verdict)
    return f"""<div class="verdict"><p><b>{words[0].upper()}{words[1:]}</b>
<span>{counted(len(against.changes), "change")} since <code>{text(short_file(against.file))}</code></span></p>
<ul>{surfaces}</ul></div>"""


def navigation(
    subject: Subject, against: Against | None, names: Sequence[str], removed: Sequence[str], changes: PlacedChanges
) -> str:
    """The filter, the list of endpoints, and links to the other sections."""
    items = "".join(
        _item(subject if name in subject.document.endpoints else against, name, changes.state(name))
        for name in (*names, *removed)
    )
    links = "".join(
        f'<li><a class="plain" href="#{place}"><i>{count}</i>{word}</a></li>'
        for place, word, count in _sections(subject, against)
    )
    return f"""<div class="side">
<div class="find" role="search">
<label class="hidden-text" for="filter">Filter by endpoint, wire name or variable</label>
<input id="filter" type="search" placeholder="Endpoint, wire name, variable" autocomplete="off" spellcheck="false">
<kbd aria-hidden="true">/</kbd></div>
<nav aria-label="Contents">
<div class="names"><h2>Endpoints <span id="count">{len(names) + len(removed):,}</span></h2>
<ul>{items}</ul>
<p class="none" id="nothing" hidden>No endpoint matches.</p></div>
{f'<ul class="rest">{links}</ul>' if links else ""}</nav>
</div>"""


def _sections(subject: Subject, against: Against | None) -> Iterator[tuple[str, str, str]]:
    contents = subject.contents
    if against is not None:
        yield "changes", "Changes", f"{len(against.changes):,}"
    if contents is not None:
        yield "variables", "Variables", "?" if contents.variables is None else f"{len(contents.variables):,}"
        if contents.assets:
            yield "assets", "Assets", f"{len(contents.assets):,}"
        yield "graph", "Graph", f"{sum(contents.ops.values()):,}"


def _item(side: Subject | Against | None, name: str, state: str) -> str:
    assert side is not None
    document = side.document
    marks = "".join(f"<i>{text(badge)}</i>" for badge in badges(document, name))
    sign = f'<i class="sign">{_STATES[state]}</i>' if state else ""
    href = quote(f"endpoint-{printable(name)}", safe="")
    line = text(one_line(document.endpoints[name]))
    return f'<li><a href="#{href}">{sign}{marks}<b>{text(name)}</b><span>{line}</span></a></li>'


def changes_part(against: Against) -> str:
    """The frame of the changes."""
    count = f"<small>since {text(short_file(against.file))}</small>"
    none = "" if against.changes else "<p>Nothing has changed.</p>"
    return f'<section id="changes"><h2>Changes {count}</h2>{none}<ul id="change-list"></ul></section>\n'


def variables_part(contents: Contents, svg: str) -> str:
    """The frame of the variables, with their map, and the assets."""
    variables, assets = contents.variables, contents.assets
    if variables is None:
        part = "<p>The checkpoint cannot be read.</p>"
    elif not variables:
        part = "<p>There are none.</p>"
    else:
        part = f"""<div class="map">{svg}<p aria-hidden="true"><span id="map-caption"></span>{_LEGEND}</p></div>
{_stored_twice(contents)}<div id="variable-table"></div>"""
    count = (
        "" if variables is None else f"<small>{len(variables):,}, {size_text(sum(v.bytes for v in variables))}</small>"
    )
    files = "".join(
        f"<tr><th scope=row>{text(asset.name)}</th>"
        f"<td>{text(asset.problem) if asset.bytes is None else size_text(asset.bytes)}</td></tr>"
        for asset in assets
    )
    table = "<thead><tr><th scope=col>file</th><th scope=col>size</th></tr></thead>"
    listed = f'<section id="assets"><h2>Assets</h2><table class="list">{table}<tbody>{files}</tbody></table></section>'
    return f'<section id="variables"><h2>Variables {count}</h2>{part}</section>\n{listed if assets else ""}'


def _stored_twice(contents: Contents) -> str:
    twice = [each for each in contents.variables or () if each.repeats]
    if not twice:
        return ""
    size = size_text(sum(each.bytes for each in twice))
    return (
        f'<p class="remark">{counted(len(twice), "variable")}, {size}, stored twice: no function uses the second.</p>'
    )


def graph_part(contents: Contents, names: Sequence[str]) -> str:
    """The frame of the ops, with what is remarkable among them."""
    count = f"<small>{sum(contents.ops.values()):,} nodes, {counted(len(contents.ops), 'op')}</small>"
    notable = "".join(f"<li>{_notable(each)}</li>" for each in remarkable_ops(contents))
    listed = f'<ul class="notable">{notable}</ul>' if notable else ""
    options = "".join(f"<option>{text(name)}</option>" for name in names if name in contents.endpoint_ops)
    return f"""<section id="graph"><h2>Graph {count}</h2>
{listed}
<p class="choose"><label for="graph-of">Nodes by op in</label>
<select id="graph-of"><option>the whole archive</option>{options}</select></p>
<div id="ops"></div></section>
"""


def _notable(op: NotableOp) -> str:
    names = [f"<code>{text(name)}</code>" for name in op.endpoints[:_LISTED]]
    names += [f"{len(op.endpoints) - _LISTED:,} more"] if len(op.endpoints) > _LISTED else []
    where = ", ".join(names)
    name = f"<code>{text(op.op)}</code> " if op.op else ""
    count = f"{counted(op.count, 'node')}, {f'in {where}' if where else 'when the archive is loaded'}"
    return f"{name}{text(notable_text(op))} <small>{count}</small>"
