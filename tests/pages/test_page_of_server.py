"""The page of a mock: it can send requests, which no file can."""

from __future__ import annotations

import json

from page_subjects import spec_subject
from parsed_page import ParsedPage, page_data, policy_of, sha256

from specc.pages.page import page

SERVER = "http://127.0.0.1:8600"


def test_only_the_page_of_a_server_can_send_requests():
    file, served = page(spec_subject()), page(spec_subject(), server=SERVER)
    own, other = ParsedPage(file), ParsedPage(served)
    for key in ("style", "script"):
        (of_file,), (of_server,) = own.inner[key], other.inner[key]
        assert of_server.startswith(f"{of_file}\n")
        assert len(of_server) > len(of_file) + 500
    policy = policy_of(other)
    assert policy.pop("connect-src") == "'self'"
    assert policy.keys() == policy_of(own).keys()
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == f"'sha256-{sha256(other.inner['script'][0])}'"
    assert "connect-src" not in file
    assert all(len(call) == 2 for row in page_data(file)["endpoints"] for call in row[8])


def test_a_call_over_rest_has_its_request():
    data = page_data(page(spec_subject(), server=SERVER))
    texts = data["strings"]
    sent = [
        (texts[path], json.loads(texts[body]))
        for row in data["endpoints"]
        if texts[row[0]] == "rank"
        for _, _, path, body in (call for call in row[8] if len(call) == 4)
    ]
    rank = {"signature_name": "rank"}
    assert sent == [
        ("/v1/models/mixed:predict", {**rank, "inputs": {"ids": [0]}}),
        ("/v1/models/mixed:predict", {**rank, "instances": [{"ids": 0}]}),
    ]
