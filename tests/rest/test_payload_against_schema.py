"""The payload check and the emitted schema over edited requests: the check refuses all that the schema refuses."""

from __future__ import annotations

import json
from collections import Counter
from random import Random

import jsonschema_rs
from rest_documents import ranker
from rest_requests import REQUESTS, edited

import specc
from specc.rest.payload import check_request
from specc.rest.signatures import rest_service

BEYOND_A_SCHEMA = {
    "payload-dim",  # two dims of one size
    "payload-parts",  # components that fit each other
    "payload-rank",  # rows of one length, and arrays of unknown rank
    "payload-rows",  # rows of one shape
    "payload-type",  # 1.0 as an integer, precision, Base64
    "payload-range",  # the largest float32
    "payload-feature",  # 1 as a float, one type of an undeclared feature
}
"""What only the check refuses."""


def test_the_check_refuses_all_that_the_schema_refuses() -> None:
    validator = jsonschema_rs.Draft202012Validator(json.loads(specc.emit("payload-schema", ranker()).data))
    service, rng, seen = rest_service(ranker()), Random(5), Counter[str]()
    for _ in range(4_000):
        request = edited(rng, rng.choice(REQUESTS))
        findings = check_request(service, request)
        rules = {finding.rule for finding in findings}
        if validator.is_valid(request):
            assert rules <= BEYOND_A_SCHEMA, request
            seen.update(rules or {"accepted"})
        else:
            assert rules, request
            seen["refused"] += 1
    assert seen["refused"] > 2_000
    assert seen["accepted"] > 100
    assert BEYOND_A_SCHEMA - {"payload-range"} <= set(seen)
