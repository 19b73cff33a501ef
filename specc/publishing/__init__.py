"""Where a finished archive goes, whole or not at all: a directory, a version, an older one's place, a remote store."""
