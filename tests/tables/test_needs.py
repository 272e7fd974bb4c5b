"""Tables of needs: every printed number against one made another way."""

import pandas as pd
import pytest

import mothers_margins as mm

SIDES = ("involved_t1", "not_involved_t1")


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


def test_a_group_of_which_nothing_says_who_is_not_known_has_no_column_for_it(demo):
    """As in what is released, where a level holds those not known; one number brings it back."""
    plan = demo.study.plan("needs_t1")
    needs = mm.summarise(demo, plan.variables, plan.groups, 1)
    asked = needs["variable"].isin(plan.variables)
    of_side = asked & (needs["group"] == SIDES[0])
    needs.loc[of_side, "missing"] = pd.NA
    keys = [column.key for column in mm.needs(needs, "needs_t1").columns]
    assert f"{SIDES[0]}_missing" not in keys
    assert f"{SIDES[1]}_missing" in keys
    needs.loc[of_side & (needs["variable"] == "canm_01"), "missing"] = 12
    table = mm.needs(needs, "needs_t1")
    assert table.quote("canm_01", f"{SIDES[0]}_missing") == "12"
    assert table.quote("canm_02", f"{SIDES[0]}_missing") == "–"
