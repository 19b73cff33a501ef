"""From traced endpoints to a staged and sealed SavedModel."""
