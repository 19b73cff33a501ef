"""The page of a mock in a browser: requests are edited and sent, and their answers shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from mock_client import served
from page_subjects import HOSTILE
from rest_documents import ranker

from specc.language.document import Document
from specc.language.load import from_json
from specc.mock.server import running

ECHO: dict[str, Any] = {
    "specc": 1,
    "dims": {"batch": {}},
    "endpoints": {
        "echo": {
            "inputs": [{"kind": "tensor", "dtype": "int64", "shape": ["batch"], "name": "ids"}],
            "outputs": {"large": "int64[batch]", HOSTILE: "string[batch]"},
            "examples": {"one": {"inputs": [[1]], "outputs": {"large": [2**53 + 1], HOSTILE: [HOSTILE]}}},
        }
    },
}
OpenMock = Callable[..., Any]


@pytest.fixture
def open_mock(browser: Any) -> Iterator[OpenMock]:
    """Opens the page of a mock; it asks nothing of another server, and the console has only the refusals."""
    ended: list[Callable[[], Any]] = []
    messages: list[str] = []

    def opened(document: Document | None = None, **options: Any) -> Any:
        server = running(served(document or ranker()))
        url = server.__enter__().url
        ended.append(lambda: server.__exit__(None, None, None))
        context = browser.new_context(**options)
        ended.append(context.close)
        page = context.new_page()
        page.on("console", lambda message: messages.append(f"{message.text} {message.location['url']}"))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(f"{url}/") else messages.append(request.url))
        page.goto(url)
        return page

    yield opened
    for end in reversed(ended):
        end()
    refused = "the server responded with a status of 400"
    icon = "/favicon.ico"  # which the browser asks for only where the page's policy is bypassed
    assert [each for each in messages if refused not in each and not each.endswith(icon)] == []


def _try(page: Any, name: str = "score") -> Any:
    return page.locator(f'[id="endpoint-{name}"] .try:visible')


def _answer(page: Any, name: str = "score") -> Any:
    answer = _try(page, name).locator(".answer")
    answer.wait_for()
    return answer


def test_a_request_is_sent_and_answered(open_mock):
    page = open_mock()
    form = _try(page)
    assert form.locator("code").inner_text() == "POST /v1/models/ranker:predict"
    assert list(json.loads(form.locator("textarea").input_value())) == ["inputs"]
    form.get_by_role("button", name="Send").click()
    answer = _answer(page)
    assert answer.locator(".state").inner_text() == "200 OK"
    assert answer.locator(".took").inner_text().endswith(" ms")
    assert list(json.loads(answer.get_by_role("region").inner_text())["outputs"]) == ["click", "reason", "trace_bytes"]
    assert page.locator("#status").inner_text().startswith("Answer 200 OK ")


def test_every_request_of_the_page_is_answered(open_mock):
    page = open_mock()
    cards = page.locator(".endpoint")
    sent = 0
    for index in range(cards.count()):
        card = cards.nth(index)
        if not card.locator("details[open]").count():
            card.locator("summary").first.click()
        page.wait_for_timeout(50)
        for tab in card.get_by_role("tab").all():
            tab.click()
            form = card.locator(".try:visible")
            assert form.count() == (1 if tab.inner_text().startswith("curl") else 0)
            if form.count():
                form.locator(".send").click()
                form.locator(".answer").wait_for()
                assert form.locator(".state").inner_text() == "200 OK", form.inner_text()
                sent += 1
    assert sent > 8


def test_ctrl_enter_sends_an_edited_request(open_mock):
    page = open_mock()
    area = _try(page).get_by_label("Request")
    reset = _try(page).get_by_role("button", name="Reset")
    request = json.loads(area.input_value())
    request["inputs"] = {name: value * 2 for name, value in request["inputs"].items()}
    assert reset.count() == 0
    area.fill(json.dumps(request))
    area.press("Enter")  # a line of its own, and nothing is sent
    assert _try(page).locator(".answer").is_hidden()
    area.press("Control+Enter")
    outputs = json.loads(_answer(page).get_by_role("region").inner_text())["outputs"]
    assert len(outputs["click"]) == 2
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    reset.click()
    assert json.loads(area.input_value()) != request
    assert reset.count() == 0


def test_a_refusal_is_shown_by_its_lines(open_mock):
    page = open_mock()
    area = _try(page).get_by_label("Request")
    request = json.loads(area.input_value())
    area.fill(json.dumps({"inputs": {**request["inputs"], "weights": 1, "user_id": [99]}}))
    area.press("Control+Enter")
    answer = _answer(page)
    assert answer.locator(".state").inner_text() == "400 Bad Request"
    lines = answer.locator("li").all_inner_texts()
    assert any(line.startswith("inputs.weights: payload-input: ") for line in lines)
    assert "inputs.user_id[0]: payload-range: 'user_id': 99 is not at most 50" in lines
    area.fill("{")
    area.press("Control+Enter")
    answer.locator("li", has_text="not-json").wait_for()
    assert answer.locator("li").count() == 1


def test_an_answer_is_text_and_its_numbers_are_whole(open_mock):
    page = open_mock(from_json(ECHO))
    _try(page, "echo").get_by_label("Request").fill('{"inputs": [1]}')
    _try(page, "echo").locator(".send").click()
    shown = _answer(page, "echo").get_by_role("region").inner_text()
    assert str(2**53 + 1) in shown
    assert json.loads(shown)["outputs"][HOSTILE] == [HOSTILE]
    assert "\u202e" not in shown  # which would turn the text around; it is written as an escape
    assert page.locator("img").count() == 0


def test_each_call_keeps_its_own_request(open_mock):
    page = open_mock()
    card = page.locator("[id=endpoint-score]")
    _try(page).get_by_label("Request").fill("{}")
    card.get_by_role("tab", name="curl, columns").press("ArrowRight")
    assert '"instances"' in _try(page).get_by_label("Request").input_value()
    card.locator("[role=tablist]").press("End")
    assert _try(page).count() == 0
    card.locator("[role=tablist]").press("Home")
    assert _try(page).get_by_label("Request").input_value() == "{}"


def test_the_end_of_the_mock_is_reported(browser):
    with running(served(ranker())) as server:
        page = browser.new_page()
        page.goto(server.url)
        page.route("**/v1/**", lambda route: route.abort())
        _try(page).locator(".send").click()
        answer = _answer(page)
        assert answer.locator(".state").inner_text() == "No answer"
        assert "does not answer" in answer.locator("li").inner_text()
        page.close()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_answers(open_mock, scheme, width):
    page = open_mock(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    for request in (None, "{"):
        area = _try(page).get_by_label("Request")
        if request is not None:
            area.fill(request)
        area.press("Control+Enter")
        (_answer(page).get_by_role("region") if request is None else _answer(page).locator("li")).wait_for()
        page.wait_for_timeout(150)  # the button's transition
        results = Axe().run(page)
        found = [
            (each["id"], [node["html"][:160] for node in each["nodes"]]) for each in results.response["violations"]
        ]
        assert found == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
