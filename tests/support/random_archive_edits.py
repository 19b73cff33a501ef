"""Random edits of receivers, endpoints and what an archive has as a whole."""

from __future__ import annotations

from random import Random
from typing import Any

from random_documents import (
    WORDS,
    Json,
    an_endpoint,
    as_document,
    collection,
    random_endpoint,
    random_members,
    set_default,
)

from specc.language.signatures import TAGS
from specc.language.wire_names import input_leaves


def change_receiver(rng: Random, data: Json) -> None:
    endpoint = rng.choice([each for each in data["endpoints"].values() if each.get("receivers")] or [None])
    if endpoint is None:
        return
    receivers = endpoint["receivers"]
    edit = rng.choice(("add", "remove", "rename", "kind", "plain", *["feature"] * 4))
    name = rng.choice(sorted(receivers))
    match edit:
        case "add":
            receivers["more"] = {"kind": "tf_example"}
        case "remove":
            del receivers[name]
        case "rename":
            receivers["other"] = receivers.pop(name)
            if endpoint.get("receiver") == name:
                endpoint["receiver"] = "other"
        case "kind":
            receivers[name]["kind"] = rng.choice(("tf_example", "tf_sequence_example"))
        case "plain":
            endpoint["receiver"] = rng.choice((None, *sorted(receivers)))
        case _:
            _change_feature(rng, data, endpoint, receivers[name])


def _change_feature(rng: Random, data: Json, endpoint: Json, receiver: Json) -> None:
    document = as_document(data)
    assert document is not None
    name = next(key for key, each in data["endpoints"].items() if each is endpoint)
    bound = rng.choice(input_leaves(document.endpoints[name]))
    feature = receiver.setdefault("features", {}).setdefault(bound.name, {})
    field = rng.choice(("key", "default", "default", "sequence"))
    leaf: Json = {"kind": "tensor", "dtype": bound.leaf.dtype, "shape": list((bound.leaf.shape or ())[1:])}
    set_default(rng, leaf)
    if not feature.get(field) and field == "default" and "default" not in leaf:
        leaf |= {"shape": []}
        set_default(rng, leaf)
    value = {"key": rng.choice(WORDS), "default": leaf.get("default"), "sequence": rng.random() < 0.5}[field]
    feature.pop(field, None)
    if value is not None and rng.random() < 0.8:
        feature[field] = value
    if not feature:
        del receiver["features"][bound.name]
    if not receiver["features"]:
        del receiver["features"]


def change_endpoint(rng: Random, data: Json) -> None:
    endpoint = an_endpoint(rng, data)
    field = rng.choice(("optional", "optional", "gradients", "method", "method", "function", "kwargs", "jax"))
    values: dict[str, tuple[Any, ...]] = {
        "method": ("predict", "classify", "regress", "train", "eval"),
        "function": ("call", "embed"),
        "kwargs": ({}, {"training": False}),
        "jax": ({}, {"platforms": ["cpu"]}),
    }
    endpoint[field] = rng.choice(values.get(field, (True, False)))


def add_endpoint(rng: Random, data: Json) -> None:
    data["endpoints"].setdefault(rng.choice(("score", "embed", "rank", "more")), random_endpoint(rng))


def remove_endpoint(rng: Random, data: Json) -> None:
    del data["endpoints"][rng.choice(sorted(data["endpoints"]))]
    if data["default"] not in data["endpoints"]:
        data["default"] = rng.choice((None, *sorted(data["endpoints"])))


def rename_endpoint(rng: Random, data: Json) -> None:
    old = rng.choice(sorted(data["endpoints"]))
    new = rng.choice(("other", "serving_default", "__call__", "train"))
    data["endpoints"][new] = data["endpoints"].pop(old)
    if data["default"] == old:
        data["default"] = new


def change_default_endpoint(rng: Random, data: Json) -> None:
    data["default"] = rng.choice((None, *sorted(data["endpoints"])))


_OF_ARCHIVES = ("mode", "tagged mode", *["serving_only"] * 3, "saver", "tags", "alias", "gradients", "debug", "name")


def change_archive(rng: Random, data: Json) -> None:
    options = data.setdefault("save_options", {})
    name = rng.choice(sorted(data["endpoints"]))
    match rng.choice(_OF_ARCHIVES):
        case "mode":
            data["mode"] = rng.choice(("predict", "train", "eval"))
        case "serving_only":
            data["serving_only"] = not data.get("serving_only", False)
        case "saver":
            options["experimental_skip_saver"] = not options.get("experimental_skip_saver", False)
        case "tags":
            options["extra_tags"] = rng.choice(([], ["gpu"], ["tpu", "gpu"], ["gpu", "tpu"]))
        case "tagged mode":
            mode, other = rng.choice((("predict", "train"), ("train", "predict")))
            data["mode"], options["extra_tags"] = mode, [TAGS[other]]
        case "alias":
            options["function_aliases"] = rng.choice(({}, {}, {"alias": name}, {"alias": name, "other": name}))
        case "gradients":
            options["experimental_custom_gradients"] = not options.get("experimental_custom_gradients", True)
        case "debug":
            options["save_debug_info"] = True
        case _:
            data["name"] = "ranker"


def change_collection(rng: Random, data: Json) -> None:
    found = data.setdefault("variable_collections", {})
    if "weights" not in found or rng.random() < 0.3:
        found[rng.choice(("weights", "moments"))] = [collection(random_members(rng) if rng.random() < 0.8 else None)]
        return
    content = found["weights"][0].get("content")
    edit = rng.choice(("remove", "unpin", "pin", "from", *["member"] * 6))
    if edit == "remove":
        del found["weights"]
    elif edit == "from":
        found["weights"][0]["from"] = rng.choice(("variables", "encoder.variables"))
    elif edit == "unpin":
        found["weights"][0].pop("content", None)
    elif edit == "pin" or content is None:
        found["weights"][0]["content"] = random_members(rng)
    else:
        content[rng.choice(WORDS if rng.random() < 0.3 else sorted(content))] = rng.choice(
            ("float32[?]", "float32[3]", "float32[...]", "int64[?, 3]", "int64[2, ?]")
        )
