"""Tables of flow and of logs: what their cells are."""

import mothers_margins as mm
from mothers_margins.results.results import About, tidy
from mothers_margins.study.source import Source
from mothers_margins.tables.tally import MEANS


def _notes(table: mm.Table) -> list[str]:
    return [text for _, text in table.notes]


def test_numbers_that_are_means_over_imputations_say_so_and_counts_do_not(demo, imputed_demo):
    imputed = mm.fit_logistic(imputed_demo, "protocol").tabulated()
    assert (imputed["n"] % 1 > 0).any()
    assert MEANS in _notes(mm.tally(imputed, "By level"))
    complete = mm.fit_logistic(demo, "protocol", profile=False).tabulated()
    assert (complete["n"] % 1 == 0).all()
    assert MEANS not in _notes(mm.tally(complete, "By level"))


def test_a_caption_names_the_outcome_and_the_groups_with_their_sizes(demo):
    complete = mm.fit_logistic(demo, "protocol", profile=False).tabulated()
    assert mm.tally(complete, "By level").caption == (
        "By level. Children's social care involvement at timepoint 1: "
        "Outcome: yes (n = 57); Outcome: no (n = 129)"
    )


def _counted(study: mm.Study, engine: str, counts: dict[tuple[str, str], tuple[int, int]]):
    """Events of two groups of 30 and 70. counts: by variable and reason, empty for known."""
    groups = {name: study.groups[name] for name in ("involved_t1", "not_involved_t1")}
    rows = [
        {
            "engine": engine,
            "event": "missing" if reason else "known",
            "reason": reason,
            "variable": variable,
            "group": group,
            "n": number,
            "denominator": whole,
        }
        for (variable, reason), numbers in counts.items()
        for group, number, whole in zip(groups, numbers, (30, 70), strict=True)
    ]
    return tidy(rows, About("events", study, Source("synthetic", 100, "made up"), groups))


GAPS = {
    ("age_years", ""): (30, 70),
    ("country", ""): (30, 70),
    ("ethnicity", ""): (28, 70),
    ("ethnicity", "form not completed"): (2, 0),
    ("relationship", ""): (28, 70),
    ("relationship", "form not completed"): (2, 0),
    ("canm_01", ""): (29, 69),
    ("canm_01", "form not completed"): (1, 1),
}


def _rows(table: mm.Table) -> list[tuple[str, ...]]:
    return [
        (row.label, *map(table.print, row.cells))
        for section in table.sections
        for row in section.rows
    ]


def test_of_missing_values_only_gaps_have_rows_and_what_is_known_of_all_has_one(esmi):
    table = mm.tally(_counted(esmi, "data", GAPS), "Missing")
    assert _rows(table) == [
        ("2 variables, known of all", "30 (100.0%)", "70 (100.0%)"),
        ("Ethnicity; Relationship status: form not completed", "2 (6.7%)", "0 (0.0%)"),
        ("Accommodation: form not completed", "1 (3.3%)", "1 (1.4%)"),
    ]
    assert "Known of all: Mother's age; Country." in _notes(table)


def test_a_hidden_number_of_missing_values_is_neither_none_nor_like_another(esmi):
    gaps = _counted(esmi, "data", GAPS)
    gaps.loc[[0, 6], "status"] = "suppressed"  # mother's age, known; ethnicity, not completed
    table = mm.tally(gaps, "Missing")
    assert _rows(table) == [
        ("1 variable, known of all", "30 (100.0%)", "70 (100.0%)"),
        ("Mother's age: known", "[c]", "70 (100.0%)"),
        ("Ethnicity: form not completed", "[c]", "0 (0.0%)"),
        ("Relationship status: form not completed", "2 (6.7%)", "0 (0.0%)"),
        ("Accommodation: form not completed", "1 (3.3%)", "1 (1.4%)"),
    ]
    assert "Known of all: Country." in _notes(table)


def test_combinations_that_are_in_no_row_are_one_row_and_one_that_is_there_has_its_own(demo):
    refused = mm.impossible(demo)
    assert _rows(mm.tally(refused, "Refused")) == [
        (f"{len(refused)} combinations that cannot be, each", "0 (0.0%)")
    ]
    refused.loc[refused["event"] == "behind_closed_gate", "n"] = 3
    hidden = refused["event"] == "behind_open_gate"
    refused.loc[hidden, "status"] = "suppressed"
    gate = "Composite Abuse Scale, modified"
    assert _rows(mm.tally(refused, "Refused")) == [
        (f"{len(refused) - 2} combinations that cannot be, each", "0 (0.0%)"),
        (f"{gate}: answered (not applicable: never in an adult relationship)", "3 (1.1%)"),
        (f"{gate}: does not apply, though it was asked", "[c]"),
    ]
