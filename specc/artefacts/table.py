"""The table of all kinds of artefacts, and the function that makes one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from specc.artefacts import markdown, mlflow, openapi, payload_schema, python_client, warmup
from specc.artefacts.affordable import charge_artefact
from specc.artefacts.artefact import Artefact, Kind, Request
from specc.artefacts.call_snippets import module_name
from specc.checks import CHECKS, Settings, run_checks
from specc.diagnostics import Diagnostic, did_you_mean
from specc.errors import UsageError
from specc.language.document import Document
from specc.language.load import require_consistent, require_endpoint
from specc.rules import RULES
from specc.rules.table import RuleLevel

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "openapi",
            "{name}.openapi.json",
            "an OpenAPI 3.1 document of TensorFlow Serving's REST API",
            openapi.render,
            target="tf-serving",
        ),
        Kind(
            "payload-schema",
            "{name}.payload.schema.json",
            "a JSON Schema of the requests of that API",
            payload_schema.render,
            target="tf-serving",
        ),
        Kind(
            "warmup",
            warmup.FILE,
            "the declared examples as the requests with which TensorFlow Serving warms a version up",
            warmup.render,
            is_binary=True,
        ),
        Kind(
            "markdown",
            "{name}.md",
            "the contract as a section of a model card or a README, with calls that can be pasted",
            markdown.render,
            within=markdown.within,
        ),
        Kind(
            "python",
            "{name}_client.py",
            "a client in one Python file, over REST or gRPC, which needs NumPy",
            python_client.render,
            stem=module_name,
        ),
        Kind(
            "mlflow",
            "{name}.mlflow.json",
            "the signature of one endpoint as MLflow's ModelSignature has it",
            mlflow.render,
        ),
    )
}
"""Each kind by its name, in the order of the documentation."""
DEFAULT_NAME = "model"
"""The name of a served model whose document has none, as in TensorFlow Serving's own flag ``--model_name``."""


def emit(
    kind: str,
    document: Document,
    name: str | None = None,
    endpoints: Collection[str] = (),
    *,
    settings: Settings | None = None,
) -> Artefact:
    """The artefact of a kind: the same bytes for documents that are equal.

    Args:
        kind: a name in :data:`KINDS`.
        document: a valid document.
        name: the name of the served model; by default the document's.
        endpoints: the endpoints that are in it; by default all.
        settings: levels of rules, as a project sets them.

    Returns:
        The bytes, which are empty where a finding is an error, and the findings.

    Raises:
        UsageError: there is no such kind or endpoint, or the name cannot be that of a served model.
        SpecError: the document is invalid, or the artefact would be too large.
    """
    chosen = kind_called(kind)
    require_consistent(document)
    for endpoint in endpoints:
        require_endpoint(document, endpoint)
    served = name if name is not None else document.name or DEFAULT_NAME
    if not served or "/" in served or ":" in served:
        raise UsageError(f"{served!r} cannot be the name of a served model: it is a part of a path, without / and :")
    settings = settings or Settings()
    request = Request(document, served, tuple(endpoints))
    charge_artefact(request)
    findings = _target_findings(chosen, document, endpoints, settings)
    data, more = chosen.render(request)
    found = [*findings, *_with_levels(more, settings)]
    is_refused = any(finding.level == "error" for finding in found)
    return Artefact(b"" if is_refused else data, tuple(found))


def kind_called(name: str) -> Kind:
    """The kind called ``name``.

    Raises:
        UsageError: there is none.
    """
    if name not in KINDS:
        hint = did_you_mean(name, KINDS) or f"the kinds are {', '.join(KINDS)}"
        raise UsageError(f"{name!r} is not a kind of artefact; {hint}")
    return KINDS[name]


def _target_findings(
    kind: Kind, document: Document, endpoints: Collection[str], settings: Settings
) -> list[Diagnostic]:
    """The findings of the checks of the kind's target, as if the document named it, and of no other check."""
    if kind.target is None:
        return []
    levels: dict[str, RuleLevel] = dict.fromkeys((id for id in CHECKS if RULES[id].target != kind.target), "off")
    levels |= {id: level for id, level in settings.levels.items() if id not in levels}
    checked = replace(settings, levels=levels, targets=frozenset({kind.target}))
    others = document.endpoints.keys() - endpoints if endpoints else ()
    return [finding for finding in run_checks(document, checked) if _endpoint_of(finding) not in others]


def _endpoint_of(finding: Diagnostic) -> str | int | None:
    """The name of the endpoint that a finding is about; None if it is about the whole document."""
    return finding.path[1] if finding.path[:1] == ("endpoints",) and len(finding.path) > 1 else None


def _with_levels(findings: list[Diagnostic], settings: Settings) -> list[Diagnostic]:
    """``findings`` whose warnings have the levels of the project, without those that it turns off."""
    found = []
    for finding in findings:
        level = settings.levels.get(finding.rule, finding.level) if finding.level == "warning" else finding.level
        if level != "off":
            found.append(replace(finding, level=level))
    return found
