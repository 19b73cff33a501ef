"""The contract of an archive: its document, digest and wire names, which are checked against each other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from strategies import documents

from specc.errors import SpecError
from specc.language.contract import Contract, read_contract, write_contract
from specc.language.document import Document
from specc.language.load import from_json

SMALL = from_json({"specc": 1, "endpoints": {"a": {"inputs": ["bool[]"], "outputs": "bool[]"}}})
CHANGED = "of its document: one of the two was changed; build the archive again"


@given(documents())
def test_a_contract_gives_its_document_back(document: Document) -> None:
    assert read_contract(write_contract(document).encode()) == Contract(document.promises())


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda data: data.update(contract=2), "bad-contract: assets.extra/specc.json is not a contract of version 1; build the archive again"),
        (lambda data: data.pop("document"), "bad-contract: assets.extra/specc.json is not a contract of version 1; build the archive again"),
        (lambda data: data.update(digest="0"), f"bad-contract: the digest in assets.extra/specc.json is not that {CHANGED}"),
        (lambda data: data["document"].update(name="m"), f"bad-contract: the digest in assets.extra/specc.json is not that {CHANGED}"),
        (lambda data: data["document"]["endpoints"]["a"].update(tolerance={"rtol": 1}), "bad-contract: the document in assets.extra/specc.json has examples or a tolerance: it was changed; build the archive again"),
        (lambda data: data["document"]["endpoints"]["a"].update(examples={"x": {"inputs": [True]}}), "bad-contract: the document in assets.extra/specc.json has examples or a tolerance: it was changed; build the archive again"),
        (lambda data: data["wire_names"]["a"].clear(), f"bad-contract: the wire names in assets.extra/specc.json are not those {CHANGED}"),
    ],
)  # fmt: skip
def test_what_does_not_belong_together(edit: Callable[[dict[str, Any]], object], said: str) -> None:
    data = json.loads(write_contract(SMALL))
    edit(data)
    with pytest.raises(SpecError) as caught:
        read_contract(json.dumps(data).encode())
    assert [str(finding) for finding in caught.value.diagnostics] == [said]
