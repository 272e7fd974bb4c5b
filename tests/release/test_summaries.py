"""Released summaries of the demo, for a few blocks: every form, each number beside one that was
counted in the rows.
"""

from dataclasses import replace

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.disclosure import across_blocks
from mothers_margins.release.plan import ReleasePlan, release_plan
from mothers_margins.release.protected import ProtectedStudy, protected_study
from mothers_margins.release.summaries import released_summary
from mothers_margins.rounding import rounded

BLOCKS = ("age_years", "relationship", "learning_difficulties", "honos_total", "service_type")
TABLE = "characteristics_t1"


@pytest.fixture(scope="module")
def plan(demo) -> ReleasePlan:
    whole = release_plan(mm.joint_counts(demo))
    few = tuple(request for request in whole.requests if request.block.name in BLOCKS)
    return replace(whole, requests=few)


@pytest.fixture(scope="module")
def protected(plan) -> ProtectedStudy:
    return protected_study(plan)


@pytest.fixture(scope="module")
def summary(demo) -> mm.Results:
    planned = demo.study.plan(TABLE)
    return mm.summarise(demo, planned.variables, planned.groups, timepoint=1)


@pytest.fixture(scope="module")
def released(summary, protected) -> pd.DataFrame:
    return pd.DataFrame(released_summary(summary, protected))


def _counted(demo: mm.Cohort, variable: str, level: str, group: str) -> int:
    """Participants of a group with a level, by pandas alone."""
    outcome = {"involved_t1": ["Yes"], "not_involved_t1": ["No"], "all_t1": ["Yes", "No"]}[group]
    inside = demo.data["involved_t1"].isin(outcome)
    return int((inside & (demo.data[variable] == level)).sum())


def test_nothing_is_refused(protected):
    assert protected.refused == {}


def test_every_block_of_the_demo_is_planned_once(demo):
    whole = release_plan(mm.joint_counts(demo))
    planned = [name for request in whole.requests for name in request.variables]
    merges = demo.study.standing_in("release")
    printed = {merges.get(name, name) for name in demo.study.printed_variables}
    assert len(planned) == len({*planned})
    assert {*planned} == printed


SAY_GROUPS = ("involvement_course", "involved_t1", "custody_t2", "custody_lost_by_t2")


@pytest.fixture(scope="module")
def with_groups(demo) -> ProtectedStudy:
    """What says who is in which group, beside a few other blocks."""
    whole = release_plan(mm.joint_counts(demo))
    few = tuple(
        request
        for request in whole.requests
        if request.membership or request.block.name in ("admissions_2y", "service_type")
    )
    return protected_study(replace(whole, requests=few))


@pytest.mark.parametrize("name", SAY_GROUPS)
def test_what_says_who_is_in_which_group_is_released(with_groups, name):
    """None of it is small, and what is hidden is more than one cell: one alone would be told."""
    assert with_groups.refused == {}
    variable = with_groups.variable(name)
    shown = hidden = 0
    for group in variable.columns:
        for level in variable.levels:
            cell = with_groups.cell(name, level, group)
            if cell is None:
                continue
            shown += not cell.hidden
            hidden += cell.hidden
            count = with_groups.count(name, level, group)
            assert cell.hidden or count >= 10 or variable.is_zero(level, group)
    assert shown
    assert hidden != 1 or with_groups.form(name) == "percent"


def test_what_other_blocks_give_away_is_refused_with_its_sum(demo, monkeypatch):
    """Of a block that the others do not bear out nothing is released, as of any that is refused."""
    whole = release_plan(mm.joint_counts(demo))
    custody = tuple(one for one in whole.requests if one.block.name == "custody_t2")
    name = ("custody_t2", "Yes", "involved_t2")
    monkeypatch.setattr(across_blocks, "not_borne_out", lambda *_: [name])
    protected = protected_study(replace(whole, requests=custody))
    assert protected.refused == {"custody_t2": name}
    assert protected.form("custody_t2") == "withheld"
    assert protected.decided("custody_t2", "Yes", "all_t2").hidden


def test_everybody_is_known_from_the_first_timepoint(plan):
    assert plan.universe.timepoints["everyone"] == 1


def test_counts_are_those_of_the_rows(demo, released):
    shown = released[(released["statistic"] == "n") & (released["status"] == "shown")]
    counts = shown[(shown["variable"] == "service_type") & (shown["note"] == "")]
    assert len(counts) == 9
    for row in counts.to_dict("records"):
        assert row["value"] == _counted(demo, row["variable"], row["level"], row["group"])


def test_a_share_of_all_counts_who_is_not_known_in_the_last_level(demo, released):
    rows = released[(released["variable"] == "dv_any") & (released["statistic"] == "n")]
    for group, size in (("involved_t1", 99), ("not_involved_t1", 179), ("all_t1", 278)):
        own = rows[rows["group"] == group].set_index("level")
        yes = _counted(demo, "dv_any", "Yes", group)
        assert own.loc["Yes", "value"] == yes
        assert own.loc["No", "value"] == size - yes
        assert own.loc["No", "note"] == "share_of_all or_not_known"
        assert (own["denominator"] == size).all()
        assert own["missing"].isna().all()


def test_whole_per_cent_have_no_count_beside_them(demo, released):
    rows = released[released["variable"] == "learning_difficulties"]
    assert (rows["note"] == "percent_only").all()
    assert (rows.loc[rows["statistic"] == "n", "status"] == "suppressed").all()
    assert rows[["n", "denominator", "missing"]].isna().all(axis=None)
    percents = rows[(rows["statistic"] == "percent") & (rows["level"] == "Yes")]
    shown = percents[percents["status"] == "shown"]
    assert len(shown) == 2
    for row in shown.to_dict("records"):
        yes = _counted(demo, "learning_difficulties", "Yes", row["group"])
        no = _counted(demo, "learning_difficulties", "No", row["group"])
        assert row["value"] == float(rounded(100 * yes / (yes + no), 0, "half_up"))


def test_no_small_count_is_shown_and_what_is_hidden_has_no_number(released):
    shown = released[(released["statistic"] == "n") & (released["status"] == "shown")]
    assert (shown["value"] >= 10).all()
    hidden = released[released["status"] == "suppressed"]
    assert len(hidden)
    assert hidden[["value", "n", "denominator", "missing"]].isna().all(axis=None)


def test_means_are_printed_numbers_and_extremes_are_never_there(released):
    assert not {*released["statistic"]} & {"min", "max"}
    means = released[released["statistic"].isin(["mean", "sd", "median", "q1", "q3"])]
    values = means["value"].astype(float)
    assert len(values) > 10
    assert (values.round(1) == values).all()


def test_a_hidden_base_is_said_and_not_given(protected, released):
    means = released[(released["variable"] == "honos_total") & (released["statistic"] == "mean")]
    for row in means.to_dict("records"):
        is_hidden = protected.decided("honos_total", "", row["group"]).hidden
        assert (row["note"] == "base_hidden") == is_hidden
        assert pd.isna(row["n"]) == is_hidden


def test_groups_that_no_table_prints_are_not_released(demo, protected):
    own = mm.summarise(demo, ["dv_any"], {"many_children": {"children_total": "3+"}})
    assert released_summary(own, protected) is None


def test_variables_that_no_table_prints_are_left_out(demo, protected):
    groups = demo.study.plan(TABLE).groups
    both = mm.summarise(demo, ["dv_any", "dv_any_7"], groups)
    assert {*released_summary(both, protected)["variable"]} == {"n", "dv_any"}
    none = mm.summarise(demo, ["dv_any_7"], groups)
    assert released_summary(none, protected) is None


def test_the_table_prints_the_forms(summary, protected):
    table = mm.characteristics(released_summary(summary, protected), TABLE, percent=True)
    text = str(table)
    assert "[c]" in text
    assert "Per cent are of all in the column." in text
    assert "Those who are not known are counted here, too." in text
    assert "Whole per cent of those known; no counts are released." in text
    assert "SYNTHETIC" in text
