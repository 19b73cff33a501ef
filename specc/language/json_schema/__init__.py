"""The published JSON Schema of the language, with its keywords for editors."""
