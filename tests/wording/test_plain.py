"""Plain sentences from numbers: every rule as a table, boundaries worked out by hand."""

import pytest

from mothers_margins.wording import plain
from mothers_margins.wording.plain import Range


@pytest.mark.parametrize(
    ("yes", "of", "said"),
    [
        # below 20 each mother is counted
        (7, 11, "7 of the 11 mothers"),
        (10, 19, "10 of the 19 mothers"),
        # from 20 to 49 in 10 only
        (9, 20, "About half of mothers"),
        (8, 20, "4 in 10 mothers"),  # exact tenths: no "about"
        (13, 49, "About 3 in 10 mothers"),  # 2.65
        (1, 40, "Fewer than 1 in 10 mothers"),  # 0.25 of 10
        (39, 40, "More than 9 in 10 mothers"),
        # from 50 on: in 10 in the middle
        (99, 278, "About 4 in 10 mothers"),  # 3.56
        (15, 100, "About 2 in 10 mothers"),  # 0.15 is still in 10; a half goes up
        (85, 100, "About 9 in 10 mothers"),
        (30, 100, "3 in 10 mothers"),
        # at the ends in 100, never "0 in 10"; 5 % is not "about 1 in 10"
        (14, 100, "14 in 100 mothers"),
        (86, 100, "86 in 100 mothers"),
        (14, 279, "About 5 in 100 mothers"),
        (2, 279, "Fewer than 1 in 100 mothers"),  # 0.7
        (277, 279, "More than 99 in 100 mothers"),
        (3, 300, "1 in 100 mothers"),
        # about half: 0.45 to 0.55 with both ends
        (45, 100, "About half of mothers"),
        (55, 100, "About half of mothers"),
        (50, 100, "Half of mothers"),
        (44, 100, "About 4 in 10 mothers"),
        (56, 100, "About 6 in 10 mothers"),
    ],
)
def test_how_many(yes, of, said):
    assert plain.how_many(yes, of) == said


@pytest.mark.parametrize(
    ("percent", "said"),
    [
        (36.4, "36 in 100"),
        (36.5, "37 in 100"),
        (0.4, "fewer than 1 in 100"),
        (0.0, "0 in 100"),
        (99.6, "more than 99 in 100"),
        (100.0, "100 in 100"),
        (1.0, "1 in 100"),
    ],
)
def test_in_100(percent, said):
    assert plain.in_100(percent) == said


def test_a_comparison_has_one_base_and_begins_with_involvement():
    said = plain.compared(41.41, 26.26, "had faced abuse by a partner")
    assert said == (
        "41 in 100 mothers with social care involvement had faced abuse by a partner. "
        "This is compared with 26 in 100 mothers without."
    )


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (3.2, 26.4, "The gap is likely to be between 3 and 26 in every 100."),
        (-26.4, -3.2, "The gap is likely to be between 3 and 26 in every 100."),
        (-0.6, 20.1, "This gap could be down to chance."),
        (0, 20, "This gap could be down to chance."),  # an end at nought holds it
        (0.3, 26.4, "The gap is likely to be at most 26 in every 100."),
    ],
)
def test_gap(low, high, said):
    assert plain.gap(Range(low, high)) == said


def test_adjusted_says_that_all_else_is_alike():
    said = plain.adjusted(48, 28, "told of abuse", "told of none")
    assert said == (
        "Look at mothers who told of abuse. The others told of none. "
        "Suppose everything else we measured was alike. "
        "Then about 48 in 100 had social care involved, compared with 28 in 100 others."
    )


@pytest.mark.parametrize(
    ("of", "inside", "said"),
    [
        (278, 0.66, "Most were between 24 and 38."),  # 31.2 - 7.2 = 24.0, 31.2 + 7.2 = 38.4
        (49, 0.66, ""),
        (278, 0.8, ""),
        (278, 0.59, ""),
    ],
)
def test_most_between_only_where_it_is_about_two_thirds(of, inside, said):
    assert plain.most_between(31.2, 7.2, of, inside) == said
    assert plain.average_age(31.2) == "Mothers were on average 31 years old."


def test_not_known():
    assert plain.not_known(28, 278) == "We do not know this for about 10 in 100 mothers."
    assert plain.not_known(60, 278) == "We do not know this for about 2 in 10 mothers."


@pytest.mark.parametrize(
    ("low", "high", "difference", "may"),
    [(3, 26, 15, True), (-0.1, 26, 15, False), (1, 18, 9.9, False), (1, 19, 10, True)],
)
def test_a_title_claims_a_difference_only_where_there_is_one(low, high, difference, may):
    assert plain.differs(Range(low, high), difference) is may


def test_banned_words_are_whole_words():
    words = {"sample": "mothers in the study", "PD mothers": "mothers with that diagnosis"}
    found = list(plain.banned("The Sample of pd mothers. A resample is none.", words))
    assert found == [
        ("sample", "mothers in the study"),
        ("PD mothers", "mothers with that diagnosis"),
    ]
    assert not list(plain.banned("Resampled. A PD.", words))


NEVER = ("odds", "risk", "significant", "times as", "predict", "cause", "effect", "likely to have")


def test_no_sentence_is_long_or_says_what_numbers_cannot():
    said = [
        plain.compared(41, 26, "had been in hospital for mental health in the two years before"),
        plain.adjusted(41, 26, "had been in hospital in the two years before", "had not been"),
        plain.gap(Range(3, 26)),
        plain.not_known(30, 278),
        plain.TOO_FEW,
    ]
    for sentence in " ".join(said).split(". "):
        assert len(sentence.split()) <= 20, sentence
        assert not [word for word in NEVER if word in sentence.lower()]
