"""Tables of odds ratios: every printed number against one made another way."""

from math import exp

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.rounding import rounded
from tests.by_hand import ruled


@pytest.fixture(scope="module")
def fit(demo) -> mm.Fit:
    return mm.fit_logistic(demo, "protocol", outcome="involved_t1")


@pytest.fixture(scope="module")
def ratios(fit) -> mm.Table:
    return mm.odds_ratios(fit.to_frame(), fit.tabulated(), fit.log())


def notes(table: mm.Table) -> str:
    return "\n".join(text for _, text in table.notes)


# ---- odds ratios


def test_limits_are_exponentiated_and_standard_errors_are_not(ratios, fit):
    low, high = fit.conf_int().loc["age_years"]
    expected = f"{exp(fit.params['age_years']):.2f} ({exp(low):.2f} to {exp(high):.2f})"
    assert ratios.quote("age_years", "adjusted_complete_case") == expected
    low, high = fit.profile_int().loc["age_years"]
    assert (
        ratios.quote("age_years", "adjusted_complete_case_profile")
        == f"{exp(low):.2f} to {exp(high):.2f}"
    )
    (alone,) = [part for part in fit.unadjusted if "age_years" in part.params]
    assert ratios.quote("age_years", "unadjusted_complete_case").startswith(
        f"{exp(alone.params['age_years']):.2f} ("
    )
    assert (
        ratios.quote("age_years", "adjusted_complete_case_p") == f"{fit.pvalues['age_years']:.3f}"
    )


def test_numbers_with_the_outcome_are_those_of_the_complete_cases(ratios, demo, esmi):
    whole = demo.data[["involved_t1", *esmi.terms("protocol", "involved_t1")]].dropna()
    table = pd.crosstab(whole["schizophrenia"], whole["involved_t1"])
    assert (
        ratios.quote("schizophrenia", "complete_case_events", "Yes")
        == f"{table.loc['Yes', 'Yes']} of {table.loc['Yes'].sum()}"
    )
    small = whole["ethnicity"].isin(["Asian", "Mixed or Other"])
    expected = f"{(whole['involved_t1'][small] == 'Yes').sum()} of {small.sum()}"
    assert ratios.quote("ethnicity", "complete_case_events", "Asian, Mixed or Other") == expected
    assert ratios.quote("ethnicity", "adjusted_complete_case", "White British") == "reference"


def test_numbers_beside_estimates_are_on_the_estimates_rows(fit, imputed_demo, demo, esmi):
    """Complete cases by counting; imputed as the mean of four counts."""
    pooled = mm.fit_logistic(imputed_demo, "protocol")
    table = mm.odds_ratios(
        [pooled.to_frame(), fit.to_frame()], [pooled.tabulated(), fit.tabulated()]
    )
    keys = [column.key for column in table.columns]
    assert [key for key in keys if key.endswith("events")] == [
        "imputed_events",
        "complete_case_events",
    ]
    assert keys.index("imputed_events") < keys.index("adjusted_imputed")
    assert keys.index("adjusted_imputed") < keys.index("complete_case_events")
    whole = demo.data[["involved_t1", *esmi.terms("protocol", "involved_t1")]].dropna()
    counted = pd.crosstab(whole["dv_any"], whole["involved_t1"]).loc["Yes"]
    assert table.quote("dv_any", "complete_case_events", "Yes") == (
        f"{counted['Yes']} of {counted.sum()}"
    )
    each = [
        pd.crosstab(one.data["dv_any"], one.data["involved_t1"]).loc["Yes"]
        for one in map(imputed_demo.complete, range(1, 5))
    ]
    mean = sum(each) / 4
    assert table.quote("dv_any", "imputed_events", "Yes") == (
        f"{rounded(mean['Yes'], 0, 'half_up')} of {rounded(mean.sum(), 0, 'half_up')}"
    )
    assert "With outcome, of all (imputed): means over the imputations." in notes(table)
    alone = mm.odds_ratios([pooled.to_frame(), fit.to_frame()], fit.tabulated())
    assert "imputed_events" not in [column.key for column in alone.columns]


def test_notes_of_what_was_done_say_whose_columns_they_concern(fit, imputed_demo):
    pooled = mm.fit_logistic(imputed_demo, "protocol")
    frames, logs = [pooled.to_frame(), fit.to_frame()], mm.stack(pooled.log(), fit.log())
    said = notes(mm.odds_ratios(frames, log=logs))
    assert "\nComplete cases. Left out: participants with an explanatory variable not known" in said
    assert "\nComplete cases. Fewer than 5 in a cell" in said
    assert "\nImputed. Levels put together" in said
    assert "\nImputed. Left out" not in said
    assert "\nImputed. Fewer than 5" not in said


def test_interval_and_p_are_marked_with_the_statistic_that_they_are_from(fit, imputed_demo):
    pooled = mm.fit_logistic(imputed_demo, "protocol")
    by_firth = [mm.by_method(each, "firth") for each in (pooled, fit)]
    said = notes(mm.odds_ratios([pooled.to_frame(), fit.to_frame()]))
    primary = "The interval beside an odds ratio and its p are the primary ones, both from one"
    assert (
        f"{primary} statistic. Imputed: Wald's, against t, as Stata has them; complete cases: "
        "Wald's, as Stata has them." in said
    )
    assert "Beside them: interval and p by profile likelihood." in said
    table = mm.odds_ratios([each.to_frame() for each in by_firth])
    said = notes(table)
    assert "Imputed, Firth: those of the penalised profile likelihoods, pooled by CLIP" in said
    assert "complete cases, Firth: those of the penalised profile likelihood." in said
    assert "CLIP has no correction for few imputations: 4 are fewer than 20." in said
    assert "Beside them" not in said
    assert not [column.key for column in table.columns if "profile" in column.key]
    low, high = by_firth[0].conf_int().loc["age_years"]
    ratio = exp(by_firth[0].params["age_years"])
    assert table.quote("age_years", "adjusted_imputed_firth") == (
        f"{ratio:.2f} ({exp(low):.2f} to {exp(high):.2f})"
    )
    p = by_firth[0].pvalues["age_years"]
    assert table.quote("age_years", "adjusted_imputed_firth_p") == f"{p:.3f}"


def test_a_variable_that_one_model_takes_as_steps_and_another_by_levels_has_both(demo):
    fits = [mm.fit_logistic(demo, name) for name in ("protocol", "all_levels")]
    table = mm.odds_ratios([fit.to_frame() for fit in fits])
    name, both = "deprivation_quintile", "involved_t1_{}_adjusted_complete_case"
    steps = exp(fits[0].params[name])
    assert table.quote(name, both.format("protocol")).startswith(f"{steps:.2f} (")
    assert table.quote(name, both.format("protocol"), "1") == ""
    assert table.quote(name, both.format("all_levels"), "1") == "reference"
    second = exp(fits[1].params[f"{name}[2]"])
    assert table.quote(name, both.format("all_levels"), "2").startswith(f"{second:.2f} (")


def test_a_variable_with_several_levels_has_one_joint_p(ratios, fit):
    assert (
        ratios.quote("ethnicity", "adjusted_complete_case_p")
        == f"{fit.wald_test('ethnicity').pvalue:.3f}"
    )
    assert ratios.quote("ethnicity", "adjusted_complete_case") == ""


def test_the_notes_say_method_size_parameters_and_events_for_each(ratios, demo, esmi):
    whole = demo.data[["involved_t1", *esmi.terms("protocol", "involved_t1")]].dropna()
    events = (whole["involved_t1"] == "Yes").sum()
    said = notes(ratios)
    size = (
        f"{len(whole)} mother-infant dyads, {events} with the outcome, 13 parameters besides "
        "the constant"
    )
    assert f"{size}, {events / 13:.1f} events per parameter" in said
    assert "Logistic regression by maximum likelihood." in said
    assert "Complete cases: Wald's, as Stata has them." in said
    assert f"not known ({278 - len(whole)})" in said
    assert (
        "Fewer than 5 in a cell, where Firth's estimates stand beside those of maximum likelihood: "
        "Diagnosis of schizophrenia; Learning difficulties." in said
    )
    assert "put together: Ethnicity: Asian, Mixed or Other" in said
    assert "not an effect" in said
    assert "SYNTHETIC DATA" in ratios.to_html()


def test_rows_stand_under_the_headings_of_the_protocol(ratios):
    assert [section.title for section in ratios.sections] == [
        "Socio-demographics",
        "Clinical variables",
        "Wider needs",
    ]
    (age, *_) = ratios.sections[0].rows
    assert age.label == "Mother's age, per 5 years"


def test_a_variable_from_between_the_timepoints_has_a_footnote(demo):
    fit = mm.fit_logistic(demo, "published_2023", outcome="involved_t2")
    table = mm.odds_ratios(fit.to_frame())
    (row,) = [
        row for section in table.sections for row in section.rows if row.variable == "readmitted_1y"
    ]
    marks = {cell.mark for cell in row.cells if cell.mark}
    assert [text for mark, text in table.notes if mark in marks] == [
        "Recorded between the timepoints, after timepoint 1."
    ]
    assert (
        "re-admission" in table.caption
    )  # the model departs from the protocol, and the caption names it


def test_the_main_model_is_not_named_and_a_departure_is(ratios, demo):
    assert ratios.caption == (
        "Every estimate of associations with: Children's social care involvement at timepoint 1. "
        "Complete cases: 186 mother-infant dyads, 57 with the outcome"
    )
    levels = mm.fit_logistic(demo, "all_levels")
    table = mm.odds_ratios(levels.to_frame())
    assert ". Every level of ethnicity and of deprivation on its own. " in table.caption
    assert "smallest groups are put together" not in notes(table)  # that coding is the main model's


def test_several_outcomes_stand_side_by_side_adjusted_only(demo):
    fits = [
        mm.fit_logistic(ruled(demo, few_events=0), "protocol", outcome=name)
        for name in ("involved_t2_plans", "continued")
    ]
    table = mm.odds_ratios([fit.to_frame() for fit in fits])
    assert [column.key for column in table.columns] == [
        *(
            "involved_t2_plans_protocol_adjusted_complete_case",
            "involved_t2_plans_protocol_adjusted_complete_case_p",
        ),
        *(
            "continued_protocol_adjusted_firth",
            "continued_protocol_adjusted_firth_p",
        ),
    ]
    expected = f"{exp(fits[1].params['age_years']):.2f} ("
    assert table.quote("age_years", "continued_protocol_adjusted_firth").startswith(expected)


def test_odds_ratios_refuse_what_is_no_estimate(demo, fit):
    with pytest.raises(mm.UsageError, match="these results are events, not estimates"):
        mm.odds_ratios(fit.log())
    assert "none was given" in str(mm.odds_ratios([]))
    with pytest.raises(mm.UsageError, match="does not say which study"):
        mm.odds_ratios(pd.DataFrame(fit.to_frame()))


def test_available_case_stands_alone_and_says_what_it_is(demo):
    table = mm.odds_ratios(mm.available_case(demo, "protocol"))
    assert {column.spanner for column in table.columns} == {"Unadjusted (each on all known)"}
