"""Tables of comparisons, odds ratios, checks and needs: every printed number against one made
another way.
"""

import re
from dataclasses import replace
from math import exp

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.rounding import p_rounded
from mothers_margins.study.read_study import read_study

from .conftest import REPOSITORY

SIDES = ("involved_t1", "not_involved_t1")


@pytest.fixture(scope="module")
def fit(demo) -> mm.Fit:
    return mm.fit_logistic(demo, "protocol", outcome="involved_t1")


@pytest.fixture(scope="module")
def ratios(fit) -> mm.Table:
    return mm.odds_ratios(fit.to_frame(), fit.tabulated(), fit.events())


def notes(table: mm.Table) -> str:
    return "\n".join(text for _, text in table.notes)


def compared(cohort: mm.Cohort, variables: list[str], sides: tuple[str, str] = SIDES) -> mm.Table:
    summary = mm.summarise(cohort, variables, ["all_t1", *sides], 1)
    return mm.characteristics(summary, comparisons=mm.compare(cohort, variables, sides, 1))


# ---- odds ratios


def test_limits_are_exponentiated_and_standard_errors_are_not(ratios, fit):
    low, high = fit.conf_int().loc["age_years"]
    expected = f"{exp(fit.params['age_years']):.2f} ({exp(low):.2f} to {exp(high):.2f})"
    assert ratios.quote("age_years", "adjusted_firth") == expected
    low, high = fit.profile_int().loc["age_years"]
    assert (
        ratios.quote("age_years", "adjusted_firth_profile") == f"{exp(low):.2f} to {exp(high):.2f}"
    )
    (alone,) = [part for part in fit.unadjusted if "age_years" in part.params]
    assert ratios.quote("age_years", "unadjusted_firth").startswith(
        f"{exp(alone.params['age_years']):.2f} ("
    )
    assert ratios.quote("age_years", "adjusted_firth_p") == f"{fit.pvalues['age_years']:.3f}"


def test_numbers_with_the_outcome_are_those_of_the_complete_cases(ratios, demo, esmi):
    whole = demo.data[["involved_t1", *esmi.terms("protocol", "involved_t1")]].dropna()
    table = pd.crosstab(whole["schizophrenia"], whole["involved_t1"])
    assert (
        ratios.quote("schizophrenia", "events", "Yes")
        == f"{table.loc['Yes', 'Yes']} of {table.loc['Yes'].sum()}"
    )
    small = whole["ethnicity"].isin(["Asian", "Mixed or Other"])
    expected = f"{(whole['involved_t1'][small] == 'Yes').sum()} of {small.sum()}"
    assert ratios.quote("ethnicity", "events", "Asian, Mixed or Other") == expected
    assert ratios.quote("ethnicity", "adjusted_firth", "White British") == "reference"


def test_a_variable_with_several_levels_has_one_joint_p(ratios, fit):
    assert (
        ratios.quote("ethnicity", "adjusted_firth_p") == f"{fit.wald_test('ethnicity').pvalue:.3f}"
    )
    assert ratios.quote("ethnicity", "adjusted_firth") == ""


def test_the_notes_say_method_size_parameters_and_events_for_each(ratios, demo, esmi):
    whole = demo.data[["involved_t1", *esmi.terms("protocol", "involved_t1")]].dropna()
    events = (whole["involved_t1"] == "Yes").sum()
    said = notes(ratios)
    size = (
        f"{len(whole)} mother-infant dyads, {events} with the outcome, 13 parameters besides "
        "the constant"
    )
    assert f"{size}, {events / 13:.1f} events per parameter" in said
    assert "Firth: penalised likelihood, standard errors from the ordinary information" in said
    assert f"not known ({278 - len(whole)})" in said
    assert "fewer than 5 in a cell: Diagnosis of schizophrenia; Learning difficulties." in said
    assert "put together: Ethnicity: Asian, Mixed or Other" in said
    assert "not an effect" in said
    assert "SYNTHETIC DATA" in ratios.to_html()


def test_rows_stand_under_the_headings_of_the_protocol(ratios):
    assert [section.title for section in ratios.sections] == [
        "Socio-demographics",
        "Clinical variables",
        "Wider needs",
    ]
    (age, *_) = ratios.sections[0].rows
    assert age.label == "Mother's age, per 5 years"


def test_a_variable_from_between_the_timepoints_has_a_footnote(demo):
    fit = mm.fit_logistic(demo, "published_2023", outcome="involved_t2")
    table = mm.odds_ratios(fit.to_frame())
    (row,) = [
        row for section in table.sections for row in section.rows if row.variable == "readmitted_1y"
    ]
    marks = {cell.mark for cell in row.cells if cell.mark}
    assert [text for mark, text in table.notes if mark in marks] == [
        "Recorded between the timepoints, after timepoint 1."
    ]
    assert (
        "re-admission" in table.caption
    )  # the model departs from the protocol, and the caption names it


def test_the_main_model_is_not_named_and_a_departure_is(ratios, demo):
    assert ratios.caption == "Associations with: Children's social care involvement at timepoint 1"
    levels = mm.fit_logistic(demo, "all_levels")
    table = mm.odds_ratios(levels.to_frame())
    assert table.caption.endswith("Every level of ethnicity and of deprivation on its own")
    assert "smallest groups are put together" not in notes(table)  # that coding is the main model's


def test_several_outcomes_stand_side_by_side_adjusted_only(demo):
    fits = [
        mm.fit_logistic(demo, "protocol", outcome=name)
        for name in ("involved_t2_plans", "continued")
    ]
    table = mm.odds_ratios([fit.to_frame() for fit in fits])
    assert [column.key for column in table.columns] == [
        *(
            "involved_t2_plans_protocol_adjusted_firth",
            "involved_t2_plans_protocol_adjusted_firth_p",
        ),
        *("continued_protocol_adjusted_firth", "continued_protocol_adjusted_firth_p"),
    ]
    expected = f"{exp(fits[1].params['age_years']):.2f} ("
    assert table.quote("age_years", "continued_protocol_adjusted_firth").startswith(expected)


def test_odds_ratios_refuse_what_is_no_estimate(demo, fit):
    with pytest.raises(mm.UsageError, match="these results are events, not estimates"):
        mm.odds_ratios(fit.events())
    with pytest.raises(mm.UsageError, match="no estimates were given"):
        mm.odds_ratios([])
    with pytest.raises(mm.UsageError, match="does not say which study"):
        mm.odds_ratios(pd.DataFrame(fit.to_frame()))


def test_available_case_stands_alone_and_says_what_it_is(demo):
    table = mm.odds_ratios(mm.available_case(demo, "protocol"))
    assert {column.spanner for column in table.columns} == {"Unadjusted (each on all known)"}


# ---- comparisons in a table of characteristics


def test_the_difference_the_test_and_p_stand_in_the_row(demo):
    table = compared(demo, ["age_years", "schizophrenia"])
    known = demo.data[["involved_t1", "schizophrenia"]].dropna()
    counts = pd.crosstab(known["involved_t1"], known["schizophrenia"])
    share = counts["Yes"] / counts.sum(axis=1)
    points = 100 * (share["Yes"] - share["No"])
    assert table.quote("schizophrenia", "difference", "Yes").startswith(f"{points:.1f} (")
    a, b = counts.loc["Yes"], counts.loc["No"]
    n, cross = counts.to_numpy().sum(), a["Yes"] * b["No"] - a["No"] * b["Yes"]
    chi2 = (
        n * cross**2 / (a.sum() * b.sum() * counts["Yes"].sum() * counts["No"].sum())
    )  # the 2 x 2 formula
    assert table.quote("schizophrenia", "test", "Yes") == f"χ²(1) = {chi2:.2f}"
    ages = demo.data.groupby("involved_t1", observed=True)["age_years"].mean()
    gap = f"{abs(ages['Yes'] - ages['No']):.1f}"
    assert table.quote("age_years", "difference").startswith(f"\N{MINUS SIGN}{gap} (")
    assert table.quote("age_years", "test").startswith("t(276) = ")


def test_a_variable_of_yes_and_no_takes_one_row_with_what_is_not_known(demo):
    table = compared(demo, ["learning_difficulties"])
    labels = [row.label for row in table.sections[0].rows]
    assert labels == ["Learning difficulties", "Not known"]


def test_fishers_p_is_marked_as_the_one_quoted_with_the_other_in_brackets(demo):
    table = compared(demo, ["ethnicity"])
    head = table.sections[0].rows[0]
    keys = [column.key for column in table.columns]
    quoted = head.cells[keys.index("p")]
    tests = mm.compare(demo, ["ethnicity"], SIDES).set_index("test")["p_value"]
    assert table.print(quoted) == f"{tests['fisher_exact']:.3f}"
    assert f"(p {tests['chi_squared']:.3f})" in table.print(head.cells[keys.index("test")])
    (said,) = [text for mark, text in table.notes if mark == quoted.mark != ""]
    assert "quoted in place of chi-squared, by rule" in said


def test_what_is_not_tested_prints_a_dash_and_says_why(demo):
    table = compared(demo, ["safeguarding_t1"])
    head = table.sections[0].rows[0]
    assert table.print(head.cells[[column.key for column in table.columns].index("p")]) == "–"
    assert "Not tested: the groups are made from it or from part of it." in notes(table)


def test_rules_of_the_tests_stand_under_the_table(demo):
    said = notes(compared(demo, ["ethnicity", "ctq_total"]))
    assert "Pearson's chi-squared without continuity correction" in said
    assert "an expected count is below 5" in said
    assert "Student's t-test, equal variances" in said
    assert "Wilcoxon's rank-sum test without continuity correction" in said
    assert re.search(r"\b2 variables tested", said)
    rules = demo.study.file.tests.model_copy(
        update={"yates": True, "variances": "unequal", "rank_sum": "none"}
    )
    other = replace(
        demo, study=replace(demo.study, file=demo.study.file.model_copy(update={"tests": rules}))
    )
    said = notes(compared(other, ["ethnicity", "ctq_total"]))
    assert "with continuity correction" in said
    assert "Welch's t-test" in said
    assert "Wilcoxon" not in said


def test_comparisons_that_lack_a_variable_are_refused(demo):
    summary = mm.summarise(demo, ["ethnicity", "dv_any"], SIDES, 1)
    with pytest.raises(mm.UsageError, match=r"lack a variable of the table\.\n  dv_any"):
        mm.characteristics(summary, comparisons=mm.compare(demo, ["ethnicity"], SIDES, 1))


def test_denominators_of_all_are_those_whose_outcome_is_known(demo):
    plan = demo.study.plan("characteristics_t1")
    table = mm.characteristics(
        mm.summarise(demo, plan.variables, plan.groups, 1), "characteristics_t1"
    )
    assert table.size("all_t1") == 278 == demo.data["involved_t1"].notna().sum()
    second = demo.study.plan("characteristics_t2")
    sizes = [
        column.size
        for column in mm.characteristics(mm.summarise(demo, groups=second.groups)).columns
    ]
    yes, no = (int((demo.data["involved_t2"] == level).sum()) for level in ("Yes", "No"))
    assert sizes == [yes + no, yes, no]


def test_involvement_over_time_adds_up_and_its_zeros_are_by_definition(demo):
    plan = demo.study.plan("involvement_over_time")
    table = mm.characteristics(
        mm.summarise(demo, plan.variables, plan.groups), "involvement_over_time"
    )
    first, later = demo.data["involved_t1"], demo.data["involved_t2"]
    expected = {
        "continued (both)": ((first == "Yes") & (later == "Yes")).sum(),
        "new (timepoint 2 only)": ((first == "No") & (later == "Yes")).sum(),
        "ended (timepoint 1 only)": ((first == "Yes") & (later == "No")).sum(),
        "never": ((first == "No") & (later == "No")).sum(),
        "missing": (first.isna() | later.isna()).sum(),
    }
    assert sum(expected.values()) == 279
    for level, number in expected.items():
        assert table.quote("involvement_course", "everyone", level).split()[0] == str(number)
    assert "Zero by definition: there was involvement at timepoint 1." in notes(table)


# ---- needs, checks


def test_needs_count_every_domain_with_its_unknown(demo, shipped):
    plan = demo.study.plan("needs_t1")
    needs = mm.summarise(demo, plan.variables, plan.groups, 1)
    table = mm.needs(needs, "needs_t1", mm.compare(demo, plan.variables, SIDES, 1))
    assert len(table.sections[0].rows) == 26
    assert table.sections[0].rows[0].label == "Accommodation"
    inside = (demo.data["involved_t1"] == "Yes").fillna(False).to_numpy(dtype=bool)
    told = shipped["canm_01"][inside]
    unmet, known = (told == "2").sum(), told.isin(["0", "1", "2"]).sum()
    assert table.quote("canm_01", "involved_t1_2") == f"{unmet} ({100 * unmet / known:.1f}%)"
    assert table.quote("canm_01", "involved_t1_missing") == str(len(told) - known)
    assert [column.heading for column in table.columns[:4]] == [
        "No need",
        "Met need",
        "Unmet need",
        "Not known",
    ]


def test_needs_refuse_variables_that_do_not_share_their_levels(demo):
    with pytest.raises(mm.UsageError, match="do not have the same levels"):
        mm.needs(mm.summarise(demo, ["ethnicity"], ["all_t1", *SIDES]), "characteristics_t1")
    with pytest.raises(mm.UsageError, match="lack a group of the table"):
        mm.needs(mm.summarise(demo, ["ethnicity"], ["all_t1"]), "needs_t1")


def test_the_checks_stand_in_one_table_with_the_numbers_of_the_results(fit):
    checks = mm.check_model(fit)
    table = mm.diagnostics(checks)
    found = checks.set_index("statistic_name")
    area = found.loc["auc"]
    printed = {
        row.label: table.print(row.cells[0]) for section in table.sections for row in section.rows
    }
    assert (
        printed["AUC"]
        == f"{area['statistic']:.2f} ({area['conf_low']:.2f} to {area['conf_high']:.2f})"
    )
    hosmer, square = found.loc["hosmer_lemeshow", "statistic"], found.loc["square", "statistic"]
    assert printed["Hosmer-Lemeshow chi-squared"] == f"{hosmer:.2f} (8 df)"
    said = f"{square:.2f}".replace("-", "\N{MINUS SIGN}")
    assert printed["Linktest: coefficient of the square"] == said
    for row in checks[checks["check"] == "calibration"].itertuples():
        key = f"Group {row.tenth} of the fitted probability"
        assert printed[key] == f"{row.n_events} and {row.statistic:.1f}"
        assert table.quote("tenth", "n", str(row.tenth)) == str(row.n)
    vif = checks[(checks["check"] == "vif") & (checks["variable"] == "ctq_total")][
        "statistic"
    ].item()
    influence = checks[(checks["check"] == "influence") & (checks["variable"] == "ctq_total")][
        "statistic"
    ].item()
    assert printed["Childhood trauma (CTQ total), per 10 points"] == f"{vif:.2f}; {influence:.2f}"
    assert "flattered" in notes(table)
    with pytest.raises(mm.UsageError, match="not checks"):
        mm.diagnostics(fit.events())


def test_p_never_rounds_to_zero():
    assert p_rounded(0.0004, 3, "half_up") == "<0.001"
    assert p_rounded(0.0999, 3, "half_up") == "0.100"
    assert p_rounded(0.001, 3, "half_up") == "0.001"


# ---- what a definition may say of tests, models and the lock

BROKEN = {
    "a term without a heading": (
        "learning_difficulties]}\n\nregression",
        "learning_difficulties, nothing]}\n\nregression",
        "study.yaml: explanatory: no variable 'nothing'",
    ),
    "a heading that forgot a term": (
        "variables: [admissions_2y, personality_disorder,",
        "variables: [personality_disorder,",
        "'admissions_2y' stands under no heading of explanatory",
    ),
    "a lock of a model that does not exist": (
        "descriptive_only:\n",
        "lock: {locked_on: 2022-02-01, agreed_with: the LEAG, model: protocoll, terms: "
        "{involved_t1: [age_years]}}\n"
        "descriptive_only:\n",
        "study.yaml: lock: no model 'protocoll'; did you mean 'protocol'",
    ),
    "a lock without a date": (
        "descriptive_only:\n",
        "lock: {locked_on: soon, agreed_with: the LEAG, model: protocol, terms: {involved_t1: "
        "[age_years]}}\n"
        "descriptive_only:\n",
        "study.yaml: lock.locked_on",
    ),
    "a zero of a level that is none": (
        "{group: involved_t1, level: never,",
        "{group: involved_t1, level: nevermore,",
        "structural-zeros names no known level 'nevermore'",
    ),
    "also_within of a primary outcome": (
        "    kind: primary\n",
        "    kind: primary\n    also_within: {age_band: under 25}\n",
        "also_within is for exploratory outcomes",
    ),
    "another coding that names no level": (
        "      ethnicity: {reference: White British}\n",
        "      ethnicity: {reference: White Britsh}\n",
        "models.all_levels: coding.ethnicity: the reference 'White Britsh' is no level",
    ),
    "a minimum below one": (
        "  minimum_cell: 5\n",
        "  minimum_cell: 0\n",
        "study.yaml: regression.minimum_cell",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_rule_of_tests_or_models_says_what_is_wrong(tmp_path, fault):
    old, new, said = BROKEN[fault]
    folder = tmp_path / "esmi"
    folder.mkdir()
    for path in (REPOSITORY / "data_dictionary" / "esmi").iterdir():
        if path.suffix == ".yaml":
            text = path.read_text(encoding="utf-8")
            if path.name == "study.yaml":
                assert text.count(old) == 1
                text = text.replace(old, new)
            (folder / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(mm.MothersMarginsError) as error:
        read_study("esmi", folder)
    assert said in str(error.value)
