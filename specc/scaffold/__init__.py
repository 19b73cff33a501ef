"""Infers a first spec from a model or an archive: ``specc init``."""
