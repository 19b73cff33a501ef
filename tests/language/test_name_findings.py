"""Names and paths: the errors, and the valid neighbour of each."""

from __future__ import annotations

import pytest
from finding_cases import Case, assert_case, spec, tensor

CASES = {
    "bad-name": Case(
        spec(
            {
                "1st": {
                    "arguments": ["class", "_x", "self"],
                    "inputs": ["bool[]", "bool[]", "bool[]"],
                    "outputs": "bool[]",
                },
                "_private": {"inputs": [{"user id": "bool[]"}], "outputs": {"a\tb": "bool[]"}},
                "pair": {
                    "inputs": ["bool[]"],
                    "outputs": {"kind": "namedtuple", "typename": "a b", "fields": [["_x", "bool[]"]]},
                },
            },
            default=None,
            variable_collections={"a.b": "variables"},
        ),
        [
            "endpoints[\"1st\"]: '1st' cannot be the name of an endpoint; use letters, digits and underscores, and no Python keyword",
            "endpoints[\"1st\"].arguments[0]: the argument name 'class' is a Python keyword",
            "endpoints[\"1st\"].arguments[1]: the argument name '_x' must start with a letter and contain only letters, digits and underscores",
            "endpoints[\"1st\"].arguments[2]: the argument name 'self' is reserved by the revived object",
            "endpoints._private: the name '_private' starts with an underscore; such names are private; choose another name",
            "endpoints._private.inputs[0][\"user id\"]: the wire name 'user id' must start with a letter or digit and contain only letters, digits, '_', '-', '.', and single '/' inside; give the leaf a \"name\"",
            'endpoints._private.outputs["a\\tb"]: the wire name \'a\\tb\' contains unprintable characters; give the leaf a "name"',
            "endpoints.pair.outputs.typename: 'a b' cannot be the name of a class",
            "endpoints.pair.outputs.fields[0][0]: '_x' cannot be the name of a field",
            "variable_collections[\"a.b\"]: 'a.b' cannot be the name of a collection; use letters, digits and underscores, and no Python keyword",
        ],
        spec(
            {
                "first": {
                    "arguments": ["klass", "x", "me"],
                    "inputs": ["bool[]", "bool[]", "bool[]"],
                    "outputs": "bool[]",
                },
                "private": {"inputs": [{"user_id": "bool[]"}], "outputs": {"a b": "bool[]"}},
                "pair": {
                    "inputs": ["bool[]"],
                    "outputs": {"kind": "namedtuple", "typename": "Pair", "fields": [["x", "bool[]"]]},
                },
            },
            default=None,
            variable_collections={"a_b": "variables"},
        ),
    ),
    "bad-path": Case(
        spec(
            {"score": {"function": "a b", "preprocess": "decode", "inputs": ["bool[]"], "outputs": "bool[]"}},
            model="ranker.model.build",
            imports=["ranker.layers:Scale"],
            variable_collections={"a": "optimizer..variables"},
            track=["1st"],
        ),
        [
            "endpoints.score.function: 'a b' is not an attribute of the model or module:attribute; for example 'call'",
            "endpoints.score.preprocess: 'decode' is not module:attribute; for example 'ranker.features:decode'",
            "model: 'ranker.model.build' is not module:attribute, a .keras or .h5 file or, with a slash at its end, a SavedModel's directory; for example 'ranker.model:build'",
            "imports[0]: 'ranker.layers:Scale' is not the name of a module; for example 'tensorflow_text'",
            "variable_collections.a: 'optimizer..variables' is not a path of attributes; for example 'optimizer.variables'",
            "track[0]: '1st' is not a path of attributes; for example 'optimizer.variables'",
        ],
        spec(
            {"score": {"function": "a.b", "preprocess": "features:decode", "inputs": ["bool[]"], "outputs": "bool[]"}},
            model="ranker.model:build",
            imports=["ranker.layers"],
            variable_collections={"a": "optimizer.variables"},
            track=["first"],
        ),
    ),
    "reserved-name": Case(
        spec(
            {
                "variables": {"inputs": ["bool[]"], "outputs": "bool[]"},
                "serving_default": {"inputs": ["bool[]"], "outputs": "bool[]"},
            },
            default="variables",
            variable_collections={"submodules": "variables"},
        ),
        [
            "endpoints.variables: 'variables' is an attribute of every revived archive; choose another name",
            "endpoints.serving_default: 'serving_default' is not the default endpoint; the default endpoint is published under that name; make this one the default or rename it",
            "variable_collections.submodules: 'submodules' is an attribute of every revived archive; choose another name",
        ],
        spec(
            {
                "weights": {"inputs": ["bool[]"], "outputs": "bool[]"},
                "serving_default": {"inputs": ["bool[]"], "outputs": "bool[]"},
            },
            default="serving_default",
            variable_collections={"modules": "variables"},
        ),
    ),
    "name-clash": Case(
        spec(
            {
                "score": {
                    "inputs": [{"id": "bool[]", "ID": "bool[]", "1st-visit": "bool[]", "arg_1st.visit": "bool[]"}],
                    "outputs": {"a": {"b": "bool[]"}, "a_b": "bool[]"},
                }
            },
            variable_collections={"score": "variables"},
        ),
        [
            "endpoints.score.inputs[0].id: the wire name 'id' clashes: the leaf at endpoints.score.inputs[0].ID has 'ID' (TensorFlow ignores case here); give one of them a \"name\"; see endpoints.score.inputs[0].ID: the leaf called 'ID'",
            "endpoints.score.inputs[0][\"arg_1st.visit\"]: the wire name 'arg_1st.visit' clashes: the leaf at endpoints.score.inputs[0][\"1st-visit\"] has '1st-visit' (both are the parameter 'arg_1st_visit' of a loaded signature); give one of them a \"name\"; see endpoints.score.inputs[0][\"1st-visit\"]: the leaf called '1st-visit'",
            "endpoints.score.outputs.a_b: the wire name 'a_b' clashes: the leaf at endpoints.score.outputs.a.b has the same name; give one of them a \"name\"; see endpoints.score.outputs.a.b: the leaf called 'a_b'",
            "variable_collections.score: the collection 'score' would overwrite the endpoint of that name; rename one of them; see endpoints.score: the endpoint",
        ],
        spec(
            {
                "score": {
                    "inputs": [{"id": "bool[]", "ID": tensor("bool", [], name="other_id")}],
                    "outputs": {"a": {"b": "bool[]"}, "b_a": "bool[]"},
                }
            },
            variable_collections={"scores": "variables"},
        ),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_findings_and_their_correction(rule: str) -> None:
    assert_case(CASES[rule], rule)
