"""Imputed cells: composites made in the chains, values shifted, cells kept and read again.

A composite made quickly in the chains must be the one that `derivation.remade` makes; what is kept
is read under a key of all that it depends on. Planted changes must be seen.
"""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.analysis.missing_data import composites
from mothers_margins.analysis.missing_data import impute as imputing
from mothers_margins.cohort.cohort import gap
from mothers_margins.cohort.derive import remade
from mothers_margins.demo.synthetic import complete_cohort
from mothers_margins.errors import UsageError
from mothers_margins.study.conditions import Condition
from tests.by_hand import emptied, part, planned, said
from tests.conftest import REPOSITORY

CHOSEN = (
    "dv_any",
    "dv_any_7",
    "dv_any_ever_related",
    "substance_misuse",
    "substance_misuse_honos_1",
)


def imputed(cohort: mm.Cohort, *args, **kwargs) -> mm.Imputed:
    return mm.impute(cohort, *args, **({"m": 2, "burnin": 1, "progress": False} | kwargs))


def declaring(cohort: mm.Cohort, **changes) -> mm.Cohort:
    """Other any_of rules of derived variables, by name."""
    derived = [
        one.model_copy(update=changes[one.name]) if one.name in changes else one
        for one in cohort.study.file.derived
    ]
    return said(cohort, derived=tuple(derived))


# ---- composites in the chains


def agree(
    cohort: mm.Cohort, name: str, parts: tuple[str, ...], filled: dict[str, pd.Series]
) -> pd.Series:
    """maker and remade on the rows where the composite is missing, for completed parts."""
    data = {str(one): values for one, values in cohort.data.items()} | filled
    again = remade(
        cohort.study, data, {str(one): why for one, why in cohort.reasons.items()}, [*filled]
    )[name]
    quick = composites.maker(cohort, name, parts)(pd.DataFrame({one: data[one] for one in parts}))
    rows = cohort.data[name].isna()
    pd.testing.assert_series_equal(
        quick[rows].astype(object), again[rows].astype(object), check_names=False
    )
    return again[rows]


def drawn(
    cohort: mm.Cohort, parts: tuple[str, ...], rng: np.random.Generator
) -> dict[str, pd.Series]:
    """Parts with random values in their gaps, but where they do not apply; few, so that every
    answer occurs.
    """
    filled = {}
    for name in parts:
        values, not_known = cohort.data[name], gap(cohort, name)
        levels = cohort.study.levels(name)
        chosen = rng.choice(
            list(levels) if levels else [0.0, 1.0, 2.0, 3.0, 6.0, 7.0], int(not_known.sum())
        )
        made = values.astype(object)
        made[not_known] = chosen
        filled[name] = made.astype(values.dtype if levels else "Float64")
    return filled


@pytest.mark.parametrize("name", CHOSEN)
@settings(max_examples=8)
@given(seed=st.integers(0, 10_000))
def test_a_composite_in_the_chains_is_the_one_of_the_study(demo, name, seed):
    parts = demo.study.file.missing_data.composites[name]
    found = agree(demo, name, parts, drawn(demo, parts, np.random.default_rng(seed)))
    assert {"Yes", "No"} <= {*found}
    assert found.isna().any() == (name == "dv_any_ever_related")


@settings(max_examples=5)
@given(seed=st.integers(0, 10_000), rule=st.sampled_from(["no", "exclude"]))
def test_a_closed_gate_decides_only_what_is_behind_it(demo, seed, rule):
    """Planted: a composite of a score behind a gate and of a question to everybody, unknown to all
    who never were.
    """
    asked = ({"cas_total": Condition(at_least=3)}, {"drug_history": Condition(levels=("Yes",))})
    cohort = declaring(demo, dv_any={"any_of": asked, "gated_out": rule})
    never = demo.data["cas_ever_relationship"] == "No"
    cohort = emptied(emptied(cohort, "dv_any", slice(None)), "drug_history", never)
    parts = ("cas_total", "drug_history")
    found = agree(cohort, "dv_any", parts, drawn(cohort, parts, np.random.default_rng(seed)))
    assert "Yes" in {*found[never]}
    assert found[never].isna().any() == (rule == "exclude")


def test_conditions_are_written_out_to_the_parts(esmi):
    plan = esmi.file.missing_data
    asking = esmi.derived["substance_misuse"]
    found = [
        [*where]
        for one in asking.conditions
        for where, _ in composites.written_out(
            esmi, one, plan.composites["substance_misuse"], asking
        )
    ]
    assert found == [
        ["canm_14"],
        ["canm_15"],
        ["icd10_substance"],
        ["honos_03"],
        ["drug_history"],
    ]


@pytest.fixture(scope="module")
def unsure() -> mm.Cohort:
    """The demo cohort with the gate of the abuse scale not known for six: three of those who never
    were, and three.
    """
    raw = mm.demo_cohort("esmi")
    never = raw.data.index[raw.data["cas_ever_relationship"] == "No"][:3]
    items = [f"cas_{number:02}" for number in range(1, 31)]
    form = raw.data.index[
        raw.data[items].isna().all(axis=1) & (raw.data["cas_ever_relationship"] == "Yes")
    ][:3]
    rows = [*never, *form]
    cohort = emptied(raw, "cas_ever_relationship", rows)
    return mm.derive(
        replace(
            cohort, reasons=cohort.reasons.assign(**dict.fromkeys(items)).where(cohort.data.isna())
        )
    )


def test_a_gate_that_is_imputed_decides_too(unsure):
    found = imputed(
        unsure, model="ever_related_only", m=12, burnin=2, shifts={"cas_ever_relationship": -1.5}
    )
    rows = unsure.data["cas_ever_relationship"].isna()
    assert rows.sum() == 6
    assert "cas_ever_relationship" in found.filled
    shut = []
    for i in range(1, found.m + 1):
        data = found.complete(i).data
        closed = data["cas_ever_relationship"][rows] == "No"
        shut += [*closed]
        pd.testing.assert_series_equal(data["cas_total"][rows].isna(), closed, check_names=False)
        assert list(data["dv_any_ever_related"][rows].isna()) == [*closed]
        assert (data["dv_any"][rows][closed] == "No").all()
        abuse = (data["cas_total"][rows][~closed] >= 3).astype(bool)
        assert list(data["dv_any"][rows][~closed] == "Yes") == [*abuse]
    assert 0 < sum(shut) < len(shut)
    with pytest.raises(UsageError, match="who is concerned"):
        mm.fit_logistic(found, "ever_related_only")
    assert mm.fit_logistic(imputed(unsure), "protocol").nobs == 278


# ---- shifts


def test_a_yes_is_shifted_by_its_log_odds(demo):
    """Planted: a yes or no that nothing predicts; a shift moves the log-odds of its share, and by
    no more.
    """
    rng = np.random.default_rng(5)
    coin = pd.Series(np.where(rng.random(279) < 0.4, "Yes", "No"), demo.data.index).astype(
        demo.data["drug_history"].dtype
    )
    cohort = emptied(
        replace(demo, data=demo.data.assign(learning_difficulties=coin)),
        "learning_difficulties",
        demo.data.index[::2],
    )
    shares = {}
    for shift in (-1.5, 0.0, 1.5):
        found = imputed(cohort, m=6, shifts={"learning_difficulties": shift} if shift else None)
        gap = found.cohort.data["learning_difficulties"].isna()
        values = [
            found.complete(i, ["learning_difficulties"]).data["learning_difficulties"][gap]
            for i in range(1, 7)
        ]
        shares[shift] = (pd.concat(values) == "Yes").mean()
    assert shares[-1.5] < shares[0.0] < shares[1.5]
    for shift in (
        -1.5,
        1.5,
    ):  # the odds of a share that is a mean over uneven chances move by less than each chance's
        assert 0.6 < (logit(shares[shift]) - logit(shares[0.0])) / shift < 1.1


def test_of_levels_other_than_yes_and_no_the_second_is_shifted(demo):
    cohort = emptied(demo, "relationship", demo.data.index[::2])
    shares = []
    for shift in (-2.0, 2.0):
        found = imputed(cohort, m=2, shifts={"relationship": shift})
        gap = found.cohort.data["relationship"].isna()
        shares.append(
            (found.complete(1, ["relationship"]).data["relationship"][gap] == "single").mean()
        )
    assert shares[0] + 0.2 < shares[1]


def test_a_number_is_shifted_by_points(demo):
    """Every imputed value is an observed one (predictive mean matching) and 0.25 more; what is
    observed stays. A shift ends at the highest score that the answers allow, and a total stays
    inside what it is cut into.
    """
    name = "ctq_sexual_abuse"
    shifts = {name: 0.25, "dv_any": 50.0, "cas_total": 1000.0}
    found = imputed(demo, shifts=shifts)
    seen = {*demo.data[name].dropna()}
    scale = [f"cas_{number:02}" for number in range(1, 31)]
    form = demo.data.loc[found.cohort.data.index, scale]
    for i in (1, 2):
        one = found.complete(i).data
        gap = found.cohort.data[name].isna()
        assert {value - 0.25 for value in one[name][gap] if value < 25} <= seen
        assert {*one[name][~gap]} <= seen
        abuse = found.cohort.data["dv_any"].isna()
        blank = abuse & form.isna().all(axis=1)
        assert (one["dv_any"][blank] == "Yes").all()
        yes = abuse & (one["dv_any"] == "Yes")
        most = form.fillna(5).sum(axis=1)
        assert list(one["cas_total"][yes]) == list(most[yes])
        no = abuse & (one["dv_any"] == "No")
        assert (one["cas_total"][no] < 3).all()
    events = found.log()
    filled = events[events["event"] == "imputed"].set_index("variable")
    assert (filled.loc[name, "method"], filled.loc[name, "setting"]) == ("pmm", 0.25)
    assert filled["setting"].dropna().to_dict() == shifts
    assert mm.fit_logistic(found, "protocol").in_results.endswith("_shifted")
    stopped = events[events["event"] == "shift_stopped"]
    assert "cas_total" in {*stopped["variable"]}


# ---- the same again


def test_the_same_for_any_number_of_processes_and_the_first_of_more(demo):
    one, two, more = imputed(demo), imputed(demo, n_jobs=2), imputed(demo, m=4)
    other = imputed(demo, seed=1)
    for i in (1, 2):
        pd.testing.assert_frame_equal(one.made.complete(i), two.made.complete(i))
        pd.testing.assert_frame_equal(one.made.complete(i), more.made.complete(i))
    assert not one.made.complete(1).equals(one.made.complete(2))
    assert not one.made.complete(1).equals(other.made.complete(1))


@pytest.fixture
def never_again(monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("chains were run")

    return lambda: monkeypatch.setattr(imputing, "chained", fail)


def test_kept_cells_are_read_and_not_made_again(demo, never_again):
    assert not imputed(demo).made.failed  # without keep nothing is written
    assert not places.out_folder().exists()
    made = imputed(demo, m=3, keep=True)
    (file,) = places.out_folder().rglob("*.npz")
    assert file.parent == places.out_folder() / "internal" / "esmi"
    assert file.name.startswith("imputed_involved_t1_")
    never_again()
    for m in (3, 2):
        again = imputed(demo, m=m)
        assert again.m == m
        for i in range(1, m + 1):
            pd.testing.assert_frame_equal(again.complete(i).data, made.complete(i).data)
    pd.testing.assert_frame_equal(pd.DataFrame(imputed(demo, m=3).log()), pd.DataFrame(made.log()))
    pd.testing.assert_frame_equal(
        pd.DataFrame(imputed(demo, m=3).traces()), pd.DataFrame(made.traces())
    )
    same, kept = (mm.fit_logistic(one, "protocol") for one in (imputed(demo, m=3), made))
    pd.testing.assert_series_equal(same.params, kept.params, check_exact=True)
    with pytest.raises(AssertionError, match="chains were run"):  # more than were kept
        imputed(demo, m=4)


def prepared(
    cohort: mm.Cohort,
    outcome: str = "involved_t1",
    model: str = "protocol",
    how="components",
    shifts=None,
):
    asked = imputing._Asked(outcome, model, cohort.study.terms(model, outcome))
    return imputing._prepared(cohort, cohort.study.file.missing_data, asked, how, shifts or {})


def test_the_key_changes_with_all_that_the_cells_depend_on(demo):
    older = demo.data.assign(age_years=demo.data["age_years"].where(demo.data.index != 7, 30))
    assert demo.data["age_years"][7] != 30
    gone = demo.data.index[demo.data["cas_total"].isna()][0]
    plan = demo.study.file.missing_data
    never = replace(demo, reasons=demo.reasons.copy())
    never.reasons.loc[gone, "cas_total"] = "not applicable: never in an adult relationship"
    answered = demo.data.assign(cas_05=demo.data["cas_05"].where(demo.data.index != gone, 1))
    assert demo.data["cas_05"].isna()[gone]
    moved = {**plan.composites, "dv_any": ("cas_total",)}
    asked = ({"cas_total": Condition(at_least=7)}, {"cas_observed": Condition(at_least=3)})
    keys = {
        "as it is": prepared(demo).key(20, 1, "calibrated"),
        "seed": prepared(demo).key(20, 2, "calibrated"),
        "sweeps": prepared(demo).key(21, 1, "calibrated"),
        "one value": prepared(replace(demo, data=older)).key(20, 1, "calibrated"),
        "a value less": prepared(emptied(demo, "age_years", [7])).key(20, 1, "calibrated"),
        "whom it concerns": prepared(never).key(20, 1, "calibrated"),
        "an answer": prepared(replace(demo, data=answered)).key(20, 1, "calibrated"),
        "draws": prepared(demo).key(20, 1, "plain"),
        "the rule": prepared(declaring(demo, dv_any={"any_of": asked})).key(20, 1, "calibrated"),
        "auxiliaries": prepared(planned(demo, auxiliaries=("honos_total",))).key(
            20, 1, "calibrated"
        ),
        "method": prepared(planned(demo, methods={"honos_total": "truncreg"})).key(
            20, 1, "calibrated"
        ),
        "composites": prepared(planned(demo, composites={"dv_any": ("cas_total",)})).key(
            20, 1, "calibrated"
        ),
        "direct": prepared(demo, how="direct").key(20, 1, "calibrated"),
        "no": prepared(demo, how="missing_as_no").key(20, 1, "calibrated"),
        "shift": prepared(demo, shifts={"ctq_physical_abuse": 5.0}).key(20, 1, "calibrated"),
        "outcome": prepared(demo, "involved_t1_plans").key(20, 1, "calibrated"),
        "model": prepared(demo, model="abuse_cut_off_7").key(20, 1, "calibrated"),
        "rows": prepared(part(demo, demo.data.index[:-1])).key(20, 1, "calibrated"),
    }
    assert len({*keys.values()}) == len(keys), keys
    assert keys["as it is"] == prepared(planned(demo, composites=moved)).key(20, 1, "calibrated")
    assert keys["as it is"] == prepared(mm.derive(mm.demo_cohort("esmi"))).key(20, 1, "calibrated")


KEY = """
import mothers_margins as mm
from mothers_margins.analysis.missing_data import impute as imputing
cohort = mm.derive(mm.demo_cohort("esmi"))
plan, terms = cohort.study.file.missing_data, cohort.study.terms("protocol", "involved_t1")
asked = imputing._Asked("involved_t1", "protocol", terms)
print(imputing._prepared(cohort, plan, asked, "components", {}).key(20, 1, "calibrated"))
"""


def test_the_key_is_the_same_in_every_process(demo):
    found = {prepared(demo).key(20, 1, "calibrated")}
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    outside = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(REPOSITORY / "src")}
    run = subprocess.run(
        [sys.executable, "-c", KEY], env=outside, capture_output=True, text=True, check=True
    )
    found.add(run.stdout.strip())
    assert len(found) == 1


def test_restricted_cells_stay_outside_the_project(demo, monkeypatch, tmp_path, never_again):
    own = replace(demo, source=replace(demo.source, kind="restricted"))
    kept = imputed(own, m=1, keep=True)
    assert len([*tmp_path.rglob("*.npz")]) == 1
    assert kept.m == 1
    inside = tmp_path / "project" / "outputs"
    monkeypatch.setenv(places.OUT, str(inside))
    monkeypatch.setattr(places, "project", lambda: tmp_path / "project")
    never_again()  # refused before an hour has been spent
    with pytest.raises(UsageError, match="outside the project"):
        imputed(own, m=1, keep=True)
    assert not inside.exists()
    with pytest.raises(AssertionError, match="chains were run"):
        imputed(own, m=1)


# ---- what it is for


def test_imputation_is_nearer_to_the_truth_than_complete_cases(esmi):
    """2,000 dyads drawn by the recipe. Planted: the CTQ is unknown mostly of those with outcome and
    diagnosis.

    Among complete cases the odds ratio of the diagnosis is then wrong; the truth is the fit before
    cells were lost. The control, in which the outcome did not predict, would not find it again.
    """
    whole = complete_cohort(esmi, 2_000)
    both = (whole.data["involved_t1"] == "Yes") & (whole.data["personality_disorder"] == "Yes")
    chance = np.where(both, 0.7, 0.05)
    gaps = emptied(whole, "ctq_total", np.random.default_rng(2).random(2_000) < chance)
    name = "personality_disorder[Yes]"
    truth = mm.fit_logistic(whole, "protocol", profile=False).params
    cases = mm.fit_logistic(gaps, "protocol", profile=False).params
    found = mm.fit_logistic(imputed(gaps, m=3), "protocol").params
    assert cases[name] < truth[name] - 0.7
    assert abs(found[name] - truth[name]) < 0.15
    assert abs(found["ctq_total"] - truth["ctq_total"]) < 0.1


def test_fewer_imputations_do_not_replace_more_that_are_kept(demo, tmp_path, monkeypatch):
    monkeypatch.setenv(places.OUT, str(tmp_path))
    imputed(demo, m=3, keep=True)
    (file,) = tmp_path.rglob("*.npz")
    before = file.read_bytes()
    assert imputed(demo, m=2, keep=True).m == 2
    assert file.read_bytes() == before
    assert imputed(demo, m=3).made.failed == {}


@pytest.mark.parametrize(
    "outcome", ["continued", "cpp_t1", "custody_lost", "cpp_or_custody_lost", "involved_t2_plans"]
)
def test_every_declared_run_finishes_all_its_chains(demo, outcome):
    """The few of `continued` separate their levels; pseudo-rows carry them through long chains
    too.
    """
    found = imputed(demo, outcome, m=4, burnin=12)
    assert found.m == 4
    assert "FAILED" not in repr(found)
