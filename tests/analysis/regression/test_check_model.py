"""Checks of a model, against R (data/reference/README.md); what is refused; the lock under which
estimates stand.
"""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text
from scipy import stats
from scipy.special import expit

import mothers_margins as mm
from mothers_margins.analysis.regression import check_model as model_checks
from mothers_margins.analysis.regression.check_model import spline, tenths
from mothers_margins.results.results import COLUMNS, EVERY_KIND, NOT_LOCKED
from mothers_margins.study.analysis_plan import Lock
from mothers_margins.study.read_study import read_study
from tests.analysis.regression.test_fit_logistic import REFERENCE, births, declaring, planted, same

CASES = pytest.mark.parametrize("case", REFERENCE["model_checks"], ids=lambda case: case["name"])


def parts(fit: mm.Fit) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Design, outcome and fitted probability."""
    x = fit.design.to_numpy()
    return x, fit.event.to_numpy(), expit(x @ fit.params.to_numpy())


def goodness(fit: mm.Fit) -> pd.DataFrame:
    return pd.DataFrame(model_checks._goodness(*parts(fit)))


# ---- numbers of R


@CASES
def test_specification_fit_and_discrimination_are_those_of_r(case):
    fit = mm.fit_logistic(births(case), case["formula"])
    _, event, chance = parts(fit)
    (link,) = model_checks._linktest(fit)
    same(
        [link["statistic"], link["p_value"]],
        [case["linktest"]["coef"][2], case["linktest"]["p"][2]],
    )
    found, hosmer, pearson = goodness(fit), case["hosmer_lemeshow"], case["pearson"]
    same(found.loc[0, ["statistic", "df", "p_value"]], [hosmer["chi2"], hosmer["df"], hosmer["p"]])
    columns = ["statistic", "df", "p_value", "patterns"]
    same(found.loc[1, columns], [pearson[name] for name in ("chi2", "df", "p", "patterns")])
    tenths_ = found[found["check"] == "calibration"]
    assert tenths_["tenth"].tolist() == [*range(1, len(tenths_) + 1)]
    assert {*tenths_["statistic_name"]} == {"expected"}
    same(
        tenths_[["n_events", "statistic", "n"]].T,
        [hosmer["observed"], hosmer["expected"], hosmer["n"]],
    )
    area, brier = model_checks._discrimination(event, chance, 95)
    assert (area["statistic_name"], brier["statistic_name"]) == ("auc", "brier")
    same(
        [area[name] for name in ("statistic", "conf_low", "conf_high")],
        [case["roc"]["auc"], *case["roc"]["ci"]],
    )
    same([brier["statistic"]], [case["brier"]])
    ninety, _ = model_checks._discrimination(event, chance, 90)
    same([ninety["conf_high"] - ninety["statistic"]], [1.6448536269514722 * case["roc"]["se"]])
    printed = case["published"] or {}  # Stata's manual, [R] logistic postestimation
    ours = {"pearson_chi2": f"{found.loc[1, 'statistic']:.2f}", "auc": f"{area['statistic']:.4f}"}
    ours |= {
        "hosmer_lemeshow_chi2": f"{hosmer['chi2']:.2f}",
        "hosmer_lemeshow_p": f"{found.loc[0, 'p_value']:.4f}",
    }
    assert {name: text for name, text in ours.items() if printed.get(name, text) != text} == {}


@CASES
def test_inflation_and_influence_are_those_of_r(case):
    fit = mm.fit_logistic(births(case), case["formula"])
    same([row["statistic"] for row in model_checks._collinearity(fit)], case["vif"]["vif"])
    found = pd.DataFrame(model_checks._influence(fit, parts(fit)[2]))
    pregibon = case["influence"]["pregibon_over_se"]
    same(found[["statistic", "n_beyond"]].T, [pregibon["max_abs"], pregibon["above"]])
    exact = case["influence"]["leave_one_out_over_se"][
        "max_abs"
    ]  # the one step stands in for these
    assert np.abs(found["statistic"] / exact - 1).max() < 0.08


@CASES
def test_splines_are_those_of_r(case):
    for block in case["splines"]:
        fit = mm.fit_logistic(births(case), block["linear_formula"])
        found = {row["variable"]: row for row in model_checks._linearity(fit)}
        row, wald = found[block["variable"]], block["wald"]
        same([row["statistic"], row["df"], row["p_value"]], [wald["chi2"], wald["df"], wald["p"]])
        same(
            spline(fit.design[block["variable"]].to_numpy())[:5], block["basis_of_first_five_rows"]
        )
        assert {*found} == {*fit.params.index} & {
            "age",
            "lwt",
            "ptl",
            "ftv",
        }  # no constant and no yes or no
        if "ptl" in found:  # 159 of 189 are 0, so that three of the four knots are
            assert (found["ptl"]["status"], found["ptl"]["note"]) == ("missing", "knots_coincide")


@pytest.mark.parametrize("case", REFERENCE["hosmer_lemeshow_edges"], ids=lambda case: case["name"])
def test_groups_of_tied_or_whole_tenths_are_those_of_r(case):
    found = goodness(mm.fit_logistic(births().iloc[: case["rows"]], case["formula"]))
    same(found.loc[0, ["statistic", "df"]], [case["chi2"], case["df"]])
    same(
        found[found["statistic_name"] == "expected"][["n", "statistic"]].T,
        [case["n"], case["expected"]],
    )


# ---- closed forms and properties


def test_tenths_of_fifteen_by_hand():
    # the cut after the k-th tenth is value number ceil(1.5 k): 2 3 5 6 8 9 11 12 14; of 20, between
    # 2 and 3, 4 and 5 …
    assert tenths(np.arange(15.0)).tolist() == [0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9]
    assert tenths(np.arange(20.0)).tolist() == [place // 2 for place in range(20)]
    assert tenths(np.array([0.2, 0.1] * 30)).tolist() == [1, 0] * 30


@given(
    st.lists(
        st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5]) | st.floats(0.01, 0.99), min_size=3, max_size=60
    )
)
def test_groups_follow_the_order_and_keep_equal_values_together(values):
    groups = tenths(np.array(values))
    assert {*groups.tolist()} == {*range(min(groups.max() + 1, 10))}
    by_value = {}
    for value, group in sorted(zip(values, groups.tolist(), strict=True)):
        assert by_value.setdefault(value, group) == group
    assert [*by_value.values()] == sorted(by_value.values())
    assert tenths(np.array(values[::-1])).tolist() == groups.tolist()[::-1]


def test_closed_forms_of_auc_and_vif_and_too_few_groups():
    fit = mm.fit_logistic(births(), "low ~ age + lwt")
    _, event, chance = parts(fit)
    auc = next(model_checks._discrimination(event, chance, 95))["statistic"]
    u = stats.mannwhitneyu(chance[event == 1], chance[event == 0]).statistic
    assert auc == pytest.approx(u / (59 * 130))
    r = stats.pearsonr(births()["age"], births()["lwt"]).statistic
    same([row["statistic"] for row in model_checks._collinearity(fit)], [1 / (1 - r**2)] * 2)
    two = goodness(mm.fit_logistic(births(), "low ~ smoke"))["note"].tolist()
    assert two[:2] == ["too_few_groups", "too_few_patterns"]


# ---- all checks of a cohort's model


def test_every_check_of_the_protocol_s_model_is_there(demo):
    fit = mm.fit_logistic(declaring(demo, minimum_cell=1), "protocol")
    found = mm.check_model(fit)
    assert list(found.columns) == [*EVERY_KIND, *COLUMNS["checks"]]
    columns = len(fit.params)
    rows = {
        "linktest": 1,
        "goodness_of_fit": 2,
        "calibration": 10,
        "discrimination": 1,
        "brier": 1,
        "linearity": 3,
    }
    assert found["check"].value_counts().to_dict() == rows | {
        "vif": columns - 1,
        "influence": columns,
    }
    assert {*found["status"]} == {"shown"}
    named = (
        found[["outcome", "model", "specification", "method"]].drop_duplicates().to_numpy().tolist()
    )
    assert named == [["involved_t1", "adjusted", "protocol", "complete_case"]]
    assert (found.loc[found["check"] != "calibration", "n"] == 186).all()
    assert found[found["check"] == "linearity"]["df"].tolist() == [
        2,
        3,
        2,
    ]  # age, deprivation in fifths, CTQ
    groups = found[found["check"] == "calibration"]
    same(
        groups[["n_events", "statistic", "n"]].sum(), [57, 57, 186]
    )  # observed, and by the score equation expected
    assert groups["tenth"].tolist() == [*range(1, 11)]


def test_checks_of_firth_s_model_are_at_firth_s_estimates(demo):
    fit = mm.fit_logistic(demo, "protocol", "firth")
    found = mm.check_model(fit).set_index("statistic_name")
    linear = fit.design.to_numpy() @ fit.params.to_numpy()
    again = mm.fit_logistic(
        pd.DataFrame({"y": fit.event, "x": linear, "square": linear**2}), "y ~ x + square", "firth"
    )
    link = found.loc["square"]
    wald = again.params["square"] / again.bse["square"]  # the linktest is Wald's
    same(
        [link["statistic"], link["p_value"]], [again.params["square"], 2 * stats.norm.sf(abs(wald))]
    )
    assert set(found["method"]) == {"firth"}
    assert found.loc["brier", "statistic"] == pytest.approx(
        ((fit.event - expit(linear)) ** 2).mean()
    )


def drawn(demo: mm.Cohort, log_odds: np.ndarray, seed: int = 1) -> mm.Cohort:
    """The same dyads with an outcome that is drawn with these log-odds."""
    chance = expit(pd.Series(log_odds, index=demo.data.index).fillna(0).to_numpy(float))
    yes = np.random.default_rng(seed).random(len(chance)) < chance
    return planted(demo, involved_t1=np.where(yes, "Yes", "No"))


def test_what_is_not_linear_is_found_and_what_is_is_not(demo):
    age = (demo.data["age_years"].astype(float) - 30) / 5
    fifth = demo.data["deprivation_quintile"].astype(float)
    for log_odds, curved in (
        (age**2 - 1.5, {"age_years"}),
        (3 * (fifth == 3) - 1.5, {"deprivation_quintile"}),
        (0.8 * age + 0.4 * fifth - 1.5, set()),
    ):
        found = mm.check_model(mm.fit_logistic(drawn(demo, log_odds), "protocol"))
        linearity = found[found["check"] == "linearity"].set_index("variable")["p_value"]
        assert {*linearity.index} == {"age_years", "deprivation_quintile", "ctq_total"}
        assert {*linearity.index[linearity < 0.01]} == curved
        assert found.loc[found["check"] == "linktest", "p_value"].item() > 0.05 or curved


def test_a_planted_row_is_the_influential_one(demo):
    model, age = "involved_t1 ~ age_years + ctq_total", demo.data["age_years"].astype(float)
    row = (demo.data["involved_t1"] == "No").idxmax()
    largest = []
    for years in (age[row], 300, np.nan):  # hers, a slip of the pen, and without her
        fit = mm.fit_logistic(planted(demo, age_years=age.where(age.index != row, years)), model)
        found = mm.check_model(fit).query("check == 'influence' and variable == 'age_years'")
        largest.append(found["statistic"].item())
    assert largest[0] == pytest.approx(largest[2], rel=0.05)
    assert largest[1] > 4 * largest[0]


def test_a_check_that_cannot_be_made_is_missing_and_says_why(demo):
    points = demo.data["ctq_total"].astype(float)
    cohort = planted(demo, ctq_total=points.where(points > points.quantile(0.97), 40))
    found = mm.check_model(mm.fit_logistic(cohort, "involved_t1 ~ age_years + ctq_total"))
    absent = found[found["status"] == "missing"]
    assert absent[["check", "variable", "note"]].to_numpy().tolist() == [
        ["linearity", "ctq_total", "knots_coincide"]
    ]
    two = mm.check_model(
        mm.fit_logistic(demo, "involved_t1 ~ dv_any")
    )  # the square follows from the two values
    assert two[two["status"] == "missing"]["check"].tolist() == [
        "linktest",
        "goodness_of_fit",
        "goodness_of_fit",
    ]
    with pytest.raises(mm.UsageError, match="what fit_logistic returns"):
        mm.check_model(demo)


@pytest.mark.parametrize("kind", ["leverage", "one event"])
def test_a_model_at_its_edge_is_checked_as_far_as_it_can_be(demo, kind):
    model, data, cohort = "involved_t1 ~ age_years + ctq_total", demo.data, demo
    if (
        kind == "leverage"
    ):  # one person alone in a level: without her its coefficient is not defined
        model, one = (
            "protocol",
            mm.fit_logistic(demo, "protocol").design["ethnicity[White Other]"].idxmax(),
        )
        others = (data["ethnicity"] == "White Other") & (data.index != one)
        cohort = planted(demo, ethnicity=data["ethnicity"].astype(object).mask(others, "Black"))
    if kind == "one event":  # DeLong's variance has no degree of freedom
        one = ((data["involved_t1"] == "Yes") & data["ctq_total"].notna()).idxmax()
        cohort = planted(demo, involved_t1=np.where(data.index == one, "Yes", "No"))
    found = mm.check_model(mm.fit_logistic(declaring(cohort, few_events=0), model, "firth"))
    assert found["statistic"].abs().max() < 1e6
    by_check = dict(iter(found.groupby("check")))
    if kind == "leverage":
        assert {*by_check["influence"]["note"]} == {"decided_by_one"}
        assert {*by_check["influence"]["status"]} == {"missing"}
    if kind == "one event":
        area = by_check["discrimination"]
        assert area["note"].tolist() == ["too_few_for_interval"]
        assert area[["conf_low", "conf_high"]].isna().all(axis=None)
        assert area["statistic"].notna().all()


# ---- what is refused

REFUSED = {
    "protokol": "no model 'protokol'; did you mean 'protocol'",
    "involved_t1 ~ age_year": "no variable 'age_year'; did you mean 'age_years'",
    "involved ~ age_years": "no outcome 'involved'",
    "involved_t1 ~ age_years +": "the formula cannot be read",
    "involved_t1 ~ age_years + involved_t2": "'involved_t2' was recorded after involved_t1",
    "involved_t1 ~ safeguarding_t1": "'safeguarding_t1' is made from what involved_t1 is made from",
    "continued ~ involved_t1": "'involved_t1' is made from what continued is made from",
    "involved_t1 ~ dyad_id": "'dyad_id' is a list of codes or an id",
}


@pytest.mark.parametrize("model", REFUSED)
def test_a_model_that_cannot_be_is_refused(demo, model):
    for verb in (mm.fit_logistic, mm.available_case):
        with pytest.raises(mm.UsageError) as raised:
            verb(demo, model)
        assert REFUSED[model] in str(raised.value)


def test_other_calls_that_cannot_be_answered_say_why(demo):
    constant = pd.DataFrame({"x": np.arange(20.0), "z": [0, 1, 1, 0] * 5, "y": [0] * 10 + [1] * 10})
    any_number = declaring(demo, few_events=0)
    nobody, everybody = (planted(any_number, involved_t1=answer) for answer in ("No", "Yes"))
    same_twice = planted(demo, ctq_total=25 + demo.data["age_years"].astype(float))
    for asked, said in (
        ((demo, "protocol", "probit"), "method is logit, firth, or left out"),
        ((mm.demo_cohort("esmi"), "protocol"), "call mm.derive"),
        (([1, 2], "y ~ x"), "needs a cohort"),
        ((births(), "low"), "this is no formula"),
        ((demo, "involved_t1 ~ 1"), "at least one column"),
        ((births(), "ftv ~ age"), "must be 0 or 1"),
        ((births(), "low ~ smoke + age + I(1 - smoke)"), "those before it.\n  I(1 - smoke)\nLeave"),
        ((constant, "y ~ x", "logit"), "no finite estimate.\n  Intercept\n  x\n"),
    ):
        with pytest.raises(mm.UsageError) as raised:
            mm.fit_logistic(*asked)
        assert said in str(raised.value)
    # rows that carry no model are an answer: a notebook says it in one line
    for cohort in (nobody, everybody):
        absent = mm.fit_logistic(cohort, "protocol")
        assert isinstance(absent, mm.Absent)
        assert "of the complete cases all or none have the outcome" in str(absent)
    assert "follows from those before it: ctq_total." in str(
        mm.fit_logistic(same_twice, "protocol")
    )
    assert np.isfinite(mm.fit_logistic(constant, "y ~ x + z", "firth").params).all()
    fit = mm.fit_logistic(declaring(demo, few_events=0), "protocol", outcome="continued")
    for wrong in (
        lambda: mm.available_case(demo, "protocol", "continud"),
        lambda: fit.wald_test("ethnicty"),
    ):
        with pytest.raises(mm.UsageError, match="; did you mean"):
            wrong()
    last = fit.log()[["event", "variable", "level"]].iloc[-1].tolist()
    assert last == ["separated", "ethnicity", "Asian, Mixed or Other"]  # 0 of 7
    said = (
        "Separated, so that maximum likelihood has no estimate of it and all of the analysis are "
        "Firth's: Ethnicity: Asian, Mixed or Other."
    )
    assert said in [note for _, note in mm.odds_ratios(fit.to_frame(), log=fit.log()).notes]


def test_a_study_that_explains_by_what_comes_after_is_not_read(esmi, tmp_path):
    shutil.copytree(esmi.folder, tmp_path / "esmi")
    path = tmp_path / "esmi" / "study.yaml"
    text, old = path.read_text(encoding="utf-8"), "      involved_t1: [age_years, ethnicity"
    assert text.count(old) == 1
    path.write_text(text.replace(old, f"{old}, readmitted_1y"), encoding="utf-8")
    with pytest.raises(
        mm.StudyError, match="involved_t1: 'readmitted_1y' was recorded after this outcome"
    ):
        read_study("esmi", tmp_path / "esmi")


def test_what_was_recorded_between_the_timepoints_has_a_note(demo):
    frame = mm.fit_logistic(demo, "published_2023", outcome="involved_t2").to_frame()
    noted = frame[frame["note"] == "between_timepoints"]
    assert (noted["model"] + noted["variable"]).tolist() == [
        "unadjustedreadmitted_1y",
        "adjustedreadmitted_1y",
    ]
    assert {*frame["note"]} == {"", "joint_test", "between_timepoints"}
    assert mm.fit_logistic(demo, "involved_t2 ~ readmitted_1y").timepoint == 2


# ---- the lock


def locked(cohort: mm.Cohort, drop: str = "", add: str = "") -> mm.Cohort:
    terms = [t for t in cohort.study.terms("protocol", "involved_t1") if t != drop] + [add] * bool(
        add
    )
    lock = Lock(
        locked_on="2024-05-01",
        agreed_with="the group",
        model="protocol",
        terms={"involved_t1": tuple(terms)},
    )
    return declaring(cohort, lock=lock)


def test_restricted_estimates_are_exploratory_until_the_lock(demo):
    restricted = replace(demo, source=replace(demo.source, kind="restricted"))
    for cohort, exploratory in ((restricted, True), (demo, False), (locked(restricted), False)):
        fit, available = mm.fit_logistic(cohort, "protocol"), mm.available_case(cohort, "protocol")
        frame = fit.to_frame()
        for results in (frame, available, mm.check_model(fit)):
            assert results.about.lock == ("open" if exploratory else "")
            assert (NOT_LOCKED in results.about.marks) == exploratory
            assert not results["note"].str.contains("LOCKED").any()
        table, figure = mm.odds_ratios(frame), mm.forest(frame)
        assert table.caption.startswith(NOT_LOCKED) == exploratory
        rows = [row.cells for section in table.sections for row in section.rows]
        estimates = [
            cells for cells in rows if any("ratio" in (cell.numbers or ()) for cell in cells)
        ]
        assert len(estimates) == 13
        assert {cells[-1].pattern == NOT_LOCKED for cells in estimates} == {exploratory}
        words = [text.get_text() for text in figure.drawn.findobj(Text)]
        assert (
            words.count(NOT_LOCKED) + (NOT_LOCKED in figure.alt) == 15 * exploratory
        )  # 13, the panel, the alt text


def departures(cohort: mm.Cohort) -> list[tuple[str, ...]]:
    parts = mm.overview(cohort.study, "deviations").sections
    rows = [
        (row.label, *(cell.pattern for cell in row.cells)) for part in parts for row in part.rows
    ]
    return [row for row in rows if "lock" in row[1]]


def test_a_list_that_was_changed_after_the_lock_is_a_departure(demo):
    (row, *models) = departures(locked(demo, drop="dv_any", add="age_band"))
    parts = f"added {demo.study.label('dv_any')}; left out {demo.study.label('age_band')}"
    assert row[1:] == (
        "changed after the lock",
        "after 2024-05-01",
        f"The list agreed with the group was changed: {parts}",
    )
    assert departures(locked(demo)) == models
    assert departures(demo) == []
    late = (
        "primary_only",
        "abuse_cut_off_7",
        "ever_related_only",
        "honos_threshold_1",
        "all_levels",
        "exploratory",
    )
    assert [label for label, *_ in models] == [demo.study.file.models[name].title for name in late]
    assert {kind for _, kind, *_ in models} == {"declared after the lock; departs from protocol"}
