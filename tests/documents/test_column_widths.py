"""Columns are shared out by what stands in them."""

import pytest
from PIL import ImageFont

from mothers_margins.documents.column_widths import Wish, longest_word, shared, width_of, wish


def test_a_number_stays_in_one_line_and_a_text_may_break():
    number, text = "1.02 (0.81 to 1.27)", "with custody of her baby at interview"
    assert wish([], [number]).least > width_of(number)
    assert wish([], [text]).least < width_of(text) / 2
    assert wish([], ["t(276) = −0.63"]).least > width_of("t(276) = −0.63")
    assert wish([], ["\u20077"]).least > width_of("77") - 0.1


def test_a_no_break_space_is_none():
    assert longest_word("7\u00a0(64%) of") == width_of("7\u00a0(64%)")


@pytest.mark.parametrize("room", [30.0, 60.0, 200.0])
def test_the_room_is_shared_out_whole(room):
    wishes = [Wish(11, 40), Wish(10, 10), Wish(3, 4)]
    widths = shared(wishes, room)
    assert sum(widths) == pytest.approx(room)
    if room > 24:
        assert all(width >= wish.least for width, wish in zip(widths, wishes, strict=True))


def test_widths_of_letters_are_about_those_of_the_font():
    """Beside Liberation Sans, whose widths are Arial's; where it is not installed, not asked."""
    try:
        font = ImageFont.truetype("LiberationSans-Regular.ttf", 1000)
    except OSError:
        pytest.skip("Liberation Sans is not installed")
    for text in ("1.02 (0.81 to 1.27)", "Mother's age, per 5 years", "Not known", "16 of 39"):
        assert width_of(text) == pytest.approx(font.getlength(text) / 1000, rel=0.08)
