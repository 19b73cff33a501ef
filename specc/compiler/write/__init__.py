"""Writes traced endpoints as a staged and sealed SavedModel."""
