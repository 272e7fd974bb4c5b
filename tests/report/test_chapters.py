"""All problems of the prose at once; labels, numbers of exhibits, and where each stands."""

import pytest

from mothers_margins.errors import StudyError
from mothers_margins.report.chapters import labels_of
from mothers_margins.report.final_report import final_report
from mothers_margins.report.report_file import Chapter


def problems(small) -> tuple[str, ...]:
    with pytest.raises(StudyError) as caught:
        final_report(small.released())
    return caught.value.problems


def test_every_problem_is_listed_at_once(small):
    small.change("02_summary.md", "Of {{size", "17 of {{size")
    small.change("10_findings.md", "## Who\n", "## Who\n\n{{fact: nothing}} {{cell: people}}\n")
    small.change("20_more.md", "{{list: references}}", "{{list: wishes}}")
    small.change("20_more.md", "{{show: rules}}\n\n", "")
    found = problems(small)
    assert [problem.split(": ")[0] for problem in found] == [
        "02_summary.md, line 3",
        "10_findings.md, line 5",
        "10_findings.md, line 5",
        "20_more.md, line 5",
        "exhibit 'rules' of report.yaml is never shown",
    ]
    assert "'17' was typed" in found[0]


def test_an_exhibit_stands_once(small):
    small.change("20_more.md", "{{show: rules}}", "{{show: rules}}\n\n{{show: people}}")
    assert problems(small) == ("exhibit 'people' is shown 2 times",)


def test_what_cannot_be_made_is_named(small):
    small.change("report.yaml", "of: [people]}", "of: [persons]}")
    (problem,) = problems(small)
    assert problem.startswith("report.yaml: exhibit people:")
    assert "no released table 'persons'" in problem


def test_a_file_that_is_not_there_and_a_title_too_many(small):
    (small.written / "20_more.md").unlink()
    small.change("10_findings.md", "## Who", "# Who")
    assert problems(small) == (
        "10_findings.md: it has more than one title (#); sections begin with ##",
        "20_more.md: there is no such file",
    )


def test_chapters_of_the_body_have_numbers_and_annexes_letters():
    kinds = ("front", "summary", "body", "body", "annex", "annex")
    chapters = [Chapter(file=f"{place:02}_part.md", kind=kind) for place, kind in enumerate(kinds)]
    assert labels_of(chapters) == {
        "02_part": "1",
        "03_part": "2",
        "04_part": "Annex A",
        "05_part": "Annex B",
    }


def test_key_findings_are_left_out_of_a_rehearsal_only(small):
    made_up = final_report(small.released())
    real = final_report(small.released(restricted=True))
    assert "01_key" not in [told.chapter.name for told in made_up.chapters]
    assert "01_key" in [told.chapter.name for told in real.chapters]
