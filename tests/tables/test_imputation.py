"""Tables of imputation: planted results with numbers worked by hand, and a short run of the
demo.
"""

import re
from dataclasses import replace
from math import exp, nan

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.analysis.missing_data.patterns import BESIDE
from mothers_margins.results.results import NOT_LOCKED, About, Lock, Results, tidy
from mothers_margins.study.source import Source
from mothers_margins.wording.head_and_foot import INTERNAL
from mothers_margins.wording.logs import DONE_TO_ROWS, IN_CHAINS
from tests.planted import (
    RESTRICTED,
    SYNTHETIC,
    complete,
    estimates,
    event,
    events,
    filled,
    one,
    run,
    unknown,
)

T1 = "Children's social care involvement at timepoint 1"
ABUSE, TRAUMA = "Domestic abuse (CAS at or above the cut-off)", "Childhood trauma (CTQ total)"
ABUSE_TOTAL = "Domestic abuse (CAS total)"


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
    table = mm.imputation_log(imputed.log())
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


# ---- what the equations rest on


def account(study: mm.Study, **more) -> Results:
    """Of learning difficulties 19 Yes among 265, expected of 8.25%; the CAS total, a number."""
    usual = {"outcome": "involved_t1", "specification": "protocol"}
    rows = [
        usual
        | {"variable": "learning_difficulties", "method": "logit", "level": "Yes", "n": 19}
        | {"denominator": 265, "columns": 16, "variables": "children_total; service_type"}
        | {"observed": 19 / 265, "expected": 0.0825}
        | more,
        usual | {"variable": "cas_total", "method": "pmm", "denominator": 235, "columns": 24},
    ]
    return tidy(rows, About("equations", study, SYNTHETIC, {}), 1)


def test_the_equations_say_rarer_answer_columns_and_whether_it_is_expected_too_often(esmi):
    table = mm.equations_table(account(esmi))
    first, second = texts(table)
    assert first == [
        "Learning difficulties",
        "Logistic regression (logit)",
        "Yes: 19 of 265",
        "16",
        "Number of children; Acute service",
        "7.2%",  # 19 / 265 = 7.17
        "8.3%",  # a half goes up
    ]
    assert second == [ABUSE_TOTAL, "Predictive mean matching (pmm)", "", "24", "", "", ""]
    assert "whatever the outcome" in notes(table)
    assert table.mark == "SYNTHETIC DATA"
    hidden = texts(mm.equations_table(account(esmi, status="suppressed")))
    assert hidden[0][2:] == ["[c]", "[c]", "Number of children; Acute service", "[c]", "[c]"]
    assert hidden[1] == second
    with pytest.raises(mm.UsageError, match="not equations"):
        mm.equations_table(run(esmi))


def test_a_level_that_exists_only_put_together_has_its_own_words(esmi):
    together = account(esmi, variable="ethnicity", method="mlogit", level="Asian, Mixed or Other")
    assert texts(mm.equations_table(together))[0][2] == "Asian, Mixed or Other: 19 of 265"


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
    """OR 2.5 with Monte Carlo error 0.03 of its log: 0.075, a tenth of 0.3. FMI .245 of 8
    imputations: logit -1.12546 + 1.959964 x sqrt(2/8) = -.14548, which is .463695: 1 + 9.2739²/2
    = 44.003, so 45; FMI .1: -2.1972 + .98 = -1.2172, .22842: 1 + 4.5685²/2 = 11.44, so 12. Errors
    .02 and .03 of the log limits, log 2.5 -/+ .5: exp(.416) x .02 = .030 and exp(1.416) x .03 =
    .124.
    """
    table = mm.precision(filled(esmi))
    assert texts(table) == [
        [ABUSE, "24.5%", "2.50", "0.08", "10.0%", "0.03", "0.12", "0.004", "45"],
        [
            f"{TRAUMA}, per 10 points",
            "10.0%",
            "1.20",
            "0.00",
            "2.5%",
            "0.01",
            "0.06",
            "0.004",
            "12",
        ],
    ]
    assert "Adjusted estimates from 8 imputations." in notes(table)
    assert table.caption == (
        "How precise the imputed estimates are: Children's social care involvement at timepoint 1. "
        "Imputed: 200 mother-infant dyads, 80 with the outcome"
    )
    few = filled(esmi, m=4)
    assert texts(mm.precision(mm.stack(few, filled(esmi)))) == texts(
        table
    )  # of several m the largest


def test_precision_marks_hides_and_refuses(esmi):
    assert mm.precision(filled(esmi, lock="open")).caption.startswith(f"{NOT_LOCKED}. ")
    hidden = mm.precision(filled(esmi, status="suppressed"))
    assert [row[1:] for row in texts(hidden)] == [["[c]"] * 8] * 2
    assert "Adjusted estimates from [c] imputations." in notes(hidden)
    assert "no pooled adjusted estimate" in str(mm.precision(complete(esmi)))
    for other, title in (
        ({"method": "imputed_shifted"}, "imputed; shifted, not at random"),
        ({"outcome": "involved_t2"}, "Children's social care involvement at timepoint 2. imputed"),
        ({"specification": "all_levels"}, "Every level of ethnicity and of deprivation on its own"),
    ):
        table = mm.precision(mm.stack(filled(esmi), filled(esmi, m=5, **other)))
        assert [len(section.rows) for section in table.sections] == [2, 2]
        assert title in table.sections[1].title
        assert f"{table.sections[1].title}. Adjusted estimates from 5 imputations." in notes(table)


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
    assert table.caption == (
        "Adjusted numbers in 100 with: Children's social care involvement at timepoint 1. "
        "Complete cases: 150 mother-infant dyads, 60 with the outcome; imputed, Firth: 200, 60 "
        "with the outcome"
    )


def test_a_sentence_of_them_carries_its_marks(esmi):
    sentence = mm.in_words(predictions(esmi), "dv_any", "imputed_firth")
    yes, no = (f"the mother {said}" for said in esmi.declared["dv_any"].said.values())
    words = (
        f"Where {yes}, about 47 in 100 (39 to 57) are expected with the outcome ({T1}); "
        f"where {no}, about 30 in 100 (25 to 35)."
    )
    assert yes == "the mother faced abuse by a partner"
    assert sentence == f"{words} SYNTHETIC DATA."
    restricted = predictions(esmi, RESTRICTED, "open")
    assert mm.in_words(restricted, "dv_any", "complete_case") == f"{words} {NOT_LOCKED}."
    assert mm.per_hundred(restricted).caption.startswith(f"{NOT_LOCKED}. ")
    assert mm.per_hundred(restricted).mark == INTERNAL
    hidden = mm.in_words(predictions(esmi, status="suppressed"), "dv_any", "imputed_firth")
    assert hidden == (
        f"Where {yes}, about [c] in 100 are expected with the outcome ({T1}); "
        f"where {no}, about [c] in 100. SYNTHETIC DATA."
    )
    said = mm.per_hundred(predictions(esmi, status="suppressed"))
    assert not {"150", "200", "60"} & {*re.findall(r"\d+", said.markup())}
    assert (
        "Imputed, Firth: [c] mother-infant dyads, [c] with the outcome, pooled on the logit "
        "scale from [c] " in (notes(said))
    )


def test_a_variable_without_clauses_is_named_with_its_levels(esmi):
    derived = [
        variable.model_copy(update={"said": {}}) if variable.name == "dv_any" else variable
        for variable in esmi.file.derived
    ]
    without = replace(esmi, file=esmi.file.model_copy(update={"derived": tuple(derived)}))
    assert mm.in_words(predictions(without), "dv_any", "imputed_firth").startswith(
        f"Where {ABUSE} is Yes, about 47 in 100 (39 to 57) are expected with the outcome ({T1}); "
        f"where {ABUSE} is No, about 30"
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
    said = notes(mm.odds_ratios(complete(esmi), log=events(esmi, left)))
    assert "\nLeft out: participants with an explanatory variable not known (55).\n" in said


def test_estimates_of_two_sources_are_not_stacked(esmi):
    assert len(mm.stack(complete(esmi), filled(esmi))) == 4
    with pytest.raises(mm.UsageError, match="one kind, one study and one source"):
        mm.stack(filled(esmi), filled(esmi, RESTRICTED))
    with pytest.raises(mm.UsageError, match="one kind, one study and one source"):
        mm.stack(filled(esmi), run(esmi))
