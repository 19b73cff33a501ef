"""Publishes a finished archive atomically: to a new directory, as a version, in place of an old one, or remotely."""
