"""The types of layers and models: those of Keras, and those of tf_keras, which is Keras 2."""

from __future__ import annotations

import sys
from typing import Any

import keras


def is_layer(value: Any) -> bool:
    """Whether ``value`` is a layer or model of Keras or tf_keras."""
    return isinstance(value, keras.Layer) or is_tf_keras_layer(value)


def is_model(value: Any) -> bool:
    """Whether ``value`` is a model of Keras or tf_keras."""
    return isinstance(value, keras.Model) or _is_of_tf_keras(value, "models", "Model")


def is_tf_keras_layer(value: Any) -> bool:
    """Whether ``value`` is a layer or model of tf_keras."""
    return _is_of_tf_keras(value, "layers", "Layer")


def _is_of_tf_keras(value: Any, module: str, name: str) -> bool:
    # Never imported here: it is optional, and whoever made such a model has imported it.
    kind = getattr(getattr(sys.modules.get("tf_keras"), module, None), name, None)
    return isinstance(kind, type) and isinstance(value, kind)
