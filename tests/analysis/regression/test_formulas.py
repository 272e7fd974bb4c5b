"""Formulas keep the rules of declared models; the lock covers what was agreed and nothing else;
rules of tables.
"""

from dataclasses import replace
from math import exp

import numpy as np
import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.study.analysis_plan import Coding, Lock

SIDES = ("involved_t1", "not_involved_t1")


def stated(cohort: mm.Cohort, *, restricted: bool = False, **changes: object) -> mm.Cohort:
    """The same rows under a study that says something else."""
    source = (
        replace(cohort.source, kind="restricted", statement="") if restricted else cohort.source
    )
    file = cohort.study.file.model_copy(update=changes)
    return replace(cohort, source=source, study=replace(cohort.study, file=file))


@pytest.fixture(scope="module")
def agreed(esmi) -> Lock:
    """A lock of the list at timepoint 1 only."""
    terms = {"involved_t1": esmi.terms("protocol", "involved_t1")}
    return Lock(locked_on="2022-02-01", agreed_with="the LEAG", model="protocol", terms=terms)


# ---- formulas


def test_a_formula_compares_with_the_declared_reference(demo):
    """By hand: log odds ratio of one yes/no variable, from the table of counts."""
    known = demo.data[["involved_t1", "dv_any"]].dropna()
    counts = pd.crosstab(known["dv_any"], known["involved_t1"])
    ratio = (
        counts.loc["Yes", "Yes"]
        * counts.loc["No", "No"]
        / (counts.loc["Yes", "No"] * counts.loc["No", "Yes"])
    )
    fit = mm.fit_logistic(demo, "involved_t1 ~ dv_any")
    assert exp(fit.params["dv_any[T.Yes]"]) == pytest.approx(ratio, rel=1e-9)
    assert fit.columns[1].reference == "No"


def test_a_factor_of_a_formula_stays_whole(demo):
    fit = mm.fit_logistic(demo, "involved_t1 ~ deprivation_quintile")
    (alone,) = fit.unadjusted
    assert alone.params.equals(fit.params)
    assert fit.wald_test("deprivation_quintile").df == 4
    several = mm.fit_logistic(demo, "involved_t1 ~ deprivation_quintile + age_years")
    sizes = {part.columns[1].variable: len(part.columns) for part in several.unadjusted}
    assert sizes == {"deprivation_quintile": 5, "age_years": 2}


def test_an_interaction_has_no_unadjusted_fit(demo):
    fit = mm.fit_logistic(demo, "involved_t1 ~ age_years * schizophrenia", "firth")
    assert len(fit.unadjusted) == 2
    assert "age_years:schizophrenia" in {one.variable for one in fit.columns}


def test_a_yes_or_no_text_outcome_of_a_data_frame_is_not_turned_round(demo):
    number = (demo.data["involved_t1"] == "Yes").sum()
    fit = mm.fit_logistic(demo.data, "involved_t1 ~ age_years")
    assert fit.n_events == number
    assert fit.params["age_years"] == pytest.approx(
        mm.fit_logistic(demo, "involved_t1 ~ age_years").params["age_years"], rel=1e-9
    )
    frame = pd.DataFrame({"y": ["Case", "No", "No", "Case"], "x": [1.0, 2, 4, 3]})
    with pytest.raises(mm.UsageError, match="must be 0 or 1, true or false, or Yes or No"):
        mm.fit_logistic(frame, "y ~ x")


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("involved_t1 ~ honos_total", "for description only"),
        ("involved_t1 ~ readmitted_1y", "was recorded after involved_t1"),
        ("involved_t1 ~ cpp_t1", "is made from what involved_t1 is made from"),
        ("involved_t1 ~ icd10_primary", "is a list of codes or an id"),
        ("involved_t1 ~ nothing", "no variable 'nothing'"),
        ("involved_t1 ~ ", "this is no formula"),
        ("involved_t1 ~ 1", "at least one column beside it"),
        ("involved_t1 ~ age_years - 1", "needs its constant"),
        ("involved_t1 + age_years ~ dv_any", "no outcome 'involved_t1 + age_years'"),
        ("involved_t1 ~ age_years +* 2", "cannot be read"),
    ],
)
def test_a_formula_is_refused_as_a_model_would_be(demo, formula, said):
    with pytest.raises(mm.UsageError) as raised:
        mm.fit_logistic(demo, formula)
    assert said in str(raised.value)


def test_a_formula_has_the_footnote_of_the_time_between(demo):
    estimates = mm.fit_logistic(demo, "involved_t2 ~ age_years + readmitted_1y").to_frame()
    notes = estimates.set_index("variable")["note"]
    assert (notes["readmitted_1y"] == "between_timepoints").all()
    assert (notes["age_years"] == "").all()
    drawn = [text.get_text() for text in mm.forest(estimates).drawn.axes[0].texts]
    assert any(
        "recorded between the timepoints, after timepoint 1" in text.lower() for text in drawn
    )


def test_an_outcome_without_declared_variables_is_refused(demo):
    answer = mm.fit_logistic(demo, "protocol", outcome="cpp_t1")
    assert "model protocol lists no explanatory variable of cpp_t1" in str(answer)
    with pytest.raises(mm.UsageError, match="names another outcome"):
        mm.fit_logistic(demo, "involved_t1 ~ age_years", outcome="involved_t2")


def test_units_and_far_zeros_do_not_matter():
    """The same model in other units: estimates scale exactly, and a calendar year is no trouble."""
    rng = np.random.default_rng(7)
    year = rng.integers(2008, 2016, 300).astype(float)
    y = (rng.random(300) < 1 / (1 + np.exp(-(year - 2011) / 3))).astype(int)
    frame = pd.DataFrame({"y": y, "year": year, "since": year - 2011, "tiny": (year - 2011) * 1e-7})
    plain = mm.fit_logistic(frame, "y ~ since")
    late, tiny = mm.fit_logistic(frame, "y ~ year"), mm.fit_logistic(frame, "y ~ tiny")
    assert late.params["year"] == pytest.approx(plain.params["since"], rel=1e-8)
    assert tiny.params["tiny"] * 1e-7 == pytest.approx(plain.params["since"], rel=1e-8)
    assert late.profile_int().loc["year"].tolist() == pytest.approx(
        plain.profile_int().loc["since"].tolist(), rel=1e-7
    )
    assert late.params["Intercept"] == pytest.approx(
        plain.params["Intercept"] - 2011 * plain.params["since"], rel=1e-8
    )


# ---- the lock


def test_a_lock_covers_the_outcomes_that_it_names(demo, agreed):
    cohort = stated(demo, restricted=True, lock=agreed)
    covered = mm.fit_logistic(cohort, "protocol").to_frame()
    later = mm.fit_logistic(cohort, "protocol", outcome="involved_t2").to_frame()
    by_hand = mm.fit_logistic(cohort, "involved_t1 ~ age_years").to_frame()
    reading = mm.fit_logistic(
        cohort, "protocol", outcome="involved_t1_plans"
    ).to_frame()  # stands in for the primary
    for estimates, lock in ((covered, ""), (later, "open"), (by_hand, "open"), (reading, "")):
        assert estimates.about.lock == lock
        assert estimates.about.marks == (("NOT LOCKED: exploratory",) if lock else ())
        assert mm.odds_ratios(estimates).caption.startswith("NOT LOCKED: exploratory. ") == bool(
            lock
        )
        assert {*estimates["note"]} <= {"", "joint_test"}


def test_a_list_or_coding_changed_after_the_lock_shows_on_estimates_and_as_a_row(
    demo, agreed, esmi
):
    shorter = agreed.model_copy(update={"terms": {"involved_t1": agreed.terms["involved_t1"][:-1]}})
    other = agreed.model_copy(update={"coding": {"age_years": Coding(per=1)}})
    for lock, said in (
        (shorter, "added Learning difficulties"),
        (other, "coded otherwise Mother's age"),
    ):
        cohort = stated(demo, lock=lock)
        estimates = mm.fit_logistic(cohort, "protocol").to_frame()
        assert estimates.about.lock == "changed"
        assert "NOT LOCKED" not in "".join(estimates.about.marks)
        table = mm.odds_ratios(estimates)
        (mark,) = (
            mark
            for mark, note in table.notes
            if note == "The list agreed on 2022-02-01 was changed."
        )
        cells = [cell for section in table.sections for row in section.rows for cell in row.cells]
        assert {cell.mark for cell in cells if "ratio" in (cell.numbers or {})} == {mark}
        rows = mm.overview(cohort.study, "deviations").sections[0].rows
        assert [
            row.cells[2].pattern for row in rows if row.cells[0].pattern == "changed after the lock"
        ] == [f"The list agreed with the LEAG was changed: {said}"]
    same = stated(
        demo,
        lock=agreed.model_copy(update={"coding": {"age_years": esmi.file.coding["age_years"]}}),
    )
    assert mm.fit_logistic(same, "protocol").to_frame().about.lock == ""
    rows = mm.overview(same.study, "deviations").sections[0].rows
    assert not any(row.cells[0].pattern == "changed after the lock" for row in rows)


# ---- tables and rules


def test_two_models_of_one_outcome_stand_in_columns_of_their_own(demo):
    fits = [mm.fit_logistic(demo, name) for name in ("protocol", "abuse_cut_off_7")]
    table = mm.odds_ratios([fit.to_frame() for fit in fits])
    for fit, name in zip(fits, ("protocol", "abuse_cut_off_7"), strict=True):
        printed = table.quote("schizophrenia", f"involved_t1_{name}_adjusted_complete_case", "Yes")
        assert printed.startswith(f"{exp(fit.params['schizophrenia[Yes]']):.2f} (")
    assert sum("13 parameters" in text for _, text in table.notes) == 2


def test_suppressed_numbers_are_not_printed(demo):
    fit = mm.fit_logistic(demo, "protocol")
    estimates = fit.to_frame()
    estimates.loc[estimates["variable"] == "dv_any", "status"] = "suppressed"
    table = mm.odds_ratios(estimates)
    assert table.quote("dv_any", "adjusted_complete_case", "Yes") == "[c]"
    assert table.quote("dv_any", "adjusted_complete_case_p", "Yes") == "[c]"
    tests = mm.compare(demo, ["dv_any"], SIDES, 1)
    tests["status"] = "suppressed"
    summary = mm.summarise(demo, ["dv_any"], SIDES, 1)
    hidden = mm.characteristics(summary, comparisons=tests)
    assert [hidden.quote("dv_any", key, "Yes") for key in ("difference", "test", "p", "d")] == [
        "[c]"
    ] * 4


def test_available_case_says_how_many_are_behind_each_row(demo):
    table = mm.odds_ratios(mm.available_case(demo, "protocol"))
    known = int((demo.data["involved_t1"].notna() & demo.data["ctq_total"].notna()).sum())
    assert table.quote("ctq_total", "unadjusted_available_case_n") == str(known)
    said = " ".join(text for _, text in table.notes)
    assert "adjusted odds ratio" not in said
    assert "profile" not in said


def test_few_events_among_complete_cases_are_warned_of(demo):
    table = mm.odds_ratios(mm.fit_logistic(demo, "protocol", outcome="involved_t2").to_frame())
    assert any("fewer than 5, so read it with caution" in text for _, text in table.notes)


def test_quartiles_follow_the_declared_rule(demo):
    """Stata's rule on four values: the mean of the first two, and of the last two."""
    data = demo.data.copy()
    data["days_in_care"] = data["days_in_care"].mask(
        pd.Series(range(len(data)), index=data.index) >= 4
    )
    data.loc[data.index[:4], "days_in_care"] = [1, 3, 10, 20]
    cohort = replace(demo, data=data)
    found = mm.summarise(cohort, ["days_in_care"], ["everyone"]).set_index("statistic")["value"]
    assert (found["q1"], found["median"], found["q3"]) == (2, 6.5, 15)
    other = mm.summarise(stated(cohort, quartiles="interpolated"), ["days_in_care"], ["everyone"])
    found = other.set_index("statistic")["value"]
    assert (found["q1"], found["q3"]) == (2.5, 12.5)


def test_what_cannot_be_together_is_not_tested(demo):
    """Never in a relationship is No by the gate; without custody and never lost it is
    impossible.
    """
    related = {"never": {"cas_ever_relationship": "No"}, "ever": {"cas_ever_relationship": "Yes"}}
    found = mm.compare(demo, ["dv_any", "relationship"], related)
    assert found["note"].tolist() == ["groups_made_from_it", "zero_by_definition"]
    custody = {"with": {"custody_t2": "Yes"}, "without": {"custody_t2": "No"}}
    found = mm.compare(demo, ["custody_lost_by_t2"], custody)
    assert found["note"].tolist() == ["zero_by_definition"]
    assert found["reason"].str.startswith("without custody").all()


@pytest.mark.parametrize(
    "call",
    [
        lambda c: mm.compare(c, "ethnicity", SIDES),
        lambda c: mm.compare(c, 5, SIDES),
        lambda c: mm.compare(c, ["ethnicity"], 5),
        lambda c: mm.compare(c, ["ethnicity"], None),
        lambda c: mm.compare(c, ["ethnicity"], SIDES, "one"),
        lambda c: mm.fit_logistic(c, 5),
        lambda c: mm.fit_logistic(c, None),
        lambda c: mm.fit_logistic(c, "protocol", outcome=["involved_t1"]),
        lambda c: mm.fit_logistic(c, "protocol", "ols"),
        lambda c: mm.fit_logistic([], "y ~ x"),
        lambda c: mm.available_case(None, "protocol"),
        lambda c: mm.available_case(c, None),
        lambda c: mm.check_model(None),
        lambda c: mm.odds_ratios(None),
        lambda c: mm.odds_ratios(mm.fit_logistic(c, "protocol")),
        lambda c: mm.forest(mm.fit_logistic(c, "protocol").to_frame(), interval=[]),
        lambda c: mm.check(None),
        lambda c: mm.overview(c.study, None),
        lambda c: c.study.contrasts("involvd_t1"),
        lambda c: c.study.main_outcome(3),
    ],
)
def test_wrong_arguments_are_usage_errors(demo, call):
    with pytest.raises(mm.UsageError):
        call(demo)


def test_what_is_not_there_is_no_mistake(demo):
    assert str(mm.compare(demo, [], SIDES)) == "There is no variable to describe."
    assert "no second comparison" in str(demo.study.contrasts("involved_t1"))


def test_cells_and_what_was_done_are_not_exchanged(demo):
    fit = mm.fit_logistic(demo, "protocol")
    with pytest.raises(mm.UsageError, match=r"cells are what Fit\.tabulated returns"):
        mm.odds_ratios(fit.to_frame(), fit.log(), fit.tabulated())
