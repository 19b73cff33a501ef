"""The rules about inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from specc.change import Change
from specc.compatibility.argument_added import argument_added, argument_removed
from specc.compatibility.argument_renamed import argument_moved, argument_renamed
from specc.compatibility.crossed_names import crossed_names
from specc.compatibility.dim_narrowed import dim_narrowed, dim_widened
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.input_added import input_added, input_removed
from specc.compatibility.input_kind_changed import input_type_changed
from specc.compatibility.input_made_required import input_default_changed
from specc.compatibility.input_narrowed import input_narrowed, input_widened
from specc.compatibility.input_range_narrowed import input_range_narrowed, output_range_widened
from specc.compatibility.input_renamed import input_renamed
from specc.compatibility.input_structure_changed import (
    input_structure_changed,
    namedtuple_renamed,
    output_structure_changed,
)
from specc.compatibility.inputs_tied import inputs_tied, inputs_untied
from specc.compatibility.not_stated import not_stated
from specc.compatibility.output_added import output_added, output_removed
from specc.compatibility.output_kind_changed import output_type_changed
from specc.compatibility.output_renamed import output_renamed
from specc.compatibility.output_widened import output_narrowed, output_widened
from specc.compatibility.outputs_untied import outputs_tied, outputs_untied
from specc.compatibility.rest_format_changed import rest_format_changed, rest_rows_gained, rest_rows_lost
from specc.rules.table import ChangeRule

EndpointRule: TypeAlias = Callable[[EndpointPair], Iterator[Change]]
"""Yields the changes of two endpoints."""

LEAF_RULES: tuple[EndpointRule, ...] = (
    argument_removed,
    argument_added,
    argument_renamed,
    argument_moved,
    input_removed,
    input_added,
    input_renamed,
    input_structure_changed,
    input_type_changed,
    input_narrowed,
    input_widened,
    dim_narrowed,
    dim_widened,
    inputs_tied,
    inputs_untied,
    input_range_narrowed,
    input_default_changed,
    output_removed,
    output_added,
    output_renamed,
    output_structure_changed,
    output_type_changed,
    output_widened,
    output_narrowed,
    outputs_untied,
    outputs_tied,
    output_range_widened,
    rest_format_changed,
    rest_rows_lost,
    rest_rows_gained,
    namedtuple_renamed,
    crossed_names,
    not_stated,
)

Row: TypeAlias = tuple[str, str, str, str, str]
"""The direction of a rule, what it is on wire, rest and python, and its mirror."""

LEAF_ROWS: dict[ChangeRule, Row] = {
    "input-removed": ("request", "b", "b", "b", "input-added"),
    "input-added": ("request", "s with a default, else b", "b", "b", "input-removed"),
    "input-renamed": ("request", "b", "b", "-", "self"),
    "input-structure-changed": ("request", "-", "-", "b", "self"),
    "namedtuple-renamed": ("either", "-", "-", "w", "self"),
    "input-kind-changed": ("request", "b", "b", "b", "self"),
    "input-dtype-changed": ("request", "b", "b", "b", "self"),
    "input-rank-changed": ("request", "b", "b", "b", "self; input-rank-freed"),
    "input-rank-freed": ("request", "s", "s", "s", "input-rank-changed"),
    "input-size-changed": ("request", "b", "b", "b", "self"),
    "input-narrowed": ("request", "b", "b", "b", "input-widened"),
    "input-widened": ("request", "s", "s", "s", "input-narrowed"),
    "dim-narrowed": ("request", "b", "b", "b", "dim-widened"),
    "dim-widened": ("request", "s", "s", "s", "dim-narrowed"),
    "inputs-tied": ("request", "b", "b", "b", "inputs-untied"),
    "inputs-untied": ("request", "s", "s", "s", "inputs-tied"),
    "input-range-narrowed": ("request", "b", "b", "b", "input-range-widened"),
    "input-range-widened": ("request", "s", "s", "s", "input-range-narrowed"),
    "input-made-required": ("request", "b", "s", "b if it could be left out, else s", "input-made-optional"),
    "input-made-optional": ("request", "s", "s", "s", "input-made-required"),
    "input-default-changed": ("meaning", "b", "s", "b if it could be left out, else s", "self"),
    "argument-renamed": ("request", "-", "-", "b", "self"),
    "argument-moved": ("request", "w", "w", "b", "self"),
    "argument-added": (
        "request",
        "s with defaults throughout, else b",
        "b",
        "s at the end with defaults throughout, else b",
        "argument-removed",
    ),
    "argument-removed": ("request", "b", "b", "b", "argument-added"),
    "crossed-names": ("meaning", "w", "w", "w", "self"),
    "output-removed": ("answer", "b", "b", "b", "output-added"),
    "output-added": ("answer", "s", "s", "s in a dict, else b", "output-removed"),
    "rest-format-changed": ("answer", "-", "b", "-", "self"),
    "rest-rows-lost": ("answer", "-", "b", "-", "rest-rows-gained"),
    "rest-rows-gained": ("answer", "-", "s", "-", "rest-rows-lost"),
    "output-renamed": ("answer", "b", "s if it is the only one, but not over _bytes, else b", "-", "self"),
    "output-structure-changed": ("answer", "-", "-", "b", "self"),
    "output-kind-changed": ("answer", "b", "b", "b", "self"),
    "output-dtype-changed": ("answer", "b", "b", "b", "self"),
    "output-rank-changed": ("answer", "b", "b", "b", "self"),
    "output-rank-freed": ("answer", "b", "b", "b", "output-rank-fixed"),
    "output-rank-fixed": ("answer", "s", "s", "s", "output-rank-freed"),
    "output-size-changed": ("answer", "b", "b", "b", "self"),
    "output-widened": ("answer", "b", "b", "b", "output-narrowed"),
    "output-narrowed": ("answer", "s", "s", "s", "output-widened"),
    "outputs-untied": ("answer", "b", "b", "b", "outputs-tied"),
    "outputs-tied": ("answer", "s", "s", "s", "outputs-untied"),
    "output-range-widened": ("answer", "b", "b", "b", "output-range-narrowed"),
    "output-range-narrowed": ("answer", "s", "s", "s", "output-range-widened"),
    "not-stated": ("either", "w", "w", "w", "self"),
}
