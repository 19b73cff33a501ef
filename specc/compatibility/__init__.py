"""What a change of a contract breaks: two documents compared, on each surface (wire, rest, python)."""

from specc.compatibility.table import compare as compare
