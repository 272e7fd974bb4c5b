"""The plan test: its sums by hand, its recipes, and a short run from end to end."""

from dataclasses import replace
from math import log, nan, sqrt

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import mothers_margins as mm
from mothers_margins.analysis.regression.model_data import model_data
from mothers_margins.cli import main
from mothers_margins.demo.recipe import read_recipe
from mothers_margins.known_truth import plan_test as module
from mothers_margins.known_truth.one_cohort import Estimate, Hole, fitted
from mothers_margins.known_truth.recipes import strong, without_events_rule

T1 = "involved_t1"


def judged(holes, estimates, truth) -> pd.DataFrame:
    rows = module._Judged(
        "study", pd.DataFrame(holes), pd.DataFrame(estimates), truth, cohorts=2
    ).rows()
    return pd.DataFrame(rows)


def numbers(term: str, analysis: str, *triples) -> list[Estimate]:
    return [Estimate(T1, analysis, term, *triple) for triple in triples]


# Two cohorts: 10 and 30 missing cells, 20 and 10 points too many: (2 + 3) / 40 = 12.5 points.
HOLES = [Hole(T1, "dv_any", "Yes", 10, 0.4, 0.2), Hole(T1, "dv_any", "Yes", 30, 0.5, 0.4)]
ESTIMATES = [
    *numbers("dv_any[Yes]", "full_data", (1.0, 0.5, 1.5), (0.8, 0.2, 1.4)),
    *numbers("dv_any[Yes]", "full_data_firth", (0.9, 0.4, 1.4), (0.7, 0.1, 1.3)),
    *numbers("dv_any[Yes]", "complete_case", (1.2, 0.2, 2.2), (nan, nan, nan)),
    *numbers("dv_any[Yes]", "imputed", (0.9, 0.3, 1.5), (0.6, 0.0, 0.65)),
]


def test_what_is_off_by_hand():
    found = judged(HOLES, ESTIMATES, {(T1, "dv_any[Yes]"): 0.7}).set_index(
        ["measure", "analysis", "variable"]
    )
    share = found.loc[("share_off", "imputed", "dv_any")]
    assert share["value"] == pytest.approx(12.5)
    # residuals 200 - 125 = 75 and 300 - 375 = -75 over 40 cells; 2 of 2 - 1
    assert share["mc_error"] == pytest.approx(sqrt(2 * 2 * 75**2) / 40)
    assert share["bar"] == pytest.approx(1.5 + 2 * share["mc_error"])
    assert share["within"] == 0  # 12.5 beyond 1.5 and twice 3.75
    off = found.loc[("log_odds_off", "imputed", "dv_any")]
    assert off["value"] == pytest.approx(-0.15)  # -0.1 and -0.2
    assert off["mc_error"] == pytest.approx(0.05)
    assert off["within"] == 1
    coverage = found.loc["coverage"]["value"]
    assert coverage["full_data", "dv_any"] == 1.0  # 0.7 is in .5 to 1.5 and .2 to 1.4
    assert coverage["imputed", "dv_any"] == 0.5
    assert found.loc[("coverage", "imputed", "dv_any"), "within"] == 0
    assert found.loc[("coverage", "complete_case", "dv_any"), "cohorts"] == 1
    width = found.loc[("width_beside_complete_cases", "imputed", "dv_any"), "value"]
    assert width == pytest.approx((1.2 + 0.65) / 2 / 2.0)
    assert found.loc[("mean_coverage", "imputed", ""), "within"] == 0


def test_a_cohort_that_cannot_be_imputed_is_counted():
    rows = module._Judged(
        "study", pd.DataFrame(HOLES), pd.DataFrame(ESTIMATES), {(T1, "dv_any[Yes]"): 0.7}, cohorts=3
    ).rows()
    missed = next(row for row in rows if row["measure"] == "not_imputed")
    assert (missed["value"], missed["bar"], missed["within"]) == (1, 0, 0)


def test_a_number_is_judged_in_standard_deviations():
    holes = [Hole(T1, "ctq_total", "", 5, 50, 48, 20), Hole(T1, "ctq_total", "", 5, 54, 48, 20)]
    found = judged(holes, ESTIMATES, {(T1, "dv_any[Yes]"): 0.7})
    row = found[found["measure"] == "mean_off"].iloc[0]
    assert row["value"] == pytest.approx(4 / 20)
    assert row["bar"] == pytest.approx(0.1 + 2 * row["mc_error"])


def test_a_bar_that_is_missed_is_said(esmi):
    far = [Hole(T1, "dv_any", "Yes", 10, 0.4, 0.2)] * 3
    found = judged(far, ESTIMATES, {(T1, "dv_any[Yes]"): 0.7})
    share = found[found["measure"] == "share_off"].iloc[0]
    assert (share["value"], share["mc_error"], share["within"]) == (pytest.approx(20), 0, 0)


def test_the_strong_recipe(esmi):
    """Every term of the models is 2 or more, or 1/2 or less; rare answers have gaps in 15 %."""
    own = read_recipe(esmi)
    hard = strong(esmi, own)
    for outcome in ("involved_t1", "involved_t2"):
        ratios = hard.truths[outcome].odds_ratios
        assert {*ratios} == {*esmi.terms(hard.truths[outcome].model, outcome)}
        assert all(abs(log(ratio)) >= log(2) - 1e-12 for ratio in ratios.values())
    assert hard.truths["involved_t1"].odds_ratios["deprivation_quintile"] == 0.5
    assert hard.truths["involved_t1"].odds_ratios["schizophrenia"] == pytest.approx(4)
    assert hard.truths["readmitted_1y"] == own.truths["readmitted_1y"]
    wide = {gap.variables for gap in hard.gaps if gap.share == 0.15}
    assert wide == {("drug_history",), ("learning_difficulties",)}
    assert len(hard.gaps) == len(own.gaps)


def test_cohorts_with_few_events_are_analysed_too(esmi):
    """Those that a rule on events would refuse: leaving them out would judge by the outcome."""
    freed = without_events_rule(esmi)
    assert freed.file.regression.few_events == 0
    assert freed.file.regression.minimum_cell == esmi.file.regression.minimum_cell
    cohort = mm.derive(mm.demo_cohort("esmi"))
    few = cohort.data.index[cohort.data["involved_t2"] == "Yes"][40:]
    rows = cohort.data.index.difference(few)
    fewer = replace(
        cohort, study=freed, data=cohort.data.loc[rows], reasons=cohort.reasons.loc[rows]
    )
    assert model_data(fewer, "protocol", "involved_t2").event.sum() == 40
    with pytest.raises(mm.UsageError, match="No model is fitted"):
        model_data(replace(fewer, study=esmi), "protocol", "involved_t2")


def test_a_short_run_is_the_same_for_any_number_of_processes(esmi, monkeypatch):
    """Two cohorts; the truth of 3,000 rows here, of 200,000 else."""
    monkeypatch.setattr(module, "ROWS_OF_TRUTH", 3_000)
    how = {"outcomes": [T1], "cohorts": 2, "m": 2, "sweeps": 1, "progress": False}
    results = mm.plan_test(esmi, **how)
    pd.testing.assert_frame_equal(
        pd.DataFrame(results), pd.DataFrame(mm.plan_test(esmi, **how, n_jobs=2))
    )
    measures = results.groupby("measure")["variable"].unique()
    terms = {*esmi.terms("protocol", T1)}
    assert {*measures["coverage"]} == terms
    assert {*measures["log_odds_off"]} == terms
    assert {"dv_any", "ctq_total", "substance_misuse", "learning_difficulties"} <= {
        *measures["share_off"],
        *measures["mean_off"],
    }
    levels = results[(results["measure"] == "share_off") & (results["variable"] == "ethnicity")]
    assert {*levels["level"]} == {"White British", "White Other", "Black", "Asian, Mixed or Other"}
    # of all levels together no share is off
    assert levels["value"].sum() == pytest.approx(0, abs=1e-9)
    assert results.about.source.mark == "SYNTHETIC DATA"
    text = repr(mm.plan_table(results))
    assert "2 cohorts drawn by the recipe." in text
    assert "Domestic abuse (CAS at or above the cut-off): Yes" in text


def test_fits_that_run_away_are_no_estimates():
    x = pd.DataFrame({"a": np.r_[np.zeros(20), np.ones(20)]})
    assert fitted(x, x["a"].to_numpy(), "logit") is None
    assert fitted(x, np.tile([0.0, 1.0], 20), "logit")[0].to_numpy() == pytest.approx([0, 0])


def test_refused(esmi, study):
    with pytest.raises(mm.UsageError, match="cohorts is 2 or more"):
        mm.plan_test(esmi, cohorts=1)
    with pytest.raises(mm.UsageError, match="declares no missing-data plan"):
        mm.plan_test(study)
    with pytest.raises(mm.UsageError, match="no outcome of the plan 'readmitted_1y'"):
        mm.plan_test(esmi, ["readmitted_1y"])
    result = CliRunner().invoke(main, ["plan-test", "--study", "hscc_2019", "--cohorts", "2"])
    assert result.exit_code == 2
    assert "missing-data plan" in result.output
