"""pydantic's errors as findings: the path of each leads to a place in the document."""

from __future__ import annotations

from typing import Any

from mutations import EVERYTHING, mutants
from schema_places import visits

from specc.diagnostics import SpecPath
from specc.errors import SpecError
from specc.language.json_schema.schema import document_schema
from specc.language.load import from_json


def leads_nowhere(data: Any, path: SpecPath) -> bool:
    for part in path:
        if isinstance(part, int) != isinstance(data, list):
            return True
        if isinstance(data, list):
            if not 0 <= int(part) < len(data):
                return True
        elif not isinstance(data, dict) or part not in data:
            return True
        data = data[part]
    return False


def test_every_mutant_loads_or_ends_in_findings_that_lead_into_it() -> None:
    places = list(dict.fromkeys(place for _, place in visits(document_schema(), EVERYTHING)))
    lost, refused = [], 0
    for what, data in mutants(places):
        try:
            from_json(data)
        except SpecError as error:
            refused += 1
            for finding in error.diagnostics:
                if leads_nowhere(data, finding.path):
                    lost.append((what, str(finding)))
    assert lost == []
    assert refused > 10_000
