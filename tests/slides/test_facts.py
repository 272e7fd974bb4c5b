"""Which numbers a slide may say: each rule once as it must be, and once where it forbids."""

from math import sqrt

import pytest

import mothers_margins as mm
from mothers_margins.slides import facts, findings
from mothers_margins.slides.facts import Share
from mothers_margins.study.leag_file import Factor
from tests.slides.by_hand import (
    EVERYONE,
    INVOLVED,
    NOT,
    characteristics,
    predictions,
    released,
    row,
    scored,
)

DV = ("dv_any", "Yes")
DIAGNOSIS = ("personality_disorder", "Yes")


def at_1(counts, sizes=(99, 179)):
    """A release with these counts at timepoint 1."""
    return released(characteristics_t1=characteristics(1, sizes, counts))


def paired(release, options=(), timepoint=1):
    return [pair.phrase.variable for pair in facts.pairs(release, timepoint, options)]


def test_a_pair_needs_all_four_cells():
    assert paired(at_1({DV: (41, 47)})) == ["dv_any"]
    # 9 with it, 9 without it, in either group
    for counts in ((9, 47), (90, 47), (41, 9), (41, 170)):
        assert paired(at_1({DV: counts})) == [], counts


def test_a_pair_needs_counts_and_not_only_shares():
    rows = characteristics(1, (99, 179), {DV: (41, 47)})
    hidden = [
        {**one, "status": "suppressed"}
        if (one["group"], one["statistic"], one["variable"]) == (NOT, "n", "dv_any")
        else one
        for one in rows
    ]
    assert paired(released(characteristics_t1=rows)) == ["dv_any"]
    assert paired(released(characteristics_t1=hidden)) == []


def test_a_level_that_counts_those_not_known_is_no_pair_and_not_what_mothers_lived_with():
    rows = characteristics(1, (99, 179), {DV: (41, 47)})
    noted = [
        {**one, "note": "share_of_all or_not_known"} if one["variable"] == "dv_any" else one
        for one in rows
    ]
    plain, unknown = (released(characteristics_t1=table) for table in (rows, noted))
    assert facts.shares(unknown, "characteristics_t1")[(*DV, EVERYONE)].or_not_known
    assert not facts.shares(plain, "characteristics_t1")[(*DV, EVERYONE)].or_not_known
    assert paired(plain) == ["dv_any"]
    assert paired(unknown) == []
    assert findings.living_with(plain, "", (), 3).says == ("Faced abuse by a partner: 32 in 100",)
    assert findings.living_with(unknown, "", (), 3).says == ()


def test_an_interval_wider_than_20_points_shows_no_pair():
    # Wilson, 41 of 99: 0.4141 ± 0.0953 about 0.4174, so 19.1 points wide
    narrow = Share(100 * 41 / 99, 41, 99).interval
    half = sqrt(41 * 58 / 99**3 + 1.96**2 / (4 * 99**2)) * 1.96 / (1 + 1.96**2 / 99)
    assert narrow.width == pytest.approx(200 * half, abs=0.01)
    assert narrow.width < 20
    assert paired(at_1({DV: (41, 47)})) == ["dv_any"]
    # of 80 mothers it is 21.1
    assert Share(100 * 33 / 80, 33, 80).interval.width == pytest.approx(21.1, abs=0.1)
    assert paired(at_1({DV: (33, 47)}, sizes=(80, 179))) == []


def test_an_adjusted_pair_has_intervals_of_its_own_and_needs_the_four_cells():
    """At timepoint 2 fewer mothers had involvement, so the intervals of their counts are wide; that
    forbids pairs of counts, and no pair of expected shares whose own intervals are narrow.
    """
    counts = {DV: (26, 57)}
    expected = predictions([("dv_any", "Yes", "No", 0.26, 0.27)])
    at_2 = characteristics(2, (70, 189), counts)
    release = released(characteristics_t2=at_2, per_hundred_protocol_t2=expected)
    assert paired(release, timepoint=2) == []
    (one,) = facts.adjusted_pairs(release, 2, ())
    assert (one.first.in_100, one.second.in_100) == (26, 27)
    wide = [{**each, "conf_high": each["estimate"] + 0.13} for each in expected]
    assert not facts.adjusted_pairs(
        released(characteristics_t2=at_2, per_hundred_protocol_t2=wide), 2, ()
    )
    few = characteristics(2, (70, 189), {DV: (9, 57)})
    assert not facts.adjusted_pairs(
        released(characteristics_t2=few, per_hundred_protocol_t2=expected), 2, ()
    )


def test_diagnoses_are_off_until_the_group_asks():
    release = at_1({DV: (41, 47), DIAGNOSIS: (42, 48)})
    assert paired(release) == ["dv_any"]
    assert sorted(paired(release, ("diagnoses",))) == ["dv_any", "personality_disorder"]


def test_factors_less_than_10_points_apart_are_named_together_without_numbers():
    # 41 and 26 in 100; 29 and 25 in 100
    release = at_1({DV: (41, 47), ("substance_misuse", "Yes"): (29, 45)})
    shown = findings.with_and_without(release, "", (), 3)
    assert shown.says[-1] == "Faced abuse by a partner: 41 and 26 in 100"
    assert "alcohol" not in " ".join((*shown.seen, shown.alt, *shown.says))
    same = findings.little_difference(release, ())
    assert same.title == "Here we saw little or no difference"
    assert same.lines[0] == "Had use of alcohol or drugs recorded as a concern."
    assert "abuse" not in same.lines[0]
    assert not any(map(str.isdigit, " ".join(same.seen)))


def test_adjusted_shares_less_than_10_points_apart_are_named_without_numbers_too():
    near = predictions([("dv_any", "Yes", "No", 0.30, 0.27)])
    slide = findings.adjusted(released(per_hundred_protocol_t1=near), "", (), 1, 3)
    assert slide.lines == ("Little or no difference: faced abuse by a partner.",)
    assert slide.picture is None
    far = predictions([("dv_any", "Yes", "No", 0.48, 0.28)])
    slide = findings.adjusted(released(per_hundred_protocol_t1=far), "", (), 1, 3)
    assert "about 48 in 100 had social care involved, compared with 28 in 100" in slide.notes[0]


def test_what_is_hidden_reads_too_few_to_show():
    small = at_1({DV: (41, 47), ("learning_difficulties", "Yes"): (7, 20)})
    said = findings.little_difference(small, ())
    text = "Too few to show: had learning difficulties recorded."
    assert text in (*said.lines, *said.notes)
    large = at_1({DV: (41, 47), ("learning_difficulties", "Yes"): (17, 20)})
    said = findings.little_difference(large, ())
    assert text not in (*said.lines, *said.notes)


def test_unmet_needs_are_of_all_mothers_by_area_and_say_who_is_counted():
    clean = findings.unmet_needs(released(), "", 3)
    # 50 and 44 of 278
    assert clean.says == ("Physical health: 18 in 100", "Company: 16 in 100")
    assert clean.remember == "These are gaps in help. They are no fault of mothers."
    noted = [
        {**one, "note": "share_of_all or_not_known"}
        for one in characteristics(1, (99, 179), {("canm_06", "2"): (22, 28)})
    ]
    unknown = findings.unmet_needs(released(needs_t1=noted), "", 3)
    assert unknown.remember == "Mothers whose answer we do not have are counted here too."
    satisfied = " ".join((*clean.seen, clean.alt, *clean.notes))
    assert "satisf" not in satisfied.lower()


def test_how_often_involvement_ended_is_said():
    said = findings.ended(released())
    assert said.lines == (
        "Of mothers we know about both times, for 23 in 100 it had ended.",
        "For 16 in 100 of them it had begun.",
    )
    hidden = [row("n", None, "everyone", "n", 258.0)]
    said = findings.ended(released(involvement_over_time_t1=hidden))
    assert said.lines == ("There were too few mothers for us to show a number.",)


def test_missing_answers_are_shown_where_they_are_not_too_few():
    # 29 of 278 and 30 of 265; 5 are too few
    said = findings.how_many_we_lack(released(), "")
    assert said.says == (
        "Abuse by a partner: 11 in 100",
        "Hard experiences in childhood: 10 in 100",
    )
    few = [row("n", None, group, "n", 99.0) for group in (EVERYONE, INVOLVED, NOT)] + [
        scored("ctq_total", 273, 5)
    ]
    said = findings.how_many_we_lack(released(characteristics_t1=few), "")
    assert said.lines == ("There were too few mothers for us to show a number.",)


def test_every_factor_has_its_phrases_in_the_dictionary():
    study = mm.read_study("esmi")
    for factor in study.leag.factors:
        phrase = facts.phrase_of(study, factor)
        assert phrase.with_it == study.declared[factor.variable].said[factor.level]
        assert bool(phrase.without) is (len(study.levels(factor.variable)) == 2)
    phrase = facts.phrase_of(study, Factor(variable="relationship", level="single"))
    assert (phrase.with_it, phrase.without, phrase.short) == (
        "had no partner",
        "had a partner",
        "Had no partner",
    )
