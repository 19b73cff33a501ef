"""One defect in a sound archive, and the finding of ``verify`` that names it, without another error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import ranker_archives
from edited_archives import add_node, edited, endpoint_function
from running_here import verify_here
from sabotages import SABOTAGES, Sabotage

import specc
from specc.diagnostics import format_path
from specc.language.document import Document
from specc.run_finding import RunFinding
from specc.verification.call_plan import CallPlan
from specc.verification.planned_call import PlannedCall
from specc.verification.result import Verification

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ranker_archives.write(tmp_path_factory.mktemp("sound") / "ranker")


@pytest.fixture(scope="module")
def examples() -> Document:
    return ranker_archives.with_examples()


def declared(sabotage: Sabotage, examples: Document) -> Document:
    """What an archive has to do."""
    data = (examples if sabotage.reference == "examples" else ranker_archives.document()).to_json()
    for name, keys in sabotage.promises.items():
        data["endpoints"][name].update(keys)
    return specc.from_json(data)


def verified(sabotage: Sabotage, document: Document, archive: Path, sound: Path, cases: int = 5) -> Verification:
    return verify_here(
        document,
        archive,
        model=sabotage.reference == "model",
        against=sound if sabotage.reference == "against" else None,
        static=sabotage.static,
        cases=cases,
    )


def listed(verification: Verification, level: str) -> list[tuple[str, str]]:
    return sorted((each.rule, format_path(each.path)) for each in verification.findings if each.level == level)


@pytest.mark.parametrize("reference", ["examples", "model", "against"])
def test_nothing_is_said_about_the_sound_archive(reference: str, sound: Path, examples: Document) -> None:
    promises = {name: {"pure": True, "rowwise": True} for name in ("score", "look_up")}
    sabotage = Sabotage(lambda sound, _: sound, (), reference=reference, promises=promises)
    verification = verified(sabotage, declared(sabotage, examples), sound, sound)
    # The contract does not promise to be pure, which is a note.
    assert [each for each in verification.findings if each.level != "info"] == [], verification.text()
    assert verification.notes == ()


@pytest.mark.parametrize("name", SABOTAGES)
def test_one_defect_is_named(name: str, sound: Path, examples: Document, tmp_path: Path) -> None:
    sabotage = SABOTAGES[name]
    archive = sabotage.make(sound, tmp_path / "archive")
    verification = verified(sabotage, declared(sabotage, examples), archive, sound)
    assert listed(verification, "error") == sorted(sabotage.found), verification.text()
    assert listed(verification, "warning") == sorted(sabotage.warnings), verification.text()
    assert sabotage.text in " ".join(finding.message for finding in verification.findings)


SHRUNK = (
    "outputs swapped on the wire, as run", "outputs swapped everywhere, beside the model", "rows reversed",
    "rows mixed", "NaN for one row", "long histories cut, beside the model",
    "precision lost, beside the archive in production", "a bound broken", "a legal value refused",
    "an alias that answers otherwise",
)  # fmt: skip


@pytest.mark.parametrize("name", SHRUNK)
def test_a_repro_is_a_small_example_that_fails_here_and_holds_on_a_sound_archive(
    name: str, sound: Path, examples: Document, tmp_path: Path
) -> None:
    sabotage = SABOTAGES[name]
    document = declared(sabotage, examples)
    archive = sabotage.make(sound, tmp_path / "archive")
    finding = next(each for each in verified(sabotage, document, archive, sound).findings if each.level == "error")
    assert isinstance(finding, RunFinding)
    assert finding.endpoint is not None
    assert finding.example is not None
    data = document.to_json()
    data["endpoints"][finding.endpoint]["examples"] = {"repro": finding.example}
    again = specc.from_json(data)
    (repro,) = CallPlan(again, finding.endpoint, cases=0, seed=0).examples()
    (base,) = CallPlan(document, finding.endpoint, cases=1, seed=0).generated()
    assert size_of(repro) < size_of(base)
    # An example tells by itself what the right answer is.
    sabotage = replace(sabotage, reference="")
    assert ("error", finding.rule, finding.path) in {
        (each.level, each.rule, each.path) for each in verified(sabotage, again, archive, sound, cases=0).findings
    }
    assert verified(sabotage, again, sound, sound, cases=0).ok


def size_of(call: PlannedCall) -> int:
    return sum(tensor.size for tensor in call.inputs.values())


def test_a_vocabulary_replaced_beside_the_archive_in_production(sound: Path, tmp_path: Path) -> None:
    """In processes of their own, since TensorFlow shares tables by name; the example has no outputs."""
    archive = SABOTAGES["a vocabulary replaced, beside examples"].make(sound, tmp_path / "archive")
    document = ranker_archives.document(
        {"look_up": {"examples": {"known": {"inputs": ranker_archives.CALLS["look_up"]}}}}
    )
    verification = specc.verify(document, archive, against=sound, endpoints=["look_up"], cases=1)
    assert listed(verification, "error") == [("answer-differs", "endpoints.look_up.outputs.ids")]


def test_nothing_is_run_that_reaches_out(sound: Path, tmp_path: Path) -> None:
    """One error, and every endpoint is not proven."""

    def read_file(graph: Any) -> None:
        add_node(endpoint_function(graph, "look_up"), "ReadFile")

    archive = edited(sound, tmp_path / "archive", read_file)
    verification = specc.verify(ranker_archives.document(), archive)
    assert listed(verification, "error") == [("reaches-out", "endpoints.look_up")]
    unproven = [("not-proven", f"endpoints.{name}") for name in ("look_up", "scaled", "score")]
    assert listed(verification, "warning") == unproven
    assert verification.calls == 0
