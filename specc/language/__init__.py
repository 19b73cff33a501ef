"""The language: documents, trees, dimensions and names, as pydantic models and a JSON Schema."""
