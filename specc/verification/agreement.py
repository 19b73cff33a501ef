"""Agreement: whether all ways give one output the same, and whether it is what a reference gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from specc.language.wire_names import BoundLeaf
from specc.run_finding import RunFinding
from specc.verification.comparison import Compared
from specc.verification.endpoint_calls import EndpointCalls, verb
from specc.verification.planned_call import PlannedCall
from specc.verification.protocol import Answered, Way
from specc.verification.purity import not_pure
from specc.verification.reference import Expected
from specc.verification.subject import listed


class OutputJudge:
    """Judges one output of the answers to one call."""

    def __init__(
        self,
        calls: EndpointCalls,
        planned: PlannedCall,
        bound: BoundLeaf,
        answers: Mapping[Way, Answered],
        references: Sequence[Expected],
    ) -> None:
        self._calls, self._planned, self._bound, self._answers = calls, planned, bound, answers
        self._references = references

    def judge(self) -> Iterator[RunFinding]:
        """The findings: that the ways disagree, or else that they differ from the first reference that says so.

        No difference counts that a repetition of the call shows too.
        """
        pairs = {
            (one, other): result
            for one, other in combinations(self._answers, 2)
            if (result := self._between(one, other)).problem
        }
        if pairs and self._calls.is_repeatable:
            unsteady = self._find_unsteady(dict.fromkeys(way for pair in pairs for way in pair))
            yield from unsteady
            if self._calls.is_repeatable:
                yield self._disagreement(pairs)
                return
        for expected in self._references:
            found = self._difference_from(expected)
            if found is not None:
                yield found
                return

    def _between(self, one: Way, other: Way) -> Compared:
        return self._calls.compare(self._bound, self._answers[one].outputs, self._answers[other].outputs)

    def _find_unsteady(self, ways: Iterator[Way] | Mapping[Way, None]) -> list[RunFinding]:
        """The finding that a second call is answered otherwise, if it is and that is not meant."""
        for way in ways:
            found = self._calls.repeats(way, self._planned, self._answers[way])
            if found is not None:
                result, bound = found
                return list(not_pure(self._calls, self._planned, way, result, bound))
        return []

    def _disagreement(self, pairs: Mapping[tuple[Way, Way], Compared]) -> RunFinding:
        blamed = self._blamed(pairs)
        others = [way for way in self._answers if way not in blamed]
        if blamed and others:
            results = [self._between(way, other) for way in blamed for other in others]
            result = next((each for each in results if each.problem), next(iter(pairs.values())))
            message = f"{verb(blamed, 'answers', 'answer')} otherwise than {listed(others)}"
        else:
            blamed = list(dict.fromkeys(way for pair in pairs for way in pair))
            result = next(iter(pairs.values()))
            message = f"{listed(blamed)} answer differently"
        return self._calls.finding(
            "ways-disagree", self._bound.path, message, blamed, self._planned, result=result, bound=self._bound
        )

    def _blamed(self, pairs: Mapping[tuple[Way, Way], Compared]) -> list[Way]:
        """The ways that differ from a reference, or the odd one of three; none where neither is clear."""
        for expected in self._references:
            wrong = list(self._wrong_ways(expected))
            if wrong and len(wrong) < len(self._answers):
                return wrong
        involved = [set(pair) for pair in pairs]
        odd = [way for way in self._answers if all(way in pair for pair in involved)]
        return odd if len(odd) == 1 and len(self._answers) > 2 else []

    def _wrong_ways(self, expected: Expected) -> dict[Way, Compared]:
        wrong = {}
        for way, answer in self._answers.items():
            if way in expected.answers:
                result = self._calls.compare(
                    self._bound,
                    answer.outputs,
                    expected.answers[way],
                    origin=expected.origin,
                    open_axes=expected.open_axes,
                )
                if result.problem:
                    wrong[way] = result
        return wrong

    def _difference_from(self, expected: Expected) -> RunFinding | None:
        wrong = self._wrong_ways(expected)
        if not wrong:
            return None
        if not expected.is_declared:
            ways = [way for way in wrong if self._calls.is_repeatable]
            unsteady = self._find_unsteady(dict.fromkeys(ways))
            if unsteady:
                return unsteady[0]
            if not self._calls.is_repeatable:
                return None
        ways = list(wrong)
        components = {part.wire_name for part in self._bound.components}
        outputs = {name: tensor for name, tensor in expected.answers[ways[0]].items() if name in components}
        return self._calls.finding(
            "answer-differs",
            self._bound.path,
            f"the answer of {listed(ways)} differs from {expected.title}",
            ways,
            self._planned,
            result=wrong[ways[0]],
            bound=self._bound,
            outputs=outputs,
        )
