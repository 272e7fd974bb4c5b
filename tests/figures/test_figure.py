"""Figures: what `check` refuses, and that a chart, its alt text and the results that it draws say
the same.
"""

import re
from dataclasses import replace
from math import inf, log, nan

import matplotlib as mpl
import nbformat
import pytest
from defusedxml.ElementTree import fromstring
from docx import Document
from matplotlib.figure import Figure as Drawing
from matplotlib.text import Text
from nbconvert import HTMLExporter
from PIL import Image

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.figures.check import NUMBER, check, contrast
from mothers_margins.figures.figure import Figure, alt_text
from mothers_margins.figures.style import FIRST, GRID, INK, PAPER, STYLE
from mothers_margins.results.results import About, Lock, Results, tidy
from mothers_margins.study.source import Source
from mothers_margins.wording.head_and_foot import INTERNAL

SYNTHETIC = Source("synthetic", 279, "Made up.")
GROUPS = ["involved_t1", "not_involved_t1"]
ALT = "A bar of 12 mothers, drawn for the test."


def texts(figure: Figure) -> list[Text]:
    """Texts that stand in the figure, from the top; tick labels only of axes that are drawn."""
    hidden = {
        id(text)
        for axes in figure.drawn.axes
        if not axes.axison
        for text in axes.xaxis.findobj(Text)
    }
    hidden |= {id(text) for axes in figure.drawn.axes for text in axes.yaxis.findobj(Text)}
    found = [
        text for text in figure.drawn.findobj(Text) if text.get_text() and id(text) not in hidden
    ]
    return sorted(found, key=lambda text: -text.get_window_extent().y0)


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in texts(figure)]


def estimates(
    study: mm.Study, *rows: dict, source: Source = SYNTHETIC, lock: Lock = "", **common
) -> Results:
    """Estimates as the models give them; what a row does not say is not a number."""
    usual = {
        "outcome": "involved_t1",
        "model": "adjusted",
        "method": "complete_case",
        "level": "",
        "reference": "",
    }
    usual |= {"term": "", "n": 186, "n_events": 57, "status": "shown", "note": "", "m": None}
    numbers = ("std_error", "df", "conf_low", "conf_high", "p_value", "fmi", "mc_error")
    usual |= (
        dict.fromkeys((*numbers, "profile_low", "profile_high", "profile_p"), nan)
        | {"specification": "protocol"}
        | common
    )
    return tidy([usual | row for row in rows], About("estimates", study, source, {}, lock), 1)


def term(variable: str, odds: float = 2, low: float = 0.5, high: float = 8, **more) -> dict:
    return {
        "variable": variable,
        "estimate": log(odds),
        "conf_low": log(low),
        "conf_high": log(high),
        **more,
    }


YES = {"level": "Yes", "reference": "No"}


# ---- check


@pytest.fixture
def plain():
    """A figure without a fault: a bar and its number."""
    with mpl.rc_context(STYLE):
        drawn = Drawing(figsize=(3, 2))
        axes = drawn.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.bar([0.5], [0.5], width=0.2, color=FIRST)
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.text(0.1, 0.8, "12 mothers")
    return Figure("plain", drawn, ALT, "")


def test_a_figure_without_a_fault_has_none(plain):
    assert check(plain) == ()


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (
            lambda axes: axes.texts[0].set_fontsize(7.9),
            "'12 mothers' has 7.9 points, fewer than 8.25",
        ),
        (
            lambda axes: axes.texts[0].set_color(GRID),
            "'12 mothers' has a contrast of 1.6, less than 4.5",
        ),
        (
            lambda axes: axes.texts[0].set_position((0.5, 0.3)),
            "'12 mothers' has a contrast of 1.4, less",
        ),  # half on the bar
        (lambda axes: axes.texts[0].set_x(0.9), "'12 mothers' is cut off by the edge"),
        (lambda axes: axes.text(0.2, 0.82, "of 20"), "'12 mothers' overlaps 'of 20'"),
        (
            lambda axes: axes.texts[0].set(zorder=0, x=0.5, y=0.3, color=INK),
            "'12 mothers' is covered",
        ),
        (
            lambda axes: axes.patches[0].set_facecolor(GRID),
            "a mark (patch) has a contrast of 1.6, less than 3",
        ),
        (
            lambda axes: axes.plot([0.1, 0.3], [0.6, 0.6], color=GRID),
            "a mark (line2d) has a contrast of 1.6",
        ),
        (
            lambda axes: axes.scatter([0.2], [0.6], color=GRID),
            "a mark (PathCollection) has a contrast of 1.6",
        ),
        (
            lambda axes: axes.patches[0].set_facecolor("#ff0000"),
            "colour #ff0000 is not in the palette",
        ),
        (lambda axes: axes.patches[0].set_alpha(0.9), "colour #12436de6 is not in the palette"),
    ],
)
def test_check_says_each_fault_and_where(plain, spoil, fault):
    spoil(plain.drawn.axes[0])
    found = [one for one in check(plain) if fault in one]
    assert len(found) == 1
    assert re.search(r": -?\d\.\d in from the left, -?\d\.\d in from the top$", found[0])


@pytest.mark.parametrize(
    ("alt", "fault"),
    [
        ("", "the alt text has 0 characters"),
        ("Bars " * 80, "the alt text has 400 characters"),
        (
            "A chart of 12 mothers, as in chart.png here.",
            "the alt text holds a file name, near 't.png'",
        ),
        ("A chart of 12 of 13 mothers in the test.", "the alt text says 13, which is not drawn"),
    ],
)
def test_check_reads_the_alt_text(plain, alt, fault):
    assert [one for one in check(Figure("plain", plain.drawn, alt, "")) if fault in one]


def test_check_leaves_out_what_is_hidden_or_decorative(plain):
    axes = plain.drawn.axes[0]
    axes.axhline(0.9, color=GRID, gid="decorative")
    axes.text(0.1, 0.8, "hidden", fontsize=4, visible=False)
    assert check(plain) == ()


def test_smallest_is_a_choice(plain):
    assert "fewer than 18" in check(plain, smallest=18)[0]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", PAPER, 21), (PAPER, PAPER, 1), ("#777777", PAPER, 4.48)],
)
def test_contrast_is_that_of_wcag(one, other, expected):
    assert contrast(one, other) == contrast(other, one) == pytest.approx(expected, abs=0.005)


def test_the_alt_text_reaches_html_and_the_picture_is_a_png(plain):
    data, metadata = plain._repr_mimebundle_()
    assert data["image/png"].startswith("iVBORw0KGgo")
    assert metadata["image/png"] == {"alt": ALT, "width": 288}  # three inches
    assert repr(plain) == data["text/plain"] == ALT
    assert plain.png() == plain.png()
    output = nbformat.v4.new_output("display_data", data, metadata=metadata)
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("figure", outputs=[output])]
    )
    html, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    assert html.count(f'alt="{ALT}"') == 1


# ---- the charts of the demonstration cohort


@pytest.fixture(scope="module")
def drawn(demo) -> dict[str, Figure]:
    study, shares = demo.study, ["personality_disorder", "dv_any", "substance_misuse", "ethnicity"]
    terms = [*study.terms("protocol", "involved_t1"), "other_children_csc"]
    adjusted = [
        term("age_years", 1.1, 0.8, 1.5),
        *(
            term("ethnicity", 1.2, 0.1, 9, level=level, reference="White British")
            for level in ("White Other", "Black")
        ),
        term("dv_any", 2.31, 1.27, 4.21, **YES),
    ]
    imputed = [row | {"method": "imputed", "n": 278, "n_events": 99, "m": 50} for row in adjusted]
    both = estimates(study, *adjusted, *imputed)
    later = estimates(study, *adjusted, lock="open", outcome="involved_t2", n=177, n_events=45)
    return {
        "shares": mm.group_bars(mm.summarise(demo, shares, GROUPS)),
        "nested": mm.group_bars(mm.summarise(demo, shares[:2], ["all_t1", *GROUPS])),
        "missing": mm.missing_bars(mm.missingness(demo, terms)),
        "missing by group": mm.missing_bars(mm.missingness(demo, terms, GROUPS)),
        "flow": mm.flow_diagram(mm.flow(demo)),
        "one panel": mm.forest(both),
        "two panels": mm.forest(both, later),
    }


CHARTS = ["shares", "nested", "missing", "missing by group", "flow", "one panel", "two panels"]


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_of_the_demo_can_be_read(drawn, name):
    figure = drawn[name]
    assert check(figure, smallest=8.5) == ()
    assert "SYNTHETIC DATA" in words(figure)
    assert figure.alt.startswith("SYNTHETIC DATA. ")
    said = " ".join([*words(figure), figure.alt])
    assert not re.search(r"\b(risk|(?<!complete )cases|subjects|predict\w*|impact)\b", said)


def test_restricted_rows_are_not_made_up_but_internal(esmi):
    figure = mm.forest(estimates(esmi, term("dv_any"), source=Source("restricted", 279, "")))
    assert figure.mark == INTERNAL
    assert figure.internal
    assert figure.alt.startswith(INTERNAL)
    assert "SYNTHETIC" not in " ".join([*words(figure), figure.alt])
    assert check(figure) == ()


def test_too_long_an_alt_text_keeps_the_largest_differences_in_the_order_drawn(esmi):
    about = About("summaries", esmi, Source("synthetic", 1, ""), {})
    values = [(size, f"{name} " + "x" * 75) for size, name in ((3, "first"), (1, "second"))]
    values += [(9, "third " + "x" * 75), (2, "fourth " + "x" * 75)]
    told = alt_text(about, "Bars.", values, "")
    assert told.endswith("The other values stand in the table.")
    kept = [word for word in told.split() if word in ("first", "second", "third", "fourth")]
    assert kept == ["first", "third", "fourth"]  # the smallest is left to the table


# ---- shares and missing values, on six women counted by hand


def test_group_bars_draw_counts_shares_and_lengths(six_women):
    figure = mm.group_bars(
        mm.summarise(six_women, ["house"], {"one": {"side": "left"}, "other": {"side": "right"}})
    )
    # left side: w1 own, w2 rent, w5 refused; right side: w4 own, w6 rent
    assert [text for text in words(figure) if "%" in text] == ["1 of 2 (50%)"] * 4
    lengths = [patch.get_width() for patch in figure.drawn.axes[1].patches]
    assert lengths == [50, 50, 50, 50]
    assert figure.alt.count("1 of 2 (50%)") == 4
    axes = figure.drawn.axes[1]
    assert axes.get_xlim() == (0, 100)
    left, right = figure.drawn.axes[0].patches
    assert (left.get_facecolor(), left.get_hatch()) != (right.get_facecolor(), right.get_hatch())
    assert right.get_hatch()


def test_of_yes_and_no_only_yes_is_drawn(demo):
    figure = mm.group_bars(mm.summarise(demo, ["dv_any"], GROUPS))
    assert [text for text in words(figure) if "%" in text] == [
        "41 of 79 (51.9%)",
        "47 of 169 (27.8%)",
    ]
    assert "No" not in words(figure)


def test_every_number_of_a_small_chart_is_in_its_alt_text(demo):
    figure = mm.group_bars(mm.summarise(demo, ["dv_any", "personality_disorder"], GROUPS))
    shown = {
        number
        for text in words(figure)
        if " of " in text and "%" in text
        for number in NUMBER.findall(text)
    }
    assert len(shown) == 12
    assert shown <= set(NUMBER.findall(figure.alt))


def test_a_suppressed_share_is_left_out_and_said(demo):
    results = mm.summarise(demo, ["dv_any", "personality_disorder"], GROUPS)
    small = (results["variable"] == "dv_any") & (results["group"] == "involved_t1")
    results.loc[small, "status"] = "suppressed"
    results.loc[small, "value"] = nan
    figure = mm.group_bars(results)
    assert "[c]" in words(figure)
    assert "Left out: suppressed values ([c])." in words(figure)
    assert figure.alt.endswith("Left out: suppressed values ([c]).")
    assert "41" not in " ".join([figure.alt, *words(figure)])
    assert check(figure) == ()
    assert len(figure.drawn.axes[1].patches) == 3


def test_group_bars_refuse_what_they_cannot_draw(demo, cohort):
    with pytest.raises(mm.UsageError, match="not summaries"):
        mm.group_bars(mm.flow(demo))
    numbers = mm.summarise(demo, ["age_years"], GROUPS)
    assert str(mm.group_bars(numbers)) == "There is nothing to draw here."
    with pytest.raises(mm.UsageError, match="16 rows to draw"):
        mm.group_bars(
            mm.summarise(
                demo, ["age_band", "ethnicity", "relationship", "deprivation_quintile"], GROUPS
            )
        )
    four = {level: {"age_band": level} for level in demo.study.levels("age_band")}
    with pytest.raises(mm.UsageError, match="4\\) cannot be told apart"):
        mm.group_bars(mm.summarise(demo, ["dv_any"], four))


def test_missing_bars_count_missing_values_of_all_reasons(six_women):
    figure = mm.missing_bars(mm.missingness(six_women, ["score", "house"]))
    assert [text for text in words(figure) if " of " in text] == [
        "1 of 6 missing"
    ] * 2  # w4 not asked, w5 refused
    assert "Score: 1 of 6; House: 1 of 6." in figure.alt
    known, missing, *_ = figure.drawn.axes[1].patches
    assert missing.get_width() == pytest.approx(100 / 6)
    assert missing.get_hatch()
    assert not known.get_hatch()


def test_whom_a_question_does_not_concern_is_not_missing(demo):
    figure = mm.missing_bars(mm.missingness(demo, ["other_children_csc"]))
    assert "6 of 144 missing" in words(figure)  # 138 known, 135 mothers of one child
    assert "those whom a question does not concern are not among them" in " ".join(words(figure))


def test_missing_bars_of_suppressed_numbers(demo):
    results = mm.missingness(demo, ["dv_any", "ethnicity"])
    results.loc[results["variable"] == "ethnicity", "status"] = "suppressed"
    figure = mm.missing_bars(results)
    assert [text for text in words(figure) if text == "[c]" or "missing" in text] == [
        "30 of 279 missing",
        "[c]",
    ]
    assert "3 of 279" not in " ".join([*words(figure), figure.alt])
    assert "Left out: suppressed values" in figure.alt


def test_a_bar_of_nearly_all_missing_stays_in_its_panel(demo):
    results = mm.missingness(demo, ["dv_any"])
    results.loc[results["event"] == "missing", "n"] = 279
    results.loc[results["event"] == "known", "n"] = 1
    bars = mm.missing_bars(results).drawn.axes[1].patches
    assert min(bar.get_x() for bar in bars) >= 0
    assert min(bar.get_width() for bar in bars) > 0  # a negative one would stand left of zero
    assert max(bar.get_x() + bar.get_width() for bar in bars) == pytest.approx(100)


def test_missing_bars_refuse_other_events(demo):
    assert str(mm.missing_bars(mm.scored(demo))) == "There is nothing to draw here."
    with pytest.raises(mm.UsageError, match="a figure holds 1 to 40"):
        mm.missing_bars(mm.missingness(demo))


# ---- flow


def test_the_flow_stands_in_boxes_from_the_file_to_complete_cases(drawn):
    figure = drawn["flow"]
    left = [text for text in texts(figure) if text.get_position()[0] < 2.5]
    found = [text.get_text() for text in left if re.search(r"^n = |outcome \d", text.get_text())]
    known = ["n = 278", "with the outcome 99", "without the outcome 179"]
    assert found == ["n = 279", *known, "n = 186", "with the outcome 57", "without the outcome 129"]
    aside = [text.get_text() for text in texts(figure) if 2.5 < text.get_position()[0] < 5]
    assert [text for text in aside if text.startswith("n = ")] == ["n = 1", "n = 92"]
    assert "outcome known 278 (with 99, without 179)" in figure.alt


def test_a_suppressed_step_is_printed_as_such(demo):
    results = mm.flow(demo)
    results.loc[results["n"] == 1, "status"] = "suppressed"
    figure = mm.flow_diagram(results)
    assert "n = [c]" in words(figure)
    assert "n = 1" not in words(figure)
    assert "Left out: suppressed values" in figure.alt


# ---- odds ratios


def panel(figure: Figure, number: int = 0):
    return figure.drawn.axes[1 + number]


def test_log_odds_are_exponentiated_and_rounded_by_the_rule(esmi):
    # ln 2.305 is 0.83508; a half goes up
    row = term("dv_any", **YES) | {
        "estimate": 0.0,
        "conf_low": -0.6931471805599453,
        "conf_high": 2.0794415416798357,
    }
    figure = mm.forest(estimates(esmi, row, term("age_years", 2.31, 1.27, 4.21)))
    assert "1.00 (0.50 to 8.00)" in words(figure)
    assert "2.31 (1.27 to 4.21)" in words(figure)
    lines = {tuple(line.get_xdata()) for line in panel(figure).lines}
    assert any(line == pytest.approx((0.5, 8)) for line in lines if len(line) == 2)
    assert "Mother's age, per 5 years 2.31 (1.27 to 4.21)" in figure.alt


def test_the_axis_is_logarithmic_with_plain_powers_of_two(esmi):
    figure = mm.forest(estimates(esmi, term("dv_any", 2, 0.3, 7)))
    axes = panel(figure)
    assert axes.get_xscale() == "log"
    assert axes.get_xlim() == pytest.approx((0.25, 8))
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "0.25",
        "0.5",
        "1",
        "2",
        "4",
        "8",
    ]
    assert list(axes.get_xticks()) == [0.25, 0.5, 1, 2, 4, 8]
    assert any(
        list(line.get_xdata()) == [1, 1] and line.get_linestyle() == ":" for line in axes.lines
    )


def test_two_methods_that_note_different_things_of_one_term_say_both(esmi):
    cases = term("dv_any", note="by_firth")
    imputed = term("dv_any", method="imputed", note="df_barnard_rubin")
    firth = cases | {"method": "firth"}
    said = " ".join(words(mm.forest(estimates(esmi, cases, imputed, firth))))
    assert said.count("by Firth's method") == 1
    assert said.count("degrees of freedom by the rule of Barnard and Rubin") == 1


def test_an_interval_beyond_the_axis_ends_in_an_arrow(esmi):
    figure = mm.forest(
        estimates(esmi, term("dv_any", 2, 0.01, 5000), term("age_years", 1, 0.9, 1.1))
    )
    arrows = [
        line
        for line in panel(figure).lines
        if line.get_marker() in ("<", ">") and len(line.get_xdata())
    ]
    assert [(line.get_marker(), line.get_xdata()[0]) for line in arrows] == [("<", 0.125), (">", 8)]
    ends = [
        end
        for line in panel(figure).lines
        for end in line.get_xdata()
        if line.get_linestyle() == "-"
    ]
    assert (min(ends), max(ends)) == (0.125, 8)  # the line itself is cut there
    assert "2.00 (0.01 to >1000)" in words(figure)
    assert check(figure) == ()


def test_rows_stand_under_the_headings_of_the_study_whatever_their_order(esmi):
    rows = [
        term("honos_total"),
        term("substance_misuse", **YES),
        term("relationship", level="single", reference="partner"),
    ]
    rows += [
        term("ethnicity", level=level, reference="White British")
        for level in ("White Other", "Black")
    ]
    figure = mm.forest(estimates(esmi, *rows, term("age_years")))
    labels = [
        text.get_text()
        for text in texts(figure)
        if text.axes is figure.drawn.axes[0] and text.get_position()[0] < 2.5
    ]
    start = labels.index("Explanatory variable") + 1
    assert labels[start : start + 11] == [
        "Socio-demographics",
        "Mother's age, per 5 years",
        "Ethnicity (reference: White British)",
        "White Other",
        "Black",
        "Relationship status: single",
        "(reference: partner)",
        "Wider needs",
        "Substance misuse (composite)",
        "Other",
        "HoNOS total",
    ]


def test_numbers_and_symbols_stand_beside_their_label(esmi):
    figure = mm.forest(estimates(esmi, term("age_years", 3, 2, 4), term("dv_any", 5, 4, 6, **YES)))
    height = {text.get_text(): text.get_window_extent().y0 for text in texts(figure)}
    assert height["3.00 (2.00 to 4.00)"] == pytest.approx(
        height["Mother's age, per 5 years"], abs=6
    )
    symbols = {
        line.get_xdata()[0]: line for line in panel(figure).lines if line.get_marker() == "o"
    }
    for odds, label in (
        (3, "Mother's age, per 5 years"),
        (5, "Domestic abuse (CAS at or above the cut-off)"),
    ):
        line = next(line for place, line in symbols.items() if place == pytest.approx(odds))
        middle = panel(figure).transData.transform((odds, line.get_ydata()[0]))[1]
        assert (
            0 < middle - height.get(label, height["Domestic abuse (CAS at or above"]) < 20
        )  # within the letters


def test_filled_is_imputed_and_the_second_method_stands_below(esmi):
    rows = [
        term("dv_any", 2, 1.2, 3, method="complete_case", **YES),
        term("dv_any", 1.5, 1.1, 2, method="imputed", m=50, **YES),
    ]
    figure = mm.forest(estimates(esmi, *rows))
    symbols = {
        line.get_marker(): line for line in panel(figure).lines if line.get_marker() in ("s", "o")
    }
    assert symbols["s"].get_markerfacecolor() == FIRST
    assert symbols["o"].get_markerfacecolor() == PAPER
    below = symbols["o"].get_ydata()[0] - symbols["s"].get_ydata()[0]  # places go down the page
    assert below == pytest.approx(0.32 * 0.42, abs=0.002)
    assert symbols["s"].get_markersize() == symbols["o"].get_markersize()
    assert [text for text in words(figure) if "events" in text] == [
        "imputed, n = 186, events 57, m = 50",
        "complete cases, n = 186, events 57",
    ]
    drawn = "imputed, n = 186, events 57 and complete cases, n = 186, events 57."
    assert f"Children's social care involvement at timepoint 1: {drawn}" in figure.alt


def planted_methods(study: mm.Study) -> Results:
    """Two methods of two terms, complete cases first, as a caller may stack them."""
    cases = [term("dv_any", 3, 2, 4, n=101, n_events=31, **YES), term("age_years", 5, 4, 6)]
    imputed = [term("dv_any", 7, 6, 8, **YES), term("age_years", 9, 8, 10)]
    cases = [row | {"n": 101, "n_events": 31} for row in cases]
    filled = {"method": "imputed", "n": 202, "n_events": 62, "m": 5}
    return estimates(study, *cases, *(row | filled for row in imputed))


def test_the_alt_text_tells_methods_and_terms_in_the_order_of_the_picture(esmi):
    figure = mm.forest(planted_methods(esmi))
    assert "imputed, n = 202, events 62 and complete cases, n = 101, events 31." in figure.alt
    # from the top: age stands above abuse, and of each the imputed estimate above the other
    told = ["9.00 (8.00 to 10.00), 5.00 (4.00 to 6.00)", "7.00 (6.00 to 8.00), 3.00 (2.00 to 4.00)"]
    assert figure.alt.index(told[0]) < figure.alt.index(told[1])
    for drawing in (figure.drawn, figure.narrow):
        shown = [text for text in on_sheet(drawing) if re.fullmatch(r"\d.*to.*\)", text)]
        assert shown == [number for pair in told for number in pair.split(", ")]


def on_sheet(drawing: Drawing) -> list[str]:
    """Texts on the sheet, from the top."""
    standing = drawing.axes[0].texts
    return [text.get_text() for text in sorted(standing, key=lambda text: text.get_position()[1])]


def planted_cells(study: mm.Study, method: str, yes: float, no: float, **more) -> Results:
    row = {"engine": "cells", "event": "in_level", "variable": "dv_any", "level": "Yes"}
    row |= {"outcome": "involved_t1", "specification": "protocol", "method": method}
    sides = [row | {"group": "yes", "n": yes} | more, row | {"group": "no", "n": no}]
    return tidy(sides, About("events", study, SYNTHETIC, {}), 1)


def planted_data(study: mm.Study) -> Results:
    """Events of another engine."""
    row = {"engine": "data", "event": "known", "variable": "dv_any", "group": "all", "n": 5}
    return tidy([row], About("events", study, SYNTHETIC, {}))


def test_estimates_of_which_none_is_finite_are_said_to_be_nothing_to_draw(esmi):
    separated = term("dv_any", **YES) | {"estimate": inf, "conf_low": nan, "conf_high": nan}
    assert str(mm.forest(estimates(esmi, separated))) == "There is nothing to draw here."
    figure = mm.forest(estimates(esmi, separated, term("age_years")))
    assert "Mother's age" in " ".join(words(figure))
    with pytest.raises(mm.UsageError, match="each frame needs adjusted estimates"):
        mm.forest(estimates(esmi, term("age_years"), model="unadjusted"))


def test_events_of_all_stand_beside_their_method(esmi):
    cells = [planted_cells(esmi, "complete_case", 11, 23), planted_cells(esmi, "imputed", 17.6, 30)]
    figure = mm.forest(planted_methods(esmi), cells=cells)
    for drawing in (figure.drawn, figure.narrow):
        heights = {text.get_text(): text.get_position()[1] for text in drawing.axes[0].texts}
        assert heights["18/48"] == heights["7.00 (6.00 to 8.00)"]  # 17.6 of 47.6, by the rule
        assert heights["11/34"] == heights["3.00 (2.00 to 4.00)"]
        assert "Events/N" in heights
    assert "means over the imputations" in " ".join(words(figure))
    assert check(figure) == ()
    without = " ".join(words(mm.forest(planted_methods(esmi))))
    assert "Events/N" not in without
    other = [planted_cells(esmi, "imputed_shifted", 17, 30)]
    assert "17/47" not in " ".join(words(mm.forest(planted_methods(esmi), cells=other)))


def test_a_suppressed_number_of_events_is_not_printed(esmi):
    cells = planted_cells(esmi, "complete_case", 11, 23, status="suppressed")
    said = " ".join(words(mm.forest(planted_methods(esmi), cells=cells)))
    assert "[c]" in said
    assert "11/" not in said
    assert "34" not in said
    with pytest.raises(mm.UsageError, match=r"what Fit\.tabulated returns"):
        mm.forest(planted_methods(esmi), cells=planted_data(esmi))


def test_two_methods_need_a_row_of_twice_the_height(esmi):
    rows = [
        term("substance_misuse", **YES),
        term("learning_difficulties", **YES),
    ]  # labels of one line
    one = mm.forest(estimates(esmi, *rows))
    both = mm.forest(estimates(esmi, *rows, *(row | {"method": "imputed"} for row in rows)))
    for figure, high in ((one, 0.21), (both, 0.42)):
        places = [line.get_ydata()[0] for line in panel(figure).lines if line.get_marker() == "o"]
        assert places[1] - places[0] == pytest.approx(high)


def test_constants_joint_tests_and_unadjusted_estimates_are_not_drawn(esmi):
    joint = term("ethnicity", note="joint_test") | {"estimate": nan}
    other = [term("", 9), joint, term("dv_any", 7, model="unadjusted")]
    figure = mm.forest(estimates(esmi, term("age_years"), *other))
    assert [text for text in words(figure) if " to " in text] == ["2.00 (0.50 to 8.00)"]
    assert "Ethnicity" not in " ".join(words(figure))
    assert "Left out" not in figure.alt


def test_a_suppressed_estimate_is_left_out_and_said(esmi):
    hidden = term("dv_any", 7, 6, 8, status="suppressed", **YES) | {"estimate": nan}
    figure = mm.forest(estimates(esmi, term("age_years"), hidden))
    assert "Left out: suppressed values ([c])." in words(figure)
    assert figure.alt.endswith("Left out: suppressed values ([c]).")
    assert "[c]" in words(figure)
    assert "7.00" not in " ".join(words(figure))


def test_two_panels_share_rows_and_axis(esmi):
    one = estimates(esmi, term("age_years", 1.1, 0.9, 1.3), term("dv_any", **YES))
    two = estimates(
        esmi,
        term("readmitted_1y", 3, 1.5, 6, **YES),
        term("age_years", 1.2, 0.8, 1.4),
        outcome="involved_t2",
    )
    figure = mm.forest(one, two)
    assert panel(figure).get_xlim() == panel(figure, 1).get_xlim()
    assert words(figure).count("Mother's age, per 5 years") == 1
    age = [
        next(line.get_ydata()[0] for line in panel(figure, i).lines if line.get_marker() == "o")
        for i in (0, 1)
    ]
    assert age[0] < age[1]  # the second frame's first row is re-admission, which stands lower
    assert {
        "Children's social care involvement at timepoint 1",
        "Children's social care involvement at timepoint 2",
    } <= {*words(figure)}


def test_an_unlocked_list_is_said_in_the_title_and_at_every_estimate(esmi):
    figure = mm.forest(estimates(esmi, term("age_years"), term("dv_any", **YES), lock="open"))
    assert words(figure).count("NOT LOCKED: exploratory") == 3
    assert "NOT LOCKED: exploratory" in figure.alt
    assert check(figure) == ()


def test_profile_intervals_on_demand(esmi):
    row = term("dv_any", 2, 1, 4, profile_low=log(1.5), profile_high=log(3), **YES)
    figure = mm.forest(estimates(esmi, row), interval="profile")
    assert "2.00 (1.50 to 3.00)" in words(figure)
    assert "profile likelihood" in " ".join(words(figure))
    with pytest.raises(mm.UsageError, match="with profile intervals"):
        mm.forest(estimates(esmi, term("dv_any", **YES)), interval="profile")


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ("wald", "(Wald's)"),
        ("wald_t", "(Wald's)"),
        ("profile", "(by profile likelihood)"),
        ("clip", "(by profile likelihood, pooled by CLIP)"),
    ],
)
def test_the_forest_says_which_intervals_it_draws(esmi, interval, said):
    figure = mm.forest(estimates(esmi, term("dv_any", interval=interval, **YES)))
    assert f"CI: confidence interval {said}" in " ".join(" ".join(words(figure)).split())


def test_forest_refuses_what_it_cannot_draw(esmi, demo):
    one = estimates(esmi, term("dv_any", **YES))
    with pytest.raises(mm.UsageError, match="one or two frames"):
        mm.forest()
    with pytest.raises(mm.UsageError, match="one or two frames"):
        mm.forest(one, interval="exact")
    with pytest.raises(mm.UsageError, match="not estimates"):
        mm.forest(mm.flow(demo))
    with pytest.raises(mm.UsageError, match="needs adjusted estimates"):
        mm.forest(estimates(esmi, term("dv_any", model="unadjusted")))


SHARES = (
    "Percentages of mother-infant dyads, 4 variables: Involved at timepoint 1 (n = 99); "
    "Not involved at timepoint 1 (n = 179)"
)


def test_a_figure_in_word_has_its_picture_its_alt_text_and_its_mark(drawn, tmp_path):
    figure = drawn["shares"]
    figure.to_docx(tmp_path / "figure.docx")
    document = Document(str(tmp_path / "figure.docx"))
    (picture,) = document.inline_shapes
    assert picture._inline.docPr.get("descr") == figure.alt
    assert [one.text for one in document.paragraphs] == ["", SHARES, figure.mark]
    assert document.core_properties.title == f"SYNTHETIC DATA. {SHARES}"
    first = (tmp_path / "figure.docx").read_bytes()
    figure.to_docx(tmp_path / "figure.docx")
    assert (tmp_path / "figure.docx").read_bytes() == first


def test_a_figure_of_restricted_rows_stays_outside_the_project_in_word(esmi, tmp_path):
    figure = mm.forest(estimates(esmi, term("dv_any"), source=Source("restricted", 279, "")))
    with pytest.raises(mm.UsageError, match="stay outside the project"):
        figure.to_docx(places.project() / "figure.docx")
    figure.to_docx(tmp_path / "figure.docx")
    assert (tmp_path / "figure.docx").stat().st_mode & 0o077 == 0


# ---- files


def test_the_file_of_a_picture_says_what_it_shows_and_where_its_rows_come_from(drawn, tmp_path):
    figure = drawn["shares"]
    path = tmp_path / "shares.png"
    figure.save(path)
    with Image.open(path) as picture:
        said = picture.text
    assert said["Description"] == figure.alt
    assert said["Title"] == f"SYNTHETIC DATA. {SHARES}"
    assert said["Source"] == figure.source != ""
    assert path.read_bytes() == figure.png()


def test_lines_are_written_of_what_was_released_only(drawn, tmp_path):
    figure = drawn["shares"]
    with pytest.raises(mm.UsageError, match="all their digits"):
        figure.save(tmp_path / "shares.svg")
    assert not list(tmp_path.iterdir())
    released = replace(figure, released=True, alt=f"{figure.alt} <&>")
    released.save(tmp_path / "shares.svg")
    text = (tmp_path / "shares.svg").read_text(encoding="utf-8")
    root = fromstring(text)
    parts = {part.tag.rpartition("}")[2]: part.text for part in root}
    assert parts["title"] == figure.title
    assert parts["desc"] == released.alt
    assert figure.source in "".join(root.itertext())
    assert text == released.svg().decode()  # no date
    with pytest.raises(mm.UsageError, match=r"must end in \.png or \.svg"):
        figure.save(tmp_path / "shares.jpg")


def test_a_picture_of_restricted_rows_stays_outside_the_project(esmi, tmp_path):
    figure = mm.forest(estimates(esmi, term("dv_any"), source=Source("restricted", 279, "")))
    with pytest.raises(mm.UsageError, match="stay outside the project"):
        figure.save(places.project() / "figure.png")
    figure.save(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_mode & 0o077 == 0
