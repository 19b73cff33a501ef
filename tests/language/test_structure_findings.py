"""Keys, types, arguments and defaults of a document: the errors, and the valid neighbour of each."""

from __future__ import annotations

import pytest
from finding_cases import Case, assert_case, batched, ragged, spec, tensor

CASES = {
    "missing-key": Case(
        {"endpoints": {"score": {"inputs": [{"kind": "tensor", "dtype": "bool"}]}}},
        [
            "the key 'specc' is missing",
            "endpoints.score: the key 'outputs' is missing",
            "endpoints.score.inputs[0]: the key 'shape' is missing",
        ],
        spec({"score": {"inputs": [tensor("bool", [])], "outputs": "bool[]"}}),
    ),
    "unknown-key": Case(
        spec(
            {
                "score": {
                    "arguments": ["a", "b"],
                    "inputs": [tensor("float32", [], shpae=[]), ragged("bool", "...", names={"splits": "s"})],
                    "outputs": "bool[]",
                    "autgraph": True,
                }
            },
            endponts={},
        ),
        [
            "endpoints.score.inputs[0].shpae: unknown key 'shpae'; did you mean 'shape'?",
            "endpoints.score.inputs[1].names.splits: unknown key 'splits'; did you mean 'row_splits'?",
            "endpoints.score.autgraph: unknown key 'autgraph'; did you mean 'autograph'?",
            "endponts: unknown key 'endponts'; did you mean 'endpoints'?",
        ],
        spec(
            {
                "score": {
                    "arguments": ["a", "b"],
                    "inputs": [tensor("float32", []), ragged("bool", "...", names={"row_splits": "s"})],
                    "outputs": "bool[]",
                    "autograph": True,
                }
            }
        ),
    ),
    "unknown-kind": Case(
        spec(
            {
                "score": {
                    "arguments": ["a", "b"],
                    "inputs": [{"kind": "tenser", "dtype": "bool", "shape": []}, {"kind": "set", "items": ["bool[]"]}],
                    "outputs": "bool[]",
                }
            }
        ),
        [
            "endpoints.score.inputs[0].kind: 'tenser' is not a kind of node; did you mean 'tensor'?",
            "endpoints.score.inputs[1].kind: 'set' is not a kind of node; the kinds are tensor, ragged, sparse, list, tuple, namedtuple, dict",
        ],
        spec(
            {
                "score": {
                    "arguments": ["a", "b"],
                    "inputs": [tensor("bool", []), {"kind": "list", "items": ["bool[]"]}],
                    "outputs": "bool[]",
                }
            }
        ),
    ),
    "wrong-type": Case(
        spec(
            {"score": {"autograph": 1, "inputs": "bool[]", "outputs": None, "kwargs": None}}, name=3, dims=[], track="a"
        ),
        [
            "endpoints.score.autograph: expected true or false, found the number 1",
            "endpoints.score.inputs: expected an array, found the string 'bool[]'; \"inputs\" is the list of positional arguments: put brackets around a single one",
            "endpoints.score.outputs: expected a tree, found null; write a tensor as a string such as 'float32[batch, 3]', a list as an array, a dict as an object",
            "endpoints.score.kwargs: expected an object, found null",
            "name: expected a string, found the number 3",
            'dims: expected an object, found an array; an object with a key for each name: {"batch": {}}',
            "track: expected an array, found the string 'a'",
        ],
        spec(
            {"score": {"autograph": True, "inputs": ["bool[]"], "outputs": "bool[]", "kwargs": {}}},
            name="m",
            dims={},
            track=["a"],
        ),
    ),
    "wrong-length": Case(
        spec(
            {
                "score": {
                    "inputs": [{"kind": "namedtuple", "typename": "P", "fields": [["a"], ["b", "bool[]", "c"]]}],
                    "outputs": "bool[]",
                }
            }
        ),
        [
            "endpoints.score.inputs[0].fields[0]: expected two items here; a field of a namedtuple is a pair of its name and its tree",
            "endpoints.score.inputs[0].fields[1]: expected at most 2 items here, found 3",
        ],
        spec(
            {
                "score": {
                    "inputs": [{"kind": "namedtuple", "typename": "P", "fields": [["a", "bool[]"], ["b", "bool[]"]]}],
                    "outputs": "bool[]",
                }
            }
        ),
    ),
    "empty-container": Case(
        spec(
            {
                "score": {
                    "inputs": [[], {}, {"kind": "tuple", "items": []}],
                    "arguments": ["a", "b", "c"],
                    "outputs": {"kind": "dict", "items": {}},
                }
            },
            variable_collections={"a": []},
        ),
        [
            "endpoints.score.inputs[0]: an array must not be empty here",
            "endpoints.score.inputs[1]: an object must not be empty here",
            "endpoints.score.inputs[2].items: an array must not be empty here",
            "endpoints.score.outputs.items: an object must not be empty here",
            "variable_collections.a: an array of selections must not be empty",
        ],
        spec(
            {
                "score": {
                    "inputs": [["bool[]"], {"x": "bool[]"}, {"kind": "tuple", "items": ["bool[]"]}],
                    "arguments": ["a", "b", "c"],
                    "outputs": {"kind": "dict", "items": {"y": "bool[]"}},
                }
            },
            variable_collections={"a": ["variables"]},
        ),
    ),
    "empty-text": Case(
        spec(
            {"score": {"inputs": [{"": "bool[]", "b": tensor("float32", [], name="")}], "outputs": "bool[]"}}, name=""
        ),
        [
            "endpoints.score.inputs[0][\"\"]: expected a non-empty string, found ''; for example 'score'",
            "endpoints.score.inputs[0].b.name: expected a non-empty string, found ''; for example 'score'",
            "name: expected a non-empty string, found ''; for example 'score'",
        ],
        spec(
            {"score": {"inputs": [{"a": "bool[]", "b": tensor("float32", [], name="b")}], "outputs": "bool[]"}},
            name="m",
        ),
    ),
    "wrong-arguments": Case(
        spec(
            {
                "a": {"arguments": ["x", "y"], "inputs": ["bool[]"], "outputs": "bool[]"},
                "b": {"arguments": ["x"], "inputs": [], "outputs": "bool[]"},
            },
            default=None,
        ),
        [
            'endpoints.a.arguments: 2 argument names for 1 input; "inputs" is the list of positional arguments, each with its name in "arguments"',
            'endpoints.b.arguments: 1 argument name for 0 inputs; "inputs" is the list of positional arguments, each with its name in "arguments"',
        ],
        spec(
            {
                "a": {"arguments": ["x"], "inputs": ["bool[]"], "outputs": "bool[]"},
                "b": {"arguments": [], "inputs": [], "outputs": "bool[]"},
            },
            default=None,
        ),
    ),
    "duplicate-entry": Case(
        batched(
            {"e": {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch]"}},
            imports=["ranker.layers", "ranker.layers"],
            save_options={"extra_tags": ["gpu", "serve", "gpu"], "namespace_whitelist": ["A", "A"]},
        ),
        [
            "imports[1]: duplicate entry 'ranker.layers'; remove one of them; see imports[0]: the first one",
            "save_options.extra_tags[1]: every archive of the mode 'predict' has the tag 'serve'; remove it",
            "save_options.extra_tags[2]: duplicate entry 'gpu'; remove one of them; see save_options.extra_tags[0]: the first one",
            "save_options.namespace_whitelist[1]: duplicate entry 'A'; remove one of them; see save_options.namespace_whitelist[0]: the first one",
        ],
        batched(
            {"e": {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch]"}},
            imports=["ranker.layers", "ranker.ops"],
            save_options={"extra_tags": ["gpu"], "namespace_whitelist": ["A"]},
        ),
    ),
    "missing-default": Case(
        spec({"a": {"inputs": ["bool[]"], "outputs": "bool[]"}, "b": {"inputs": ["bool[]"], "outputs": "bool[]"}}),
        [
            'there are several endpoints but no default; add "default": with one of a, b, or null for none',
        ],
        spec(
            {"a": {"inputs": ["bool[]"], "outputs": "bool[]"}, "b": {"inputs": ["bool[]"], "outputs": "bool[]"}},
            default=None,
        ),
    ),
    "optional-default": Case(
        batched(
            {
                "e": {
                    "inputs": ["float32[batch, 3]"],
                    "outputs": {"loss": "float32[]"},
                    "method": "train",
                    "optional": True,
                }
            },
            serving_only=True,
        ),
        [
            "default: \"serving_only\" leaves out the default endpoint, whose method is 'train'; choose a default that a server can serve, or null",
            'endpoints.e.optional: the default endpoint cannot be optional: an archive without it would have no default; remove it, or choose another "default"',
        ],
        batched(
            {
                "e": {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch]"},
                "f": {
                    "inputs": ["float32[batch, 3]"],
                    "outputs": {"loss": "float32[]"},
                    "method": "train",
                    "optional": True,
                },
            },
            default="e",
            serving_only=True,
        ),
    ),
    "no-signature": Case(
        batched(
            {
                "__call__": {
                    "arguments": ["user", "scale"],
                    "inputs": ["int64[batch]", tensor("float32", [], default=0.5)],
                    "outputs": {"scores": "float32[batch]"},
                    "method": "classify",
                    "receivers": {"examples": {"kind": "tf_example"}},
                    "receiver": "examples",
                },
                "score": {"inputs": ["int64[batch]"], "outputs": "float32[batch]"},
            },
            default="score",
        ),
        [
            "endpoints.__call__.inputs[1].default: a default value is stored in a signature, and '__call__', the revived object itself, has no signature unless it is the default; make '__call__' the default, or declare it on an endpoint with another name",
            "endpoints.__call__.method: only a signature has a method, and '__call__', the revived object itself, has no signature unless it is the default; make '__call__' the default, or declare it on an endpoint with another name",
            "endpoints.__call__.receivers: receivers are signatures of their endpoint, and '__call__', the revived object itself, has no signature unless it is the default; make '__call__' the default, or declare it on an endpoint with another name",
        ],
        batched(
            {
                "score": {
                    "arguments": ["user", "scale"],
                    "inputs": ["int64[batch]", tensor("float32", [], default=0.5)],
                    "outputs": {"scores": "float32[batch]"},
                    "method": "classify",
                    "receivers": {"examples": {"kind": "tf_example"}},
                    "receiver": "examples",
                },
                "__call__": {"inputs": ["int64[batch]"], "outputs": "float32[batch]"},
            },
            default="score",
        ),
    ),
    "unknown-endpoint": Case(
        batched(
            {"e": {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch]"}},
            save_options={"function_aliases": {"a": "f"}},
        ),
        [
            "save_options.function_aliases.a: there is no endpoint 'f'; an alias must name an endpoint",
        ],
        batched(
            {"e": {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch]"}},
            save_options={"function_aliases": {"a": "e"}},
        ),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_findings_and_their_correction(rule: str) -> None:
    assert_case(CASES[rule], rule)
