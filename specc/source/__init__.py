"""From bytes to plain data."""
