"""The page in a browser: it shows all of the document, asks for nothing, and fits on any screen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from page_subjects import (
    HOSTILE,
    MIXED,
    archive_subject,
    changed,
    hostile_subject,
    many_endpoints,
    many_variables,
    spec_subject,
)

from specc.language.wire_names import input_leaves, output_leaves
from specc.pages.page import page
from specc.pages.tree import tree

NARROW = {"viewport": {"width": 360, "height": 640}}


def _new() -> dict[str, Any]:
    score = {**MIXED["endpoints"]["score"], "outputs": {"click": "float64[batch, 1]"}}
    return {**MIXED, "endpoints": {"score": score}}


PAGES = {
    "spec": lambda: page(spec_subject()),
    "archive": lambda: page(archive_subject()),
    "changes": lambda: page(*changed(MIXED, _new())),
    "large": lambda: page(archive_subject(many_endpoints(200), many_variables(2000))),
    "hostile": lambda: page(hostile_subject()),
}


def _print(opened: Any) -> None:
    """What printing does to the page."""
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")


@pytest.mark.parametrize("name", PAGES)
def test_the_page_opens_without_a_message_or_a_request(open_page, name):
    opened = open_page(PAGES[name]())
    opened.page.wait_for_timeout(100)  # the fixture looks at the messages


def test_the_title_names_the_model_and_the_contract(open_page):
    subject = spec_subject()
    assert open_page(page(subject)).page.title() == f"mixed: contract {subject.contract_digest[:12]}"


def test_every_leaf_and_wire_name_is_shown(open_page):
    subject = spec_subject()
    opened = open_page(page(subject))
    for name, endpoint in subject.document.endpoints.items():
        shown = opened.text(f'[id="endpoint-{name}"]')
        for leaf in (*input_leaves(endpoint), *output_leaves(endpoint)):
            for component in leaf.components:
                assert component.wire_name in shown
            assert leaf.leaf.dtype in shown
            assert leaf.leaf.description in shown


def test_every_variable_and_asset_is_shown_on_paper(open_page):
    subject = archive_subject(variables=many_variables(70))
    opened = open_page(page(subject))
    assert opened.page.locator(".variables tbody tr").count() < 70
    _print(opened)
    shown = opened.text("#variables")
    assert subject.contents is not None
    assert subject.contents.variables is not None
    for variable in subject.contents.variables:
        assert variable.label in shown
        assert variable.path in shown
    for asset in subject.contents.assets:
        assert asset.name in opened.text("#assets")


def test_the_page_and_the_tree_list_the_same(open_page):
    subject = archive_subject()
    opened = open_page(page(subject))
    _print(opened)
    shown = re.sub(r"\s", "", opened.text())
    words = [word for line in tree(subject).splitlines() for word in line.split() if re.search(r"\w\w", word)]
    leaves = {component.wire_name for name in subject.document.endpoints.values() for leaf in input_leaves(name)
              for component in leaf.components}  # fmt: skip
    assert leaves <= set(words)
    for word in leaves:
        assert word in shown


def test_printing_opens_everything(open_page):
    opened = open_page(page(archive_subject(many_endpoints(6), many_variables(40))))
    assert opened.page.locator(".endpoint > details[open]").count() == 1
    _print(opened)
    assert opened.page.locator("details:not([open])").count() == 0
    opened.page.emulate_media(media="print")
    assert not opened.page.locator(".side").is_visible()
    assert opened.page.locator(".printed").first.is_visible()
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.page.locator(".endpoint > details[open]").count() == 1


def test_a_hostile_name_is_shown_as_text(open_page):
    opened = open_page(page(hostile_subject()))
    assert opened.page.locator("img").count() == 0
    assert opened.page.locator("script").count() == 2
    shown = HOSTILE.replace("\u2028", "\\u2028").replace("\u202e", "\\u202e")
    assert opened.page.locator("h1").inner_text() == shown
    assert opened.page.locator("h3").first.inner_text() == shown


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_need_not_scroll_sideways(open_page, name):
    opened = open_page(PAGES[name](), **NARROW)
    _print(opened)  # everything is open
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("width", [640, 900, 1280, 1920])
@pytest.mark.parametrize("name", PAGES)
def test_no_other_width_scrolls_sideways(open_page, name, width):
    opened = open_page(PAGES[name](), viewport={"width": width, "height": 800})
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("media", ["screen", "print"])
@pytest.mark.parametrize("width", [660, 760, 899, 1000, 1280])
def test_no_column_of_a_tree_is_narrower_than_its_words(open_page, width, media):
    opened = open_page(page(spec_subject()), viewport={"width": width, "height": 800})
    opened.page.emulate_media(media=media)
    for word in ("features", "country", "trace_bytes"):
        cell = opened.page.locator(".tree th", has_text=word).first
        assert cell.bounding_box()["height"] < 32, word


def test_the_trees_are_side_by_side_where_both_fit(open_page):
    for width, is_beside in ((1280, True), (800, False)):
        opened = open_page(page(archive_subject(many_endpoints(1))), viewport={"width": width, "height": 800})
        left, right = (opened.page.locator(".trees > div").nth(index).bounding_box() for index in (0, 1))
        assert (left["y"] == right["y"]) == is_beside


def test_two_hundred_endpoints_can_be_used_within_a_second(open_page):
    text = PAGES["large"]()
    ready = []
    for _ in range(3):  # another program may have the machine
        opened = open_page(text)
        opened.page.keyboard.press("/")
        opened.page.keyboard.type("ranker_150")
        opened.page.keyboard.press("ArrowDown")
        opened.page.keyboard.press("Enter")
        opened.page.locator("[id=endpoint-ranker_150] .tree").first.wait_for(timeout=3000)
        ready.append(opened.page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive"))
    assert min(ready) < 1000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_system_and_the_switch(open_page, scheme):
    opened = open_page(page(spec_subject()), color_scheme=scheme)

    def is_dark() -> bool:
        color = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return max(map(int, re.findall(r"\d+", color)[:3])) < 100

    assert is_dark() == (scheme == "dark")
    opened.page.locator("label[for=theme-dark]").click()
    assert is_dark()
    opened.page.locator("label[for=theme-light]").click()
    assert not is_dark()
    opened.page.locator("label[for=theme-system]").click()
    assert is_dark() == (scheme == "dark")


def test_without_its_script_the_page_shows_what_is_missing(open_page):
    opened = open_page(page(spec_subject()), java_script_enabled=False)
    assert "turned off" in opened.text("main")
    assert opened.page.locator(".names a").count() == 2


def test_motion_can_be_turned_off(open_page):
    opened = open_page(page(spec_subject()), reduced_motion="reduce")
    assert opened.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
