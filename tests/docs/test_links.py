"""Every link between pages leads somewhere, and every page can be reached."""

from __future__ import annotations

import pytest
from pages import ROOT, Page, pages

PAGES = pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page: Page) -> None:
    assert [link for link in page.links if not _leads_somewhere(page, link)] == []


def _leads_somewhere(page: Page, link: str) -> bool:
    if link.startswith(("https://", "http://", "mailto:")):
        return True
    file, _, anchor = link.partition("#")
    path = (page.path.parent / file).resolve() if file else page.path
    if not path.exists() or not path.is_relative_to(ROOT):
        return False
    return not anchor or (path.suffix == ".md" and anchor in Page(path.relative_to(ROOT).as_posix()).anchors)


def test_a_wrong_link_is_noticed() -> None:
    page = Page("docs/index.md")
    assert _leads_somewhere(page, "../README.md")
    assert _leads_somewhere(page, "rules.md#bad-dtype")
    for wrong in ("REDME.md", "rules.md#no-such-rule", "#nowhere", "../../elsewhere", "../LICENSE#x"):
        assert not _leads_somewhere(page, wrong)


def test_readme_leads_to_every_page() -> None:
    assert _pages_of("README.md") >= {"docs/index.md", "CHANGELOG.md"}
    names = {page.name for page in PAGES if page.name.startswith("docs/")}
    assert _pages_of("docs/index.md") >= names - {"docs/index.md"}


def _pages_of(name: str) -> set[str]:
    page = Page(name)
    files = (link.partition("#")[0] for link in page.links if "://" not in link)
    return {(page.path.parent / file).resolve().relative_to(ROOT).as_posix() for file in files if file}


def test_the_anchors_are_those_of_github() -> None:
    assert {"specc-build", "options-for-findings"} <= Page("docs/commands.md").anchors
