"""Standardised predictions: against R (make_standardised.R, reference.json), and a loop over
participants by hand.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

import mothers_margins as mm
from mothers_margins.analysis.regression import likelihood
from mothers_margins.errors import UsageError
from mothers_margins.results.results import COLUMNS
from mothers_margins.study.read_study import read_study
from tests.by_hand import part, planned, rubin, ruled, same
from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "tests" / "data" / "reference"
R = json.loads((FOLDER / "standardised.json").read_text(encoding="utf-8"))
SCHEMA = """
$schema: https://datapackage.org/profiles/2.0/tableschema.json
name: births
title: The 189 births
primaryKey: [id]
missingValues: [{value: "", label: not recorded}]
fields:
  - {name: id, title: Id, type: string, x-role: identifier,
     constraints: {required: true, unique: true}}
  - {name: weight, title: Weight, type: string, categories: [low, normal],
     x-role: variable, x-timepoint: 2}
  - {name: age, title: Age, type: integer,
     x-role: variable, x-timepoint: 1, x-summary: mean_sd}
  - {name: lwt, title: Mother's weight, type: integer,
     x-role: variable, x-timepoint: 1, x-summary: mean_sd}
  - {name: race, title: Race, type: string, categories: [black, white, other],
     x-role: variable, x-timepoint: 1}
  - {name: smoke, title: Smoking, type: string, categories: ["Yes", "No"],
     x-role: variable, x-timepoint: 1}
  - {name: ptlc, title: Premature labours, type: string, categories: ["0", "1", 2+],
     categoriesOrdered: true, x-role: variable, x-timepoint: 1}
"""
STUDY = """
name: births
title: The 189 births
citation: {text: nowhere, doi: none}
unit: {one: birth, many: births}
data: {schema: births.schema.yaml, demo: births.csv, demo_status: synthetic,
    statement: A textbook's.}
groups: {all: {label: All, where: {}}}
outcomes:
  - {name: low, title: Low weight, kind: primary, timepoint: 2, from: weight, event_levels: [low]}
coding:
  age: {per: 5, label: per 5 years}
  lwt: {per: 10, label: per 10 pounds}
  race: {reference: white}
  smoke: {reference: "No"}
  ptlc: {linear: as declared, label: per step}
regression: {minimum_cell: 1}
models:
  all: {title: All, terms: {low: [age, lwt, race, smoke, ptlc]}}
  turned:
    title: Turned
    departs_from: all
    dated: 2026-11-22
    reason: a test
    coding: {ptlc: {linear: reversed, label: per step}}
tables: {table: {title: Table, groups: [all], blocks: [{title: All, variables: [race]}]}}
rounding: {rule: half_up, percent: 0, mean: 1}
tests: {reported: none, reason: none}
disclosure: {policy: already_public, decided_by: nobody, reason: made up}
"""


@pytest.fixture(scope="module")
def births(tmp_path_factory) -> mm.Cohort:
    folder: Path = tmp_path_factory.mktemp("study") / "births"
    folder.mkdir()
    frame = pd.read_csv(FOLDER / "birthwt.csv", dtype={"ptlc": "str"})
    rows = pd.DataFrame(
        {"id": [f"b{k}" for k in range(189)], "weight": frame["low"].map({1: "low", 0: "normal"})}
    )
    rows = rows.join(frame[["age", "lwt", "race"]]).assign(
        smoke=frame["smoke"].map({1: "Yes", 0: "No"})
    )
    rows.assign(ptlc=frame["ptlc"]).to_csv(folder / "births.csv", index=False)
    (folder / "births.schema.yaml").write_text(SCHEMA, encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    study = read_study("births", folder)
    return mm.derive(mm.read_cohort(folder / "births.csv", study))


# ---- R


def test_the_corrected_constant_is_that_of_r():
    case = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))["shared"][
        "firth_birthwt"
    ]
    data = pd.read_csv(FOLDER / "birthwt.csv")
    data["race"] = pd.Categorical(data["race"], ["white", "black", "other"])
    fit = mm.fit_logistic(data, case["formula"], "firth")
    x, y = fit.design.to_numpy(), fit.event.to_numpy()
    made = likelihood.corrected_constant(x, y, fit.solution.params)
    same(made[0], case["flic_intercept"], 1e-6)
    same(made[1:], fit.params[1:])
    same(expit(x @ made).mean(), case["mean_p_flic"], 1e-9)
    same(expit(x @ fit.params).mean(), case["mean_p_firth"], 1e-6)
    with pytest.raises(ArithmeticError, match="constant"):
        likelihood.corrected_constant(x[:, 1:], y, fit.solution.params[1:])


@pytest.mark.parametrize("method", ["logit", "firth"])
def test_every_setting_is_that_of_r(births, method):
    fit = mm.fit_logistic(births, "all", method)
    same(fit.params, R["coef" if method == "logit" else "firth"], 1e-6)
    found = mm.standardise(fit)
    expected = pd.DataFrame(R["logit" if method == "logit" else "flic"])
    assert list(found["variable"]) == list(expected["variable"])
    for ours, theirs in (
        ("estimate", "estimate"),
        ("std_error", "std_error"),
        ("conf_low", "low"),
        ("conf_high", "high"),
    ):
        same(found[ours], expected[theirs], 1e-6)
    assert list(found["level"].str.removesuffix("_quartile")) == list(expected["level"])
    assert list(found["level"][:4]) == ["lower_quartile", "upper_quartile"] * 2
    assert list(found["at"][:4]) == [19, 26, 110, 140]
    assert found["at"][4:].isna().all()
    assert (found["model"] == "adjusted").all()
    assert {*COLUMNS["predictions"]} <= {*found}
    assert (found["n_events"] == 59).all()
    assert (found["method"] == ("complete_case" if method == "logit" else "firth")).all()
    assert np.isinf(found["df"]).all()
    assert found["m"].isna().all()
    assert found["mc_error"].isna().all()


def test_the_direction_of_steps_does_not_matter_to_the_shares(births):
    """Reversed, the last level stands at 0; each level keeps its share."""
    straight, turned = (
        mm.standardise(mm.fit_logistic(births, model), variables=["ptlc"])
        for model in ("all", "turned")
    )
    assert list(straight["level"]) == ["0", "2+"]
    assert list(turned["level"]) == ["2+", "0"]
    same(straight["estimate"], turned["estimate"][::-1], 1e-6)
    same(straight["conf_low"], turned["conf_low"][::-1], 1e-5)
    assert straight["estimate"][0] < straight["estimate"][1]  # as the raw shares do


def test_a_formula_takes_numbers_as_they_are(births):
    found = mm.standardise(mm.fit_logistic(births, "low ~ age + lwt + race + smoke"))
    assert list(zip(found["level"], found["at"], strict=True))[:4] == [
        ("lower_quartile", 19), ("upper_quartile", 26),
        ("lower_quartile", 110), ("upper_quartile", 140),
    ]  # fmt: skip
    assert list(found["level"][4:]) == ["white", "black", "other", "No", "Yes"]


def test_one_variable_alone_gives_the_raw_shares(births):
    """Closed form: with a single variable of levels the model is saturated."""
    data = births.data
    found = mm.standardise(mm.fit_logistic(births, "low ~ race"))
    for level, share in found.set_index("level")["estimate"].items():
        same(share, (data["weight"][data["race"] == level] == "low").mean(), 1e-7)


# ---- by hand, pooled


@pytest.fixture(scope="module")
def pooled(imputed_demo) -> mm.PooledFit:
    return mm.fit_logistic(imputed_demo, "protocol")


def by_hand(
    fit: mm.Fit, columns: dict[str, float], constant: float | None = None
) -> tuple[float, float]:
    """Logit of the mean chance and its variance, participant by participant, the derivative by
    differences.
    """
    params = fit.params.copy()
    if constant is not None:
        params["Intercept"] = constant

    set_to = fit.design.copy()
    for name, value in columns.items():
        set_to[name] = value

    def mean_logit(at: pd.Series) -> float:
        total = sum(1 / (1 + np.exp(-(set_to.to_numpy() @ at.to_numpy()))))
        return float(np.log(total / (len(fit.design) - total)))

    slope = []
    for name in params.index:
        up, down = params.copy(), params.copy()
        up[name] += 1e-4
        down[name] -= 1e-4
        slope.append((mean_logit(up) - mean_logit(down)) / 2e-4)
    return mean_logit(params), float(np.array(slope) @ fit.solution.covariance @ np.array(slope))


SETTINGS = {
    "dv_any": {"No": {"dv_any[Yes]": 0.0}, "Yes": {"dv_any[Yes]": 1.0}},
    "deprivation_quintile": {
        "5": {"deprivation_quintile": 0.0},
        "1": {"deprivation_quintile": 4.0},
    },
}


@pytest.mark.parametrize(
    ("variable", "rule"), [("dv_any", "rubin"), ("deprivation_quintile", "barnard-rubin")]
)
def test_pooled_on_the_logit_scale(pooled, variable, rule):
    fit = mm.pool([replace(one, rules=pooled.rules) for one in pooled.fits], rule)
    found = mm.standardise(fit, variables=[variable])
    assert list(found["level"]) == list(SETTINGS[variable])
    for row, columns in zip(found.to_dict("records"), SETTINGS[variable].values(), strict=True):
        each = [by_hand(one, columns) for one in fit.fits]
        df_complete = np.inf if rule == "rubin" else 278 - 14
        hand = rubin([e for e, _ in each], [v for _, v in each], df_complete)
        same(row["estimate"], expit(hand["estimate"]), 1e-9)
        for name, to in (
            ("conf_low", expit),
            ("conf_high", expit),
            ("std_error", float),
            ("df", float),
        ):
            same(row[name], to(hand[name]), 1e-5)
        same([row["fmi"], row["mc_error"]], [hand["fmi"], hand["mc_error"]], 1e-4)
        assert row["m"] == 4
        assert row["n"] == 278
        assert row["n_events"] == 99
        assert row["method"] == "imputed"
    assert np.isfinite(found["conf_low"]).all()


def test_firth_has_its_constant_corrected_in_every_imputation(demo):
    imputed = mm.impute(demo, m=2, burnin=1, progress=False)
    fit = mm.fit_logistic(imputed, "protocol", "firth")
    found = mm.standardise(fit, variables=["schizophrenia"]).set_index("level")
    each = []
    for one in fit.fits:
        low, high = -30.0, 30.0
        rest = one.design.to_numpy() @ one.params.to_numpy() - one.params["Intercept"]
        for _ in range(200):  # by halving
            middle = (low + high) / 2
            low, high = (
                (middle, high) if expit(rest + middle).sum() < one.event.sum() else (low, middle)
            )
        each.append(by_hand(one, {"schizophrenia[Yes]": 1.0}, constant=low))
    hand = rubin([e for e, _ in each], [v for _, v in each])
    same(found["estimate"]["Yes"], expit(hand["estimate"]), 1e-8)
    same(found["std_error"]["Yes"], hand["std_error"], 1e-5)
    assert found["method"]["Yes"] == "imputed_firth"


def test_quartiles_over_all_imputations_and_units_of_the_study(pooled):
    found = mm.standardise(pooled, variables=["ctq_total", "age_years"])
    values = np.sort(
        np.concatenate([one.design["ctq_total"] * 10 for one in pooled.fits])
    )  # 4 x 278
    low, high = (values[277] + values[278]) / 2, (values[833] + values[834]) / 2
    assert list(found["level"][:2]) == ["lower_quartile", "upper_quartile"]
    same(found["at"][:2], [low, high], 1e-12)
    own = [
        logit(expit(one.design.assign(ctq_total=high / 10) @ one.params).mean())
        for one in pooled.fits
    ]
    same(found["estimate"][1], expit(np.mean(own)), 1e-10)


def test_every_level_in_the_order_of_the_model(pooled):
    found = mm.standardise(pooled)
    levels = found.groupby("variable", sort=False)["level"].apply(list)
    assert list(levels.index) == list(pooled.about.study.terms("protocol", "involved_t1"))
    assert levels["ethnicity"] == ["White British", "White Other", "Black", "Asian, Mixed or Other"]
    assert levels["relationship"] == ["partner", "single"]
    assert levels["admissions_2y"] == levels["dv_any"] == ["No", "Yes"]
    assert levels["deprivation_quintile"] == ["5", "1"]
    for variable, rows in found.groupby("variable", sort=False):
        columns = [one.name for one in pooled.columns if one.variable == variable]
        for name, k in zip(
            columns, range(1, len(rows)), strict=True
        ):  # reference first, and the sign of its estimate
            assert np.sign(rows["estimate"].iloc[k] - rows["estimate"].iloc[0]) == np.sign(
                pooled.params[name]
            )


def test_several_fits_stand_at_the_same_values(demo, pooled):
    single = mm.fit_logistic(demo, "protocol", profile=False)
    assert single.nobs < pooled.nobs
    found = mm.standardise(single, pooled, variables=["ctq_total"])
    alone = mm.standardise(pooled, variables=["ctq_total"])
    other = mm.standardise(pooled, single, variables=["ctq_total"])
    assert list(found["method"]) == [single.in_results] * 2 + ["imputed"] * 2
    assert list(found["level"]) == ["lower_quartile", "upper_quartile"] * 2
    assert (
        list(found["at"][:2]) == list(found["at"][2:]) == list(alone["at"]) == list(other["at"][2:])
    )
    same(found["estimate"][2:], alone["estimate"])
    value = found["at"][1] / 10
    params = likelihood.corrected_constant(
        single.design.to_numpy(), single.event.to_numpy(), single.solution.params
    )
    params = params if single.method == "firth" else single.solution.params
    same(found["estimate"][1], expit(single.design.assign(ctq_total=value) @ params).mean(), 1e-9)


def test_the_mean_over_the_levels_is_the_share(births):
    """Of a saturated model the shares weighted by the levels' sizes add up to the share with the
    outcome.
    """
    found = mm.standardise(mm.fit_logistic(births, "low ~ race")).set_index("level")["estimate"]
    sizes = births.data["race"].value_counts()
    same((found * sizes).sum(), 59, 1e-8)


def test_the_confidence_is_the_studys(births):
    wide = mm.standardise(
        mm.fit_logistic(ruled(births, confidence=99.0), "all"), variables=["smoke"]
    )
    own = logit(wide["estimate"]) - 2.5758293035489004 * wide["std_error"]  # R: qnorm(0.995)
    same(wide["conf_low"], expit(own), 1e-9)


def test_refused(births, demo, pooled):
    whole = mm.fit_logistic(births, "all")
    for fits, variables in (
        ([], None),
        ([whole, mm.fit_logistic(births, "low ~ age")], None),
        ([whole, mm.fit_logistic(births, "turned")], None),
        ([mm.fit_logistic(births, "low ~ age * smoke")], None),
        ([mm.fit_logistic(births, "low ~ age + np.log(lwt)")], None),
        ([whole], ["weight"]),
        ([pooled.pooled], None),
    ):
        with pytest.raises(UsageError, match="standardise"):
            mm.standardise(*fits, variables=variables)


def test_restricted_shares_say_not_locked(demo):
    own = replace(part(demo, demo.data.index), source=replace(demo.source, kind="restricted"))
    fit = mm.fit_logistic(mm.impute(planned(own), m=2, burnin=1, progress=False), "protocol")
    found = mm.standardise(fit, variables=["dv_any"])
    assert found.about.lock == "open"
    assert found.about.marks == ("NOT LOCKED: exploratory",)
