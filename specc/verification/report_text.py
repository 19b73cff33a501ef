"""The text report of a verification: a table of the endpoints, then the findings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from specc.diagnostics import Diagnostic, printable, short_path
from specc.report.text import table
from specc.run_finding import EndpointReport, RunFinding
from specc.verification.subject import WAYS

if TYPE_CHECKING:
    from specc.verification.result import Verification

_HEADER = ("endpoint", "calls", *WAYS, "p50 ms", "p90 ms", "p99 ms", "largest difference")


def verification_text(verification: Verification, shown: Sequence[Diagnostic]) -> str:
    """The report of ``verification``, with the findings that are ``shown``."""
    parts = [_title(verification)]
    if verification.endpoints:
        parts.append(table(_HEADER, (row for endpoint in verification.endpoints for row in _rows(endpoint))))
    parts += [f"note: {printable(note)}\n" for note in verification.all_notes]
    for finding in shown:
        parts.append("\n" + "".join(f"{line}\n" for line in _finding_lines(verification.archive, finding)))
    return "".join(parts) + f"{verification.summary}\n"


def _title(verification: Verification) -> str:
    said = [f"contract {verification.contract[:12]}"] if verification.contract else []
    said.append(f"{verification.size:,} bytes")
    if verification.tensorflow:
        said += [f"TensorFlow {verification.tensorflow}", f"seed {verification.seed}"]
    return printable(f"{verification.archive}: {', '.join(said)}") + "\n"


def _rows(endpoint: EndpointReport) -> Iterator[tuple[str, ...]]:
    latency = endpoint.latency
    times = ("", "", "")
    if latency is not None:
        times = (f"{latency.p50:.1f}", f"{latency.p90:.1f}", f"{latency.p99:.1f}")
    largest = max(endpoint.largest.items(), key=lambda item: item[1], default=None)
    difference = "" if largest is None else f"{largest[0]} {largest[1]:.2g}"
    ways = (endpoint.ways.get(way, "-") for way in WAYS)
    yield (endpoint.name, f"{endpoint.examples}+{endpoint.generated}", *ways, *times, difference)
    for address, count in endpoint.calls.items():
        if address not in WAYS:
            states = ("-", *(endpoint.ways.get(f"{way} {address}", "-") for way in WAYS[1:]))
            yield (f"  {address}", str(count), *states, "", "", "", "")


def _finding_lines(archive: str, finding: Diagnostic) -> Iterator[str]:
    where = "".join(f"{part}: " for part in (archive, short_path(finding.path)) if part)
    yield printable(f"{where}{finding.level}: {finding.rule}: {finding.message}")
    for detail in finding.details if isinstance(finding, RunFinding) else ():
        yield printable(f"   = {detail}")
    for place in finding.related:
        yield printable(f"   = see {place.place}{place.message}")
    if finding.hint:
        yield printable(f"   = hint: {finding.hint}")
    if isinstance(finding, RunFinding) and finding.example is not None:
        example = json.dumps(finding.example, ensure_ascii=False)
        yield printable(f'   = hint: as an example of {finding.endpoint}: "repro": {example}')
