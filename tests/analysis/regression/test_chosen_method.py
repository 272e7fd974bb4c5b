"""Which method an analysis is by, and what is said where two analyses differ in it: each situation
planted.
"""

from dataclasses import fields, replace

import numpy as np
import pytest
from firthmodels import FirthLogisticRegression

import mothers_margins as mm
from mothers_margins.analysis.regression.fit import Fit
from tests.by_hand import ruled

SEPARATED = "learning_difficulties"


class WithOneSeparated(mm.Imputed):
    """Imputations in the second of which nobody with learning difficulties has the outcome."""

    def complete(self, i: int, only=None) -> mm.Cohort:
        cohort = super().complete(i, only)
        return without_yes(cohort) if i == 2 else cohort


def without_yes(cohort: mm.Cohort, rows=True) -> mm.Cohort:
    """A cohort in which nobody of those with the outcome (among some rows) has a Yes there."""
    there = (cohort.data["involved_t1"] == "Yes") & rows & (cohort.data[SEPARATED] == "Yes")
    return replace(
        cohort,
        data=cohort.data.assign(**{SEPARATED: cohort.data[SEPARATED].mask(there, "No")}),
    )


@pytest.fixture(scope="module")
def one_separated(imputed_demo) -> mm.PooledFit:
    planted = WithOneSeparated(
        **{field.name: getattr(imputed_demo, field.name) for field in fields(imputed_demo)}
    )
    return mm.fit_logistic(planted, "protocol")


@pytest.fixture(scope="module")
def separated_cases(demo) -> tuple[Fit, mm.PooledFit]:
    """Separated among the complete cases alone: the others with a Yes have something missing."""
    terms = demo.study.terms("protocol", "involved_t1")
    cohort = without_yes(demo, demo.data[list(terms)].notna().all(axis=1))
    assert (without_yes(cohort).data[SEPARATED] != cohort.data[SEPARATED]).any()
    imputed = mm.impute(cohort, "involved_t1", m=4, burnin=3, progress=False)
    return mm.fit_logistic(cohort, "protocol"), mm.fit_logistic(imputed, "protocol")


def departures(study: mm.Study, *frames: mm.Results) -> list[list[str]]:
    table = mm.overview(study, "deviations", *frames)
    rows = table.sections[0].rows
    return [[row.label, *map(table.print, row.cells)] for row in rows]


def notes(table: mm.Table) -> str:
    return "\n".join(text for _, text in table.notes)


def test_a_maximum_that_is_missing_in_one_data_set_makes_all_of_them_firths(one_separated, esmi):
    assert one_separated.method == "firth"
    assert {fit.method for fit in one_separated.fits} == {"firth"}
    assert {alone.method for alone in one_separated.unadjusted} == {"firth"}
    frame = one_separated.to_frame()
    assert {*frame["method"]} == {"imputed_firth"}
    assert {*frame["standing"]} == {"no_maximum"}
    assert {*frame["without_maximum"]} == {1}
    assert one_separated.beside is None
    log = one_separated.log().set_index("event")
    assert log.loc["separated", ["variable", "chains", "chains_in_all"]].tolist() == [
        SEPARATED,
        1,
        4,
    ]
    with pytest.raises(mm.UsageError, match="no finite estimate") as raised:
        mm.by_method(one_separated, "logit")
    assert raised.value.problems == (f"{SEPARATED}[Yes]",)
    said = notes(mm.odds_ratios(frame, log=one_separated.log()))
    in_one = "in 1 of 4 completed data sets"
    assert f"because the likelihood has no maximum {in_one}." in said
    assert f"Firth's: Learning difficulties ({in_one})." in said


def test_it_is_a_row_of_the_departures_by_itself(one_separated, imputed_demo, esmi):
    own = departures(esmi, one_separated.to_frame())
    assert own[:-1] == departures(esmi)
    assert own[-1] == [
        "Firth's method: Children's social care involvement at timepoint 1",
        "found in the data; imputed, Firth",
        "–",
        "In place of maximum likelihood, because the likelihood has no maximum in 1 of 4 completed "
        "data sets",
    ]
    planned = mm.fit_logistic(imputed_demo, "protocol")
    beside = mm.by_method(planned, "firth")
    assert departures(esmi, planned.to_frame(), beside.to_frame()) == departures(esmi)
    with pytest.raises(mm.UsageError, match="only the part deviations"):
        mm.overview(esmi, "choices", planned.to_frame())


@pytest.mark.parametrize("method", ["firth", "logit"])
def test_a_method_that_is_asked_for_against_the_rule_is_one_too(demo, esmi, method):
    rule = "replace" if method == "logit" else "beside"
    fit = mm.fit_logistic(ruled(demo, below_minimum=rule), "protocol", method)
    assert fit.standing == "asked_for"
    *_, (title, kind, _, why) = departures(esmi, fit.to_frame())
    name = {"firth": "Firth's method", "logit": "Maximum likelihood"}[method]
    assert title == f"{name}: Children's social care involvement at timepoint 1"
    assert kind.startswith("asked for; complete cases")
    assert why == "In place of the study's rule, because it was chosen by name"


def test_firth_replaces_where_the_study_says_so_and_maximum_likelihood_stands_beside(demo, esmi):
    fit = mm.fit_logistic(ruled(demo, below_minimum="replace"), "protocol")
    assert (fit.method, fit.standing, fit.beside) == ("firth", "small_cells", "logit")
    beside = mm.by_method(fit, "logit")
    assert beside.standing == "beside"
    planned = mm.fit_logistic(demo, "protocol")
    np.testing.assert_array_equal(beside.params, planned.params)
    assert (
        "as the study says where cells are small"
        in departures(esmi, fit.to_frame())[-1][-1].lower()
    )


def test_what_is_asked_for_by_the_rule_is_as_planned(demo, imputed_demo):
    for data in (demo, imputed_demo):
        assert mm.fit_logistic(data, "protocol", "logit").standing == "planned"


def test_one_method_has_a_sentence_that_says_so(demo, imputed_demo):
    fits = mm.fit_logistic(imputed_demo, "protocol"), mm.fit_logistic(demo, "protocol")
    by_firth = mm.stack(*(mm.by_method(fit, "firth").to_frame() for fit in fits))
    said = str(mm.method_or_data(mm.stack(*(fit.to_frame() for fit in fits)), by_firth))
    assert said == (
        "Complete cases and imputed values are both by maximum likelihood: where their estimates "
        "differ, it is the mother-infant dyads and their answers, not the method. SYNTHETIC DATA."
    )


def test_of_two_methods_each_change_is_split_into_method_and_data(separated_cases):
    """Firth's estimates by firthmodels, of the complete cases and of each imputation."""
    complete, pooled = separated_cases
    assert (complete.method, pooled.method) == ("firth", "logit")
    firths = []
    for fit in (complete, *pooled.fits):
        one = FirthLogisticRegression(backend="numpy", fit_intercept=False, gtol=1e-8, xtol=1e-8)
        firths.append(one.fit(fit.design.to_numpy(float), fit.event.to_numpy(float)).coef_)
    data = np.mean(firths[1:], axis=0) - firths[0]
    whole = pooled.params.to_numpy() - firths[0]
    by_firth = mm.stack(*(mm.by_method(fit, "firth").to_frame() for fit in (pooled, complete)))
    said = str(mm.method_or_data(mm.stack(pooled.to_frame(), complete.to_frame()), by_firth))
    assert (
        "those of complete cases by Firth's method (in place of maximum likelihood, because the "
        "likelihood has no maximum), those of imputed values by maximum likelihood." in said
    )
    place = list(pooled.params.index).index(f"{SEPARATED}[Yes]")
    numbers = (whole[place], whole[place] - data[place], data[place])
    in_text = [f"{number:+.2f}" for number in numbers]
    assert abs(numbers[1]) > 0.05  # the method is some of it
    assert (
        f"- Learning difficulties: {in_text[0]}, of which {in_text[1]} is method and "
        f"{in_text[2]} is data." in said
    )
    assert said.count("\n- ") == 13
    assert said.endswith("SYNTHETIC DATA.")


def test_method_or_data_needs_both_analyses(demo):
    fit = mm.fit_logistic(demo, "protocol")
    answer = mm.method_or_data(fit.to_frame(), mm.by_method(fit, "firth").to_frame())
    assert "no estimates of both complete cases and imputed values" in str(answer)
    for wrong in ("probit", None):
        with pytest.raises(mm.UsageError, match="logit or firth"):
            mm.by_method(fit, wrong)
    with pytest.raises(mm.UsageError, match="by_method"):
        mm.by_method(demo, "firth")


@pytest.mark.parametrize("method", ["logit", "firth"])
@pytest.mark.parametrize("data", ["complete cases", "imputed"])
def test_one_is_inside_the_interval_exactly_where_p_is_alpha_or_more(
    demo, imputed_demo, method, data
):
    """At alpha = p one limit is the log-odds of 1, so a little less has 1 inside and a little more
    outside.
    """
    fit = mm.fit_logistic(demo if data == "complete cases" else imputed_demo, "protocol", method)
    assert (
        fit.interval
        == {
            ("complete cases", "logit"): "wald",
            ("complete cases", "firth"): "profile",
            ("imputed", "logit"): "wald_t",
            ("imputed", "firth"): "clip",
        }[data, method]
    )
    for name in ("dv_any[Yes]", "relationship[single]", "ctq_total"):
        p = fit.pvalues[name]
        for alpha, is_inside in ((p * 0.9999, True), (p * 1.0001, False)):
            low, high = fit.conf_int(alpha).loc[name]
            assert (low <= 0 <= high) == is_inside
    frame = fit.to_frame()
    numbers = frame[frame["estimate"].notna()]
    inside = (numbers["conf_low"] <= 0) & (numbers["conf_high"] >= 0)
    assert (inside == (numbers["p_value"] >= 0.05)).all()
    assert {*inside} == {True, False}
