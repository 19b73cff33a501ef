"""Globs over the paths of variables, matched in time that is linear in the path, whatever the pattern."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\*\*/|\*\*|\*|[^*]", re.DOTALL)
_WILD = ("**/", "**", "*")


class PathGlob:
    """A glob: ``?`` and ``*`` match within one segment of a path, ``**`` across segments; ``a/**/b`` also ``a/b``.

    The tokens of the pattern are the states of an automaton. The states that the path so far can have reached are the
    bits of one integer, so that no choice is ever tried again.
    """

    def __init__(self, pattern: str) -> None:
        self._exact: dict[str, int] = {}
        """By character: the states that it leads out of, to the next one."""
        self._one = self._within = self._across = 0
        """The states that one character leads out of, and that any number leaves: each but a slash, or any."""
        self._skips = self._jumps = 0
        """The states that need no character to reach the next one, or the next but one."""
        state = 0
        for token in _tokens(pattern):
            bit = 1 << state
            match token:
                case "*":
                    self._within |= bit
                    self._skips |= bit
                case "**":
                    self._across |= bit
                    self._skips |= bit
                case "**/":  # nothing, or any characters in the second state and then a slash
                    self._skips |= bit
                    self._jumps |= bit
                    state += 1
                    self._across |= bit << 1
                    self._exact["/"] = self._exact.get("/", 0) | bit << 1
                case "?":
                    self._one |= bit
                case _:
                    self._exact[token] = self._exact.get(token, 0) | bit
            state += 1
        self._end = 1 << state

    def matches(self, path: str) -> bool:
        """Whether the whole ``path`` matches."""
        reached = self._without_characters(1)
        for char in path:
            passed, stays = self._exact.get(char, 0), self._across
            if char != "/":
                passed, stays = passed | self._one, stays | self._within
            reached = self._without_characters((reached & passed) << 1 | reached & stays)
        return bool(reached & self._end)

    def _without_characters(self, reached: int) -> int:
        """``reached``, and what can be reached from there without a character: in few steps, see :func:`_tokens`."""
        while (more := reached | (reached & self._skips) << 1 | (reached & self._jumps) << 2) != reached:
            reached = more
        return reached


def _tokens(pattern: str) -> list[str]:
    """The tokens of ``pattern``, without those that change nothing beside their neighbour: ``**/**/`` is ``**/``."""
    tokens: list[str] = []
    for token in _TOKEN.findall(pattern):
        tokens.append(token)
        while len(tokens) > 1 and tokens[-1] in _WILD and tokens[-2] in _WILD:
            if tokens[-1] != tokens[-2] and "**" not in tokens[-2:]:
                break
            tokens[-2:] = ["**" if "**" in tokens[-2:] else tokens[-1]]
    return tokens
