"""The grammar of references: each kind says what it should, and what it cannot say it refuses."""

import pytest

from mothers_margins.report.exhibits import exhibits
from mothers_margins.report.final_report import final_report
from mothers_margins.report.material import read_material
from mothers_margins.report.references import Reference
from mothers_margins.results.shown import shown


def told(small, line: str) -> str:
    """What becomes of a line of the findings."""
    small.change("10_findings.md", "## Who\n", f"## Who\n\n{line}\n")
    (findings,) = [
        one for one in final_report(small.released()).chapters if one.chapter.name == "10_findings"
    ]
    return findings.parts[0].markdown.splitlines()[2]


def counts(small) -> dict[str, float]:
    """Released counts of all, by variable and level, read without any table."""
    rows = small.released().results("people").to_dict("records")
    return {
        (row["variable"], row["level"], row["statistic"]): float(shown(row, "value"))
        for row in rows
        if row["group"] == "everyone" and row["status"] == "shown"
    }


def test_a_reference_is_read_as_it_is_written():
    read = Reference.read(" cell: people;  age_years; ; everyone ")
    assert (read.kind, read.parts) == ("cell", ("people", "age_years", "", "everyone"))
    assert Reference.read("if shown").parts == ()


def test_numbers_are_those_that_were_released(small):
    known = counts(small)
    walking = known["walks", "Yes", "n"]
    line = "{{n: people; walks; Yes; everyone}} of {{size: people; everyone}}"
    assert told(small, line) == f"{walking:g} of 60"


def test_a_share_can_be_said_in_100_and_in_per_cent(small):
    known = counts(small)
    share = 100 * known["walks", "Yes", "n"] / 60
    small.change("report.yaml", "of: [people]}", "of: [people], table: people_too}")
    study = small.sixty.home / "study.yaml"
    text = study.read_text(encoding="utf-8")
    body = (
        "  people_too: {title: People, shows: body, of: people, "
        "blocks: [{title: All, variables: [age_years, walks]}]}\n"
    )
    study.write_text(text.replace("outcomes:", f"{body}outcomes:", 1), encoding="utf-8")
    line = "{{in_100: people; walks; Yes; everyone}}, {{percent: people; walks; Yes; everyone}}"
    assert told(small, line) == f"{share + 1e-9:.0f} in 100, {share + 1e-9:.0f}%"


def test_facts_sources_the_plan_and_links(small):
    line = (
        "{{fact: towns}} ({{cite: example_2001}}); agreed on {{plan: agreed_on}} with "
        "{{plan: agreed_with}}; {{see: facts}}, {{section: 03_plain}}"
    )
    assert told(small, line) == (
        "12 of 20 (Example, 2001); agreed on 1 February 2022 with the group; "
        "[Table 3](#table_facts), [Plain summary](#03_plain)"
    )


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("cel: people; walks; Yes; everyone", "there is no kind 'cel'; did you mean 'cell'?"),
        ("cell: poeple; walks; Yes; everyone", "no exhibit 'poeple'; did you mean 'people'?"),
        ("cell: people; walk; Yes; everyone", "no variable 'walk'; did you mean 'walks'?"),
        ("cell: people; walks; yes; everyone", "no level 'yes' of walks (levels: 'Yes', 'No'"),
        ("cell: people; walks; Yes; all", "no column 'all' (columns: everyone, left)"),
        ("cell: people; walks", "needs four parts"),
        ("sd: people; walks; Yes; everyone", "that cell has no sd"),
        ("size: people; right", "no column 'right'"),
        ("fact: cities", "no fact 'cities'"),
        ("cite: nobody_1999", "no source 'nobody_1999'"),
        ("plan: nothing", "the plan has no 'nothing'"),
        ("see: forest", "no exhibit 'forest' is shown"),
        ("section: 99_end", "there is no chapter '99_end'"),
    ],
)
def test_what_stands_for_nothing_is_refused_with_its_place(small, reference, why):
    small.change("10_findings.md", "## Who\n", f"## Who\n\n{{{{{reference}}}}}\n")
    with pytest.raises(Exception, match="The report was not made: 1 problem") as caught:
        final_report(small.released())
    (problem,) = caught.value.problems
    assert problem.startswith("10_findings.md, line 5: {{")
    assert why in problem


def test_a_number_that_is_held_back_takes_its_line_with_it(small):
    """The mood of a few on the left is hidden in this release: the line that names it is gone, the
    one without the condition keeps its sign.
    """
    released = small.released()
    table = exhibits(read_material(released))["people"]
    hidden = [
        (row.variable, row.level)
        for section in table.sections
        for row in section.rows
        if row.cells and row.cells[1].status == "suppressed"
    ]
    assert hidden, "nothing is hidden, so nothing was tried"
    variable, level = hidden[0]
    named = f"{{{{cell: people; {variable}; {level}; left}}}}"
    small.change(
        "10_findings.md", "## Who\n", f"## Who\n\n{{{{if shown}}}} A: {named}\n\nB: {named}\n"
    )
    report = final_report(released)
    (findings,) = [one for one in report.chapters if one.chapter.name == "10_findings"]
    assert "A:" not in findings.markdown
    assert "B: [c]" in findings.markdown
    assert report.left_out == 1


def test_a_fact_stays_out_of_where_it_must_not_be(small):
    small.change("02_summary.md", "Of {{size", "{{fact: towns}}. Of {{size")
    with pytest.raises(Exception, match="problem") as caught:
        final_report(small.released())
    assert "facts.yaml keeps 'towns' out of summary" in caught.value.problems[0]
