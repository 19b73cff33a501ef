"""Converters and their runtimes: each converts an archive and answers calls with the converted model.

A converter has the name of its target. Where it or its runtime fails, it raises RuntimeError with the error's own words.
Each model is converted once for a signature: a run gets a runtime of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from consumer_archives import Archive, Call, Run
from converted_tfjs import convert_for_tfjs, run_with_tfjs

from specc.language.signatures import DEFAULT_KEYS, published_signatures
from specc.rules.table import Target

# The locale that ONNX Runtime needs for lower and upper case is not everywhere; nowhere is the same everywhere.
os.environ["LOCPATH"] = "/nonexistent"

Flat = Mapping[str, np.ndarray]


def keys_of(archive: Archive) -> list[str]:
    """The keys of the signatures of an archive, sorted."""
    return sorted(each.key for each in published_signatures(archive.document))


def aliased(archive: Archive, key: str) -> str:
    """The key of the signature that ``key`` is an alias of, or itself."""
    return next((each.alias_of for each in published_signatures(archive.document) if each.key == key), "") or key


def words_of(error: Exception) -> RuntimeError:
    """The failure of a runtime as the tests expect it."""
    return RuntimeError(f"{type(error).__name__}: {error}")


def same_names(found: Any, call: Call) -> None:
    """A converted model takes the inputs of the signature."""
    if sorted(found) != sorted(call.inputs):
        raise RuntimeError(f"its inputs are {sorted(found)}, not {sorted(call.inputs)}")


class Converted:
    """The conversions of one archive after the other, by what was converted."""

    def __init__(self, convert: Callable[[Archive, str | None], Any]) -> None:
        self._convert = convert
        self._case = ""
        self._made: dict[str | None, Any] = {}

    def __call__(self, archive: Archive, key: str | None) -> Any:
        """What ``convert`` makes of the signature ``key``; raises RuntimeError each time it is asked for a failure."""
        if archive.case != self._case:
            self._case, self._made = archive.case, {}
        if key not in self._made:
            try:
                self._made[key] = self._convert(archive, key)
            except Exception as error:  # noqa: BLE001  # a converter raises what it likes
                self._made[key] = words_of(error)
        if isinstance(self._made[key], RuntimeError):
            raise self._made[key]
        return self._made[key]


def _to_onnx(archive: Archive, key: str | None) -> bytes:
    import tensorflow as tf
    from tf2onnx import tf_loader
    from tf2onnx.convert import _convert_common  # what its command calls

    graph, inputs, outputs, tables, renamed = tf_loader.from_saved_model(
        str(archive.path), None, None, list(archive.tags), [key], return_initialized_tables=True,
        return_tensors_to_rename=True,
    )  # fmt: skip
    with tf.device("/cpu:0"):
        model, _ = _convert_common(
            graph, name=archive.case, input_names=inputs, output_names=outputs, tensors_to_rename=renamed,
            initialized_tables=tables,
        )  # fmt: skip
    return bytes(model.SerializeToString())


class Onnx:
    """tf2onnx and ONNX Runtime: a model for each signature; for the default one as the command converts by default."""

    def __init__(self) -> None:
        self._converted = Converted(_to_onnx)

    def __call__(self, archive: Archive, run: Run) -> Iterator[Flat]:
        for call in run.calls:
            is_default = call.signature == DEFAULT_KEYS[archive.document.mode]
            key = keys_of(archive)[0] if is_default else call.signature
            yield self._answer(self._converted(archive, aliased(archive, key)), call)

    def _answer(self, model: bytes, call: Call) -> Flat:
        import onnxruntime

        try:
            session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise words_of(error) from error
        same_names([each.name for each in session.get_inputs()], call)
        try:
            found = session.run(None, {name: _with_str(array) for name, array in call.inputs.items()})
        except Exception as error:
            raise words_of(error) from error
        names = [each.name for each in session.get_outputs()]
        return {name: _with_bytes(np.asarray(array)) for name, array in zip(names, found, strict=True)}


def _to_litert(archive: Archive, key: str | None) -> bytes:
    import tensorflow as tf

    keys = None if key is None else [key]
    converter = tf.lite.TFLiteConverter.from_saved_model(str(archive.path), signature_keys=keys, tags=set(archive.tags))
    return bytes(converter.convert())


class Litert:
    """LiteRT: one model of all signatures, as by default; where one of them keeps it from that, one for each."""

    def __init__(self) -> None:
        self._converted = Converted(_to_litert)

    def __call__(self, archive: Archive, run: Run) -> Iterator[Flat]:
        from ai_edge_litert.interpreter import Interpreter

        made: dict[int, Any] = {}
        for call in run.calls:
            model = self._model(archive, call.signature)
            interpreter = made.setdefault(id(model), None) or Interpreter(model_content=model)
            made[id(model)] = interpreter
            keys = [call.signature, aliased(archive, call.signature), self._alias(archive, call.signature)]
            key = next((each for each in keys if each in interpreter.get_signature_list()), None)
            if key is None:
                raise RuntimeError(f"the converted model has no signature {call.signature!r}")
            try:
                runner = interpreter.get_signature_runner(key)
                same_names(runner.get_input_details(), call)
                found = runner(**call.inputs)
            except ValueError as error:
                raise words_of(error) from error
            yield {name: _with_bytes(np.array(array)) for name, array in found.items()}

    def _model(self, archive: Archive, key: str) -> bytes:
        try:
            return self._converted(archive, None)  # type: ignore[no-any-return]
        except RuntimeError:
            return self._converted(archive, aliased(archive, key))  # type: ignore[no-any-return]

    def _alias(self, archive: Archive, key: str) -> str:
        """The alias of a signature, which the converter keeps in place of it if the endpoint is called ``serve``."""
        return next((each.key for each in published_signatures(archive.document) if each.alias_of == key), key)


def _to_openvino(archive: Archive, key: str | None) -> Any:
    import openvino
    import openvino_tokenizers  # noqa: F401  # registers the ops of strings

    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    return openvino.Core().compile_model(openvino.convert_model(str(archive.path)), "CPU", settings)


class Openvino:
    """OpenVINO on a CPU: the default signature of an archive."""

    def __init__(self) -> None:
        self._converted = Converted(_to_openvino)

    def __call__(self, archive: Archive, run: Run) -> Iterator[Flat]:
        request = None
        for call in run.calls:
            if aliased(archive, call.signature) != archive.document.default:
                raise RuntimeError("OpenVINO converts only the default signature")
            request = request or self._converted(archive, None).create_infer_request()
            try:
                request.infer({name: _for_openvino(array) for name, array in call.inputs.items()})
                yield {name: _from_openvino(request.get_tensor(name)) for name in call.outputs}
            except RuntimeError as error:
                raise words_of(error) from error


def _for_openvino(array: np.ndarray) -> Any:
    import openvino

    if array.dtype == object:
        return _with_str(array).astype(str)
    if array.dtype.name == "bfloat16":
        return openvino.Tensor(array.view(np.uint16), array.shape, openvino.Type.bf16)
    return array


def _from_openvino(tensor: Any) -> np.ndarray:
    import ml_dtypes
    import openvino

    if tensor.element_type == openvino.Type.string:
        return _with_bytes(np.array(tensor.str_data, object))
    if tensor.element_type == openvino.Type.bf16:
        return np.array(tensor.data).view(np.uint16).view(ml_dtypes.bfloat16)
    return np.array(tensor.data)


def _to_tfjs(archive: Archive, key: str | None) -> Any:
    assert key is not None
    return convert_for_tfjs(archive, key)


class Tfjs:
    """TensorFlow.js without TensorFlow, in node: a model for each signature."""

    def __init__(self) -> None:
        self._converted = Converted(_to_tfjs)

    def __call__(self, archive: Archive, run: Run) -> Iterator[Flat]:
        for call in run.calls:
            model = self._converted(archive, aliased(archive, call.signature))
            yield run_with_tfjs(model, call, same_names)


RUNTIMES: dict[Target, type] = {"onnx": Onnx, "litert": Litert, "openvino": Openvino, "tfjs": Tfjs}
"""The runtimes that are targets of specc's checks."""


def _with_str(array: np.ndarray) -> np.ndarray:
    return _mapped(array, bytes, bytes.decode)


def _with_bytes(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind in "US":
        array = array.astype(object)
    return _mapped(array, str, str.encode)


def _mapped(array: np.ndarray, kind: type, change: Callable[[Any], Any]) -> np.ndarray:
    if array.dtype != object:
        return array
    values = [change(each) if isinstance(each, kind) else each for each in array.ravel()]
    return np.array([*values, None], object)[:-1].reshape(array.shape)  # None keeps NumPy from nesting bytes
