"""Readability: syllables and SMOG against counts by hand."""

from math import sqrt

import pytest

from mothers_margins.wording import readability

# Counted by hand, as spoken.
COUNTED = {
    "mother": 2, "involvement": 3, "social": 2, "care": 1, "services": 3, "abuse": 2,
    "wanted": 2, "faced": 1, "likely": 2, "people": 2, "little": 2, "science": 2, "experience": 4,
    "agreed": 2, "area": 3, "psychiatric": 4, "hospital": 3, "partner": 2, "findings": 2,
    "everything": 3, "difference": 3, "numbers": 2, "pieces": 2, "understand": 3, "meetings": 2,
    "create": 2, "being": 2, "baby": 2, "confidential": 4, "support": 2, "diagnosis": 4,
    "the": 1, "she": 1, "used": 1, "needed": 2, "table": 2, "whole": 1, "information": 4,
    "question": 2, "facilitator": 5, "together": 3, "recorded": 3, "deprived": 2, "area's": 3,
}  # fmt: skip


def test_syllables_are_as_counted_by_hand():
    wrong = {
        word: readability.syllables(word)
        for word, counted in COUNTED.items()
        if readability.syllables(word) != counted
    }
    assert len(wrong) <= 0.1 * len(COUNTED), wrong  # a rule of thumb, not a dictionary


def test_smog_is_mclaughlins_formula():
    # one word of three syllables (hospital) in two sentences
    expected = 1.0430 * sqrt(1 * 30 / 2) + 3.1291
    assert readability.smog(["The hospital was near. She went."]) == pytest.approx(expected)
    assert readability.smog(["The hospital was near. She went."], {"hospital"}) == 3.1291
    assert readability.smog([]) == 0


def test_titles_and_bullets_are_sentences():
    assert len(readability.sentences(["Before we start", "You can leave\nNobody is told"])) == 3
    longest = readability.longest_sentence(["One two three.", "One two. One."])
    assert longest == "One two three"


def test_hard_text_scores_higher_than_plain_text():
    plain = ["Some mothers had help. Some had none. We asked why."]
    hard = ["Maternal characteristics associated with statutory safeguarding intervention."]
    assert readability.smog(hard) > 12 > 9 > readability.smog(plain)
