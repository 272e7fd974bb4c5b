"""The account of missing data: planted results with numbers worked by hand."""

from importlib.metadata import version
from math import log

import pytest

import mothers_margins as mm
from mothers_margins.results.results import NOT_LOCKED
from tests.planted import (
    CASES,
    RESTRICTED,
    complete,
    estimates,
    filled,
    one,
    run,
    unknown,
)

ABUSE, TRAUMA = "Domestic abuse (CAS at or above the cut-off)", "Childhood trauma (CTQ total)"


def test_every_number_of_the_account_is_that_of_the_results(esmi):
    """Moved most, in standard errors: 1.285 to 1.2 is log 0.0684 of 0.1 (0.7); 2 to 2.5 is 0.2231
    of 0.4 (0.6).
    """
    other = filled(esmi, method="imputed_shifted").assign(estimate=[log(3), log(1.25)])
    other.about = filled(esmi).about
    account = mm.treatment_of_missing_data(
        unknown(esmi), run(esmi), complete(esmi), filled(esmi), [other]
    )
    plan, parts = esmi.file.missing_data, account.text.split("\n\n")
    assert parts[0] == "**SYNTHETIC DATA.**"
    assert parts[1] == (
        "**How much was missing.** The outcome was known for 200 mother-infant dyads. Every "
        "explanatory variable was "
        "known as well for 150 of 200 mother-infant dyads (75%): the complete cases. What was "
        "missing, among all in "
        "the file:"
    )
    assert parts[2].splitlines() == [
        f"- {TRAUMA}: 33 (16.1%; form not completed 30; too few items answered 3)",
        "- Learning difficulties: 9 (4.4%; not known 9)",
    ]
    assert parts[3] == f"**What was assumed.** {plan.assumption}"
    kept = ", ".join(esmi.label(name) for name in plan.auxiliaries if name != "readmitted_1y")
    assert parts[4] == (
        "**How values were imputed.** Multiple imputation by chained equations: 8 imputations, "
        "12 sweeps each, seed "
        f"7, by mothers_margins {version('mothers-margins')}. The outcome predicted and was "
        "never imputed. Equations: "
        f"predictive mean matching (pmm), shifted by 5: {TRAUMA}; logistic regression (logit): "
        "Learning difficulties. "
        f"Made anew from their imputed parts in every sweep: {ABUSE}. Auxiliary variables: "
        f"{kept}. Pseudo-rows "
        f"supported the equations of Learning difficulties, {TRAUMA}. Children's social care "
        "involvement at timepoint "
        "1: outcome not known: not in this run (5). Re-admission to acute care within a year: "
        "auxiliary variable left "
        "out: recorded after the outcome, or part of it."
    )
    assert parts[5] == (
        "**How estimates were pooled.** By Rubin's rules, with the degrees of freedom of Rubin "
        "(1987), as in Stata for "
        f"a logistic regression. The largest fraction of missing information is 25% ({ABUSE}); "
        "Monte Carlo errors are "
        "at most 10% of a standard error."
    )
    assert parts[6] == (
        "**Beside the complete cases.** Complete cases: 51 with the outcome; imputed: 80; both by "
        "maximum likelihood. The adjusted odds ratio that "
        f"differs most is that of {TRAUMA}, per 10 points, which is 1.29 in complete "
        "cases and 1.20 imputed "
        "(their logarithms are "
        "0.7 standard errors of the former apart)."
    )
    assert parts[7] == f"**What other assumptions change.** {plan.reason_for_shifts}"
    assert parts[8:] == [
        f"- Imputed; shifted, not at random: the odds ratio that moved most is that of {ABUSE}, "
        "from 2.50 to 3.00."
    ]


def test_the_account_of_restricted_data_says_that_nothing_is_locked(esmi):
    results = (complete(esmi, RESTRICTED), filled(esmi, RESTRICTED, "open"))
    account = mm.treatment_of_missing_data(unknown(esmi), run(esmi, RESTRICTED), *results)
    assert account.text.startswith(f"**{NOT_LOCKED}.**\n\n**How much")
    assert "SYNTHETIC" not in account.text
    assert "What other assumptions" not in account.text


def test_the_account_refuses_what_would_make_it_wrong(esmi):
    good = [unknown(esmi), run(esmi), complete(esmi), filled(esmi)]
    wrong = {
        "not events": (1, filled(esmi)),
        "not estimates": (3, run(esmi)),
        "run is what Imputed.log returns": (1, unknown(esmi)),
        "complete_case needs adjusted estimates without m": (2, filled(esmi)),
        "imputed needs adjusted estimates with m": (3, complete(esmi)),
        "not all of one outcome and model": (3, filled(esmi, outcome="involved_t2")),
    }
    for message, (place, other) in wrong.items():
        with pytest.raises(mm.UsageError, match=message):
            mm.treatment_of_missing_data(*good[:place], other, *good[place + 1 :])
    with pytest.raises(mm.UsageError, match="complete_case needs adjusted"):
        mm.treatment_of_missing_data(*good[:2], complete(esmi, model="unadjusted"), good[3])


def test_hidden_numbers_stay_hidden_in_the_account(esmi):
    """The other numbers stay; 33 would give away what is hidden beside 3."""
    good = [unknown(esmi), run(esmi), complete(esmi), filled(esmi)]
    hidden = [unknown(esmi, status="suppressed"), run(esmi, status="suppressed")]
    hidden += [complete(esmi, status="suppressed"), filled(esmi, status="suppressed")]
    whole = mm.treatment_of_missing_data(*good).text.split("\n\n")

    def account(*places: int) -> list[str]:
        parts = [hidden[k] if k in places else good[k] for k in range(4)]
        return mm.treatment_of_missing_data(*parts).text.split("\n\n")

    told = account(0)
    assert told[2].splitlines() == [
        f"- {TRAUMA}: [c] ([c]%; form not completed [c]; too few items answered 3)",
        "- Learning difficulties: 9 (4.4%; not known 9)",
    ]
    assert told[:2] + told[3:] == whole[:2] + whole[3:]
    told = account(1)
    assert f"predictive mean matching (pmm): {TRAUMA}; logistic" in told[4]
    assert told[:4] + told[5:] == whole[:4] + whole[5:]
    assert "known as well for [c] of 200 mother-infant dyads ([c]%)" in account(2)[1]
    told = account(2, 3)
    assert told[1].startswith(
        "**How much was missing.** The outcome was known for [c] mother-infant dyads. "
    )
    assert "known as well for [c] of [c] mother-infant dyads ([c]%)" in told[1]
    assert told[5].endswith("The largest fraction of missing information is [c].")
    assert told[6] == (
        "**Beside the complete cases.** Complete cases: [c] with the outcome; imputed: [c]; both "
        "by maximum likelihood. The adjusted odds ratio "
        "that differs most: [c]."
    )
    other = filled(esmi, method="imputed_shifted", status="suppressed")
    said = mm.treatment_of_missing_data(*good, [other]).text.split("\n\n")
    assert said[8] == "- Imputed; shifted, not at random: the odds ratio that moved most: [c]."


def test_complete_cases_and_imputed_values_are_compared_by_one_method(esmi):
    """Complete cases have Firth's method alone: 1.8 and 1.2; imputed both, of which Firth's 2.2."""
    firth = {"method": "firth", "standing": "no_maximum", "interval": "profile"}
    of_cases = [
        one("dv_any", "Yes", log(1.8), 0.4, **CASES | firth),
        one("ctq_total", "", log(1.2), 0.1, **CASES | firth),
    ]
    beside = {"method": "imputed_firth", "standing": "beside", "interval": "clip"}
    of_imputed = [
        one("dv_any", "Yes", log(2.2), 0.3, **beside),
        one("ctq_total", "", log(1.21), 0.08, **beside),
    ]
    cases = estimates(esmi, *of_cases)
    with pytest.raises(mm.UsageError, match="no method in common"):
        mm.treatment_of_missing_data(unknown(esmi), run(esmi), cases, filled(esmi))
    both = mm.stack(filled(esmi), estimates(esmi, *of_imputed))
    said = mm.treatment_of_missing_data(
        unknown(esmi), run(esmi), cases, both, [filled(esmi, **beside)]
    )
    text = said.text
    assert "80; both by Firth's method. The adjusted odds ratio that differs most" in text
    assert "which is 1.80 in complete cases and 2.20 imputed" in text
    assert "by another method than the main run, so that the two are not compared." in text
