"""Calls archives in this process as the child process of verify does, on each of its ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.language.document import Document
from specc.language.signatures import TAGS
from specc.verification.child.requests import Requests
from specc.verification.protocol import Answer, Answered, Call, Load, Loaded, Refused, Way

WAYS: tuple[Way, ...] = ("attribute", "signature", "session")


def tensor(dtype: str, shape: Sequence[int], *elements: Any) -> FlatTensor:
    """A flat tensor of Python values."""
    return tensor_of(dtype, shape, elements)


class CalledArchive:
    """An archive that is loaded on its ways."""

    def __init__(self, path: Path | str, document: Document, ways: Sequence[Way] = WAYS) -> None:
        self.requests, self.ways = Requests(), tuple(ways)
        tags = (TAGS[document.mode], *document.save_options.extra_tags)
        self.addresses: dict[Way, tuple[str, ...]] = {}
        for way in ways:
            loaded = self.requests.answer(Load(way, str(path), document.to_json(), tags))
            assert isinstance(loaded, Loaded), loaded
            self.addresses[way] = loaded.addresses

    def ask(self, way: Way, endpoint: str, inputs: Mapping[str, FlatTensor], **more: Any) -> Answer:
        """The answer to a call of ``endpoint``, on its own address unless ``address`` is given."""
        return self.requests.answer(Call(way, endpoint, more.pop("address", endpoint), inputs, **more))

    def call(self, way: Way, endpoint: str, inputs: Mapping[str, FlatTensor], **more: Any) -> Answered:
        """The same, where it is answered."""
        answer = self.ask(way, endpoint, inputs, **more)
        assert isinstance(answer, Answered), answer
        return answer

    def refusal(self, way: Way, endpoint: str, inputs: Mapping[str, FlatTensor], **more: Any) -> Refused:
        """The same, where it is refused."""
        answer = self.ask(way, endpoint, inputs, **more)
        assert isinstance(answer, Refused), answer
        return answer

    def assert_agree(self, endpoint: str, inputs: Mapping[str, FlatTensor], expected: Mapping[str, FlatTensor]) -> None:
        """Every way gives ``expected``, as declared, and moves nothing."""
        for way in self.ways:
            answer = self.call(way, endpoint, inputs)
            assert dict(answer.outputs) == dict(expected), way
            assert (answer.mismatches, answer.moved, answer.left_out) == ((), (), ()), way
