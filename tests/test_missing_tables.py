"""Tables and text of imputation: planted results with numbers worked by hand, and a short run of
the demo.
"""

import re
from importlib.metadata import version
from math import exp, log, nan

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.analysis.missing_data.imputed import ALL
from mothers_margins.analysis.missing_data.patterns import BESIDE
from mothers_margins.results.results import NOT_LOCKED, About, Lock, Results, tidy
from mothers_margins.study.study import Source
from mothers_margins.wording.terms import DONE_TO_ROWS, IN_CHAINS

SYNTHETIC = Source("synthetic", 279, "Made up.")
RESTRICTED = Source("restricted", 279, "For the team.")
ABUSE, TRAUMA = "Domestic abuse (CAS at or above the cut-off)", "Childhood trauma (CTQ total)"


def event(engine: str, variable: str, code: str, n: float = nan, of: float = nan, **more) -> dict:
    row = {
        "engine": engine,
        "variable": variable,
        "event": code,
        "group": "all",
        "n": n,
        "denominator": of,
    }
    return row | more


def events(study: mm.Study, *rows: dict, source: Source = SYNTHETIC) -> Results:
    return tidy(list(rows), About("events", study, source, ALL), 1)


def run(study: mm.Study, source: Source = SYNTHETIC, **more) -> Results:
    """A run of 200 of 205 dyads, with 8 chains."""
    return events(
        study,
        event("run", "", "imputations", setting=8),
        event("run", "", "sweeps", setting=12),
        event("run", "", "seed", setting=7),
        event("imputation", "involved_t1", "outcome_not_known", 5, 205),
        event("imputation", "readmitted_1y", "auxiliary_left_out"),
        event("imputation", "ctq_total", "imputed", 31, 200, method="pmm", setting=5, **more),
        event("imputation", "learning_difficulties", "imputed", 9, 200, method="logit"),
        event("imputation", "dv_any", "made_from_parts", 12, 200, variables="ctq_total"),
        event("chains", "learning_difficulties", "augmented", chains=6, chains_in_all=8),
        event("chains", "ctq_total", "augmented", chains=2, chains_in_all=8),
        source=source,
    )


def one(variable: str, level: str, estimate: float, error: float, **more) -> dict:
    usual = {
        "outcome": "involved_t1",
        "model": "adjusted",
        "method": "imputed",
        "specification": "protocol",
    }
    usual |= dict.fromkeys(("df", "profile_low", "profile_high", "profile_p"), nan)
    usual |= {
        "term": f"{variable}[{level}]",
        "variable": variable,
        "level": level,
        "reference": "No" if level else "",
    }
    usual |= {
        "estimate": estimate,
        "std_error": error,
        "p_value": 0.04,
        "n": 200,
        "n_events": 80,
        "m": 8,
    }
    return (
        usual
        | {"conf_low": estimate - 0.5, "conf_high": estimate + 0.5, "fmi": 0.1, "mc_error": 0.01}
        | more
    )


def estimates(study: mm.Study, *rows: dict, source: Source = SYNTHETIC, lock: Lock = "") -> Results:
    return tidy(list(rows), About("estimates", study, source, {}, lock), 1)


CASES = {
    "method": "complete_case",
    "n": 150,
    "n_events": 51,
    "m": pd.NA,
    "fmi": nan,
    "mc_error": nan,
}


def complete(study: mm.Study, source: Source = SYNTHETIC, **more) -> Results:
    rows = (
        one("dv_any", "Yes", log(2), 0.4, **CASES | more),
        one("ctq_total", "", log(1.285), 0.1, **CASES | more),
    )
    return estimates(study, *rows, source=source)


def filled(study: mm.Study, source: Source = SYNTHETIC, lock: Lock = "", **more) -> Results:
    rows = (
        one("dv_any", "Yes", log(2.5), 0.3, fmi=0.245, mc_error=0.03, **more),
        one("ctq_total", "", log(1.2), 0.08, mc_error=0.002, **more),
    )
    return estimates(study, *rows, source=source, lock=lock)


def unknown(study: mm.Study, **more) -> Results:
    return events(
        study,
        event("data", "ctq_total", "known", 172, 205),
        event("data", "ctq_total", "missing", 30, 205, reason="form not completed", **more),
        event("data", "ctq_total", "missing", 3, 205, reason="too_few_items"),
        event("data", "learning_difficulties", "known", 196, 205),
        event("data", "learning_difficulties", "missing", 9, 205, reason="not known"),
        event("data", "schizophrenia", "known", 205, 205),
        event("data", "other_children_csc", "known", 100, 205),
        event("data", "other_children_csc", "not_applicable", 105, 205, reason="does not apply"),
    )


def notes(table: mm.Table) -> str:
    return "\n".join(text for _, text in table.notes)


def texts(table: mm.Table) -> list[list[str]]:
    return [
        [row.label, *map(table.print, row.cells)]
        for section in table.sections
        for row in section.rows
    ]


# ---- the log of a run


def test_the_log_says_settings_participants_and_chains_in_words(esmi):
    table = mm.imputation_log(run(esmi))
    assert [section.title for section in table.sections] == [
        "Settings",
        "What was done to mother-infant dyads",
        "What happened in the chains",
    ]
    found = texts(table)
    assert found[:3] == [
        ["Imputations", "", "8"],
        ["Sweeps of each chain", "", "12"],
        ["Seed", "", "7"],
    ]
    assert found[3][1:] == ["outcome not known: not in this run", "5 of 205 mother-infant dyads"]
    assert found[4][2] == ""  # a rule without a number
    assert found[5] == [
        TRAUMA,
        "imputed by predictive mean matching (pmm), shifted by 5",
        "31 of 200 mother-infant dyads",
    ]
    assert found[6][1] == "imputed by logistic regression (logit)"
    assert found[7] == [ABUSE, f"made from its parts: {TRAUMA}", "12 of 200 mother-infant dyads"]
    assert found[8] == ["Learning difficulties", "augmented", "6 of 8 chains"]
    assert "SYNTHETIC DATA" in table.to_html()
    hidden = mm.imputation_log(run(esmi, status="suppressed"))
    assert texts(hidden)[5] == [TRAUMA, "imputed by predictive mean matching (pmm)", "[c]"]
    assert [row for k, row in enumerate(texts(hidden)) if k != 5] == [
        row for k, row in enumerate(found) if k != 5
    ]
    with pytest.raises(mm.UsageError, match="not the events of an imputation"):
        mm.imputation_log(unknown(esmi))


def test_who_is_not_in_the_run_is_counted_among_all(demo):
    """One of 279 has no known outcome; the run is of the other 278."""
    imputed = mm.impute(demo, "involved_t1", m=2, burnin=1, progress=False)
    table = mm.imputation_log(imputed.events())
    rows = {row[1]: row[2] for row in texts(table)}
    assert rows["outcome not known: not in this run"] == "1 of 279 mother-infant dyads"
    gap = imputed.cohort.data["learning_difficulties"].isna().sum()
    assert [
        "Learning difficulties",
        "imputed by logistic regression (logit)",
        f"{gap} of 278 mother-infant dyads",
    ] in (texts(table))
    assert not [name for name in demo.study.declared if "_" in name and name in table.to_html()]
    assert not [
        code for code in (*DONE_TO_ROWS, *IN_CHAINS) if "_" in code and code in table.to_html()
    ]


# ---- imputed beside observed


def beside(study: mm.Study, both: bool = False, **more) -> Results:
    """Of learning difficulties 20 observed (4 yes), and 5 imputed; of the CTQ total 30 and 15.

    more: of the imputed share of Yes, or of both shares.
    """
    rows = []
    for group, n, share, mean, sd in (
        ("observed", 20, 20.0, 41.25, 10.04),
        ("imputed", 5, 12.5, 44.0, 9.0),
    ):
        usual = {"block": "", "group": group, "missing": 0}
        of = usual | {"variable": "learning_difficulties", "statistic": "percent", "denominator": n}
        own = more if group == "imputed" else {}
        counts = (share * n / 100, n - share * n / 100) if group == "observed" else (nan, nan)
        rows += [of | {"level": "Yes", "value": share, "n": counts[0]} | own]
        rows += [of | {"level": "No", "value": 100 - share, "n": counts[1]} | (own if both else {})]
        numbers = usual | {"variable": "ctq_total", "level": "", "denominator": n + 10, "n": n + 10}
        rows += [
            numbers | {"statistic": "mean", "value": mean},
            numbers | {"statistic": "sd", "value": sd},
        ]
    return tidy(rows, About("summaries", study, SYNTHETIC, BESIDE), 1)


def test_imputed_values_stand_beside_observed_ones_with_their_numbers(esmi):
    table = mm.imputed_beside_observed(beside(esmi))
    assert texts(table) == [
        ["Number of values", "20", "5"],
        ["Yes", "20.0%", "12.5%"],
        ["No", "80.0%", "87.5%"],
        ["Number of values", "30", "15"],
        ["mean (SD)", "41.3 (10.0)", "44.0 (9.0)"],  # a half goes up
    ]
    assert "A composite" not in notes(table)
    assert table.mark == "SYNTHETIC DATA"
    hidden = texts(
        mm.imputed_beside_observed(beside(esmi, status="suppressed"))
    )  # their number stands beside No
    assert hidden[:3] == [
        ["Number of values", "20", "5"],
        ["Yes", "20.0%", "[c]"],
        ["No", "80.0%", "87.5%"],
    ]
    hidden = texts(mm.imputed_beside_observed(beside(esmi, both=True, status="suppressed")))
    assert hidden[:3] == [
        ["Number of values", "20", "[c]"],
        ["Yes", "20.0%", "[c]"],
        ["No", "80.0%", "[c]"],
    ]
    with pytest.raises(mm.UsageError, match="not the results of imputed_values"):
        mm.imputed_beside_observed(
            beside(esmi).query("group == 'observed'").pipe(_among, esmi, "observed")
        )
    with pytest.raises(mm.UsageError, match="not summaries"):
        mm.imputed_beside_observed(run(esmi))


def _among(frame: Results, study: mm.Study, group: str) -> Results:
    frame.about = About("summaries", study, SYNTHETIC, {group: BESIDE[group]})
    return frame


# ---- precision


def test_precision_by_hand(esmi):
    """OR 2.5 with Monte Carlo error 0.03 of its log: 0.075, a tenth of 0.3. FMI .245: 1 + 4.9²/2 =
    13.005, so 14.
    """
    table = mm.precision(filled(esmi))
    assert texts(table) == [
        [ABUSE, "24.5%", "2.50", "0.08", "10.0%", "14"],
        [f"{TRAUMA}, per 10 points", "10.0%", "1.20", "0.00", "2.5%", "3"],
    ]
    assert "Adjusted estimates from 8 imputations." in notes(table)
    assert table.caption == "How precise the imputed estimates are"
    few = filled(esmi, m=4)
    assert texts(mm.precision(mm.stack(few, filled(esmi)))) == texts(
        table
    )  # of several m the largest


def test_precision_marks_hides_and_refuses(esmi):
    assert mm.precision(filled(esmi, lock="open")).caption.startswith(f"{NOT_LOCKED}. ")
    hidden = mm.precision(filled(esmi, status="suppressed"))
    assert [row[1:] for row in texts(hidden)] == [["[c]"] * 5] * 2
    assert "Adjusted estimates from [c] imputations." in notes(hidden)
    with pytest.raises(mm.UsageError, match="no pooled adjusted estimate"):
        mm.precision(complete(esmi))
    for other in (
        {"method": "imputed_shifted"},
        {"outcome": "involved_t2"},
        {"specification": "all_levels"},
    ):
        with pytest.raises(mm.UsageError, match="several outcomes, models or methods"):
            mm.precision(mm.stack(filled(esmi), filled(esmi, **other)))


# ---- numbers in 100


def predictions(study: mm.Study, source: Source = SYNTHETIC, lock: Lock = "", **more) -> Results:
    shares = {"Yes": (0.474, 0.385, 0.566), "No": (0.296, 0.2451, 0.3549)}
    rows = []
    for method in ("complete_case", "imputed_firth"):
        own = {
            "method": method,
            "m": 8 if "imputed" in method else pd.NA,
            "n": 200 if "imputed" in method else 150,
        }
        for level in ("No", "Yes"):
            share, low, high = shares[level]
            usual = dict.fromkeys(("std_error", "df", "fmi", "mc_error"), 0.1)
            usual |= {"outcome": "involved_t1", "specification": "protocol", "model": "adjusted"}
            usual |= {"variable": "dv_any", "level": level}
            rows.append(
                usual
                | own
                | {"estimate": share, "conf_low": low, "conf_high": high, "n_events": 60}
                | more
            )
    return tidy(rows, About("predictions", study, source, {}, lock), 1)


def test_numbers_in_100_by_hand(esmi):
    table = mm.per_hundred(predictions(esmi))
    assert [column.heading for column in table.columns] == [
        "Complete cases: in 100 (95% CI)",
        "Imputed, Firth: in 100 (95% CI)",
    ]
    assert texts(table) == [["No", *["30 (25 to 35)"] * 2], ["Yes", *["47 (39 to 57)"] * 2]]
    said = notes(table)
    assert "Complete cases: 150 mother-infant dyads, 60 with the outcome.\n" in said
    assert (
        "Imputed, Firth: 200 mother-infant dyads, 60 with the outcome, pooled on the logit scale "
        "from 8" in said
    )
    assert "(FLIC)" in said
    assert (
        table.caption
        == "Adjusted numbers in 100 with: Children's social care involvement at timepoint 1"
    )


def test_a_sentence_of_them_carries_its_marks(esmi):
    sentence = mm.in_words(predictions(esmi), "dv_any", "imputed_firth")
    words = (
        f"{ABUSE}. Yes: about 47 in 100 (39 to 57), compared with No: about 30 in 100 (25 to 35)."
    )
    assert sentence == f"{words} SYNTHETIC DATA."
    restricted = predictions(esmi, RESTRICTED, "open")
    assert mm.in_words(restricted, "dv_any", "complete_case") == f"{words} {NOT_LOCKED}."
    assert mm.per_hundred(restricted).caption.startswith(f"{NOT_LOCKED}. ")
    assert mm.per_hundred(restricted).mark == ""
    hidden = mm.in_words(predictions(esmi, status="suppressed"), "dv_any", "imputed_firth")
    assert hidden == f"{ABUSE}. Yes: about [c], compared with No: about [c]. SYNTHETIC DATA."
    said = mm.per_hundred(predictions(esmi, status="suppressed"))
    assert not {"150", "200", "60"} & {*re.findall(r"\d+", said.to_html())}
    assert (
        "Imputed, Firth: [c] mother-infant dyads, [c] with the outcome, pooled on the logit "
        "scale from [c] " in (notes(said))
    )


def test_numbers_in_100_refuse_what_is_not_theirs(esmi):
    with pytest.raises(mm.UsageError, match="several outcomes or models"):
        mm.per_hundred(mm.stack(predictions(esmi), predictions(esmi, outcome="involved_t2")))
    with pytest.raises(mm.UsageError, match="not predictions"):
        mm.per_hundred(filled(esmi))
    for variable, method in (("ctq_total", "imputed_firth"), ("dv_any", "imputed")):
        with pytest.raises(mm.UsageError, match=f"no predictions of {variable} by {method}"):
            mm.in_words(predictions(esmi), variable, method)


# ---- odds ratios with imputed columns


def test_imputed_odds_ratios_stand_beside_complete_cases_and_say_how_they_were_pooled(esmi):
    """Largest FMI .245, which is 25% half up; largest Monte Carlo error 0.03 of 0.3, a tenth."""
    table = mm.odds_ratios([complete(esmi), filled(esmi)])
    assert [column.spanner for column in table.columns[::2]] == [
        "Adjusted (complete cases)",
        "Adjusted (imputed)",
    ]
    assert (
        table.quote("dv_any", "adjusted_imputed", "Yes")
        == f"2.50 ({2.5 * exp(-0.5):.2f} to {2.5 * exp(0.5):.2f})"
    )
    assert table.quote("ctq_total", "adjusted_complete_case").startswith(
        "1.29 ("
    )  # 1.285, a half goes up
    assert (
        "Imputed: 8 imputations by chained equations, pooled by Rubin's rules; p and intervals "
        "against t with the "
        "degrees of freedom of Rubin (1987), as in Stata for a logistic regression. At most 25% "
        "of an estimate's "
        "information is missing; Monte Carlo errors are at most 10% of a standard error."
    ) in notes(table)
    assert "Adjusted, imputed: 200 mother-infant dyads, 80 with the outcome, 2 parameters" in notes(
        table
    )
    assert "Unadjusted" not in notes(table)  # there are none
    assert "likelihood-ratio" not in notes(table)


def test_the_pooling_note_says_no_number_that_is_hidden_or_not_known(esmi):
    said = notes(mm.odds_ratios(filled(esmi, status="suppressed")))
    assert "of an estimate's information" not in said
    assert "Imputed: [c] imputations by chained equations" in said
    assert "Adjusted, imputed: [c] mother-infant dyads, [c] with the outcome" in said
    assert not {"8", "200", "80"} & {*re.findall(r"\d+", said)}
    two = estimates(esmi, one("dv_any", "Yes", 0.5, 0.3, m=2, mc_error=nan))
    assert "At most 10% of an estimate's information is missing." in notes(mm.odds_ratios(two))


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("imputed_direct", "imputed; composites imputed as they are"),
        ("imputed_firth_missing_as_no", "imputed, Firth; missing composites as no"),
        ("imputed_firth_shifted", "imputed, Firth; shifted, not at random"),
        ("unknown_as_yes", "unknown outcomes as yes"),
    ],
)
def test_a_sensitivity_run_is_named_in_its_column_and_notes(esmi, method, words):
    table = mm.odds_ratios([filled(esmi), filled(esmi, method=method)])
    assert table.columns[-1].spanner == f"Adjusted ({words})"
    assert f"Adjusted, {words}: 200 mother-infant dyads" in notes(table)


def test_what_was_left_out_is_said_without_an_empty_name(esmi):
    left = event("model", "", "term_not_known", 55, 205)
    said = notes(mm.odds_ratios(complete(esmi), done=events(esmi, left)))
    assert "\nLeft out: participants with an explanatory variable not known (55).\n" in said


def test_estimates_of_two_sources_are_not_stacked(esmi):
    assert len(mm.stack(complete(esmi), filled(esmi))) == 4
    with pytest.raises(mm.UsageError, match="one kind, one study and one source"):
        mm.stack(filled(esmi), filled(esmi, RESTRICTED))
    with pytest.raises(mm.UsageError, match="one kind, one study and one source"):
        mm.stack(filled(esmi), run(esmi))


# ---- the account for a report


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
        "**Beside the complete cases.** Complete cases: 51 with the outcome; imputed: 80. The "
        "adjusted odds ratio that "
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
        "run is what Imputed.events returns": (1, unknown(esmi)),
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
        "**Beside the complete cases.** Complete cases: [c] with the outcome; imputed: [c]. The "
        "adjusted odds ratio "
        "that differs most: [c]."
    )
    other = filled(esmi, method="imputed_shifted", status="suppressed")
    said = mm.treatment_of_missing_data(*good, [other]).text.split("\n\n")
    assert said[8] == "- Imputed; shifted, not at random: the odds ratio that moved most: [c]."
