"""Which variables are drawn together: whole blocks, and never more than can be read."""

import pytest

from mothers_margins.study.figure_parts import in_parts


@pytest.mark.parametrize(
    ("blocks", "parts"),
    [
        ((), ()),
        (((), ()), ()),
        (("ab", "cd"), ("abcd",)),
        (("ab", "cde"), ("ab", "cde")),
        (("a", "", "bcd", "e"), ("abcd", "e")),
        (("a", "bcdefg"), ("a", "bcde", "fg")),
        (("abcdef", "gh"), ("abcd", "efgh")),
    ],
)
def test_blocks_stay_together_where_they_fit(blocks, parts):
    assert in_parts(blocks) == tuple(tuple(part) for part in parts)


def test_numbers_of_a_planned_table_stand_in_parts_by_its_blocks(esmi):
    parts = esmi.numbers_by_block("characteristics_t1")
    assert parts == (
        ("age_years", "honos_total", "ctq_total", "cas_total"),
        ("canm_met", "canm_unmet", "canm_answered"),
        ("days_in_care", "satisfaction"),
        ("infant_age_weeks", "gestation_weeks", "bonding"),
    )
    planned = esmi.planned("characteristics", 1).variables
    assert [name for part in parts for name in part] == [*esmi.numbers(planned)]
    assert esmi.numbers_by_block("no such table") == ()
