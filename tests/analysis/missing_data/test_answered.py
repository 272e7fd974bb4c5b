"""What is recorded binds what is imputed, at the level of the cohort: rows planted with one to all
items missing, of every instrument, for both outcomes.

What the answers allow is worked out here once more, from the questionnaires' own rules: CTQ items
of 1 to 5, seven of them turned round (6 less the answer); CAS items of 0 to 5; HoNOS items of 0 to
4; CAN-M domains, counted where they are rated 2 (unmet) or 1 (met).
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.analysis.missing_data import impute as imputing
from mothers_margins.analysis.missing_data.answered import (
    Threshold,
    answers,
    bounds,
    summed_from,
    threshold,
)
from mothers_margins.demo.synthetic import complete_cohort
from mothers_margins.imputation import Equation, chained
from mothers_margins.study.conditions import Condition
from tests.analysis.missing_data.test_composites import declaring
from tests.by_hand import emptied, planned

OUTCOMES = ("involved_t1", "involved_t2")
SUBSCALES = {
    "ctq_emotional_abuse": (3, 8, 14, 18, 25),
    "ctq_physical_abuse": (9, 11, 12, 15, 17),
    "ctq_sexual_abuse": (20, 21, 23, 24, 27),
    "ctq_emotional_neglect": (5, 7, 13, 19, 28),
    "ctq_physical_neglect": (1, 2, 4, 6, 26),
}
TURNED = (2, 5, 7, 13, 19, 26, 28)
SCORES = (*SUBSCALES, "cas_total", "honos_total", "canm_unmet", "canm_met")
PLACES = {"cas": range(1, 31), "canm": range(1, 27), "honos": range(1, 13)}


def items(prefix: str, numbers) -> list[str]:
    return [f"{prefix}_{number:02}" for number in numbers]


def blanked(whole: mm.Cohort, seed: int) -> mm.Cohort:
    """A complete cohort that is scored again after one to all items of an instrument were left out
    in some rows; whichever number is left out, some row has it.
    """
    study, choice = whole.study, np.random.default_rng(seed)
    recorded = [name for name in whole.data if name in study.fields]
    cohort = replace(whole, data=whole.data[recorded], reasons=whole.reasons[recorded])
    sets = [("ctq", numbers, place) for place, numbers in enumerate(SUBSCALES.values())]
    sets += [
        (prefix, [*numbers], 5 + place) for place, (prefix, numbers) in enumerate(PLACES.items())
    ]
    gone = pd.DataFrame(False, cohort.data.index, cohort.data.columns)
    for prefix, numbers, place in sets:
        left_out = np.zeros((len(gone), len(numbers)), dtype=bool)
        for turn, row in enumerate(range(place % 5, len(gone), 5)):
            left_out[row, choice.permutation(len(numbers))[: 1 + turn % len(numbers)]] = True
        gone[items(prefix, numbers)] = left_out
    gone &= cohort.data.notna()
    data = cohort.data.mask(gone)
    reasons = cohort.reasons.mask(gone, "not recorded")
    return mm.derive(replace(cohort, data=data, reasons=reasons))


def with_met_needs(cohort: mm.Cohort) -> mm.Cohort:
    """Under a plan in which met needs predict too, so that both counts of needs are imputed."""
    auxiliaries = cohort.study.file.missing_data.auxiliaries
    return planned(cohort, auxiliaries=(*auxiliaries, "canm_met"))


def drawn(seed: int, rows: int) -> tuple[mm.Cohort, mm.Cohort]:
    """One drawing with every value known, and with items left out."""
    whole = complete_cohort(mm.read_study("esmi"), rows, seed=seed)
    return whole, with_met_needs(blanked(whole, seed))


@cache
def with_gaps() -> mm.Cohort:
    return drawn(1, 300)[1]


@cache
def run(outcome: str) -> mm.Imputed:
    return mm.impute(with_gaps(), outcome, m=3, burnin=3, progress=False)


def numbers(data: pd.DataFrame, prefix: str, places) -> pd.DataFrame:
    """Answers as numbers, those of the CTQ that say the opposite turned round."""
    found = data[items(prefix, places)].astype("str").apply(pd.to_numeric, errors="coerce")
    for name in items("ctq", TURNED) if prefix == "ctq" else ():
        if name in found:
            found[name] = 6 - found[name]
    return found


def allowed(data: pd.DataFrame, name: str) -> tuple[pd.Series, pd.Series]:
    """The least and the most that a score can be, by hand."""
    if name in SUBSCALES:
        found, least, most = numbers(data, "ctq", SUBSCALES[name]), 1, 5
    elif name == "cas_total":
        found, least, most = numbers(data, "cas", PLACES["cas"]), 0, 5
    elif name == "honos_total":
        found, least, most = numbers(data, "honos", PLACES["honos"]), 0, 4
    else:
        rated = numbers(data, "canm", PLACES["canm"])
        counted = (rated == (2 if name == "canm_unmet" else 1)).astype(float)
        found, least, most = counted.where(rated.notna()), 0, 1
    unanswered = found.isna().sum(axis=1)
    return found.sum(axis=1) + least * unanswered, found.sum(axis=1) + most * unanswered


def faults(before: pd.DataFrame, now: pd.DataFrame) -> dict[str, int]:
    """What is wrong in a completed cohort, with the number of rows: values that the answers do not
    allow, and contradictions within a row.
    """
    found = {}
    value = {name: now[name].astype("Float64").astype(float) for name in (*SCORES, "honos_03")}
    missing = {name: before[name].isna() for name in (*SCORES, "ctq_total", "dv_any")}
    never = before["cas_ever_relationship"] == "No"
    for name in SCORES:
        low, high = allowed(before, name)
        outside = (value[name] < low - 1e-9) | (value[name] > high + 1e-9)
        found[name] = (outside & missing[name]).sum()
    parts = sum(value[name] for name in SUBSCALES)
    total = now["ctq_total"].astype("Float64").astype(float)
    found["total is no sum"] = ((parts - total).abs() > 1e-9).sum()
    abuse = (value["cas_total"] >= 3).to_numpy()
    found["abuse is not the cut"] = ((now["dv_any"] == "Yes").to_numpy() != abuse).sum()
    found["behind the gate"] = (never & now["cas_total"].notna()).sum()
    found["behind the gate, yes"] = (never & (now["dv_any"] != "No")).sum()
    # with canm_14, canm_15 and honos_03 as they were imputed, the bounds are narrower
    filled = before.assign(**{name: now[name] for name in ("canm_14", "canm_15", "honos_03")})
    for name in ("canm_unmet", "canm_met", "honos_total"):
        low, high = allowed(filled, name)
        outside = (value[name] < low - 1e-9) | (value[name] > high + 1e-9)
        found[f"{name} without its items"] = (outside & missing[name]).sum()
    needs = value["canm_unmet"] + value["canm_met"]
    both = missing["canm_unmet"] & missing["canm_met"]
    found["more needs than domains"] = (both & (needs > 26)).sum()
    rated = numbers(filled, "canm", PLACES["canm"])
    room = 26 - (rated == 0).sum(axis=1)
    found["more needs than are left"] = (both & (needs > room)).sum()
    return {what: int(rows) for what, rows in found.items() if rows}


# ---- one to all items missing


def test_every_number_of_items_is_missing_somewhere():
    cohort = with_gaps()
    concerned = cohort.data["cas_ever_relationship"] != "No"
    for name, places in SUBSCALES.items():
        gaps = numbers(cohort.data, "ctq", places).isna().sum(axis=1)
        assert {*gaps} == {*range(6)}, name
        assert (cohort.data[name].isna() == (gaps > 1)).all()
    for prefix, score in (("cas", "cas_total"), ("canm", "canm_unmet"), ("honos", "honos_total")):
        gaps = numbers(cohort.data, prefix, PLACES[prefix]).isna().sum(axis=1)[concerned]
        assert {*gaps} == {*range(len(PLACES[prefix]) + 1)}, prefix
        unknown = cohort.data[score][concerned].isna()
        # four of five items have to be answered
        assert (unknown == (len(PLACES[prefix]) - gaps < 0.8 * len(PLACES[prefix]))).all()


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_no_imputed_value_is_out_of_what_was_answered(outcome):
    imputed = run(outcome)
    before = imputed.cohort.data
    assert len(before) == 300
    for i in range(1, imputed.m + 1):
        now = imputed.complete(i).data
        assert faults(before, now) == {}
        for name in (*SUBSCALES, "ctq_total", "canm_unmet", "canm_met", "honos_total", "dv_any"):
            assert now[name].notna().all(), name
            known = before[name].notna()  # prorated ones among them
            assert (now[name][known] == before[name][known]).all(), name
        related = before["cas_ever_relationship"] == "Yes"
        assert now["cas_total"][related].notna().all()


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_without_bounds_the_same_rows_hold_what_cannot_be(outcome):
    """The negative control: every score imputed by its equation alone, as if nothing were known of
    it, and the total of the CTQ by one of its own.
    """
    cohort = with_gaps()
    asked = imputing._Asked(outcome, "protocol", cohort.study.terms("protocol", outcome))
    plan = cohort.study.file.missing_data
    prepared = imputing._prepared(cohort, plan, asked, "components", {})
    free = {
        name: replace(equation, bounds=None, answers=None, cut=None, beside=None)
        if isinstance(equation, Equation)
        else equation
        for name, equation in prepared.equations.items()
    }
    free["ctq_total"] = Equation("pmm")
    made = chained(prepared.frame, free, m=5, burnin=2, seed=1)
    each = [faults(prepared.cohort.data, made.complete(i)) for i in range(1, 6)]
    wrong = {what: sum(one.get(what, 0) for one in each) for one in each for what in one}
    for what in (
        *SUBSCALES,
        "cas_total",
        "honos_total",
        "canm_unmet",
        "total is no sum",
        "abuse is not the cut",
        "canm_unmet without its items",
        "honos_total without its items",
    ):
        assert wrong.get(what, 0) > 0, (what, wrong)


def test_the_imputed_rest_is_without_bias():
    """Imputed less true, over six drawings: half of the plan test's bar of 0.1 standard deviations
    (of a share 1.5 points), and two standard errors. Which items are left out is chance, so nothing
    else can come of it. At 8 x 2,000 rows no score is off by more than 0.04 standard deviations.
    """
    off: dict[str, list[float]] = {name: [] for name in (*SCORES, "dv_any")}
    for seed in range(21, 27):
        whole, cohort = drawn(seed, 500)
        outcome = OUTCOMES[seed % 2]
        imputed = mm.impute(cohort, outcome, m=2, burnin=3, seed=seed, progress=False)
        each = [imputed.complete(i, [*off]).data for i in (1, 2)]
        for name, differences in off.items():
            gap = cohort.data[name].isna() & whole.data[name].notna()
            truth = as_number(whole.data[name])[gap]
            less_true = [as_number(one[name])[gap] - truth for one in each]
            differences.append(float(np.mean([one.mean() for one in less_true])))
    for name, differences in off.items():
        error = np.std(differences, ddof=1) / np.sqrt(len(differences))
        bar = 0.015 if name == "dv_any" else 0.05 * float(as_number(whole.data[name]).std())
        assert abs(np.mean(differences)) < bar + 2 * error, (name, np.mean(differences), error)


def as_number(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.map({"Yes": 1.0, "No": 0.0}).astype(float)
    return values.astype("Float64").astype(float)


# ---- what the answers of an instrument say


@pytest.mark.parametrize(
    ("name", "at"), [("dv_any", 3), ("dv_any_7", 7), ("dv_any_ever_related", 3)]
)
def test_a_composite_that_is_one_score_cut_at_a_number(esmi, name, at):
    assert threshold(esmi, name, ("cas_total",)) == Threshold("cas_total", at)


REACHED = Condition(at_least=3)
NOT_CUT = {
    "another score": [{"honos_total": REACHED}],
    "two numbers": [{"cas_total": REACHED}, {"cas_observed": Condition(at_least=4)}],
    "a count of the answered": [{"cas_total": REACHED}, {"canm_unmet": REACHED}],
    "something else beside it": [
        {"cas_total": REACHED, "drug_history": Condition(levels=("Yes",))}
    ],
    "something else in its place": [
        {"cas_total": REACHED},
        {"drug_history": Condition(levels=("Yes",))},
    ],
    "known at all": [{"cas_total": Condition(known=True)}],
}


@pytest.mark.parametrize("why", NOT_CUT)
def test_and_what_is_none(demo, why):
    cohort = declaring(demo, dv_any={"any_of": tuple(NOT_CUT[why])})
    assert threshold(cohort.study, "dv_any", ("cas_total",)) is None


def test_several_parts_or_a_sum_of_scores_are_not_cut(esmi, demo):
    parts = esmi.file.missing_data.composites["substance_misuse"]
    assert threshold(esmi, "substance_misuse", parts) is None
    assert threshold(esmi, "dv_any", ("cas_total", "drug_history")) is None
    assert threshold(esmi, "age_band", ("age_years",)) is None
    asked = ({"ctq_total": Condition(at_least=50)},)
    cohort = declaring(demo, dv_any={"any_of": asked})
    assert threshold(cohort.study, "dv_any", ("ctq_total",)) is None  # its parts are imputed


def test_an_item_that_is_imputed_itself_counts_as_the_instrument_says(demo):
    neglect = answers(demo, "ctq_emotional_neglect", ["ctq_05", "ctq_03"])
    turned = neglect.imputed["ctq_05"]
    assert [*neglect.imputed] == ["ctq_05"]
    assert (turned.start, turned.sign, turned.by_level) == (6, -1, {})
    raw = demo.data["ctq_05"].astype(float)
    assert neglect.known["ctq_05"].equals((6 - raw).rename("ctq_05"))
    plain = answers(demo, "ctq_emotional_abuse", ["ctq_03"]).imputed["ctq_03"]
    assert (plain.start, plain.sign) == (0, 1)
    needs = answers(demo, "canm_unmet", ["canm_14"])
    assert needs.imputed["canm_14"].by_level == {"2": 1.0}
    assert {*needs.known["canm_14"].dropna()} == {0.0, 1.0}
    assert answers(demo, "canm_answered", ["canm_14"]) is None
    assert answers(demo, "ctq_total", ["ctq_05"]) is None
    assert answers(demo, "age_years", []) is None


def test_a_turned_item_is_held_by_its_subscale(demo):
    """Planted: two turned items of one subscale left open, of which one is imputed itself."""
    rows = demo.data.index[::7]
    cohort = demo
    for name in ("ctq_05", "ctq_07", "ctq_emotional_neglect", "ctq_total"):
        cohort = emptied(cohort, name, rows)
    auxiliaries = (*demo.study.file.missing_data.auxiliaries, "ctq_05")
    imputed = mm.impute(
        planned(cohort, auxiliaries=auxiliaries), "involved_t1", m=4, burnin=3, progress=False
    )
    assert "ctq_05" in imputed.filled
    before = imputed.cohort.data
    known = numbers(before, "ctq", (13, 19, 28)).sum(axis=1, skipna=False)
    asked = before.index.isin(rows) & known.notna()
    assert asked.sum() > 25
    for i in range(1, 5):
        now = imputed.complete(i).data
        other = (
            now["ctq_emotional_neglect"].astype(float) - known - (6 - now["ctq_05"].astype(float))
        )
        assert {*other[asked]} <= {1.0, 2.0, 3.0, 4.0, 5.0}  # what is left for ctq_07
    # the subscale does not tell it: its own equation has the other items' score nowhere
    owners = imputed.made.predictors["ctq_05"]
    assert "ctq_emotional_neglect" not in owners


def test_a_sum_is_made_of_its_parts_unless_only_the_sum_was_supplied(demo):
    assert summed_from(demo, "ctq_total") == tuple(SUBSCALES)
    assert summed_from(demo, "cas_total") == ()
    assert summed_from(demo, "ethnicity") == ()
    every = pd.Series(True, demo.data.index)
    only_total = demo
    for name in (*SUBSCALES, *items("ctq", range(1, 29))):
        only_total = emptied(only_total, name, every)
    assert summed_from(only_total, "ctq_total") == ()
    imputed = mm.impute(only_total, "involved_t1", m=2, burnin=1, progress=False)
    assert "ctq_total" in imputed.filled
    gap = imputed.cohort.data["ctq_total"].isna()
    for i in (1, 2):
        drawn_total = imputed.complete(i).data["ctq_total"][gap]
        assert drawn_total.between(25, 125).all()
    low, high = bounds(only_total, "ctq_total")
    assert {*low} == {25.0}
    assert {*high} == {125.0}


def test_of_a_sum_the_known_parts_bind(demo):
    """Where four subscales are known their sum does, and the fifth can be 5 to 25."""
    low, high = bounds(demo, "ctq_total")
    parts = demo.data[[*SUBSCALES]].astype(float)
    four = parts.isna().sum(axis=1) == 1
    cohort = emptied(demo, "ctq_sexual_abuse", demo.data.index[parts.notna().all(axis=1)])
    for number in SUBSCALES["ctq_sexual_abuse"]:
        cohort = emptied(cohort, f"ctq_{number:02}", pd.Series(True, demo.data.index))
    low, high = bounds(cohort, "ctq_total")
    rest = parts.drop(columns="ctq_sexual_abuse").sum(axis=1, skipna=False)
    known = rest.notna() & ~four
    assert (low[known] == rest[known] + 5).all()
    assert (high[known] == rest[known] + 25).all()


# ---- the equations of a run


def of_run(cohort: mm.Cohort, outcome: str = "involved_t1", model: str = "protocol"):
    asked = imputing._Asked(outcome, model, cohort.study.terms(model, outcome))
    plan = cohort.study.file.missing_data
    return imputing._prepared(cohort, plan, asked, "components", {})


WIDTHS = {
    "children_total": 2,
    "other_children_csc": 1,
    "canm_unmet": 1,
    "honos_total": 1,
    "service_type": 2,
}


def kept_by_hand(count: int, names: list[str]) -> list[str]:
    """One column per ten of the rarer answer, in order, until the next would be one too many."""
    room, kept = count // 10, []
    for name in names:
        room -= WIDTHS[name]
        if room < 0:
            break
        kept.append(name)
    return kept


def test_auxiliaries_have_a_budget_by_the_rarer_answer(demo):
    prepared = of_run(demo)
    data = prepared.cohort.data
    asked = {
        "learning_difficulties": (data["learning_difficulties"] == "Yes").sum(),
        "drug_history": (data["drug_history"] == "Yes").sum(),
        "schizophrenia": (data["schizophrenia"] == "Yes").sum(),
        "admissions_2y": (data["admissions_2y"] == "Yes").sum(),
        "ethnicity": data["ethnicity"].isin(["Asian", "Mixed or Other"]).sum(),
    }
    assert {name: int(count) // 10 for name, count in asked.items()} == {
        "learning_difficulties": 1,
        "drug_history": 3,
        "schizophrenia": 3,
        "admissions_2y": 8,
        "ethnicity": 3,
    }
    for name, count in asked.items():
        kept, left_out = prepared.run.budget(name)
        assert list(kept) == kept_by_hand(int(count), [*WIDTHS]), name
        assert [*kept, *left_out] == [*WIDTHS]
        assert {*left_out} <= {*prepared.equations[name].omit}
        assert not {*kept} & {*prepared.equations[name].omit}
    for name in ("cas_total", "ctq_sexual_abuse", "honos_03"):  # numbers carry them all
        assert prepared.run.budget(name)[1] == ()


def test_the_order_is_the_plans_and_never_the_outcomes(demo):
    turned = planned(demo, auxiliaries=("honos_total", "children_total", "canm_unmet"))
    assert of_run(turned).run.budget("schizophrenia") == (
        ("honos_total", "children_total"),
        ("canm_unmet",),
    )
    # everybody's outcome is the other one; the equations are the same
    outcome = demo.data["involved_t1"]
    swapped = outcome.map({"Yes": "No", "No": "Yes"}).astype(outcome.dtype)
    other = demo.data.assign(involved_t1=swapped)
    before, after = of_run(demo), of_run(replace(demo, data=other))
    for name, equation in before.equations.items():
        if isinstance(equation, Equation):
            assert after.equations[name].omit == equation.omit, name


def test_the_outcome_and_every_variable_of_the_model_stay_in_each_equation(demo):
    for outcome in OUTCOMES:
        prepared = of_run(demo, outcome)
        terms = {*demo.study.terms("protocol", outcome), outcome}
        for name, equation in prepared.equations.items():
            if isinstance(equation, Equation):
                assert not terms & {*equation.omit}, name
                assert equation.only == ()


def test_scores_that_hold_a_variable_as_an_item_do_not_predict_it(demo):
    equations = of_run(demo).equations
    for item, score in (("honos_03", "honos_total"), ("canm_14", "canm_unmet")):
        assert score in equations[item].omit
    imputed = mm.impute(demo, "involved_t1", m=1, burnin=1, progress=False)
    for item, score in (("honos_03", "honos_total"), ("canm_15", "canm_unmet")):
        assert score not in imputed.made.predictors[item]
    # others see the total of the CTQ, and each subscale its siblings
    assert "ctq_total" in imputed.made.predictors["relationship"]
    assert "ctq_sexual_abuse" not in imputed.made.predictors["relationship"]
    assert "ctq_physical_abuse" in imputed.made.predictors["ctq_sexual_abuse"]
    assert "ctq_total" not in imputed.made.predictors["ctq_sexual_abuse"]


def test_levels_that_the_model_puts_together_are_imputed_together(demo):
    cohort = emptied(demo, "ethnicity", demo.data.index[::6])
    imputed = mm.impute(cohort, "involved_t1", m=2, burnin=2, progress=False)
    gap = imputed.cohort.data["ethnicity"].isna()
    for i in (1, 2):
        now = imputed.complete(i).data["ethnicity"]
        assert {*now[gap]} == {"White British", "White Other", "Black", "Asian, Mixed or Other"}
        assert (
            now[~gap].astype("str") == imputed.cohort.data["ethnicity"][~gap].astype("str")
        ).all()
    apart = mm.impute(cohort, "involved_t1", "all_levels", m=1, burnin=2, progress=False)
    assert {*apart.complete(1).data["ethnicity"][gap]} <= {*demo.study.levels("ethnicity")}
    fit = mm.fit_logistic(imputed, "protocol")
    assert fit.nobs == 278


def test_a_closed_gate_does_not_lower_what_is_imputed_behind_it(demo):
    """Planted: half of the mothers were never in a relationship, and all others, who answered, were
    abused or not at even chance: so is it imputed.
    """
    place = np.arange(len(demo.data))
    never = pd.Series(place % 2 == 0, demo.data.index)
    coin = np.random.default_rng(3).random(len(place)) < 0.5
    data = demo.data.copy()
    data["cas_ever_relationship"] = pd.Series(np.where(never, "No", "Yes"), data.index).astype(
        data["cas_ever_relationship"].dtype
    )
    data["dv_any"] = pd.Series(np.where(never | ~coin, "No", "Yes"), data.index).astype(
        data["dv_any"].dtype
    )
    total = pd.Series(np.where(coin, 10.0, 0.0), data.index).astype("Float64")
    data["cas_total"] = total.mask(never)
    reasons = demo.reasons.copy()
    reasons["cas_total"] = pd.Series(
        np.where(never, "not applicable: never in an adult relationship", pd.NA), data.index
    ).astype("str")
    cohort = replace(demo, data=data, reasons=reasons)
    for name in items("cas", range(1, 31)):
        cohort = emptied(cohort, name, slice(None))
    rows = demo.data.index[(place % 6 == 1)]
    for name in ("cas_total", "dv_any"):
        cohort = emptied(cohort, name, rows)
    imputed = mm.impute(cohort, "involved_t1", m=20, burnin=2, progress=False)
    gap = imputed.cohort.data["dv_any"].isna()
    assert gap.sum() > 40
    each = [imputed.complete(i, ["dv_any"]).data["dv_any"][gap] for i in range(1, 21)]
    share = np.mean([(one == "Yes").mean() for one in each])
    asked = imputed.cohort.data["dv_any"][~gap & ~never[gap.index]]
    assert abs(share - (asked == "Yes").mean()) < 0.1  # a quarter among all


# ---- the account of the equations


def test_the_account_of_each_equation_by_hand(imputed_demo):
    account = imputed_demo.equations().set_index("variable")
    data = imputed_demo.cohort.data
    assert list(account.index) == list(imputed_demo.filled)
    assert {*account["outcome"]} == {"involved_t1"}
    assert {*account["specification"]} == {"protocol"}
    known = data["learning_difficulties"].dropna()
    row = account.loc["learning_difficulties"]
    assert (row["level"], row["n"], row["denominator"]) == (
        "Yes",
        (known == "Yes").sum(),
        len(known),
    )
    assert row["observed"] == pytest.approx((known == "Yes").mean())
    chains = imputed_demo.made.chains
    expected = [chain.expected["learning_difficulties"] for chain in chains]
    assert row["expected"] == pytest.approx(sum(expected) / 4)
    assert row["variables"] == ""
    assert account.loc["schizophrenia", "variables"] == "children_total; other_children_csc"
    # of the protocol's list age and ten others, levels less one each, the outcome, nothing else
    widths = {"ethnicity": 3, "deprivation_quintile": 4}
    terms = imputed_demo.cohort.study.terms("protocol", "involved_t1")
    others = [name for name in terms if name != "learning_difficulties"]
    assert row["columns"] == 1 + sum(widths.get(name, 1) for name in others)
    number = account.loc["cas_total"]
    assert (number["level"], number["method"]) == ("", "pmm")
    assert number[["n", "observed", "expected"]].isna().all()
    # whom the scale does not concern is not in the base
    concerned = data["cas_ever_relationship"] != "No"
    assert account.loc["dv_any", "denominator"] == (data["dv_any"].notna() & concerned).sum()
    assert (
        account.loc["other_children_csc", "denominator"]
        == ((data["children_total"] != "1") & data["other_children_csc"].notna()).sum()
    )


def test_expected_shares_stay_near_observed_ones_and_plain_draws_do_not(demo):
    """Four rare answers: drawn as mice draws them they are expected too often."""
    rare = ["learning_difficulties", "drug_history", "icd10_substance", "schizophrenia"]
    off = {}
    for draws in ("calibrated", "plain"):
        imputed = mm.impute(demo, "involved_t1", m=20, burnin=3, draws=draws, progress=False)
        account = imputed.equations().set_index("variable").loc[rare]
        off[draws] = float((account["expected"] - account["observed"]).mean())
    assert abs(off["calibrated"]) < 0.01
    assert off["plain"] > abs(off["calibrated"])


def test_the_account_is_the_same_when_the_cells_are_read_again(demo, monkeypatch):
    kept = mm.impute(demo, "involved_t1", m=2, burnin=1, keep=True, progress=False)
    monkeypatch.setattr(imputing, "chained", None)
    again = mm.impute(demo, "involved_t1", m=2, burnin=1, progress=False)
    pd.testing.assert_frame_equal(pd.DataFrame(again.equations()), pd.DataFrame(kept.equations()))
