"""Trees as nested TensorSpecs, as written by hand, and back."""

import collections
from typing import Any

import keras
import pydantic
import pytest
import tensorflow as tf
from hypothesis import given, settings
from strategies import Extent, trees

import specc
from specc.compiler.tensorspec import namedtuple_class, tensor_specs, tree_of
from specc.language.dtypes import DTYPES
from specc.language.tensor_string import ANY
from specc.language.trees import Dict, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple

pytestmark = pytest.mark.tensorflow

Spec = tf.TensorSpec


def is_known(dtype: str) -> bool:
    try:
        tf.dtypes.as_dtype(dtype)
    except TypeError:  # newer than this TensorFlow
        return False
    return True


KNOWN = tuple(dtype for dtype in DTYPES if is_known(dtype))


def test_the_input_signature_is_what_a_person_writes(tmp_path: Any) -> None:
    document = specc.from_json(
        {
            "specc": 1,
            "dims": {"batch": {"max": 8}, "time": {}},
            "endpoints": {
                "score": {
                    "arguments": ["features", "context", "scale"],
                    "inputs": [
                        {
                            "user": {"id": "int64[batch]", "history": "int64[batch, time]"},
                            "item": {
                                "title": {"kind": "tensor", "dtype": "string", "shape": ["batch"], "name": "heading"},
                                "tags": {"kind": "sparse", "dtype": "float32", "shape": ["batch", 9]},
                                "words": {
                                    "kind": "ragged",
                                    "dtype": "string",
                                    "shape": ["batch", "?", "?", 3],
                                    "ragged_rank": 2,
                                    "row_splits_dtype": "int32",
                                },
                            },
                        },
                        ["float32[batch, 3]", {"kind": "tuple", "items": ["bfloat16[...]", "bool[]"]}],
                        "float32[]",
                    ],
                    "outputs": "float32[batch]",
                }
            },
        }
    )
    assert specc.compile(document)["score"].input_signature == [
        {
            "user": {"id": Spec([None], tf.int64), "history": Spec([None, None], tf.int64)},
            "item": {
                "title": Spec([None], tf.string, "heading"),
                "tags": tf.SparseTensorSpec([None, 9], tf.float32),
                "words": tf.RaggedTensorSpec([None, None, None, 3], tf.string, 2, tf.int32),
            },
        },
        [Spec([None, 3], tf.float32), (Spec(None, tf.bfloat16), Spec([], tf.bool))],
        Spec([], tf.float32),
    ]


def test_keras_takes_the_input_signature_as_it_is(tmp_path: Any) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    endpoint = {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 1]"}
    document = specc.from_json({"specc": 1, "dims": {"batch": {}}, "endpoints": {"serve": endpoint}})
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", model.call, input_signature=specc.compile(document)["serve"].input_signature)
    archive.write_out(str(tmp_path / "archive"), verbose=False)
    assert sorted(tf.saved_model.load(str(tmp_path / "archive")).signatures) == ["serve", "serving_default"]


def test_equal_namedtuples_have_one_type() -> None:
    assert namedtuple_class("Pair", ("a", "b")) is namedtuple_class("Pair", ("a", "b"))


def kept(tree: Tree) -> Tree:
    """What TensorSpecs hold of a tree: all but dim names, bounds, defaults, descriptions and component names."""
    match tree:
        case Tensor():
            return Tensor(dtype=tree.dtype, shape=opened(tree), name=tree.name)
        case Ragged():
            return Ragged(
                dtype=tree.dtype,
                shape=opened(tree),
                ragged_rank=tree.ragged_rank,
                row_splits_dtype=tree.row_splits_dtype,
            )
        case Sparse():
            return Sparse(dtype=tree.dtype, shape=opened(tree))
        case List() | Tuple():
            return type(tree)(items=[kept(item) for item in tree.items])
        case NamedTuple():
            return NamedTuple(typename=tree.typename, fields=[(name, kept(item)) for name, item in tree.fields])
        case Dict():
            return Dict(items={key: kept(item) for key, item in tree.items.items()})


def opened(leaf: Any) -> Any:
    return "..." if leaf.shape is None else [dim if isinstance(dim, int) else ANY for dim in leaf.shape]


@settings(max_examples=max(1_000, settings().max_examples))
@given(trees(Extent(buildable=True, dtypes=KNOWN)).map(pydantic.TypeAdapter(Tree).validate_python))
def test_a_tree_loses_exactly_what_is_written_down(tree: Tree) -> None:
    assert tree_of(tensor_specs(tree)) == kept(tree)


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        (Spec([], tf.resource), "a resource tensor cannot leave its process"),
        (Spec([], tf.variant), "a variant tensor cannot leave its process"),
        ([3], "expected TensorSpecs in lists, tuples and dicts, found 3"),
        ("float32", "expected TensorSpecs in lists, tuples and dicts, found 'float32'"),
        (None, "expected TensorSpecs in lists, tuples and dicts, found None"),
    ],
)
def test_what_is_no_tree_is_refused(specs: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        tree_of(specs)


def test_what_python_holds_besides_lists_and_dicts() -> None:
    specs = collections.OrderedDict(a=Spec([], tf.int8))
    assert tree_of(specs) == Dict(items={"a": "int8[]"})
