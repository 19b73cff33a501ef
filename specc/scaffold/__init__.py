"""A first spec, inferred from a model or an archive: ``specc init``."""
