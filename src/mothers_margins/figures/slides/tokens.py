"""The look of slides, said once: what charts, PowerPoint and the page take from here."""

from mothers_margins.figures.style import FIRST, GREY, INK, SECOND

BACKGROUND = "#fffbf2"
TINT = "#f3ecdd"  # header rows and stripes
DECORATIVE = "#b9b1a0"  # carries no meaning
BAND = "#5b4a1f"  # text of the band that says what the numbers are
PROMPT = FIRST
ON_PROMPT = "#ffffff"
RULE = "#f0c07a"  # on a prompt
# Pairs of text and ground, of marks and ground: a test holds them to WCAG 2.2.
TEXT_ON = (
    (INK, BACKGROUND),
    (INK, TINT),
    (FIRST, BACKGROUND),
    (SECOND, BACKGROUND),
    (GREY, BACKGROUND),
    (BAND, BACKGROUND),
    (BAND, TINT),
    (ON_PROMPT, PROMPT),
    (RULE, PROMPT),
)
MARKS_ON = ((FIRST, BACKGROUND), (SECOND, BACKGROUND), (GREY, BACKGROUND), (RULE, PROMPT))

FONT = "Arial"
TWIN = "Liberation Sans"  # of the same widths, where Arial is not installed

# Inches.
WIDTH, HEIGHT = 13.333, 7.5
MARGIN = 0.75
PICTURE = (11.8, 4.5)
PHONE = 4.2  # width of a drawing for a phone

# Points.
SMALLEST = 18.0
IN_TABLE = 22.0  # where it is short
BODY = 24.0
ASKED = 30.0
TITLE = 32.0
COVER = 44.0
# In a drawing for a phone: 14 pixels where 4.2 inches are shown 358 pixels wide.
SMALLEST_ON_PHONE = 12.0

LONGEST_TITLE = 48
LONGEST_LINE = 14  # words of a bullet
MOST_LINES = 6
