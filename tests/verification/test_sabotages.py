"""One defect in a sound archive, and the finding of ``verify`` that names it, without another error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sabotages
from running_here import ChildHere, verify_here
from sabotages import SABOTAGES, Sabotage

from specc.diagnostics import format_path
from specc.language.document import Document
from specc.verification.result import Verification

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sabotages.write(tmp_path_factory.mktemp("sound") / "ranker")


@pytest.fixture(scope="module")
def examples() -> Document:
    return sabotages.with_examples()


def verified(sabotage: Sabotage, archive: Path, sound: Path, examples: Document, **options: Any) -> Verification:
    document = sabotages.document(sabotage.promises)
    if sabotage.reference == "examples":
        data = examples.to_json()
        for name, keys in sabotage.promises.items():
            data["endpoints"][name].update(keys)
        document = sabotages.document({name: data["endpoints"][name] for name in data["endpoints"]})
    return verify_here(
        document,
        archive,
        model=sabotage.reference == "model",
        against=sound if sabotage.reference == "against" else None,
        static=sabotage.static,
        **options,
    )


def listed(verification: Verification, level: str) -> list[tuple[str, str]]:
    return sorted((each.rule, format_path(each.path)) for each in verification.findings if each.level == level)


def test_nothing_is_said_about_the_sound_archive(sound: Path, examples: Document) -> None:
    promises = {name: {"pure": True, "rowwise": True} for name in ("score", "look_up")}
    for reference in ("examples", "model", "against"):
        sabotage = Sabotage(lambda sound, _: sound, (), reference=reference, promises=promises)
        verification = verified(sabotage, sound, sound, examples)
        assert verification.findings == (), verification.text()
        assert verification.notes == ()


@pytest.mark.parametrize("name", SABOTAGES)
def test_one_defect_is_named(name: str, sound: Path, examples: Document, tmp_path: Path) -> None:
    sabotage = SABOTAGES[name]
    archive = sabotage.make(sound, tmp_path / "archive")
    verification = verified(sabotage, archive, sound, examples)
    assert listed(verification, "error") == sorted(sabotage.found), verification.text()
    assert listed(verification, "warning") == sorted(sabotage.warnings), verification.text()
    assert sabotage.text in " ".join(finding.message for finding in verification.findings)
