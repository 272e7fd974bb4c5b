"""Imputation by the study's plan: who is in a run, what predicts, what is never filled, what was
shifted.

Expected values are counted from the shipped file's own text, or worked out again here from the
definitions.
"""

from dataclasses import replace
from importlib import import_module

import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.cohort.cohort import gap
from mothers_margins.errors import DisclosureError, UsageError
from mothers_margins.study.analysis_plan import Run
from tests.by_hand import emptied, planned, said

impute_module = import_module("mothers_margins.analysis.missing_data.impute")
MISSING = ("", ".a", ".b", ".c", ".d")
NEVER, NO_OTHER = "not applicable: never in an adult relationship", "does not apply"


def imputed(cohort: mm.Cohort, *args, **kwargs) -> mm.Imputed:
    return mm.impute(cohort, *args, **({"m": 2, "burnin": 1, "progress": False} | kwargs))


@pytest.fixture(scope="module")
def first(demo) -> mm.Imputed:
    return imputed(demo, m=4, burnin=2)


@pytest.fixture(scope="module")
def second(demo) -> mm.Imputed:
    return imputed(demo, "involved_t2")


# ---- who is in a run, and which outcomes predict

T1, T2, EITHER = ["safeguarding_t1"], ["safeguarding_t2"], ["safeguarding_t1", "safeguarding_t2"]
CUSTODY = ["custody_t2", "custody_lost_by_t2"]
# outcome: (fields of which it is made, rows, outcomes that predict); rows counted below from the
# file's text
RUNS = {
    "involved_t1": (T1, 278, []),
    "involved_t2": (T2, 259, ["involved_t1"]),
    "involved_t1_plans": (T1, 278, []),
    "involved_t2_plans": (T2, 259, ["involved_t1"]),
    "continued": (EITHER, 88, []),
    "cpp_t1": (T1, 278, []),
    "cpp_t2": (T2, 259, ["involved_t1"]),
    "cpp_either": (EITHER, 264, []),
    "custody_lost": (CUSTODY, 259, ["involved_t1", "involved_t2"]),
    "no_custody_t2": (["custody_t2"], 259, ["involved_t1", "involved_t2"]),
    "cpp_or_custody_lost": ([*EITHER, *CUSTODY], 264, []),
}


@pytest.mark.parametrize("outcome", RUNS)
def test_the_rows_and_the_outcomes_of_every_run(demo, esmi, shipped, outcome):
    made_of, rows, also = RUNS[outcome]
    model = "exploratory" if esmi.outcomes[outcome].kind == "exploratory" else "protocol"
    found = imputed(demo, outcome, model, m=1)
    frame = found.made.data
    assert len(found.cohort) == len(frame) == rows
    assert [name for name in frame if name in esmi.outcomes] == [outcome, *also]
    text = shipped.loc[frame.index]
    yes = {
        "involved_t1": text["safeguarding_t1"] != "none",
        "involved_t2": text["safeguarding_t2"] != "none",
        "cpp_t1": text["safeguarding_t1"] == "child protection plan",
        "no_custody_t2": text["custody_t2"] == "No",
        "continued": text["safeguarding_t2"] != "none",
    }
    if outcome in yes:
        assert not text[made_of].isin(MISSING).any(axis=None)
        assert_array_equal(frame[outcome], yes[outcome].astype(float))
    for name in also:  # known ones as 0 and 1; a missing one is looked at below
        known = ~text[made_of_also(name)].isin(MISSING)
        assert_array_equal(frame.loc[known, name], yes[name][known].astype(float))
    later = [
        name
        for name in frame
        if name not in esmi.outcomes and esmi.timepoint(name) in (2, "between")
    ]
    assert later == (["readmitted_1y"] if esmi.outcomes[outcome].timepoint == 2 else [])
    contained = [name for name in frame if name != outcome and esmi.recorded(name) & set(made_of)]
    assert not contained, "what the outcome is made of predicts"


def made_of_also(name: str) -> str:
    return {"involved_t1": "safeguarding_t1", "involved_t2": "safeguarding_t2"}[name]


def test_rows_are_those_with_the_outcome_in_the_file(shipped, first, second):
    for found, field in ((first, "safeguarding_t1"), (second, "safeguarding_t2")):
        assert list(found.cohort.data.index) == list(shipped.index[~shipped[field].isin(MISSING)])


def test_continued_is_among_those_involved_at_timepoint_1(demo, shipped):
    found = imputed(demo, "continued", m=1)
    one, two = shipped["safeguarding_t1"], shipped["safeguarding_t2"]
    among = ~one.isin([*MISSING, "none"]) & ~two.isin(MISSING)
    assert list(found.cohort.data.index) == list(shipped.index[among])
    events = found.log()
    counts = dict(zip(events["event"], events["n"], strict=True))
    assert (
        counts["outcome_not_known"] == (~one.isin([*MISSING, "none"]) & two.isin(MISSING)).sum() + 1
    )
    assert counts["not_concerned"] == (one == "none").sum()


def test_an_unknown_outcome_that_predicts_stands_at_the_share_of_those_known(second, shipped):
    values = second.made.data["involved_t1"]
    text = shipped.loc[values.index, "safeguarding_t1"]
    odd = text.isin(MISSING)
    assert odd.sum() == 1
    share = (text[~odd] != "none").mean()
    assert values[odd].item() == pytest.approx(share, abs=1e-15)
    events = second.log()
    row = events[events["event"] == "average_in_place"]
    assert row["variable"].item() == "involved_t1"
    assert row["n"].item() == 1
    assert row["denominator"].item() == 259


def test_or_is_left_out_if_the_plan_says_so(demo, second):
    outcomes = demo.study.file.missing_data.outcomes | {
        "involved_t2": Run(also=("involved_t1",), unknown="left_out")
    }
    found = imputed(planned(demo, outcomes=outcomes), "involved_t2", m=1)
    gone = set(second.cohort.data.index) - set(found.cohort.data.index)
    assert len(found.cohort) == 258
    assert demo.data.loc[list(gone), "involved_t1"].isna().all()
    assert set(found.made.data["involved_t1"]) == {0.0, 1.0}
    events = found.log()
    row = events[events["event"] == "predicting_outcome_not_known"]
    said = row[["engine", "variable", "n", "denominator"]].to_numpy().tolist()
    assert said == [["imputation", "involved_t1", 1, 279]]


def test_the_outcome_really_predicts(demo):
    """Planted: every subscale of the CTQ, supplied without its items, is 6 points higher with the
    outcome, and says nothing else.
    """
    involved = (demo.data["involved_t1"] == "Yes").fillna(False).astype(float)
    every = pd.Series(True, demo.data.index)
    subscales = demo.study.scores["ctq_total"].sum_of
    cohort = demo
    for number in range(1, 29):
        cohort = emptied(cohort, f"ctq_{number:02}", every)
    planted = {
        name: (10 + 6 * involved + (demo.data.index + place) % 4).astype("Float64")
        for place, name in enumerate(subscales)
    }
    planted["ctq_total"] = sum(planted.values())
    cohort = replace(cohort, data=cohort.data.assign(**planted))
    for name in planted:
        cohort = emptied(cohort, name, demo.data.index[::3])
    found = imputed(cohort, m=3, burnin=4)
    gap = found.cohort.data["ctq_total"].isna()
    for one in completed(found):
        means = (
            one.data["ctq_total"][gap]
            .astype(float)
            .groupby(one.data["involved_t1"][gap], observed=True)
            .mean()
        )
        assert 27 < means["Yes"] - means["No"] < 33


# ---- refusals


def test_refused(demo, cohort, six_women):
    plan = demo.study.file.missing_data
    fewer = planned(
        demo, outcomes={name: run for name, run in plan.outcomes.items() if name != "cpp_t1"}
    )
    for answer, words in (
        (imputed(six_women), "declares no plan for missing data"),
        (imputed(fewer, "cpp_t1", "exploratory"), "declares no run of cpp_t1"),
        (imputed(demo, "cpp_t1", "protocol"), "lists no explanatory variable of cpp_t1"),
    ):
        assert words in str(answer)
    for call, words in (
        (lambda: imputed(demo, "involvd_t1"), "did you mean 'involved_t1'"),
        (lambda: imputed(demo, "involved_t1", "protocoll"), "did you mean 'protocol'"),
        (lambda: imputed(demo, composites="parts"), "components, direct or missing_as_no"),
        (lambda: imputed(demo, shifts={"cas_totl": 1}), "cas_totl"),
        (lambda: imputed(demo, shifts={"cas_total": 1}, composites="direct"), "cas_total"),
        (lambda: imputed(demo, shifts={"substance_misuse": 1}), "made from its parts"),
        (lambda: imputed(demo, shifts={"ctq_total": 1}), "made from its parts"),
        (lambda: imputed(demo, shifts={"ethnicity": 1}), "neither a number nor a yes or no"),
        (lambda: imputed(demo, m=0), "1 or more"),
        (lambda: imputed(demo, burnin=0), "1 or more"),
        (lambda: imputed(demo, seed=-1), "0 or more"),
        (lambda: imputed(demo.data), "needs a cohort"),
    ):
        with pytest.raises(UsageError, match=words):
            call()
    with pytest.raises(DisclosureError, match="impute: rows rebuilt from a publication"):
        imputed(cohort)


def test_what_the_outcome_is_made_of_is_refused(demo):
    """An outcome, or what it is made of, slipped into a model."""
    models = demo.study.file.models
    terms = models["protocol"].terms | {"involved_t2": ("age_years", "involved_t1")}
    slipped = said(
        demo, models=models | {"protocol": models["protocol"].model_copy(update={"terms": terms})}
    )
    with pytest.raises(UsageError, match="never imputed"):
        imputed(slipped, "involved_t2")


# ---- what is filled, and what never


def completed(found: mm.Imputed) -> list[mm.Cohort]:
    return [found.complete(i) for i in range(1, found.m + 1)]


def test_outcomes_are_never_filled(demo, second):
    for one in completed(second):
        for name in demo.study.outcomes:
            pd.testing.assert_series_equal(one.data[name], second.cohort.data[name])
    assert second.cohort.data["involved_t1"].isna().sum() == 1
    assert not {*second.filled} & {*demo.study.outcomes}


def test_observed_cells_stay_and_all_that_applies_is_filled(first):
    before = first.cohort
    for one in completed(first):
        known = before.data.notna()
        for name in before.data:
            pd.testing.assert_series_equal(
                one.data[name][known[name]].astype(object),
                before.data[name][known[name]].astype(object),
            )
        for name in (
            "ethnicity",
            "relationship",
            "children_total",
            "ctq_total",
            "dv_any",
            "substance_misuse",
        ):
            assert one.data[name].notna().all(), name
        assert (one.reasons.notna() & one.data.notna()).sum().sum() == 0
        assert list(one.data) == list(before.data)


def test_what_does_not_apply_is_never_filled(first):
    never = first.cohort.data["cas_ever_relationship"] == "No"
    before = first.cohort.data
    assert never.sum() == 13
    gates = []
    for one in completed(first):
        assert one.data["cas_total"][never].isna().all()
        assert one.data["cas_total"][~never].notna().all()
        assert (one.reasons["cas_total"][never] == NEVER).all()
        assert (one.data["dv_any"][never] == "No").all()
        first_time = one.data["children_total"] == "1"
        assert one.data["other_children_csc"][first_time].isna().all()
        assert one.data["other_children_csc"][~first_time].notna().all()
        gates += list(one.data["children_total"][before["children_total"].isna()])
    assert {"1"} < {*gates}  # first-time or not, both were imputed


def test_a_question_may_be_answered_by_all_whom_it_concerns(demo):
    """Nothing of it is imputed then, and what does not apply stays so."""
    cohort = demo
    for name in ("cas_total", "other_children_csc", "children_total"):
        not_known = gap(cohort, name)
        filler = 1.0 if name == "cas_total" else "1" if name == "children_total" else "No"
        cohort = replace(
            cohort, data=cohort.data.assign(**{name: cohort.data[name].mask(not_known, filler)})
        )
    cohort = replace(cohort, data=cohort.data.assign(dv_any=cohort.data["dv_any"].fillna("No")))
    found = imputed(cohort)
    assert not {"cas_total", "other_children_csc", "children_total"} & {*found.filled}
    pd.testing.assert_series_equal(
        found.complete(2).data["cas_total"], found.cohort.data["cas_total"]
    )
    assert found.cohort.data["cas_total"].isna().sum() == 13
    assert mm.fit_logistic(found, "protocol").nobs == 278


def test_a_composite_is_made_of_its_parts(first):
    before = first.cohort.data
    for one in completed(first):
        data = one.data
        misuse = (data["canm_substance_unmet"] == "Yes") | (data["icd10_substance"] == "Yes")
        misuse |= (data["drug_history"] == "Yes") | (data["honos_03"] >= 2).fillna(False)
        abuse = (data["cas_total"] >= 3).fillna(False)
        lower = (misuse | (data["honos_03"] >= 1).fillna(False)).map({True: "Yes", False: "No"})
        for name, made in (("substance_misuse", misuse), ("dv_any", abuse)):
            gap = before[name].isna()
            assert 0 < gap.sum() < 40
            assert list(data[name][gap]) == list(made[gap].map({True: "Yes", False: "No"})), name
            assert list(data[name][~gap]) == list(before[name][~gap])
        gap = before[
            "substance_misuse_honos_1"
        ].isna()  # no term of this run, made again all the same
        assert list(data["substance_misuse_honos_1"][gap]) == list(lower[gap])
        seven = before["dv_any_7"].isna()
        assert list(data["dv_any_7"][seven] == "Yes") == list(
            (data["cas_total"] >= 7).fillna(False)[seven]
        )
    drawn = pd.concat([one.data["dv_any"][before["dv_any"].isna()] for one in completed(first)])
    assert {*drawn} == {"Yes", "No"}


def test_only_what_is_asked_for(first):
    """A composite that the run did not make needs its parts and the gate of its score."""
    whole = first.complete(2)
    small = first.complete(2, ["age_years", "dv_any_7", "ctq_total"])
    assert {"involved_t1", "age_years", "dv_any_7", "ctq_total"} <= {*small.data}
    assert len(small.data.columns) < 60
    for name in small.data:
        pd.testing.assert_series_equal(small.data[name], whole.data[name])
    for wrong in (0, 5):
        with pytest.raises(IndexError):
            first.complete(wrong)


# ---- other treatments of composites


def test_direct_imputes_the_composite_itself(demo):
    found = imputed(demo, composites="direct")
    assert {"dv_any", "substance_misuse"} <= {*found.filled}
    assert not {"cas_total", "drug_history", "honos_03"} & {*found.made.data}
    one = found.complete(1)
    assert one.data["dv_any"].notna().all()
    assert one.data["cas_total"].isna().any()
    assert (one.data["dv_any"] == found.made.complete(1)["dv_any"]).all()


def test_missing_as_no(demo):
    found = imputed(demo, composites="missing_as_no")
    gap = demo.data.loc[found.cohort.data.index, ["dv_any", "substance_misuse"]].isna()
    for one in completed(found):
        for name in gap:
            assert (one.data[name][gap[name]] == "No").all()
    taken = found.log().set_index("event").loc["missing_as_no"]
    assert dict(zip(taken["variable"], taken["n"], strict=True)) == {
        "dv_any": 30,
        "substance_misuse": 36,
    }
    assert {*demo.study.scores["ctq_total"].sum_of} <= {*found.filled}
    assert [*found.made.passive] == ["ctq_total"]
    assert not {"dv_any", "cas_total"} & {*found.filled}
    assert demo.data["dv_any"].isna().sum() == 30  # and the cohort that was given is as it was


# ---- events


def test_events_say_what_was_done(first, demo):
    events = first.log()
    run = events[events["engine"] == "run"].set_index("event")
    assert run["setting"].to_dict() == {"imputations": 4, "sweeps": 2, "seed": 20211118}
    assert run["n"].isna().all()  # which counts participants only
    filled = events[(events["engine"] == "imputation") & (events["event"] == "imputed")]
    expected = {name: gap(first.cohort, name).sum() for name in first.filled}
    assert dict(zip(filled["variable"], filled["n"], strict=True)) == expected
    assert expected["cas_total"] == 30
    assert expected["ethnicity"] == 3
    assert expected["children_total"] == 6
    done = events[events["engine"] == "imputation"]
    outside = done["event"].isin(["outcome_not_known", "not_concerned"])
    assert (done["denominator"][~outside] == 278).all()
    assert (
        done["denominator"][outside] == 279
    ).all()  # who is outside the run is counted among all rows
    assert filled["setting"].isna().all()  # no shift
    methods = filled.set_index("variable")["method"]
    assert methods["cas_total"] == "pmm"
    assert methods["ethnicity"] == "mlogit"
    assert methods["deprivation_quintile"] == "ologit"
    assert methods["drug_history"] == "logit"
    assert events.loc[events["variable"] == "readmitted_1y", "event"].item() == "auxiliary_left_out"
    chains = events[events["engine"] == "chains"]
    assert chains["chains"].max() == chains["chains_in_all"].max() == 4
    assert chains["n"].isna().all()
    only = imputed(demo, model="ever_related_only", m=1).log().set_index("variable")["n"]
    assert only["dv_any_ever_related"] == 30  # not the 13 whom it does not concern


def test_traces_and_convergence_name_every_imputed_variable(first):
    traces = first.traces()
    assert {*traces["variable"]} == {*first.filled}
    assert len(traces) == 4 * 2 * len(first.filled)
    found = first.convergence()
    assert list(found["variable"]) == list(first.filled)
    assert list(first.made.rhat()) == pytest.approx(list(found["rhat"]), nan_ok=True)
    assert set(zip(found["outcome"], found["specification"], strict=True)) == {
        ("involved_t1", "protocol")
    }
    assert set(zip(found["chains"], found["sweeps"], strict=True)) == {(4, 2)}


# ---- cells that an earlier run has stored


def counted_chains(monkeypatch) -> list[int]:
    """One entry for each time that the engine runs."""
    runs: list[int] = []
    engine = impute_module.chained

    def counting(*args, **kwargs):
        runs.append(kwargs["m"])
        return engine(*args, **kwargs)

    monkeypatch.setattr(impute_module, "chained", counting)
    return runs


def test_somebody_at_work_reads_what_the_demo_run_has_imputed(demo, monkeypatch, tmp_path):
    """In JupyterLab results are written to outputs/interactive, and nothing there is needed where
    `mothers-margins run --demo` has been: no chain runs again, unless something else is asked.
    """
    runs = counted_chains(monkeypatch)
    monkeypatch.setenv(places.OUT, str(tmp_path / "outputs" / "demo"))
    kept = imputed(demo, keep=True)
    monkeypatch.delenv(places.OUT)
    monkeypatch.setattr(places, "project", lambda: tmp_path)
    read = imputed(demo)
    assert runs == [2]
    pd.testing.assert_frame_equal(read.complete(1).data, kept.complete(1).data)
    imputed(demo, seed=5)
    assert runs == [2, 2]


def test_a_folder_that_is_named_is_the_only_one_that_is_read(demo, monkeypatch, tmp_path):
    runs = counted_chains(monkeypatch)
    monkeypatch.setattr(places, "project", lambda: tmp_path)
    monkeypatch.setenv(places.OUT, str(tmp_path / "outputs" / "demo"))
    imputed(demo, keep=True)
    monkeypatch.setenv(places.OUT, str(tmp_path / "other"))
    imputed(demo)
    assert runs == [2, 2]


def reworded(cohort: mm.Cohort, **changes: object) -> mm.Cohort:
    """The rows of a study whose substance misuse is declared otherwise."""
    derived = [
        variable.model_copy(update=changes) if variable.name == "substance_misuse" else variable
        for variable in cohort.study.file.derived
    ]
    file = cohort.study.file.model_copy(update={"derived": tuple(derived)})
    return replace(cohort, study=replace(cohort.study, file=file))


def test_cells_stay_good_where_only_words_change(demo, monkeypatch, tmp_path):
    runs = counted_chains(monkeypatch)
    monkeypatch.setenv(places.OUT, str(tmp_path))
    imputed(demo, keep=True)
    imputed(reworded(demo, title="Other", said={}, assumption="Another."))
    assert runs == [2]
    parts = demo.study.derived["substance_misuse"].any_of
    imputed(reworded(demo, any_of=parts[::-1]))
    assert runs == [2, 2]
