"""What a change of a contract breaks: two documents compared, on each surface (wire, rest, python)."""

from specc.compatibility.sides import Comparison, Described
from specc.compatibility.table import compare

__all__ = ["Comparison", "Described", "compare"]
