"""Checks for tags that a model server does not load.

A loader takes the graph whose tags are exactly those requested ("Could not find meta graph def matching supplied
tags", S#1688 in tensorflow/serving). TensorFlow Serving requests 'serve' unless its flag --saved_model_tags is
set (model_servers/main.cc); Triton 'serve' or the one tag in its parameter TF_GRAPH_TAG (README.md of
triton-inference-server/tensorflow_backend). tests/compiler/test_targets.py shows it with TensorFlow's own loader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.language.signatures import TAGS, tags_of
from specc.rules.table import RuleId

_SERVE = TAGS["predict"]


def tags_check(rule: RuleId, server: str, hint: str) -> Callable[[CheckContext], Iterator[Diagnostic]]:
    """A check for tags with which ``server`` does not find the archive; ``hint`` is its hint."""

    def find(context: CheckContext) -> Iterator[Diagnostic]:
        document = context.document
        tags = tags_of(document)
        if tags != (_SERVE,):
            path: SpecPath = ("save_options", "extra_tags") if tags[0] == _SERVE else ("mode",)
            message = (
                f"{server} loads only archives tagged {_SERVE!r}, but this one is tagged {', '.join(map(repr, tags))}"
            )
            yield finding(rule, path, message, hint)

    return find
