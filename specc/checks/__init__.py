"""Checks: rules about one valid document, each with a level that a project may change."""

from specc.checks.check import Check as Check
from specc.checks.table import BUILT_CHECKS as BUILT_CHECKS
from specc.checks.table import CHECKS as CHECKS
from specc.checks.table import Settings as Settings
from specc.checks.table import find_built_opinions as find_built_opinions
from specc.checks.table import find_opinions as find_opinions
