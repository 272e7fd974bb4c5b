"""Distributions: what is drawn of planted bins, and what is left out."""

from math import nan

import pytest

import mothers_margins as mm
from mothers_margins.figures.check import check
from mothers_margins.figures.style import FIRST, PAPER
from mothers_margins.results.results import About, Results, tidy
from mothers_margins.study.source import Source
from tests.figures.test_figure import GROUPS, SYNTHETIC, words

COUNTS = {"involved_t1": (1, 3, 0), "not_involved_t1": (10, 5, 5)}


def planted(study: mm.Study, *, source: Source = SYNTHETIC, names=("age_years",)) -> Results:
    rows = [
        {
            "variable": name,
            "group": group,
            "lower": 20.0 + 10 * place,
            "upper": 30.0 + 10 * place,
            "n": n,
            "denominator": sum(counts),
            "missing": 7,
        }
        for name in names
        for group, counts in COUNTS.items()
        for place, n in enumerate(counts)
    ]
    groups = {name: study.groups[name] for name in GROUPS}
    return tidy(rows, About("bins", study, source, groups), 1)


def bars(drawing, panel: int) -> list[tuple[float, float, float]]:
    """Left, right and height of each bar of a panel."""
    patches = drawing.axes[1 + panel].patches
    return [
        (bar.get_x(), bar.get_x() + bar.get_width(), pytest.approx(bar.get_height()))
        for bar in patches
    ]


def test_heights_are_per_cent_of_those_with_a_known_value(esmi):
    figure = mm.distributions(planted(esmi))
    for drawing in (figure.drawn, figure.narrow):
        # 1, 3 and 0 of 4; 10, 5 and 5 of 20
        assert bars(drawing, 0) == [(20, 30, 25), (30, 40, 75), (40, 50, 0)]
        assert bars(drawing, 1) == [(20, 30, 50), (30, 40, 25), (40, 50, 25)]
        first, second = drawing.axes[1:3]
        assert first.get_ylim() == second.get_ylim()
        assert first.get_xlim() == second.get_xlim()
    assert check(figure, smallest=8.5) == ()


def test_groups_differ_without_colour(esmi):
    figure = mm.distributions(planted(esmi))
    one, other = (axes.patches[0] for axes in figure.drawn.axes[1:3])
    assert (one.get_hatch(), other.get_hatch()) == (None, "/////")
    assert [bar.get_facecolor()[:3] for bar in (one, other)] == [rgb(FIRST), rgb(PAPER)]


def rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))


def test_numbers_are_said_and_how_bins_come_about(esmi):
    figure = mm.distributions(planted(esmi))
    said = " ".join(words(figure))
    assert "SYNTHETIC DATA" in said
    assert "Mother's age, years (bins of 10)" in said
    beside = [text.get_text() for text in figure.drawn.axes[0].texts]  # panel by panel
    assert "4 known, 7 not known; most in 30 to 40: 3" in " ".join(beside)
    assert "20 known, 7 not known; most in 20 to 30: 10" in " ".join(beside)
    assert "not from what was found" in said
    assert "Involved at timepoint 1 most in 30 to 40 (3 of 4)" in figure.alt
    assert "Not involved at timepoint 1 most in 20 to 30 (10 of 20)." in figure.alt


@pytest.mark.parametrize("cell", ["n", "denominator", "missing"])
def test_a_panel_with_a_suppressed_number_is_left_out_whole(esmi, cell):
    results = planted(esmi)
    results.loc[0, "status"] = "suppressed"
    results.loc[0, cell] = 17
    figure = mm.distributions(results)
    assert bars(figure.drawn, 0) == []
    assert len(bars(figure.drawn, 1)) == 3
    said = " ".join([*words(figure), figure.alt])
    assert "[c]" in said
    assert "Left out: suppressed values" in figure.alt
    assert "most in 30 to 40" not in said
    assert "17" not in said


def test_a_group_without_a_known_value_has_an_empty_panel(esmi):
    results = planted(esmi)
    empty = results["group"] == "involved_t1"
    results.loc[empty, "status"] = "missing"
    results.loc[empty, "denominator"] = 0
    results.loc[empty, "n"] = nan
    figure = mm.distributions(results)
    assert bars(figure.drawn, 0) == []
    assert "Left out: missing values (–)." in figure.alt
    assert check(figure) == ()


def test_each_variable_has_a_row_of_its_own_in_which_its_groups_stand_beside_each_other(esmi):
    figure = mm.distributions(planted(esmi, names=("age_years", "ctq_total")))
    for drawing in (figure.drawn, figure.narrow):
        age, other_age, total, other_total = [axes.get_position() for axes in drawing.axes[1:]]
        assert age.y0 == pytest.approx(other_age.y0)
        assert total.y0 == pytest.approx(other_total.y0)
        assert total.y1 < age.y0
        assert age.x1 < other_age.x0
    assert figure.caption == (
        "Histograms of Mother's age and Childhood trauma (CTQ total), in mother-infant dyads: "
        "Involved at timepoint 1 (n = 11); Not involved at timepoint 1 (n = 27)"
    )


def test_variables_of_one_group_stand_beside_each_other_and_on_a_narrow_page_below(esmi):
    results = planted(esmi, names=("age_years", "ctq_total"))
    figure = mm.distributions(results[results["group"] == "involved_t1"])
    wide = [axes.get_position() for axes in figure.drawn.axes[1:]]
    narrow = [axes.get_position() for axes in figure.narrow.axes[1:]]
    assert len({round(box.y0, 4) for box in wide}) == 1
    assert len({round(box.y0, 4) for box in narrow}) == 2


def test_what_cannot_be_drawn_is_refused(esmi, demo):
    with pytest.raises(mm.UsageError, match="not bins"):
        mm.distributions(mm.flow(demo))
    assert str(mm.distributions(planted(esmi).iloc[:0])) == "There is nothing to draw here."
    many = planted(esmi, names=[f"v{number}" for number in range(7)])
    with pytest.raises(mm.UsageError, match="7 variables to draw; a figure holds 1 to 6"):
        mm.distributions(many)


def test_to_whom_a_number_does_not_apply_is_said_with_how_many(esmi):
    """Of 11 and 27, known or not (4 + 7 and 20 + 7), a gate closes the score to 3 and 0."""
    results = planted(esmi, names=("age_years", "cas_total"))
    closed = (results["variable"] == "cas_total") & (results["group"] == "involved_t1")
    results.loc[closed, "missing"] = 4
    figure = mm.distributions(results)
    name = esmi.label("cas_total")
    assert f"{name}: does not apply to 3 and 0." in figure.alt
    said = " ".join(words(figure))
    one, other = (esmi.groups[group].label for group in GROUPS)
    assert f"{name} does not apply to 3 ({one}) and 0 ({other}), who are in no bin." in said
    assert "does not apply" not in mm.distributions(planted(esmi)).alt
    assert f"{one} (n = 11); {other} (n = 27)" in figure.caption
