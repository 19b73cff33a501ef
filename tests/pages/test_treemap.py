"""The map of variables: areas are bytes, nothing overlaps, and names of files cannot leave the SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from specc.pages.treemap import MAX_RECTANGLES, Area, treemap


def _rectangles(text: str) -> list[dict[str, str]]:
    return [dict(each.attrib) for each in ElementTree.fromstring(text).iter("rect")]


def _size(rectangle: dict[str, str]) -> float:
    return float(rectangle["width"]) * float(rectangle["height"])


def _areas(*sizes: int) -> list[Area]:
    return [Area(f"layer_{index}", size, index, "") for index, size in enumerate(sizes)]


def test_areas_are_in_proportion_to_sizes():
    found = {int(each["data-v"]): _size(each) for each in _rectangles(treemap(_areas(600, 300, 100, 50, 50), "map"))}
    assert found[0] / found[1] == pytest.approx(2, rel=0.05)
    assert found[1] / found[2] == pytest.approx(3, rel=0.05)


def test_rectangles_do_not_overlap():
    boxes = [
        tuple(float(each[key]) for key in ("x", "y", "width", "height"))
        for each in _rectangles(treemap(_areas(*range(1, 60)), "map"))
    ]
    for index, (x, y, width, height) in enumerate(boxes):
        for left, top, wide, high in boxes[:index]:
            assert x + width <= left + 0.2 or left + wide <= x + 0.2 or y + height <= top + 0.2 or top + high <= y + 0.2


def test_one_prefix_is_one_group():
    names = ("a/one", "b/one", "a/two", "b/two")
    found = _rectangles(treemap([Area(name, 100, index, "") for index, name in enumerate(names)], "map"))
    left = {each["data-v"] for each in found if float(each["x"]) < 500}
    assert left in ({"0", "2"}, {"1", "3"})


def test_there_are_300_rectangles_and_the_rest_is_one():
    text = treemap(_areas(*[1000] * 299, *[10] * 500), "map")
    found = _rectangles(text)
    assert len(found) == MAX_RECTANGLES
    (rest,) = [each for each in found if "data-v" not in each]
    assert rest["class"] == "others"
    assert "501 others" in treemap(_areas(*[1000] * 800), "map")


def test_no_variable_has_no_rectangle():
    assert _rectangles(treemap(_areas(0, 0), "map")) == []


def test_names_are_escaped():
    name = '<a href="x">\u202e&'
    text = treemap([Area(name, 100, 0, "")], f"the map of {name}")
    assert ElementTree.fromstring(text).attrib["aria-label"] == 'the map of <a href="x">\\u202e&'
    assert re.findall(r"<(\w+)", text) == ["svg", "rect", "text"]


def test_variables_of_one_name_have_a_rectangle_each():
    assert len(_rectangles(treemap([Area("dense/kernel", 100, index, "") for index in range(3)], "map"))) == 3
