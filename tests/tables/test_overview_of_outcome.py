"""What of the study definition concerns one outcome."""

import pytest

import mothers_margins as mm


def labels(table):
    return [row.label for section in table.sections for row in section.rows]


def test_only_departures_that_concern_the_outcome_are_listed(esmi):
    """The published list adds a variable at timepoint 2; a short list is for exploratory ones."""
    late = "The protocol's list with re-admission at timepoint 2, which was reported in 2023"
    short = "Few variables, for the exploratory outcomes"
    every = labels(mm.overview(esmi, "deviations"))
    first = labels(mm.overview(esmi, "deviations", outcome="involved_t1"))
    second = labels(mm.overview(esmi, "deviations", outcome="involved_t2"))
    exploratory = labels(mm.overview(esmi, "deviations", outcome="cpp_t1"))
    assert {late, short} <= {*every}
    assert not {late, short} & {*first}
    assert late in second
    assert short not in second
    assert short in exploratory
    assert "Primary diagnosis only" in first
    assert "Primary diagnosis only" not in exploratory
    exact = "Fisher's exact test for exploratory outcomes"
    assert (exact in first, exact in exploratory) == (False, True)


@pytest.mark.parametrize("part", ["outcomes", "lock", "missing_data", "deviations"])
def test_the_caption_names_the_outcome_and_no_two_are_the_same(esmi, part):
    tables = [mm.overview(esmi, part, outcome=name) for name in ("involved_t1", "involved_t2")]
    for table, when in zip(tables, ("1", "2"), strict=True):
        assert f": Children's social care involvement at timepoint {when} (" in table.caption
    assert mm.overview(esmi, part).caption not in [table.caption for table in tables]


def test_an_open_list_has_the_outcome_where_the_heading_says_outcome(esmi):
    table = mm.overview(esmi, "lock", outcome="involved_t1")
    assert table.stub == "Outcome"
    (row,) = table.sections[0].rows
    assert row.label == esmi.label("involved_t1")
    agreed, state = (table.print(cell) for cell in row.cells)
    assert agreed == "none yet"
    assert state.startswith("Not locked. Until it is, every estimate from restricted data says")


def test_of_the_plan_only_the_run_of_the_outcome_is_shown(esmi):
    own = labels(mm.overview(esmi, "missing_data", outcome="involved_t1"))
    assert esmi.label("involved_t1") in own
    assert esmi.label("involved_t2") not in own
    assert esmi.label("involved_t2") in labels(mm.overview(esmi, "missing_data"))


def test_an_outcome_of_another_part_and_one_that_is_none_are_refused(esmi):
    with pytest.raises(mm.UsageError, match="an outcome is of some parts only"):
        mm.overview(esmi, "variables", outcome="involved_t1")
    with pytest.raises(mm.UsageError, match="involved_t3"):
        mm.overview(esmi, "lock", outcome="involved_t3")
