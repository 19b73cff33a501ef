"""Limits for one text, so that a hostile file never exceeds a limit of Python's."""

MAX_BYTES = 16 * 1024 * 1024
MAX_VALUES = 1_000_000
"""Each value may be a finding, which takes a kilobyte of memory."""
MAX_DEPTH = 128
MAX_DIGITS = 40
"""No integer of any dtype has more than 20 digits; Python's own limit depends on its settings."""
MAX_FINDINGS = 1000
"""A million findings are no more useful than a thousand, and take a thousand times as long."""
