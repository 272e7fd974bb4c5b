"""Charts of slides: all that is drawn can be read, on a screen and on a phone, and negative
controls.
"""

import re
from functools import cache, partial

import pytest

from mothers_margins.errors import UsageError
from mothers_margins.figures.check import check, contrast
from mothers_margins.figures.figure import Figure
from mothers_margins.figures.slides import tokens
from mothers_margins.figures.slides.drawing import on_phone, on_screen
from mothers_margins.figures.slides.icons import Grid, icon_array, icon_pair
from mothers_margins.figures.slides.rows import (
    Bar,
    Pair,
    bar_list,
    dumbbell,
    missing_bars,
    paired_dots,
)

GROUPS = ("mothers with involvement", "mothers without")
GRIDS = (Grid(41, GROUPS[0]), Grid(26, GROUPS[1], involved=False))
PAIRS = [
    Pair("Single", 36, 28),
    Pair("Had been in hospital for their mental health", 39, 25),
    Pair("Were hit or hurt as a child", 61, 39),
    Pair("Alcohol or drug use was noted", 29, 26),
    Pair("Nobody", 0, 1),
    Pair("Everybody", 100, 100),
]
BARS = [Bar("Nobody", 0), Bar("Everybody", 100), Bar("Faced abuse by a partner", 32)]
CHARTS = {
    "icon_array": partial(
        icon_array, "a", GRIDS[0], "had faced abuse by a partner", "SYNTHETIC DATA"
    ),
    "icon_pair": partial(icon_pair, "b", GRIDS, "had faced abuse by a partner", "SYNTHETIC DATA"),
    "dumbbell": partial(dumbbell, "c", PAIRS, GROUPS, "SYNTHETIC DATA"),
    "one_pair": partial(dumbbell, "d", PAIRS[:1], GROUPS, "SYNTHETIC DATA"),
    "paired_dots": partial(paired_dots, "e", PAIRS[:4], "SYNTHETIC DATA"),
    "bar_list": partial(bar_list, "f", BARS, "all mothers", "SYNTHETIC DATA"),
    "missing_bars": partial(missing_bars, "g", BARS, "all mothers", "SYNTHETIC DATA"),
}


@cache
def chart(name: str):
    """Drawn when a test asks: not in every worker that collects this file."""
    return CHARTS[name]()


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_can_be_read(name):
    drawn = chart(name)
    assert check(drawn.wide, tokens.SMALLEST) == ()
    assert check(drawn.narrow, tokens.SMALLEST_ON_PHONE) == ()


@pytest.mark.parametrize("name", CHARTS)
def test_alt_text_notes_and_both_drawings_say_the_same(name):
    drawn = chart(name)
    assert drawn.wide.alt == drawn.narrow.alt
    assert 20 <= len(drawn.wide.alt) <= 350
    told = set(re.findall(r"\d+", drawn.wide.alt))
    assert told <= set(re.findall(r"\d+", drawn.said))
    for figure in (drawn.wide, drawn.narrow):
        texts = {text.get_text() for text in figure.drawn.axes[0].texts}
        assert told - {"100"} <= set(re.findall(r"\d+", " ".join(texts)))


def test_texts_on_a_phone_are_14_pixels_at_least():
    # 390 pixels less two margins of 16 for 4.2 inches
    assert tokens.SMALLEST_ON_PHONE / 72 * 358 / tokens.PHONE >= 14


def test_small_text_is_found():
    drawn = chart("bar_list")
    sheet = on_screen()
    sheet.text(1, 1, "Small text", size=12)
    assert "12 points" in check(Figure("h", sheet.drawn, drawn.wide.alt, ""), tokens.SMALLEST)[0]


def test_texts_that_overlap_are_found():
    sheet = on_phone(2)
    sheet.text(0.1, 1, "One text")
    sheet.text(0.2, 1.05, "Another text")
    faults = check(Figure("i", sheet.drawn, "An alt text that is long enough", ""), 12)
    assert any("overlaps" in fault for fault in faults)


def test_an_array_has_100_people_and_fills_the_first():
    patches = chart("icon_array").wide.drawn.axes[0].patches
    filled = [patch.get_facecolor()[3] > 0 for patch in patches]
    assert filled == [True] * 41 + [False] * 59


def test_rows_are_sorted_by_their_gap():
    alt = chart("paired_dots").wide.alt
    places = [alt.index(label) for label in ("Were hit", "Had been", "Single", "Alcohol")]
    assert places == sorted(places)


@pytest.mark.parametrize("rows", [[], [Pair("a", 1, 2)] * 7])
def test_too_many_rows_are_refused(rows):
    with pytest.raises(UsageError, match=f"1 to 6 rows; it was given {len(rows)}"):
        dumbbell("j", rows, GROUPS, "")


def test_a_long_alt_text_says_what_it_leaves_out():
    bars = [Bar(f"A label that is long enough for a line, no. {i}", 10 + i) for i in range(8)]
    alt = bar_list("k", bars, "all mothers", "").wide.alt
    assert len(alt) <= 350
    assert alt.endswith("The other values stand in the notes.")


@pytest.mark.parametrize(("text", "ground"), tokens.TEXT_ON)
def test_colours_of_text(text, ground):
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize(("mark", "ground"), tokens.MARKS_ON)
def test_colours_of_marks(mark, ground):
    assert contrast(mark, ground) >= 3
