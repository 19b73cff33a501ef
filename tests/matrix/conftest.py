"""Everything in this folder runs other versions of Python, TensorFlow and Keras: ``make test-matrix``.

It is collected only where it is asked for by name. The summary has a line for each environment and for each test.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from environments import ENVIRONMENTS, Environment

HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    places = [Path(config.invocation_params.dir, argument.partition("::")[0]) for argument in config.args]
    return None if any(place.resolve().is_relative_to(HERE) for place in places) else True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Any:
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    needed = [each for each in parameters if isinstance(each, Environment)]
    item.user_properties.append(("subject", item.callspec.id if hasattr(item, "callspec") else item.name))
    for environment in needed:
        if environment.missing:
            pytest.skip(environment.missing)
    return (yield)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What ran, how much of it, and why what is skipped is."""
    outcomes = ("passed", "failed", "error", "skipped")
    reports = [(outcome, report) for outcome in outcomes for report in terminalreporter.stats.get(outcome, ())]
    reports = [(outcome, report) for outcome, report in reports if "tests/matrix" in report.nodeid]
    if not reports:
        return
    terminalreporter.section("matrix")
    for environment in ENVIRONMENTS:
        skipped = f"; skipped: {environment.missing}" if environment.missing else ""
        terminalreporter.write_line(f"{environment.name:<20}  {environment.versions}{skipped}")
    total = Counter[str]()
    for outcome, report in reports:
        found = dict(report.user_properties)
        total[outcome] += 1
        total["checks"] += found.get("checks", 0)
        reason = report.longrepr[2] if outcome == "skipped" else ""
        terminalreporter.write_line(f"{outcome:<7}  {found['subject']:<60}  {found.get('counts', reason)}")
    terminalreporter.write_line(", ".join(f"{count} {what}" for what, count in total.items()))
