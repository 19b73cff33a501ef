"""TFX's RunInference, in a Beam pipeline, answers a signature that takes one string a row as the model does.

It sends tf.Examples, or any bytes, and chooses among Classify, Regress and Predict by the signature's method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apache_beam as beam
import numpy as np
import pytest
import tensorflow as tf
from consumer_archives import Archive, Call, Run, runs, signatures_of
from expected_failures import hold
from tensorflow_serving.apis import prediction_log_pb2
from tfx_bsl.public.beam import RunInference
from tfx_bsl.public.proto import model_spec_pb2


def takes_strings(case: str, run: str) -> bool:
    """Whether a run is of a signature that a model server serves, with one string vector as its input."""
    signature = signatures_of(case).get(run)
    return (
        signature is not None
        and signature.is_servable
        and [(each.dtype, len(each.shape)) for each in signature.inputs] == [("string", 1)]
    )


ELIGIBLE = [(case, run) for case, run in runs() if takes_strings(case, run)]


def answer(archive: Archive, run: Run) -> Iterable[Mapping[str, np.ndarray]]:
    """The runtime: a pipeline for each call."""
    return [infer(archive, call) for call in run.calls]


def infer(archive: Archive, call: Call) -> Mapping[str, np.ndarray]:
    saved_model = model_spec_pb2.SavedModelSpec(
        model_path=str(archive.path), tag=archive.tags, signature_name=[call.signature]
    )
    spec = model_spec_pb2.InferenceSpecType(saved_model_spec=saved_model)
    (messages,) = call.inputs.values()
    with TemporaryDirectory() as directory:
        with beam.Pipeline(runner="DirectRunner") as pipeline:
            # The rows of a collection have no order, and come back by files: what runs them may be another process.
            rows = pipeline | beam.Create(list(enumerate(messages)))
            _ = rows | RunInference(spec) | beam.Map(partial(write_log, directory))
        files = [Path(directory, str(row)) for row in range(len(messages))]
        return outputs_of([prediction_log_pb2.PredictionLog.FromString(file.read_bytes()) for file in files])


def write_log(directory: str, keyed: tuple[int, Any]) -> None:
    row, log = keyed
    Path(directory, str(row)).write_bytes(log.SerializeToString())


def outputs_of(logs: list[Any]) -> Mapping[str, np.ndarray]:
    """The outputs of a PredictionLog for each row, by wire name."""
    match logs[0].WhichOneof("log_type"):
        case "classify_log":
            rows = [log.classify_log.response.result.classifications[0].classes for log in logs]
            labels = [[each.label.encode() for each in row] for row in rows]
            scores = [[each.score for each in row] for row in rows]
            return {"classes": np.array(labels, object), "scores": np.array(scores, np.float32)}
        case "regress_log":
            values = [log.regress_log.response.result.regressions[0].value for log in logs]
            return {"outputs": np.array(values, np.float32)}
        case _:
            found = [log.predict_log.response.outputs for log in logs]
            return {name: np.concatenate([tf.make_ndarray(row[name]) for row in found]) for name in found[0]}


@pytest.mark.parametrize(("case", "run"), ELIGIBLE)
def test_it_answers_as_the_model(case: str, run: str, archives: Callable[[str], Any]) -> None:
    hold("run-inference", archives(case), run, answer)


def test_receivers_of_every_method_are_among_them() -> None:
    methods = {signatures_of(case)[run].method for case, run in ELIGIBLE if signatures_of(case)[run].receiver}
    assert methods == {"classify", "regress", "predict"}
