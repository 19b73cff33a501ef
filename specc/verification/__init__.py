"""Runs an archive and judges whether it does what a document says; a child process does the running."""
