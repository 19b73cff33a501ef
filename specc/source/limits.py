"""What is too much for one text: limits of ours, so that a hostile file never meets one of Python's."""

MAX_BYTES = 16 * 1024 * 1024
MAX_VALUES = 1_000_000
"""Each value may be a finding, and a finding is a kilobyte while it is made."""
MAX_DEPTH = 128
MAX_DIGITS = 40
"""No integer of any dtype has more than 20 digits; Python's own limit depends on its settings."""
MAX_FINDINGS = 1000
"""A million findings are no more use to a reader than a thousand, and cost a thousand times the time."""
