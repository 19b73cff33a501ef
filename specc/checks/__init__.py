"""Checks: rules about one valid document, each with a level that a project may change."""

from specc.checks.built_graph import Built as Built
from specc.checks.check import Check as Check
from specc.checks.table import BUILT_CHECKS as BUILT_CHECKS
from specc.checks.table import CHECKS as CHECKS
from specc.checks.table import Settings as Settings
from specc.checks.table import built_targets as built_targets
from specc.checks.table import run_build_checks as run_build_checks
from specc.checks.table import run_checks as run_checks
