"""Standard errors that are robust to clusters: against statsmodels, and by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special

import mothers_margins as mm
from mothers_margins.analysis.regression import likelihood
from mothers_margins.study.analysis_plan import Model
from mothers_margins.study.checks.plans import in_models

SMALL = {"involved_t1": ("ctq_total", "dv_any")}


def with_model(cohort: mm.Cohort, cluster: str, **changes: object) -> mm.Cohort:
    """The rows under a study with a small model of two variables, and clusters."""
    models = {"small": Model(title="Small", terms=SMALL, cluster=cluster)}
    rules = cohort.study.file.regression.model_copy(update={"minimum_cell": 1, **changes})
    file = cohort.study.file.model_copy(
        update={"models": models, "regression": rules, "lock": None}
    )
    return replace(cohort, study=replace(cohort.study, file=file))


def by_statsmodels(fit: mm.Fit, cluster: pd.Series) -> np.ndarray:
    """cov_type="cluster" has a factor (n - 1)/(n - k) beside G/(G - 1), which Stata's logit has
    not.
    """
    n, k = fit.design.shape
    made = sm.Logit(fit.event, fit.design).fit(
        disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": cluster.astype(int)}
    )
    return np.asarray(made.cov_params()) * (n - k) / (n - 1)


def test_a_share_has_its_closed_form():
    """Of a constant alone V is 1/(n p q), so the robust variance is the sum of the squared sums of
    y - p over clusters, over (n p q)², times G/(G - 1): here 3 of 4, 1 of 2, 0 of 4 and 4 of 4.
    """
    event = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1.0])
    cluster = np.repeat(list("abcd"), [4, 2, 4, 4])
    p = 8 / 14
    sums = np.array([3 - 4 * p, 1 - 2 * p, 0 - 4 * p, 4 - 4 * p])
    expected = (sums**2).sum() / (14 * p * (1 - p)) ** 2 * 4 / 3
    design = np.ones((14, 1))
    solution = likelihood.maximum_likelihood(design, event, 95, profile=False)
    assert special.expit(solution.params[0]) == pytest.approx(p)
    found = likelihood.cluster_covariance(design, event, solution, cluster)
    assert found[0, 0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("cluster", ["deprivation_rank", "age_years"])
def test_errors_are_those_of_statsmodels_with_stata_s_factor(demo, cluster):
    cohort = with_model(demo, cluster)
    fit = mm.fit_logistic(cohort, "small")
    plain = mm.fit_logistic(with_model(demo, ""), "small")
    of_whom = demo.data.loc[fit.design.index, cluster]
    if fit.nobs == plain.nobs:  # a missing rank of deprivation leaves somebody out
        assert fit.params.to_numpy() == pytest.approx(plain.params.to_numpy(), rel=1e-9)
    assert fit.cov_params().to_numpy() == pytest.approx(by_statsmodels(fit, of_whom), rel=1e-6)
    (first, *_) = fit.unadjusted
    assert first.cov_params().to_numpy() == pytest.approx(by_statsmodels(first, of_whom), rel=1e-6)
    assert fit.profile_int().isna().all().all()  # its likelihood takes women for independent
    frame = fit.to_frame()
    assert frame["note"].str.contains("cluster_robust").all()
    few = of_whom.nunique() < 30
    assert frame["note"].str.contains("few_clusters").all() == few
    log = fit.log().set_index("event")
    assert log.loc["clustered", "setting"] == of_whom.nunique()
    assert log.loc["clustered", "variable"] == cluster
    said = [text for _, text in mm.odds_ratios(frame, log=fit.log()).notes]
    assert sum("robust to clusters (" in text for text in said) == 1
    assert any("fewer than 30 clusters" in text for text in said) == few
    assert not any("do not allow for clusters" in text for text in said)


def test_who_has_no_known_cluster_is_left_out_and_counted(demo):
    cohort = with_model(demo, "deprivation_rank")
    known = demo.data[["involved_t1", *SMALL["involved_t1"]]].dropna().index
    lost = known[:7]
    data = demo.data.assign(
        deprivation_rank=demo.data["deprivation_rank"].fillna(1).mask(demo.data.index.isin(lost))
    )
    fit = mm.fit_logistic(replace(cohort, data=data), "small")
    assert fit.nobs == len(known) - 7
    done = {happened.code: happened.n for happened in fit.done}
    assert done["cluster_not_known"] == 7
    assert done["term_not_known"] == demo.data["involved_t1"].notna().sum() - len(known)


def test_robust_errors_are_pooled_by_rubin_s_rules(imputed_demo):
    imputed = replace(imputed_demo, cohort=with_model(imputed_demo.cohort, "age_years"))
    fit = mm.fit_logistic(imputed, "small")
    each = [
        by_statsmodels(one, imputed.cohort.data.loc[one.design.index, "age_years"])
        for one in fit.fits
    ]
    params = np.array([one.params for one in fit.fits])
    within, between = np.mean(each, axis=0), np.cov(params.T)
    total = within + (1 + 1 / fit.m) * between
    assert fit.cov_params().to_numpy() == pytest.approx(total, rel=1e-6)


def test_firth_and_too_few_clusters_are_refused(demo):
    with pytest.raises(mm.UsageError, match="Firth's method has no standard errors"):
        mm.fit_logistic(with_model(demo, "age_years"), "small", "firth")
    with pytest.raises(mm.UsageError, match="2 clusters of 'schizophrenia' cannot carry"):
        mm.fit_logistic(with_model(demo, "schizophrenia"), "small")


def test_a_model_without_clusters_says_what_its_errors_do_not_allow_for(demo):
    fit = mm.fit_logistic(demo, "protocol")
    (happened,) = [one for one in fit.done if one.code == "clusters_not_recorded"]
    assert np.isnan(happened.n)
    for log in (None, fit.log()):
        said = [text for _, text in mm.odds_ratios(fit.to_frame(), log=log).notes]
        (limitation,) = [text for text in said if "do not allow for clusters" in text]
        assert "mother-infant dyads come from 42 organisations" in limitation
    independent = with_model(demo, "", clustered_in="")
    alone = mm.fit_logistic(independent, "small")
    assert not any(one.code == "clusters_not_recorded" for one in alone.done)
    assert not any("clusters" in text for _, text in mm.odds_ratios(alone.to_frame()).notes)


def test_checks_of_a_clustered_fit_say_that_they_take_participants_for_independent(demo):
    checks = mm.check_model(mm.fit_logistic(with_model(demo, "age_years"), "small"))
    tested = checks["p_value"].notna() | checks["conf_low"].notna()
    assert checks.loc[tested, "note"].str.contains("clusters_not_allowed_for").all()
    assert not checks.loc[~tested, "note"].str.contains("clusters").any()


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        ("organisaton", "cluster: no variable 'organisaton'"),
        ("involved_t2", "cluster: 'involved_t2' is an outcome"),
        ("dyad_id", "x-role identifier"),
    ],
)
def test_a_cluster_is_a_variable_of_participants(demo, cluster, said):
    study = with_model(demo, cluster).study
    assert any(said in fault for fault in in_models(study))
