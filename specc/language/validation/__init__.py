"""Validation: makes a Document of a text, or reports every finding about it."""
