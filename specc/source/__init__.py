"""Reading JSON text: from bytes to plain data."""
