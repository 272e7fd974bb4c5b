"""Tables of flow and of logs: what their cells are."""

import mothers_margins as mm
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
