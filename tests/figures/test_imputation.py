"""The charts of an imputation say what its results say: against the completed cohorts, and on
planted results.
"""

import re
from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest
from matplotlib.colors import to_hex

import mothers_margins as mm
from mothers_margins.analysis.missing_data.patterns import BESIDE
from mothers_margins.figures.figure import Figure
from mothers_margins.figures.style import FIRST, GREY
from mothers_margins.results.results import About, Results, tidy
from mothers_margins.study.source import Source
from mothers_margins.wording.terms import term

SYNTHETIC = Source("synthetic", 279, "Made up.")
NAMES = (
    *(
        "personality_disorder",
        "schizophrenia",
        "icd10_substance",
        "admissions_2y",
        "ethnicity",
        "relationship",
    ),
    *(
        "deprivation_quintile",
        "children_total",
        "other_children_csc",
        "honos_total",
        "learning_difficulties",
    ),
    *("canm_15", "honos_03", "drug_history", "ctq_total", "cas_total"),
)


@pytest.fixture(scope="module")
def imputed(imputed_demo) -> mm.Imputed:
    return imputed_demo


@pytest.fixture(scope="module")
def stable(imputed) -> Results:
    return mm.stability(mm.fit_logistic(imputed, "protocol"), [2, 3, 4])


def words(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.drawn.axes for text in axes.texts]


def joined(figure: Figure) -> str:
    return " ".join(words(figure))


def panel(figure: Figure, number: int = 0):
    return figure.drawn.axes[1 + number]


def chains(study: mm.Study, names=NAMES, m: int = 50, sweeps: int = 20, seed: int = 1) -> Results:
    """Made-up means: chain c of a variable lies around its own place."""
    made = np.random.default_rng(seed).uniform(0.1, 0.9, (len(names), m, sweeps))
    rows = [
        {"variable": name, "chain": c + 1, "sweep": s + 1, "mean": made[v, c, s], "sd": 0.1}
        for v, name in enumerate(names)
        for c in range(m)
        for s in range(sweeps)
    ]
    return tidy(rows, About("chains", study, SYNTHETIC, {}), 1)


def rhats(study: mm.Study, values: dict[str, float], **more) -> Results:
    common = {
        "outcome": "involved_t1",
        "specification": "protocol",
        "chains": 50,
        "sweeps": 20,
    } | more
    rows = [common | {"variable": name, "rhat": value} for name, value in values.items()]
    return tidy(rows, About("convergence", study, SYNTHETIC, {}), 1)


def fmis(study: mm.Study, values: dict[str, dict[int, float]], **more) -> Results:
    """Estimates with a planted FMI by m; what the chart does not read is not a number."""
    numbers = ("std_error", "df", "conf_low", "conf_high", "p_value", "mc_error")
    usual = dict.fromkeys((*numbers, "profile_low", "profile_high", "profile_p"), nan)
    usual |= {
        "outcome": "involved_t1",
        "model": "adjusted",
        "method": "imputed",
        "level": "",
        "reference": "",
    }
    usual |= {"estimate": 0.5, "n": 278, "n_events": 99, "specification": "protocol"} | more
    rows = [
        usual | {"term": name, "variable": name, "m": m, "fmi": fmi}
        for name in values
        for m, fmi in values[name].items()
    ]
    return tidy(rows, About("estimates", study, SYNTHETIC, {}), 1)


# ---- traces


def test_traces_of_the_demo_can_be_read_and_name_the_largest_rhat(imputed):
    convergence = imputed.convergence()
    figure = mm.traces(imputed.traces(), convergence)
    assert mm.check(figure, smallest=8.5) == ()
    worst = convergence.loc[convergence["rhat"].idxmax()]
    assert figure.alt == (
        "SYNTHETIC DATA. Trace plots of 22 imputed variables: means by sweep, 4 chains, 5 sweeps. "
        f"Largest R-hat {worst['rhat']:.2f}: {imputed.cohort.study.label(worst['variable'])}."
    )
    assert len(figure.drawn.axes) == 1 + len(imputed.filled) == 23
    for value in convergence["rhat"]:
        known = f"{value:.2f}" if value == value else "–"  # where nothing varied it is not known
        assert f"R-hat {known}" in joined(figure)
    assert "Convergence: the lines overlap and show no trend, and R-hat is near 1." in joined(
        figure
    )


@pytest.mark.parametrize("name", ["drug_history", "relationship", "ethnicity", "ctq_sexual_abuse"])
def test_the_last_sweep_is_what_stands_in_the_completed_cohorts(imputed, name):
    """Of Yes/No the share of Yes, of two levels that of the second, of more the mean place, of
    numbers the mean.
    """
    results, study = imputed.traces(), imputed.cohort.study
    figure = mm.traces(results[results["variable"] == name])
    gap = imputed.cohort.data[name].isna()
    # levels that the model puts together are imputed as one
    together = {"ethnicity": [*study.codings["ethnicity"].merged]}
    levels = together.get(name, list(study.levels(name)))
    for i, line in enumerate(panel(figure).lines, 1):
        values = imputed.complete(i).data.loc[gap, name]
        numbers = (
            values.astype(float)
            if not levels
            else values.astype("str").map(levels.index).astype(float)
        )
        share = 1 - numbers.mean() if levels == ["Yes", "No"] else numbers.mean()
        assert line.get_ydata()[-1] == pytest.approx(share)
    measure = {
        "drug_history": "Share of Yes",
        "relationship": "Share of single",
        "ethnicity": "Mean code",
    }
    assert measure.get(name, "Mean") in words(figure)
    assert ("numbered from 0" in joined(figure)) == (name == "ethnicity")
    assert mm.check(figure) == ()


def test_fifty_chains_are_five_lines_before_a_band_that_holds_all(esmi):
    results = chains(esmi)
    figure = mm.traces(results, rhats(esmi, dict.fromkeys(NAMES, 1.004) | {"honos_total": 1.126}))
    assert mm.check(figure, smallest=8.5) == ()
    assert (
        "16 imputed variables: means by sweep, 50 chains, 20 sweeps. Largest R-hat 1.13: HoNOS "
        "total." in figure.alt
    )
    axes = panel(figure, NAMES.index("honos_total"))
    lines = [line for line in axes.lines if to_hex(line.get_color()) == FIRST]
    low, high = (line.get_ydata() for line in axes.lines if to_hex(line.get_color()) == GREY)
    own = results[results["variable"] == "honos_total"].groupby("sweep")["mean"]
    assert len(lines) == 5
    assert list(low) == list(own.min())
    assert list(high) == list(own.max())
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == own.max().max()


def test_up_to_ten_chains_are_all_lines_without_a_band(esmi):
    figure = mm.traces(chains(esmi, ["ctq_total"], m=10))
    assert len(panel(figure).lines) == 10
    assert not panel(figure).collections
    assert "band" not in joined(figure)
    assert "R-hat" not in joined(figure) + figure.alt
    assert mm.check(figure) == ()


def test_a_trace_that_does_not_vary_and_one_with_gaps_are_drawn(esmi):
    results = chains(esmi, ["schizophrenia", "other_children_csc"], m=3, sweeps=6)
    results["mean"] = results["mean"].mask(results["variable"] == "schizophrenia", 1.0)
    results["mean"] = results["mean"].mask(
        (results["variable"] == "other_children_csc") & (results["sweep"] == 2), nan
    )
    figure = mm.traces(results, rhats(esmi, {"schizophrenia": nan, "other_children_csc": 1.2}))
    assert mm.check(figure) == ()
    assert "Share of Yes, R-hat –" in words(figure)
    assert "R-hat –: not known" in joined(figure)
    assert "Largest R-hat 1.20" in figure.alt
    assert {*panel(figure).lines[0].get_ydata()} == {0.0}


def test_chains_that_stand_still_apart_have_an_infinite_rhat_that_is_the_largest(esmi):
    results = chains(esmi, ["schizophrenia", "other_children_csc"], m=3, sweeps=6)
    stuck = rhats(esmi, {"schizophrenia": inf, "other_children_csc": 1.2})
    figure = mm.traces(results, stuck)
    assert "Share of Yes, R-hat ∞" in words(figure)
    assert "Largest R-hat ∞" in figure.alt
    assert mm.check(figure) == ()


def test_suppressed_traces_are_left_out_and_said(esmi):
    results = chains(esmi, ["honos_total", "ctq_total"], m=3)
    results.loc[(results["variable"] == "ctq_total") & (results["sweep"] == 4), "status"] = (
        "suppressed"
    )
    figure = mm.traces(results)
    assert mm.check(figure) == ()
    assert "of 1 imputed variable:" in figure.alt
    assert figure.alt.endswith("Left out: suppressed values ([c]).")
    assert "Childhood trauma" not in joined(figure)
    hidden = rhats(esmi, {"honos_total": 1.5}, status="suppressed")
    figure = mm.traces(results, hidden)
    assert "Mean, R-hat [c]" in words(figure)
    assert "1.5" not in joined(figure) + figure.alt
    results["status"] = "suppressed"
    with pytest.raises(
        mm.UsageError, match=r"traces: there is nothing to draw\. Left out: suppressed values"
    ):
        mm.traces(results)


def test_where_nothing_was_imputed_at_all_there_is_no_panel(esmi):
    results = chains(esmi, ["honos_total", "ctq_total"], m=3)
    results["mean"] = results["mean"].mask(results["variable"] == "ctq_total", nan)
    figure = mm.traces(results)
    assert len(figure.drawn.axes) == 2
    assert figure.alt.endswith("Left out: missing values (–).")


def test_traces_refuse_what_they_cannot_draw(esmi, imputed, study):
    results = imputed.traces()
    with pytest.raises(mm.UsageError, match="are convergence, not chains"):
        mm.traces(imputed.convergence())
    with pytest.raises(mm.UsageError, match="are chains, not convergence"):
        mm.traces(results, results)
    with pytest.raises(mm.UsageError, match="at least two sweeps"):
        mm.traces(results[results["sweep"] == 5])
    with pytest.raises(mm.UsageError, match="no R-hat of what is drawn"):
        mm.traces(results, rhats(esmi, {"honos_total": 1.0}))
    with pytest.raises(mm.UsageError, match="no R-hat of what is drawn"):
        mm.traces(results, rhats(study, dict.fromkeys(NAMES, 1.0)))  # of another study


# ---- fraction of missing information


def test_fmi_of_the_demo_can_be_read_and_says_range_largest_and_change(stable):
    figure = mm.fmi_by_m(stable)
    assert mm.check(figure, smallest=8.5) == ()
    terms = stable[stable["variable"] != ""]
    last = terms[terms["m"] == 4].set_index("term")["fmi"]
    largest = last.idxmax()
    change = last[largest] - terms[terms["m"] == 3].set_index("term")["fmi"][largest]
    assert f"Terms: {len(last)}; FMI at m = 4: {last.min():.2f} to {last.max():.2f}." in figure.alt
    assert f"{abs(change):.2f} {'more' if change > 0 else 'less'} than at m = 3." in figure.alt
    assert (
        f"Largest for {term(stable.about.study, terms.set_index('term').loc[[largest]].iloc[0])}: "
        in figure.alt
    )
    assert list(panel(figure).get_xticks()) == [2, 3, 4]
    assert len(panel(figure).lines) == len(last) == 13  # without the constant
    drawn = {tuple(line.get_ydata()) for line in panel(figure).lines}
    assert drawn == {tuple(part["fmi"]) for _, part in terms.groupby("term")}
    assert sum(to_hex(line.get_color()) == GREY for line in panel(figure).lines) == 13 - 6


def test_labels_of_near_lines_stand_apart_in_their_order(esmi):
    planted = {name: {10: 0.3, 20: 0.31, 50: 0.30 + i / 1000} for i, name in enumerate(NAMES)}
    figure = mm.fmi_by_m(fmis(esmi, planted))
    assert mm.check(figure) == ()
    first = {text.get_text(): text.get_position()[1] for text in figure.drawn.axes[0].texts}
    labels = [text for text in first if re.match(r"0\.3\d ", text)]
    assert len(labels) == 6
    assert [label[:10] for label in sorted(labels, key=first.__getitem__)][:3] == [
        "0.32 Domes",  # cas_total, 0.315 rounded half up
        "0.31 Child",
        "0.31 Subst",
    ]
    places = sorted(first[label] for label in labels)
    assert min(np.diff(places)) >= 0.15


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (0.25, "0.05 more than at m = 40."),
        (0.32, "0.02 less than at m = 40."),
        (0.3001, "to two decimals the same as at m = 40."),
    ],
)
def test_the_change_of_the_largest_is_said(esmi, before, said):
    figure = mm.fmi_by_m(
        fmis(
            esmi, {"honos_total": {20: 0.1, 40: before, 50: 0.3}, "ctq_total": {40: 0.9, 50: 0.01}}
        )
    )
    assert "FMI at m = 50: 0.01 to 0.30. Largest for HoNOS total" in figure.alt
    assert figure.alt.endswith(said)
    assert mm.check(figure) == ()


def test_steps_without_room_have_no_number(esmi):
    figure = mm.fmi_by_m(fmis(esmi, {"honos_total": dict.fromkeys((2, 3, 4, 50, 100), 0.0)}))
    assert list(panel(figure).get_xticks()) == [4, 50, 100]
    assert mm.check(figure) == ()


def test_a_suppressed_fmi_is_left_out_and_said(esmi):
    results = fmis(esmi, {"honos_total": {10: 0.1, 20: 0.2}, "ctq_total": {10: 0.66, 20: 0.77}})
    results.loc[results["term"] == "ctq_total", "status"] = "suppressed"
    figure = mm.fmi_by_m(results)
    assert mm.check(figure) == ()
    assert "Terms: 1;" in figure.alt
    assert figure.alt.endswith("Left out: suppressed values ([c]).")
    assert not re.search(r"0\.66|0\.77|Childhood", joined(figure) + figure.alt)


def test_fmi_by_m_refuses_what_it_cannot_draw(esmi, imputed, stable):
    with pytest.raises(mm.UsageError, match="are chains, not estimates"):
        mm.fmi_by_m(imputed.traces())
    with pytest.raises(mm.UsageError, match="two or more m"):
        mm.fmi_by_m(stable[stable["m"] == 6])
    once = fmis(esmi, {"honos_total": {10: 0.1, 20: 0.2}})
    twice = tidy([*once.to_dict("records"), *once.to_dict("records")], once.about, 1)
    with pytest.raises(mm.UsageError, match="of one fit"):
        mm.fmi_by_m(twice)
    with pytest.raises(
        mm.UsageError, match=r"fmi_by_m: there is nothing to draw\. Left out: suppressed values"
    ):
        mm.fmi_by_m(fmis(esmi, {"honos_total": {10: 0.1, 20: 0.2}}, status="suppressed"))
    with pytest.raises(mm.UsageError, match="two or more m"):
        mm.fmi_by_m(fmis(esmi, {"honos_total": {10: 0.1}}))


# ---- observed beside imputed


def test_imputed_bars_of_the_demo_can_be_read_and_show_both_shares(imputed):
    figure = mm.imputed_bars(mm.imputed_values(imputed))
    assert mm.check(figure, smallest=8.5) == ()
    name, study = "drug_history", imputed.cohort.study
    before = imputed.cohort.data[name]
    gap = before.isna()
    drawn = [imputed.complete(i).data.loc[gap, name] == "Yes" for i in range(1, 5)]
    yes, known = int((before == "Yes").sum()), int((~gap).sum())
    assert f"{yes} of {known} ({100 * yes / known:.1f}%)" in words(figure)
    assert f"{100 * np.mean(drawn):.1f}% of {gap.sum()}" in words(figure)
    assert figure.alt.startswith(
        "SYNTHETIC DATA. Bar chart of percentages of mother-infant dyads; groups: Observed, Imp"
    )
    bars = panel(figure).patches
    assert len(bars) == 2 * 9  # nine variables of Yes and No, composites among them
    assert [bool(one.get_hatch()) for one in bars] == [False, True] * 9
    assert f"In the table alone: {study.label('ethnicity')}; " in joined(figure)
    assert study.label("dv_any").split(" (")[0] in joined(figure)


def test_chosen_variables_show_their_levels(imputed):
    values = mm.imputed_values(imputed)
    chosen = values[values["variable"].isin(["ethnicity", "learning_difficulties"])]
    figure = mm.imputed_bars(chosen)
    assert mm.check(figure) == ()
    together = imputed.cohort.study.codings["ethnicity"].merged
    assert {*together, "Ethnicity"} <= {" ".join(text.split()) for text in words(figure)}
    assert "In the table alone" not in joined(figure)
    widths = [bar.get_width() for bar in panel(figure).patches]
    drawn = chosen[(chosen["level"] != "No") & (chosen["statistic"] == "percent")]
    assert sorted(widths) == pytest.approx(sorted(drawn["value"]))


def test_a_suppressed_imputed_share_is_left_out_and_said(esmi):
    common = {
        "block": "",
        "variable": "dv_any",
        "level": "Yes",
        "statistic": "percent",
        "missing": 0,
    }
    rows = [
        common | {"group": "observed", "value": 100.0, "n": 248, "denominator": 248},
        common
        | {"group": "imputed", "value": 43.7, "n": nan, "denominator": 30, "status": "suppressed"},
    ]
    about = About("summaries", esmi, SYNTHETIC, BESIDE)
    figure = mm.imputed_bars(tidy(rows, about, 1))
    assert mm.check(figure) == ()
    assert {"[c]", "248 of 248 (100.0%)"} <= {*words(figure)}
    assert figure.alt.endswith("Left out: suppressed values ([c]).")
    assert "43.7" not in joined(figure) + figure.alt
    assert len(panel(figure).patches) == 1
    rows[1] |= {"status": "shown"}
    figure = mm.imputed_bars(tidy(rows, replace(about, source=Source("restricted", 279, "")), 1))
    assert (
        "Domestic abuse (CAS at or above the cut-off): 248 of 248 (100.0%), 43.7% of 30."
        in figure.alt
    )
    assert "SYNTHETIC" not in joined(figure) + figure.alt


def test_imputed_bars_refuse_what_they_cannot_draw(imputed, demo):
    with pytest.raises(mm.UsageError, match="are chains, not summaries"):
        mm.imputed_bars(imputed.traces())
    with pytest.raises(mm.UsageError, match="groups observed and imputed"):
        mm.imputed_bars(mm.summarise(demo, ["dv_any"], ["involved_t1"]))
    values = mm.imputed_values(imputed)
    of_a_number = mm.imputed_bars(values[values["variable"] == "ctq_total"])
    assert str(of_a_number) == "There is nothing to draw here."
