"""Validation: from text to a Document, or to every finding about it."""
