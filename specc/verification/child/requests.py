"""Does what the requests of ``verify`` say, once TensorFlow is imported."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from specc.compiler.load_model import load_model
from specc.language.load import from_json
from specc.verification.child.fingerprint import check_fingerprint
from specc.verification.child.model import ModelReference
from specc.verification.child.refusals import refusal_of
from specc.verification.child.revived import Revived
from specc.verification.child.session import LoadedSession
from specc.verification.child.stored_variables import stored_variables
from specc.verification.protocol import (
    Answer,
    Answered,
    Call,
    CheckFingerprint,
    ListVariables,
    Load,
    Loaded,
    LoadModel,
    Message,
    Time,
    Timed,
    Variables,
    Way,
)


class Requests:
    """The archive, or the model, of this process, on the ways on which it is loaded."""

    def __init__(self, model: ModelReference | None = None) -> None:
        """Answers calls of ``model``, if it is made already, without loading one."""
        self._ways: dict[Way, Callable[[Call], Answered]] = {}
        self._revived: Revived | None = None
        self._model = model
        self._directory = ""

    def answer(self, request: Message) -> Answer:
        """The answer to ``request``; any exception is a refusal."""
        try:
            return self._do(request)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # TensorFlow and models raise any type
            return refusal_of(error, self._directory, str(Path.cwd()))

    def _do(self, request: Message) -> Answer:
        match request:
            case Load():
                return self._load(request)
            case LoadModel():
                return self._load_model(request)
            case Call():
                return self._call(request)
            case Time():
                return self._time(request)
            case ListVariables():
                return self._list_variables(request)
            case CheckFingerprint():
                return check_fingerprint(request.directory)
            case _:
                raise TypeError(f"{type(request).__name__} is not a request")

    def _load(self, request: Load) -> Loaded:
        start = time.perf_counter()
        self._directory = request.directory
        document = from_json(dict(request.document))
        if request.way == "session":
            session = LoadedSession(request.directory, request.tags, document)
            self._ways["session"] = session.call
            return Loaded(session.signatures, time.perf_counter() - start)
        if self._revived is None:
            self._revived = Revived(request.directory, request.tags, document)
        is_attribute, revived = request.way == "attribute", self._revived
        self._ways[request.way] = revived.call_attribute if is_attribute else revived.call_signature
        names = revived.attributes if is_attribute else revived.signatures
        return Loaded(names, time.perf_counter() - start)

    def _load_model(self, request: LoadModel) -> Loaded:
        if self._model is not None:
            self._ways["model"] = self._model.call
            return Loaded(self._model.endpoints)
        start = time.perf_counter()
        document, here, beside = from_json(dict(request.document)), Path.cwd(), Path(request.directory)
        target = request.model or document.model
        if target is None:
            raise ValueError("the document names no model")
        # As in a build: the document's modules are beside it, those of another model are searched here first.
        places = (here, beside) if request.model else (beside, here)
        sys.path[:0] = map(str, places)
        imports = tuple(dict.fromkeys((*document.imports, *request.imports)))
        model = load_model(target, places[0], seed=request.seed, imports=imports)
        self._model = ModelReference(document, model)
        self._ways["model"] = self._model.call
        return Loaded(self._model.endpoints, time.perf_counter() - start)

    def _call(self, request: Call) -> Answered:
        if request.way not in self._ways:
            raise RuntimeError(f"the way {request.way} is not loaded")
        return self._ways[request.way](request)

    def _time(self, request: Time) -> Timed:
        seconds: list[float] = []
        while len(seconds) < request.calls and sum(seconds) < request.seconds:
            seconds.append(self._call(request.call).seconds)
        return Timed(tuple(seconds))

    def _list_variables(self, request: ListVariables) -> Variables:
        if request.of == "stored":
            return Variables(stored_variables(self._directory))
        listing = self._model or self._revived
        if listing is None:
            raise RuntimeError("nothing is loaded that lists variables")
        return listing.variables
