"""axe-core finds nothing to mend in the page, light or dark, wide or narrow."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_subjects import MIXED, archive_subject, changed, spec_subject

from specc.pages.page import page


def _changes() -> str:
    new: dict[str, Any] = {**MIXED, "endpoints": {"score": {**MIXED["endpoints"]["score"], "rowwise": True}}}
    new["endpoints"]["score"] = {**new["endpoints"]["score"], "outputs": {"click": "float64[batch, 1]"}}
    return page(*changed(MIXED, new))


PAGES = {"spec": lambda: page(spec_subject()), "archive": lambda: page(archive_subject()), "changes": _changes}


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation(open_page, name, scheme, width):
    opened = open_page(PAGES[name](), color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    results = Axe().run(opened.page)
    assert [
        (each["id"], [node["html"][:160] for node in each["nodes"]]) for each in results.response["violations"]
    ] == []
