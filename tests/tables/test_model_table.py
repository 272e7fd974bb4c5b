"""The model table: what it prints, worked by hand from planted estimates; what it leaves to the
annex, and where that is found there.
"""

import re
import subprocess
from math import log, nan

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.results.results import NOT_LOCKED, Results
from mothers_margins.rounding import rounded
from mothers_margins.tables import model_table as module
from tests.planted import CASES, RESTRICTED, estimates, event, events, one
from tests.tables.test_released import coarse, through_the_door

FIRTH = {"no_maximum": "the likelihood has no maximum", "small_cells": "the study's rule for small"}


def notes(table: mm.Table) -> list[str]:
    return [text for _, text in table.notes]


def rows(table: mm.Table) -> list[list[str]]:
    """Each row as its label and the texts of its cells, a letter behind its cell."""
    return [
        [row.label, *(f"{table.print(cell)} {cell.mark}".strip() for cell in row.cells)]
        for section in table.sections
        for row in section.rows
    ]


def of_analysis(**more) -> list[dict]:
    """One analysis: unadjusted 2 (abuse), adjusted 3 (abuse), ethnicity with a p of its levels."""
    beside = {"reference": "White British"}
    joint = {"level": "", "reference": "White British", "note": "joint_test", "p_value": 0.3}
    joint |= dict.fromkeys(("estimate", "std_error", "conf_low", "conf_high"), nan)
    return [
        one("dv_any", "Yes", log(2), 0.2, model="unadjusted", **more),
        one("dv_any", "Yes", log(3), 0.2, **more),
        one("ctq_total", "", log(1.5), 0.2, **more) | {"p_value": 0.5},
        one("ethnicity", "", nan, nan, **more) | joint,
        one("ethnicity", "Black", log(0.5), 0.2, **more) | beside,
        one("ethnicity", "White Other", log(1.5), 0.2, **more) | beside,
    ]


IMPUTED = of_analysis()
COMPLETE = [row for row in of_analysis(**CASES) if row["model"] == "adjusted"]
SPECIFIED = {"outcome": "involved_t1", "specification": "protocol"}


def counted(study: mm.Study) -> Results:
    """12.4 of 32.6 with abuse in the completed data, 7 of 18 in the complete cases."""
    cells = [
        ("imputed", "dv_any", "Yes", 12.4, 20.2),
        ("imputed", "ethnicity", "White British", 60.0, 80.0),
        ("imputed", "ethnicity", "Black", 8.5, 11.0),
        ("imputed", "ethnicity", "White Other", 8.0, 20.0),
        ("complete_case", "dv_any", "Yes", 7, 11),
    ]
    sides = [
        event("cells", variable, "in_level", n, level=level, method=method, **SPECIFIED)
        | {"group": group}
        for method, variable, level, *both in cells
        for group, n in zip(("yes", "no"), both, strict=True)
    ]
    return events(study, *sides)


def small_cell(study: mm.Study, variable: str, level: str, method: str) -> Results:
    of = {"level": level, "method": method, **SPECIFIED}
    return events(study, event("model", variable, "small_cell", **of))


# ---- what it prints


def test_the_whole_table_by_hand(esmi):
    log_of = small_cell(esmi, "dv_any", "Yes", "complete_case")
    table = mm.model_table(estimates(esmi, *IMPUTED, *COMPLETE), counted(esmi), log_of)
    assert [(column.spanner, column.heading) for column in table.columns] == [
        ("Imputed", "Events/N"),
        ("Imputed", "Unadjusted OR (95% CI)"),
        ("Imputed", "Adjusted OR (95% CI)"),
        ("Imputed", "p"),
        ("Complete cases", "Adjusted OR (95% CI)"),
    ]
    both, half, more = "3.00 (1.82 to 4.95)", "0.50 (0.30 to 0.82)", "1.50 (0.91 to 2.47)"
    assert rows(table) == [
        ["Ethnicity", "", "", "", "0.300", ""],
        ["White British", "60/140", "", "reference", "", "reference"],
        ["Black", "9/20", "", half, "", half],
        ["White Other", "8/28", "", more, "", more],
        [
            *("Domestic abuse (CAS at or above the cut-off)", "12/33"),
            *("2.00 (1.21 to 3.30)", both, "0.040", f"{both} a"),
        ],
        ["Childhood trauma (CTQ total), per 10 points", "", "", more, "0.500", more],
    ]
    assert [section.title for section in table.sections] == ["Socio-demographics", "Wider needs"]
    assert table.caption == (
        "Associations with: Children's social care involvement at timepoint 1. Imputed: 200 "
        "mother-infant dyads, 80 with the outcome; complete cases: 150, 51 with the outcome"
    )
    assert table.notes == (
        ("", "OR: odds ratio; adjusted: given all other variables; associations, not effects."),
        ("", "Events/N: with the outcome, of all; means over imputations."),
        ("", "p: adjusted, imputed; levels together."),
        ("", "Clustering in 42 organisations is not accounted for."),
        ("", "Intervals: Wald's."),
        ("", "8 imputations, Rubin's rules."),
        ("", "More: annex table."),
        ("a", "Fewer than 5 in a cell; by Firth's method: annex."),
    )


def test_without_imputation_the_complete_cases_are_the_analysis(esmi):
    table = mm.model_table(estimates(esmi, *of_analysis(**CASES)), counted(esmi))
    assert [(column.spanner, column.key) for column in table.columns] == [
        ("Complete cases", key) for key in ("events", "unadjusted", "adjusted", "p")
    ]
    assert table.quote("dv_any", "events", "Yes") == "7/18"
    assert "Events/N: with the outcome, of all." in notes(table)
    assert not [text for text in notes(table) if "mputation" in text or "Rubin" in text]


def test_counts_are_on_the_rows_of_the_estimates(demo, imputed_demo):
    """The mean of four counts beside what is imputed; counts of rows beside complete cases."""
    pooled = mm.fit_logistic(imputed_demo, "protocol")
    fit = mm.fit_logistic(demo, "protocol", outcome="involved_t1")
    frames, cells = [pooled.to_frame(), fit.to_frame()], [pooled.tabulated(), fit.tabulated()]
    each = [
        pd.crosstab(run.data["dv_any"], run.data["involved_t1"]).loc["Yes"]
        for run in map(imputed_demo.complete, range(1, 5))
    ]
    yes, every = sum(each)["Yes"] / 4, sum(each).sum() / 4
    means = f"{rounded(yes, 0, 'half_up')}/{rounded(every, 0, 'half_up')}"
    assert mm.model_table(frames, cells).quote("dv_any", "events", "Yes") == means
    whole = demo.data[["involved_t1", *demo.study.terms("protocol", "involved_t1")]].dropna()
    counted = pd.crosstab(whole["dv_any"], whole["involved_t1"]).loc["Yes"]
    alone = mm.model_table(frames[1], cells)
    assert alone.quote("dv_any", "events", "Yes") == f"{counted['Yes']}/{counted.sum()}"
    # counts of other rows than those of the primary estimates are not shown
    assert "events" not in [column.key for column in mm.model_table(frames, cells[1]).columns]


def test_the_order_in_which_analyses_are_given_does_not_matter(esmi):
    first = mm.model_table(estimates(esmi, *IMPUTED, *COMPLETE))
    assert rows(mm.model_table(estimates(esmi, *COMPLETE, *IMPUTED))) == rows(first)


# ---- Firth's method


@pytest.mark.parametrize("standing", FIRTH)
def test_firth_in_place_is_named_in_the_heading_and_said_once(esmi, standing):
    made = {"standing": standing, "interval": "clip"}
    table = mm.model_table(estimates(esmi, *of_analysis(method="imputed_firth", **made), *COMPLETE))
    assert {column.spanner for column in table.columns} == {"Imputed, Firth", "Complete cases"}
    assert len([text for text in notes(table) if FIRTH[standing] in text]) == 1
    assert "p: adjusted, imputed, Firth; levels together." in notes(table)


def test_firth_beside_is_left_to_the_annex(esmi):
    beside = of_analysis(method="imputed_firth", standing="beside", interval="clip")
    table = mm.model_table(estimates(esmi, *beside, *IMPUTED, *COMPLETE))
    assert rows(table) == rows(mm.model_table(estimates(esmi, *IMPUTED, *COMPLETE)))
    assert "Firth" not in str(table)
    # alone they are shown, and say what they are
    alone = mm.model_table(estimates(esmi, *beside))
    assert "Firth's method: beside the primary estimates." in notes(alone)


def test_a_small_cell_of_one_analysis_marks_the_other_in_nothing(esmi):
    log_of = small_cell(esmi, "ethnicity", "Black", "imputed")
    table = mm.model_table(estimates(esmi, *IMPUTED, *COMPLETE), None, log_of)
    marked = [row for row in rows(table) if any(text.endswith(" a") for text in row[1:])]
    half = "0.50 (0.30 to 0.82)"
    assert marked == [["Black", "", f"{half} a", "", half]]


# ---- restricted and released


def test_an_open_list_is_said_in_the_caption_and_no_column_is_added(esmi):
    table = mm.model_table(estimates(esmi, *IMPUTED, source=RESTRICTED, lock="open"))
    assert table.caption.startswith(f"{NOT_LOCKED}. Associations with")
    assert [column.key for column in table.columns] == ["unadjusted", "adjusted", "p"]
    assert table.internal


def test_hidden_estimates_are_hidden_and_their_joint_test_is_no_row_of_its_own(esmi):
    """What is held back has lost the code in its note, by which joint tests are known."""
    number = dict.fromkeys(("estimate", "conf_low", "conf_high", "p_value", "n", "n_events"), nan)
    hidden = [row | number | {"status": "suppressed", "note": ""} for row in IMPUTED[3:]]
    results = through_the_door("estimates", [*IMPUTED[:3], *hidden])
    table = mm.model_table(results)
    assert [row[0] for row in rows(table)][:3] == ["Ethnicity", "White British", "Black"]
    assert rows(table)[0] == ["Ethnicity", "", "", "[c]"]
    assert rows(table)[2] == ["Black", "", "[c]", ""]
    assert len([text for text in notes(table) if text.startswith("[c]: held back")]) == 1
    labels = [row.label for section in mm.odds_ratios(results).sections for row in section.rows]
    assert labels.count("Ethnicity") == 1


def test_an_odds_ratio_released_with_one_decimal_has_one(esmi):
    table = mm.model_table(through_the_door("estimates", [coarse("one_decimal p_below", 0.01)]))
    assert rows(table)[0][1:] == ["1.3 (0.9 to 2.0) a", "<0.01"]
    assert "p is a class where more digits would tell a small count." in notes(table)
    assert ("a", "With one decimal, so that small counts stay hidden.") in table.notes


# ---- one page


def test_what_is_longer_than_a_page_is_refused_in_one_sentence(esmi):
    """28 levels, their variable, the reference, and the title above them: one line too many."""
    of = {"reference": "White British"}
    levels = [one("ethnicity", f"Level {place}", log(2), 0.2, **of) for place in range(28)]
    assert mm.model_table(estimates(esmi, *levels[:27])).one_page
    assert str(mm.model_table(estimates(esmi, *levels))) == (
        "The model table does not fit one page: it has 31 rows (at most 30); the annex table "
        "(odds_ratios) shows all."
    )


def test_words_that_must_be_said_are_not_cut(esmi):
    """Letters of 7, 3, 13, 3, 10, 6, 8, 5 and 8 words, and 3 that lead to the annex: 66."""
    codes = ["between_timepoints", "by_firth", "groups_made_from_it", "too_few_groups"]
    codes += ["too_few_for_interval", "decided_by_one", "knots_coincide", "not_fitted"]
    codes.append("too_many_tables")
    of = {"reference": "White British"}
    marked = [
        one("ethnicity", f"Level {place}", log(2), 0.2, note=code, **of)
        for place, code in enumerate(codes)
    ]
    assert str(mm.model_table(estimates(esmi, *marked))).startswith(
        "The model table does not fit one page: it has 66 words of notes (at most 60); "
    )
    assert mm.model_table(estimates(esmi, *marked[:-1])).one_page  # 58


@pytest.fixture(scope="module")
def of_demo(demo, imputed_demo) -> tuple[list[Results], list[Results], list[Results]]:
    """Estimates, counts and logs of both analyses of the demonstration."""
    fits = [
        mm.fit_logistic(imputed_demo, "protocol"),
        mm.fit_logistic(demo, "protocol", outcome="involved_t1"),
    ]
    return (
        [fit.to_frame() for fit in fits],
        [fit.tabulated() for fit in fits],
        [fit.log() for fit in fits],
    )


def test_the_demonstration_fits_an_upright_page_of_word(of_demo, tmp_path):
    table = mm.model_table(*of_demo)
    assert len(table.columns) <= 6
    assert sum(1 + len(section.rows) for section in table.sections) <= 30
    assert sum(len(text.split()) for text in notes(table)) <= 60
    path = tmp_path / "table.docx"
    table.to_docx(path)
    command = ["unzip", "-p", str(path), "word/document.xml"]
    document = subprocess.run(command, capture_output=True, check=True)
    assert "landscape" not in document.stdout.decode()


def test_a_variable_has_one_p(of_demo):
    table = mm.model_table(*of_demo)
    place = [column.key for column in table.columns].index("p")
    with_p = [
        row.variable
        for section in table.sections
        for row in section.rows
        if table.print(row.cells[place])
    ]
    assert sorted(with_p) == sorted({*with_p})


# ---- what is left to the annex

# Each note of the model table, and how the annex begins to say the same.
IN_FULL = {
    "Complete cases: 4.4 events per parameter, so caution.": "4.4 events per parameter; fewer than",
    "OR: odds ratio; adjusted: given all other variables; associations, not effects.": (
        "is an association given all other variables of the model, not an effect."
    ),
    "Events/N: with the outcome, of all; means over imputations.": (
        "With outcome, of all (imputed): means over the imputations."
    ),
    "p: adjusted, imputed; levels together.": "All levels together, Wald's test.",
    "Clustering in 42 organisations is not accounted for.": (
        "Standard errors do not allow for clusters:"
    ),
    "Intervals: Wald's.": "Imputed: Wald's, against t, as Stata has them;",
    "4 imputations, Rubin's rules.": (
        "Imputed: 4 imputations by chained equations, pooled by Rubin's rules;"
    ),
    "Fewer than 5 in a cell; by Firth's method: annex.": "Complete cases. Fewer than 5 in a cell,",
}


def test_every_note_is_found_once_in_the_annex(of_demo, monkeypatch):
    """With room for all of them."""
    monkeypatch.setattr(module, "MOST_WORDS", 1000)
    said = notes(mm.model_table(*of_demo))
    assert sorted(said) == sorted([*IN_FULL, "More: annex table."])
    annex = notes(mm.odds_ratios(*of_demo))
    assert not_once(annex) == []
    for note, in_full in IN_FULL.items():  # planted: an annex that lacks one, or says it twice
        (own,) = [text for text in annex if in_full in text]
        assert note in not_once([text for text in annex if text != own])
        assert note in not_once([*annex, own])


def not_once(annex):
    """Notes of the model table that the notes of an annex do not say once."""
    said = "\n".join(annex)
    return [note for note, in_full in IN_FULL.items() if said.count(in_full) != 1]


def test_what_has_no_room_is_left_out_from_the_least_important(of_demo, monkeypatch):
    monkeypatch.setattr(module, "MOST_WORDS", 40)
    said = notes(mm.model_table(*of_demo))
    assert said[0] == "Complete cases: 4.4 events per parameter, so caution."
    assert "4 imputations, Rubin's rules." not in said
    assert "More: annex table." in said
    assert sum(len(text.split()) for text in said) <= 40


def test_no_work_for_the_team_stands_under_it(of_demo):
    said = " ".join(notes(mm.model_table(*of_demo)))
    assert not re.search(r"assum|decide|check|to be agreed|not recorded", said, re.IGNORECASE)


def test_its_caption_is_not_that_of_the_annex(of_demo):
    assert mm.model_table(*of_demo).caption != mm.odds_ratios(*of_demo).caption


# ---- what it refuses


def test_several_outcomes_are_not_one_model(esmi):
    other = [row | {"outcome": "involved_t2"} for row in IMPUTED]
    with pytest.raises(mm.UsageError, match="one model of one outcome"):
        mm.model_table(estimates(esmi, *IMPUTED, *other))


def test_results_of_another_kind_are_refused_in_its_own_name(esmi):
    with pytest.raises(mm.UsageError, match=r"model_table.*not estimates"):
        mm.model_table(counted(esmi))
    log_of = small_cell(esmi, "dv_any", "Yes", "imputed")
    with pytest.raises(mm.UsageError, match=r"model_table: cells are what Fit\.tabulated"):
        mm.model_table(estimates(esmi, *IMPUTED), log_of)
    with pytest.raises(mm.UsageError, match=r"model_table: log is what Fit\.log"):
        mm.model_table(estimates(esmi, *IMPUTED), None, counted(esmi))
    assert str(mm.model_table([])).startswith("There is no estimate to show")
