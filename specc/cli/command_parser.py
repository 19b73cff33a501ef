"""The argument parsers of specc and of each command."""

from __future__ import annotations

import argparse
import sys
from typing import Any


class EscapingParser(argparse.ArgumentParser):
    """A parser whose messages, which quote arguments, are escaped."""

    color = property(lambda _: False, lambda *_: None)
    """Python 3.14 would style its messages with sequences that are escaped too."""

    def _print_message(self, message: str, file: Any = None) -> None:
        from specc.report.writer import write  # most runs have no message

        write(message, file or sys.stderr)


class CommandParser(EscapingParser):
    """A parser with at most one positional argument of several words, between which options may stand."""

    _later: argparse.ArgumentParser | None = None
    _several = ""

    def add_argument(self, *names: Any, **keywords: Any) -> argparse.Action:
        """Adds an argument, and prepares for its later words if it is a positional one of any number of words."""
        action = super().add_argument(*names, **keywords)
        if not action.option_strings and action.nargs in ("*", "+"):
            assert self._later is None
            self._several = action.dest
            self._later = argparse.ArgumentParser(add_help=False)
            self._later.add_argument(action.dest, nargs="*")
        return action

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parses as argparse does, which takes the words before the next option only, and then those that it left."""
        # parse_known_intermixed_args would lose the place of a word after --model that is not its value.
        namespace, rest = super().parse_known_args(args, namespace)
        if rest and self._later is not None:
            later, rest = self._later.parse_known_args(rest)
            setattr(namespace, self._several, [*getattr(namespace, self._several), *getattr(later, self._several)])
        return namespace, rest
