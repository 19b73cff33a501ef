"""The published JSON Schema of the language, and what it tells editors."""
