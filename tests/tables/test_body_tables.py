"""Body tables: what of a table of characteristics fits one page, and where the rest is found."""

import re
import subprocess
from dataclasses import replace

import pytest

import mothers_margins as mm
from mothers_margins.absent import Absent
from mothers_margins.release.comparisons import released_comparisons
from mothers_margins.release.summaries import released_summary
from mothers_margins.study.body_page import COLUMNS, ROWS, WORDS, lines_of, words_in
from mothers_margins.wording.later import later_than_most
from tests.release.made_release import demo_protected
from tests.to_do import EXAMPLES, TO_DO

BODIES = ("mother_t1", "infant_and_care_t1", "mother_t2", "infant_and_care_t2")


@pytest.fixture(scope="module")
def made(demo):
    """By timepoint: the plan, its summary and its comparisons, as notebook 03 makes them."""
    of_timepoint = {}
    for timepoint in (1, 2):
        plan = demo.study.planned("characteristics", timepoint)
        summary = mm.summarise(demo, plan.variables, plan.groups, timepoint)
        tests = mm.compare(demo, plan.variables, plan.pair, timepoint)
        of_timepoint[timepoint] = (plan, summary, tests)
    return of_timepoint


@pytest.fixture(scope="module")
def bodies(made):
    return {
        name: mm.characteristics(summary, name, comparisons=tests)
        for plan, summary, tests in made.values()
        for name in plan.bodies
    }


def rows_of(table):
    return [row for section in table.sections for row in section.rows]


def printed(table, row):
    return [table.print(cell) for cell in row.cells]


def words_of(table):
    return [text for _, text in table.notes]


# ---- what fits a page


@pytest.mark.parametrize("name", BODIES)
def test_a_body_table_fits_its_page(bodies, demo, name):
    table = bodies[name]
    lines = sum(1 + len(section.rows) for section in table.sections)
    assert lines == lines_of(demo.study, demo.study.reported(name))  # what the loader counts
    assert lines <= ROWS
    assert len(table.columns) <= COLUMNS
    assert words_in(words_of(table)) <= WORDS
    assert table.one_page


@pytest.mark.parametrize("name", BODIES)
def test_one_page_of_word_and_its_letters_are_not_made_smaller(bodies, tmp_path, name):
    docx = tmp_path / "table.docx"
    bodies[name].to_docx(docx)
    text = subprocess.run(
        ["unzip", "-p", str(docx), "word/document.xml"],  # noqa: S607
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert "landscape" not in text
    assert not re.findall(r'<w:sz w:val="\d+"', text)  # the style's 8.5 points


def test_the_numbers_of_the_rows_by_hand(bodies, demo):
    """One cell of each kind, from the rows of the demo."""
    table = bodies["mother_t1"]
    inside = demo.data[demo.data["involved_t1"] == "Yes"]
    known = inside["ethnicity"].notna().sum()
    together = inside["ethnicity"].isin(["Asian", "Mixed or Other"]).sum()
    percent = f"{100 * together / known:.1f}"
    text = table.quote("ethnicity_in_four", "involved_t1", "Asian, Mixed or Other")
    assert text == f"{together} of {known} ({percent})"
    scores = inside["honos_total"].dropna().astype(float)
    assert len(scores) < len(inside)
    text = table.quote("honos_total", "involved_t1")
    assert text == f"{scores.mean():.1f} ({scores.std():.1f}) of {len(scores)}"
    everybody = table.quote("age_years", "involved_t1")
    assert " of " not in everybody  # the column's n


def test_a_variable_has_one_row_of_numbers_and_one_p(bodies):
    for table in bodies.values():
        place = [column.key for column in table.columns].index("p")
        with_p = [
            row.variable for row in rows_of(table) if row.cells and printed(table, row)[place]
        ]
        assert len(with_p) == len({*with_p})
        labels = [row.label for row in rows_of(table)]
        assert not {"Not known", "Does not apply"} & {*labels}
        assert "test" not in [column.key for column in table.columns]


def test_p_is_the_planned_one_and_fishers_says_so(bodies, made):
    """The same p as in the whole table, whose test stands beside it there."""
    plan, summary, tests = made[2]
    whole = mm.characteristics(summary, plan.name, comparisons=tests)
    body = bodies["mother_t2"]
    for name, level in (("age_years", ""), ("learning_difficulties", "Yes")):
        assert body.quote(name, "p", level) == whole.quote(name, "p", level)
    (row,) = [row for row in rows_of(body) if row.variable == "learning_difficulties"]
    fisher = tests[
        (tests["variable"] == "learning_difficulties") & (tests["test"] == "fisher_exact")
    ]
    assert f"{fisher['p_value'].iloc[0]:.3f}" == body.quote("learning_difficulties", "p", "Yes")
    assert dict(body.notes)[row.cells[-1].mark] == "Fisher's exact test."


def test_the_summary_that_study_yaml_chooses_is_shown_with_its_test(bodies, made):
    _, _, tests = made[1]
    body = bodies["infant_and_care_t1"]
    (row,) = [row for row in rows_of(body) if row.variable == "days_in_care"]
    assert row.label == "Length of the acute episode, days, median (quartiles)"
    rows = tests[(tests["variable"] == "days_in_care") & (tests["test"] == "rank_sum")]
    assert body.quote("days_in_care", "p") == f"{rows['p_value'].iloc[0]:.3f}"
    assert body.quote("days_in_care", "difference") == ""  # a difference of means is another row's


def test_with_two_groups_there_is_room_for_the_standardised_difference(demo, made):
    plan, _, tests = made[1]
    study = demo.study
    two = study.tables["characteristics_t1"].model_copy(update={"groups": plan.pair})
    narrow = mm.summarise(demo, plan.variables, plan.pair)
    tables = {**study.file.tables, "characteristics_t1": two}
    of_two = replace(study, file=study.file.model_copy(update={"tables": tables}))
    narrow.about = replace(narrow.about, study=of_two)
    table = mm.characteristics(narrow, "mother_t1", comparisons=tests)
    keys = [column.key for column in table.columns]
    assert keys == [*plan.pair, "difference", "p", "d"]


# ---- where the rest is found


def test_what_a_body_table_leaves_out_stands_in_the_whole_one(bodies, made, demo):
    """Rules of tests, assumptions, and the meaning of every letter: once under the whole table."""
    for plan, summary, tests in made.values():
        whole = mm.characteristics(summary, plan.name, comparisons=tests)
        under = words_of(whole)
        assert len(under) == len({*under})
        in_00 = str(mm.overview(demo.study, "derived"))
        for name in plan.bodies:
            own = demo.study.reported(name).variables
            for said in filter(None, map(demo.study.assumption, own)):
                places = sum(said in note for note in under)
                bare = said.split(": ", 1)[-1].rstrip(".")
                assert places == 1 or (places == 0 and bare in in_00), said
            marks = {text for mark, text in bodies[name].notes if mark}
            assert not marks - {"Fisher's exact test."}
        for code in (
            "p is by Fisher's exact test",
            "Student's t-test",
            "Newcombe",
            "of unrounded numbers",
        ):
            assert sum(code in note for note in under) == 1, code
        assert sum(row.label == "Not known" for row in rows_of(whole)) > 10


def test_no_table_says_what_the_study_team_has_to_do(bodies, made, demo):
    tables = [*bodies.values()]
    for plan, summary, tests in made.values():
        tables.append(mm.characteristics(summary, plan.name, comparisons=tests))
        needs = demo.study.planned("needs", demo.study.plan(plan.name).timepoint)
        tables.append(mm.needs(mm.summarise(demo, needs.variables, needs.groups), needs.name))
    fit = mm.fit_logistic(demo, "protocol")
    tables.append(mm.odds_ratios([fit.to_frame()]))
    for table in tables:
        assert not [note for note in words_of(table) if TO_DO.search(note)]
    for study in (demo.study, mm.read_study("hscc_2019")):
        said = [one.assumption for one in study.declared.values()]
        said += [one.assumption for one in study.schema.instruments]
        said += [coding.assumption for coding in study.codings.values()]
        said += [note for plan in study.file.tables.values() for note in plan.notes]
        assert not [text for text in said if TO_DO.search(text)]
    assert all(map(TO_DO.search, EXAMPLES))
    listed = str(mm.overview(demo.study, "to_decide"))
    assert "Which groups of ethnicity are put together in the models." in listed


# ---- later than most


def test_what_was_recorded_later_says_so_in_its_row(bodies, made, esmi):
    plan, summary, tests = made[1]
    whole = mm.characteristics(summary, plan.name, comparisons=tests)
    labels = " ".join(row.label for row in rows_of(whole))
    assert labels.count(", after timepoint 1") == 4  # bonding and satisfaction, two summaries each
    body = [row.label for row in rows_of(bodies["infant_and_care_t2"])]
    assert "Re-admission to acute care within a year, after timepoint 1, n\u00a0(%)" in body
    lost = "Mother lost custody of the infant at any time up to timepoint 2, n\u00a0(%)"
    assert lost in body  # its title says when
    names = ("readmitted_1y", "days_to_readmission", "age_years")
    assert later_than_most(esmi, names) == {}  # most are as late
    assert later_than_most(esmi, ()) == {}


# ---- what cannot be printed as one


def test_too_many_words_under_a_body_table_are_said_and_no_table_is_made(made, demo):
    _, summary, tests = made[1]
    study = demo.study
    long = study.file.tables["mother_t1"].model_copy(update={"notes": ("word " * 40,)})
    file = study.file.model_copy(update={"tables": {**study.file.tables, "mother_t1": long}})
    planted = summary.copy()
    planted.about = replace(summary.about, study=replace(study, file=file))
    answer = mm.characteristics(planted, "mother_t1", comparisons=tests)
    assert isinstance(answer, Absent)
    assert re.search(r"mother_t1 does not fit one page: it has \d+ words of notes", str(answer))


def test_a_study_without_body_tables_says_so_in_one_sentence(study):
    plan = study.planned("characteristics")
    assert isinstance(plan.bodies, Absent)
    assert str(plan.bodies) == "This study plans no table for one page; the whole table follows."


def test_without_a_comparison_there_is_no_p(made):
    _, summary, _ = made[1]
    table = mm.characteristics(summary, "mother_t1")
    assert [column.key for column in table.columns] == ["all_t1", "involved_t1", "not_involved_t1"]
    labels = [row.label for row in rows_of(table)]
    assert "Learning difficulties, n\u00a0(%)" in labels  # still one row
    assert "No" not in labels


# ---- levels that are put together, and notes that name only what is there


def test_levels_put_together_are_said_and_where_all_are_tested(bodies):
    mother, infant = bodies["mother_t1"], bodies["infant_and_care_t1"]
    title = "Primary diagnosis, levels put together, n\u00a0(%)"
    assert title in [row.label for row in rows_of(mother)]
    assert "Rules, gaps and p of all levels: the whole table." in words_of(mother)
    assert "p (of levels shown): chi-squared, Student's t." in words_of(mother)
    assert not [note for note in words_of(infant) if "levels" in note]


def test_schizophrenia_stands_alone_so_that_p_is_as_in_the_whole_table(bodies, made):
    """With the other psychoses p was 0.452, where all six levels give less than 0.001."""
    _, _, tests = made[1]
    p_values = tests[tests["test"] == "chi_squared"].set_index(["variable", "level"])["p_value"]
    for name in ("primary_diagnosis", "primary_diagnosis_in_five"):
        assert p_values[name, ""] < 0.001
    assert bodies["mother_t1"].quote("primary_diagnosis_in_five", "p") == "<0.001"


def test_notes_name_only_tests_that_the_table_shows(bodies):
    assert not [note for note in words_of(bodies["mother_t1"]) if "Wilcoxon" in note]
    assert [note for note in words_of(bodies["infant_and_care_t1"]) if "Wilcoxon" in note]


def test_a_row_of_dyads_is_called_one(bodies, esmi):
    for table in bodies.values():
        assert table.caption.startswith("Mother-infant dyads: ")
        assert not table.caption.startswith("Mothers")


# ---- what is released


def test_what_is_released_has_its_own_stand_ins(made):
    _, summary, tests = made[1]
    protected = demo_protected()
    released = released_summary(summary, protected)
    keys = released[["variable", "level", "group", "statistic"]]
    assert not keys.duplicated().any()  # what stands for another one was described beside it
    may_leave, _ = released_comparisons(tests, protected)
    may_leave.about = replace(may_leave.about, released=True)
    table = mm.characteristics(released, "mother_t1", comparisons=may_leave)
    assert not isinstance(table, Absent), str(table)
    variables = {row.variable for row in rows_of(table)}
    assert "ethnicity_in_three" in variables
    assert "ethnicity_in_four" not in variables
    base_is_hidden = mm.characteristics(released_at_2(made, protected), "mother_t2")
    assert base_is_hidden.quote("honos_total", "involved_t2").endswith(" of [c]")
    assert words_in(words_of(table)) <= WORDS
    assert "<, ≥: class of p." in words_of(table)  # where p is released as one
    assert "p (of levels shown): chi-squared, Student's t." in words_of(table)


def released_at_2(made, protected):
    """The summary of timepoint 2 as it may be released."""
    return released_summary(made[2][1], protected)
