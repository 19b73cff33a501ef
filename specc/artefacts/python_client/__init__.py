"""``python``: a client of a model in one Python file, which needs NumPy and the standard library."""

from specc.artefacts.python_client.client import render as render
