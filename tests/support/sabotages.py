"""Archives with one defect each, and the finding that names it.

Most are copies of the sound archive whose files are edited; the others are built from a ranker with the defect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sabotaged_model
from edited_archives import drop_child, endpoint_function
from ranker_archives import (
    Make,
    any_size,
    built,
    contract,
    cut_file,
    damaged,
    default,
    drop_member,
    edit_contract,
    freeze,
    more_words,
    move_alias,
    negate,
    negate_alias,
    negate_in_main_graph,
    negate_receiver,
    noise,
    other_dtype,
    other_member,
    other_statistics,
    repeat_member,
    replace_checkpoint,
    reverse_members,
    swap,
    unlist,
    widen,
    wider_bound,
    with_edit,
    wrapper,
)


@dataclass(frozen=True)
class Sabotage:
    """An archive with one defect. ``found`` are all findings about it that are errors, and ``text`` is in the first."""

    make: Make
    found: tuple[tuple[str, str], ...]
    text: str = ""
    reference: str = ""
    """``examples``, ``model`` or ``against``, without which nobody could tell."""
    promises: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Further keys of endpoints, in the document that the archive is held against."""
    static: bool = True
    """Whether the static checks run too; without them, what is run has to show the defect."""
    warnings: tuple[tuple[str, str], ...] = ()


SCORE_AT, LOOK_UP_AT, SCALED_AT = "endpoints.score", "endpoints.look_up", "endpoints.scaled"
CLICK_AT, FIRST_AT, SECOND_AT = (f"{SCORE_AT}.outputs.{name}" for name in ("click", "parts[0]", "parts[1]"))
ROWWISE = {"score": {"rowwise": True}}
PURE = {"score": {"pure": True}}

SABOTAGES: dict[str, Sabotage] = {
    "weights, beside the model": Sabotage(
        built(change=noise), (("weights-differ", ""),), "'ranker/head/kernel' has other values", "model"
    ),
    "weights, beside examples": Sabotage(
        built(change=noise), (("answer-differs", CLICK_AT),), "the example `known`", "examples"
    ),
    "weights, beside the archive in production": Sabotage(
        built(change=noise), (("answer-differs", CLICK_AT),), "differs from", "against"
    ),
    "statistics, beside the model": Sabotage(
        built(change=other_statistics), (("weights-differ", ""),), "'ranker/norm/moving_variance' has other values",
        "model",
    ),
    "statistics, beside examples": Sabotage(
        built(change=other_statistics), (("answer-differs", CLICK_AT),), reference="examples"
    ),
    "outputs swapped on the wire": Sabotage(
        swap("outputs", "parts_0", "parts_1"), (("wire-crossed", FIRST_AT),), "'parts_0' is 'parts_1'"
    ),
    "outputs swapped on the wire, as run": Sabotage(
        swap("outputs", "parts_0", "parts_1"), (("ways-disagree", FIRST_AT), ("ways-disagree", SECOND_AT)),
        "the session answers otherwise", static=False,
    ),
    "outputs swapped everywhere, beside examples": Sabotage(
        built(sabotaged_model.SwappedOutputs), (("answer-differs", FIRST_AT), ("answer-differs", SECOND_AT)),
        reference="examples",
    ),
    "outputs swapped everywhere, beside the model": Sabotage(
        built(sabotaged_model.SwappedOutputs), (("answer-differs", FIRST_AT), ("answer-differs", SECOND_AT)),
        "differs from the model", "model",
    ),
    "inputs swapped on the wire": Sabotage(
        swap("inputs", "id", "shop"), (("wire-crossed", f"{SCORE_AT}.inputs[0].id"),), "'id' is 'shop'"
    ),
    "inputs swapped on the wire, as run": Sabotage(
        swap("inputs", "id", "shop"), (("ways-disagree", CLICK_AT), ("ways-disagree", FIRST_AT)), "session",
        static=False,
    ),
    "inputs swapped everywhere, beside the archive in production": Sabotage(
        built(sabotaged_model.SwappedInputs), (("answer-differs", CLICK_AT), ("answer-differs", FIRST_AT)),
        reference="against",
    ),
    "rows reversed": Sabotage(
        built(sabotaged_model.Reversed), (("not-rowwise", CLICK_AT),), "the first row, sent on its own", promises=ROWWISE
    ),
    "rows reversed, beside examples": Sabotage(
        built(sabotaged_model.Reversed), (("answer-differs", CLICK_AT),), reference="examples", promises=ROWWISE
    ),
    "rows mixed": Sabotage(
        built(sabotaged_model.Mixed), (("not-rowwise", CLICK_AT),), "the first row, sent on its own", promises=ROWWISE
    ),
    "NaN for one row": Sabotage(
        built(sabotaged_model.NotANumber), (("not-finite", CLICK_AT),), "NaN at [1]"
    ),
    "long histories cut, beside the model": Sabotage(
        built(sabotaged_model.Cut), (("answer-differs", CLICK_AT), ("answer-differs", SECOND_AT)), reference="model"
    ),
    "long histories cut, beside examples": Sabotage(
        built(sabotaged_model.Cut), (("answer-differs", CLICK_AT), ("answer-differs", SECOND_AT)), reference="examples"
    ),
    "precision lost, beside the model": Sabotage(
        built(sabotaged_model.Coarse), (("answer-differs", CLICK_AT),), reference="model"
    ),
    "precision lost, beside the archive in production": Sabotage(
        built(sabotaged_model.Coarse), (("answer-differs", CLICK_AT),), reference="against"
    ),
    "a bound broken": Sabotage(
        built(sabotaged_model.OutOfBounds), (("out-of-bounds", CLICK_AT),), "is outside of the bounds"
    ),
    "a legal value refused": Sabotage(built(sabotaged_model.Refusing), (("call-failed", SCORE_AT),)),
    "random answers": Sabotage(
        built(sabotaged_model.Random), (("not-pure", FIRST_AT),), "otherwise the second time", promises=PURE
    ),
    "random answers, where purity is not promised": Sabotage(
        built(sabotaged_model.Random), (), warnings=(("not-pure", FIRST_AT),)
    ),
    "inference that moves variables": Sabotage(
        built(sabotaged_model.Moving), (("not-pure", SCORE_AT),), "'ranker/count'", promises=PURE
    ),
    "inference that moves variables, where purity is not promised": Sabotage(
        built(sabotaged_model.Moving), (), warnings=(("not-pure", SCORE_AT),)
    ),
    "a vocabulary replaced, beside examples": Sabotage(
        damaged(more_words), (("answer-differs", f"{LOOK_UP_AT}.outputs.ids"),), reference="examples"
    ),
    "an asset missing": Sabotage(
        damaged(lambda path: (path / "assets" / "words.txt").unlink()), (("missing-asset", LOOK_UP_AT),), "words.txt"
    ),
    "a checkpoint cut": Sabotage(
        cut_file("variables.data-00000-of-00001", 200), (("load-failed", ""),), "variables.data-00000-of-00001"
    ),
    "a checkpoint cut, as run": Sabotage(
        cut_file("variables.data-00000-of-00001", 200), (("load-failed", ""),), static=False
    ),
    "the index of the checkpoint cut": Sabotage(cut_file("variables.index", 20), (("load-failed", ""),), "variables.index"),
    "a stale fingerprint: the weights of another archive": Sabotage(
        replace_checkpoint, (("stale-fingerprint", ""),)
    ),
    "a stale fingerprint: an attribute of a variable": Sabotage(
        with_edit(freeze), (("stale-fingerprint", ""),)
    ),
    "a contract edited": Sabotage(damaged(edit_contract), (("bad-contract", ""),)),
    "the contract of another graph": Sabotage(
        contract(other_dtype), (("contract-mismatch", f"{LOOK_UP_AT}.outputs.ids"),)
    ),
    "a contract that promises something else": Sabotage(
        contract(wider_bound), (("contract-differs", CLICK_AT),), "maximum"
    ),
    "a variable twice in a collection": Sabotage(
        with_edit(repeat_member), (("collection-mismatch", "variable_collections.weights"),) * 2, "2 times"
    ),
    "a member missing in a collection": Sabotage(
        with_edit(drop_member), (("collection-mismatch", "variable_collections.weights"),), "'ranker/head/bias'"
    ),
    "another variable in a collection, beside the model": Sabotage(
        other_member("ranker/norm/gamma", "ranker/norm/moving_mean"),
        (("collection-mismatch", "variable_collections.weights"),),
        "the collection 'weights' does not have the model's variables: 'ranker/norm/moving_mean' is in the place of "
        "'ranker/norm/gamma'", "model",
    ),
    "another variable of equal values in a collection, beside the model": Sabotage(
        other_member("ranker/norm/gamma", "ranker/norm/moving_variance"),
        (("collection-mismatch", "variable_collections.weights"),),
        "'ranker/norm/moving_variance' is in the place of 'ranker/norm/gamma'", "model",
    ),
    "the members of a collection in another order, beside the model": Sabotage(
        with_edit(reverse_members), (("collection-mismatch", "variable_collections.weights"),),
        "'ranker/head/bias' is in the place of 'ranker/items/embeddings'", "model",
    ),
    "a variable twice in a collection, beside the model": Sabotage(
        with_edit(repeat_member), (("collection-mismatch", "variable_collections.weights"),) * 2, "2 times", "model"
    ),
    "a variable missing in the list": Sabotage(
        with_edit(unlist), (("unlisted-variable", SCORE_AT),), "embeddings"
    ),
    "an alias moved": Sabotage(with_edit(move_alias), (("spec-mismatch", "default"),), "'serving_default'"),
    "an alias that answers otherwise": Sabotage(with_edit(negate_alias), (("alias-differs", "default"),)),
    "another method": Sabotage(
        with_edit(lambda graph: setattr(graph.signature_def["look_up"], "method_name", "tensorflow/serving/regress")),
        (("spec-mismatch", f"{LOOK_UP_AT}.method"),), "regress",
    ),
    "another dtype": Sabotage(
        with_edit(lambda graph: setattr(graph.signature_def["look_up"].outputs["ids"], "dtype", 3)),
        (("spec-mismatch", f"{LOOK_UP_AT}.outputs.ids"),), "int32",
    ),
    "another tag": Sabotage(
        with_edit(lambda graph: graph.meta_info_def.tags.append("gpu")), (("spec-mismatch", "mode"),), "gpu"
    ),
    "another default": Sabotage(
        with_edit(default), (("spec-mismatch", f"{SCALED_AT}.inputs[1]"),), "3.0"
    ),
    "another default, as run": Sabotage(
        with_edit(default), (("input-default-ignored", f"{SCALED_AT}.inputs[1]"),), "the session", static=False
    ),
    "a fixed size not enforced by the signature": Sabotage(
        with_edit(widen), (("not-enforced", f"{SCORE_AT}.inputs[0].price"),), "float32[?, ?]"
    ),
    "a fixed size not enforced anywhere": Sabotage(
        any_size, (("not-enforced", f"{SCORE_AT}.inputs[0].price"),), "float32[?, ?]"
    ),
    "a fixed size not enforced anywhere, as run": Sabotage(
        any_size, (("not-enforced", f"{SCORE_AT}.inputs[0].price"),), "answer a call with the size 4 instead of 3",
        static=False,
    ),
    "an attribute missing": Sabotage(
        with_edit(lambda graph: drop_child(graph.object_graph_def.nodes[0], "score")),
        (("spec-mismatch", SCORE_AT),), "no function 'score'",
    ),
    "an attribute broken": Sabotage(
        with_edit(lambda graph: negate(endpoint_function(graph, "score"), "_1")), (("ways-disagree", FIRST_AT),),
        "the attribute answers otherwise",
    ),
    "a signature broken": Sabotage(
        with_edit(lambda graph: negate(wrapper(graph, "score"), "_1")), (("ways-disagree", FIRST_AT),),
        "the attribute answers otherwise",
    ),
    "a session broken": Sabotage(
        with_edit(negate_in_main_graph), (("ways-disagree", FIRST_AT),), "the session answers otherwise",
    ),
    "a receiver broken": Sabotage(
        with_edit(negate_receiver), (("ways-disagree", f"{LOOK_UP_AT}.receivers.examples"),), "'examples:look_up'",
        "examples",
    ),
    "a signature missing": Sabotage(
        with_edit(lambda graph: graph.signature_def.pop("scaled")), (("spec-mismatch", SCALED_AT),), "no signature"
    ),
}  # fmt: skip
