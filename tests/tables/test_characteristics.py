"""Comparisons in a table of characteristics: every printed number against one made another way."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from papermill.cli import _resolve_type

import mothers_margins as mm

SIDES = ("involved_t1", "not_involved_t1")


def notes(table: mm.Table) -> str:
    return "\n".join(text for _, text in table.notes)


def compared(cohort: mm.Cohort, variables: list[str], sides: tuple[str, str] = SIDES) -> mm.Table:
    summary = mm.summarise(cohort, variables, ["all_t1", *sides], 1)
    return mm.characteristics(summary, comparisons=mm.compare(cohort, variables, sides, 1))


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


def test_fishers_p_is_marked_and_the_other_has_a_column_of_its_own(demo):
    table = compared(demo, ["ethnicity"])
    head = table.sections[0].rows[0]
    keys = [column.key for column in table.columns]
    quoted = head.cells[keys.index("p")]
    tests = mm.compare(demo, ["ethnicity"], SIDES).set_index("test")["p_value"]
    assert table.print(quoted) == f"{tests['fisher_exact']:.3f}"
    other = head.cells[keys.index("other_p")]
    assert table.print(other) == f"{tests['chi_squared']:.3f}" != table.print(quoted)
    assert "p" not in table.print(head.cells[keys.index("test")])
    assert [column.heading for column in table.columns if column.key == "other_p"] == [
        "p by chi-squared"
    ]
    (said,) = [text for mark, text in table.notes if mark == quoted.mark != ""]
    assert said == "Fisher's exact test, in place of chi-squared by the study's rule."


def test_without_fishers_there_is_one_p_and_no_word_of_it(demo):
    table = compared(demo, ["age_years", "relationship"])
    assert "other_p" not in [column.key for column in table.columns]
    assert "Fisher" not in notes(table)
    assert "Wilcoxon" not in notes(table)  # no median is shown


def test_tests_are_counted_of_the_table_and_of_nothing_else(demo):
    """Variables that body tables put together were compared beside those of the whole table."""
    plan = demo.study.planned("characteristics", 1)
    tests = mm.compare(demo, plan.variables, plan.pair, 1)
    summary = mm.summarise(demo, plan.variables, plan.groups, 1)
    said = notes(mm.characteristics(summary, plan.name, comparisons=tests))
    own = demo.study.plan(plan.name).variables
    tested = tests[tests["variable"].isin(own) & (tests["test"] != "")]
    assert tested["variable"].nunique() < tests[tests["test"] != ""]["variable"].nunique()
    # a row of results for each p: of each test of a variable or of a level
    p_values = len(tested[["variable", "level", "test"]].drop_duplicates())
    number = tested["variable"].nunique()
    assert f"{number} variables tested, with {p_values} p-values, without" in said


def test_where_the_other_p_has_no_column_it_is_not_counted(demo):
    plan = demo.study.planned("needs", 1)
    tests = mm.compare(demo, plan.variables, plan.pair, 1)
    assert (tests["test"] == "fisher_exact").any()  # else there would be nothing to count
    table = mm.needs(
        mm.summarise(demo, plan.variables, plan.groups, 1), plan.name, comparisons=tests
    )
    assert "26 variables tested, with 26 p-values, without" in notes(table)


def test_whom_a_question_concerns_is_said_in_its_row(demo):
    """137 is the number of those known among the concerned, not of those known."""
    table = compared(demo, ["other_children_csc", "learning_difficulties"])
    labels = [row.label for section in table.sections for row in section.rows]
    title = "Children's social care involvement with other children, among those concerned"
    assert title in labels
    assert "Learning difficulties" in labels
    known = demo.data["other_children_csc"].notna() & demo.data["involved_t1"].notna()
    assert f" of {known.sum()} (" in table.quote("other_children_csc", "all_t1", "Yes")
    assert "among those concerned where a row says so" in notes(table)
    assert "concerned" not in notes(compared(demo, ["learning_difficulties"]))


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
    # ethnicity by Fisher's test and chi-squared, the score by t and, beside its median, by ranks
    assert re.search(r"\b2 variables tested, with 4 p-values, without adjustment", said)
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


@pytest.mark.parametrize("typed", ["false", "no", "No", "0", "true", "1", "yes", "none"])
def test_a_flag_that_papermill_hands_over_as_something_else_is_refused(table_1, typed):
    """`papermill -p percent false` hands over text, which Python takes for true."""
    given = _resolve_type(typed)
    assert given is not True
    assert given is not False
    for flag in ("percent", "as_published"):
        with pytest.raises(mm.UsageError, match=f"^characteristics: {flag} must be True or False"):
            mm.characteristics(table_1, **{flag: given})


def test_flags_of_comparisons_are_true_or_false(cohort):
    with pytest.raises(mm.UsageError, match=r"^compare: exact must be True or False"):
        mm.compare(cohort, ["living_with_partner"], ("hssi", "lssi"), exact="no")
