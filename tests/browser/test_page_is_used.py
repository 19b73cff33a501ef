"""The page in a browser: the filter, the keyboard, dims, calls, tables and anchors."""

from __future__ import annotations

from typing import Any

import pytest
from page_subjects import MIXED, archive_subject, changed, many_endpoints, many_variables, spec_subject

from specc.pages.page import page


@pytest.fixture
def many(open_page) -> Any:
    return open_page(page(archive_subject(many_endpoints(30), many_variables(90))))


def _shown(opened: Any) -> list[str]:
    return opened.page.locator(".names li:not([hidden]) b").all_inner_texts()


def _focused(opened: Any) -> str:
    return opened.page.evaluate("document.activeElement.id || document.activeElement.textContent")


def test_slash_focuses_the_filter(many):
    many.page.keyboard.press("/")
    assert _focused(many) == "filter"
    many.page.keyboard.type("a/b")
    assert many.page.locator("#filter").input_value() == "a/b"


def test_the_filter_finds_endpoints_by_name(many):
    many.page.locator("#filter").fill("RANKER_02")
    assert _shown(many) == [f"ranker_02{digit}" for digit in range(10)]
    many.page.locator("#filter").press("Escape")
    assert len(_shown(many)) == 30


def test_the_filter_finds_endpoints_by_a_wire_name_and_shows_it(open_page):
    opened = open_page(page(spec_subject()))
    opened.page.locator("#filter").fill("row_splits")
    assert _shown(opened) == ["score"]
    assert opened.text(".names li:not([hidden]) span") == "item_ids_row_splits"


def test_the_filter_finds_variables(many):
    many.page.locator("#filter").fill("layer_3/")
    assert _shown(many) == []
    assert many.text("#nothing") == "No endpoint matches."
    assert many.page.locator(".variables tbody tr").count() == 16
    assert many.text('[href="#variables"] i') == "16 of 90"
    assert many.text("#status") == "0 of 30 endpoints, 16 of 90 variables"


def test_arrows_go_through_the_list(many):
    many.page.keyboard.press("/")
    for _ in range(3):
        many.page.keyboard.press("ArrowDown")
    assert _focused(many).startswith("ranker_002")
    many.page.keyboard.press("ArrowUp")
    assert _focused(many).startswith("ranker_001")
    for _ in range(2):
        many.page.keyboard.press("ArrowUp")
    assert _focused(many) == "filter"
    for _ in range(3):
        many.page.keyboard.press("ArrowDown")
    many.page.keyboard.press("Enter")
    many.page.wait_for_timeout(50)
    assert many.page.evaluate("decodeURIComponent(location.hash)") == "#endpoint-ranker_002"
    assert many.page.locator("[id=endpoint-ranker_002] > details[open]").count() == 1
    assert _focused(many).startswith("ranker_002")  # its heading, from which Tab goes on
    assert many.page.locator(".side a[aria-current]").inner_text().startswith("ranker_002")


def test_an_anchor_opens_its_endpoint(open_page):
    text = page(archive_subject(many_endpoints(30)))
    opened = open_page(text, "#endpoint-ranker_017", viewport={"width": 1280, "height": 700})
    opened.page.wait_for_timeout(100)
    box = opened.page.locator("[id=endpoint-ranker_017]").bounding_box()
    assert 0 <= box["y"] < 100
    assert opened.page.locator(".endpoint > details[open]").count() == 1


def test_an_anchor_of_a_name_with_spaces_works(open_page):
    data = {**MIXED, "default": "a b/ü", "endpoints": {**MIXED["endpoints"], "a b/ü": MIXED["endpoints"]["rank"]}}
    opened = open_page(page(spec_subject(data)))
    opened.page.locator(".names a").first.click()
    opened.page.wait_for_timeout(50)
    assert opened.page.locator(".side a[aria-current] b").inner_text() == "a b/ü"


def test_the_tab_key_goes_from_the_skip_link_to_the_filter_and_the_list(open_page):
    opened = open_page(page(spec_subject()))
    seen = []
    for _ in range(6):
        opened.page.keyboard.press("Tab")
        seen.append(_focused(opened))
    assert seen[0] == "Skip to the content"
    assert seen[1] == "theme-system"
    assert seen[3] == "filter"
    assert "score" in seen[4]


# Dims


def _marked(opened: Any) -> set[str]:
    return set(opened.page.locator(".on").evaluate_all("all => all.map(each => each.dataset.dim)"))


def test_pointing_at_a_dim_marks_it_in_the_endpoint(open_page):
    opened = open_page(page(spec_subject()))
    card = opened.page.locator("[id=endpoint-score]")
    card.locator("td .dim", has_text="time").hover()
    assert _marked(opened) == {"time"}
    card.locator("td .dim", has_text="batch").first.hover()
    assert _marked(opened) == {"batch"}
    assert opened.page.locator("[id=endpoint-rank] .on").count() == 0
    assert card.locator(".on").count() == card.locator("[data-dim=batch]").count() > 5
    opened.page.locator("h1").hover()
    assert _marked(opened) == set()


def test_focusing_a_dim_marks_it_and_pressing_keeps_it(open_page):
    opened = open_page(page(spec_subject()))
    chip = opened.page.locator("[id=endpoint-score] .chip", has_text="four")
    chip.focus()
    assert _marked(opened) == {"four"}
    opened.page.keyboard.press("Enter")
    opened.page.locator("#filter").focus()
    assert _marked(opened) == {"four"}
    assert chip.get_attribute("aria-pressed") == "true"
    chip.press("Enter")
    opened.page.locator("#filter").focus()
    assert _marked(opened) == set()


# Calls


def test_tabs_show_one_call_each(open_page):
    opened = open_page(page(spec_subject()))
    card = opened.page.locator("[id=endpoint-rank]")
    assert '"inputs": {"ids": [0]}' in card.locator("[role=tabpanel]").inner_text()
    card.get_by_role("tab", name="curl, columns").press("ArrowRight")
    assert '"instances"' in card.locator("[role=tabpanel]").inner_text()
    assert _focused(opened).startswith("tab-")
    card.locator("[role=tablist]").press("End")
    assert "tf.saved_model.load" in card.locator("[role=tabpanel]").inner_text()
    assert card.locator("[aria-selected=true]").inner_text() == "Python, revived object"


def test_a_call_and_the_digest_can_be_copied(open_page):
    subject = spec_subject()
    opened = open_page(page(subject), permissions=["clipboard-read", "clipboard-write"])
    card = opened.page.locator("[id=endpoint-rank]")
    card.locator(".calls .copy").click()
    assert opened.page.evaluate("navigator.clipboard.readText()") == card.locator(".live").inner_text()
    opened.page.locator("[data-copy]").click()
    assert opened.page.evaluate("navigator.clipboard.readText()") == subject.contract_digest
    assert opened.text("[data-copy]") == "Copied"


# Variables and the graph


def _column(opened: Any, number: int) -> list[str]:
    return opened.page.locator(f".variables tbody tr > :nth-child({number})").all_inner_texts()


def test_variables_are_sorted_by_any_column(open_page):
    opened = open_page(page(archive_subject()))
    assert _column(opened, 3)[0] == "64.0 kB"
    opened.page.locator("#sort-bytes").click()
    assert _column(opened, 3)[0] == "0 B"
    opened.page.locator("#sort-name").click()
    names = [each.split("\n")[0] for each in _column(opened, 1)]
    assert names == sorted(names)
    assert opened.page.locator("[aria-sort=ascending]").inner_text().startswith("variable")
    assert _focused(opened) == "sort-name"


def test_all_variables_can_be_shown(many):
    assert many.page.locator(".variables tbody tr").count() == 20
    many.page.get_by_role("button", name="Show all 90").click()
    assert many.page.locator(".variables tbody tr").count() == 90


def test_the_map_names_what_the_pointer_is_at(many):
    many.page.locator(".map rect").first.hover()
    assert "encoder/layer_" in many.text("#map-caption")
    assert many.page.locator(".map rect.lit").count() == 1
    many.page.locator(".map rect").last.click()
    many.page.wait_for_timeout(50)
    assert many.page.locator(".variables tr.lit").count() == 1


def test_ops_can_be_those_of_an_endpoint(open_page):
    opened = open_page(page(archive_subject()))
    assert opened.page.locator("#ops tbody tr").count() == 16
    assert "8 others" in opened.text("#ops")
    opened.page.locator("#graph-of").select_option("rank")
    assert opened.page.locator("#ops tbody tr").count() == 16


# Changes


def test_a_change_leads_to_its_leaf(open_page):
    score = {**MIXED["endpoints"]["score"], "outputs": {"click": "float64[batch, 1]", "trace_bytes": "string[batch]"}}
    endpoints = {**MIXED["endpoints"], "score": score}
    endpoints |= {f"more_{number}": MIXED["endpoints"]["rank"] for number in range(5)}
    opened = open_page(page(*changed(MIXED, {**MIXED, "endpoints": endpoints})))
    assert "✕ breaking" in opened.text(".verdict")
    link = opened.page.locator("#change-list .breaking a")
    assert "~ changed" in opened.text("#change-list .breaking")
    link.click()
    opened.page.wait_for_timeout(50)
    place = opened.page.locator("[id=endpoint-score] .tree .change")
    assert place.is_visible()
    assert "'click' is float64[batch, 1], before float32[batch, 1]" in place.inner_text()
    place.locator("summary").click()
    assert "float32[batch, 1]" in place.locator("del").inner_text()
    assert "curl" in place.inner_text() or "predict" in place.inner_text()
