"""The format of data_dictionary/<study>/leag.yaml: the workshops of the Lived Experience Advisory
Group, and the words that are used there.
"""

from typing import Literal

from pydantic import Field

from mothers_margins.study.yaml_file import Definition

MOST_STUDY_WORDS = 15
Optional = Literal["diagnoses", "labels", "most_serious"]


class MeetingPlan(Definition):
    """One meeting: its title, the month it is held in, and what it is for, in one sentence."""

    title: str = Field(max_length=48)
    month: str
    purpose: str


class Factor(Definition):
    """A level of a variable that decks may show; what is said of it stands in the dictionary.

    option: shown only where this option is on. everyone: whether it stands among what all mothers
    were living with.
    """

    variable: str
    level: str
    option: Optional | None = None
    everyone: bool = True


class LeagFile(Definition):
    """leag.yaml as written.

    options: optional slides, and whether they are shown. banned: a word that no deck holds, with
    what stands in its place. agreed: the words of the study with those the group would rather hear,
    as a slide asks about them. study_words: words that readability does not count, because they are
    explained; at most 15. numbers: numbers that may stand in what a person writes (times, dates).
    factors: the levels that decks may show. needs: the variables of areas of need.
    """

    meetings: tuple[MeetingPlan, ...] = Field(min_length=1)
    options: dict[Optional, bool] = {}
    banned: dict[str, str] = {}
    agreed: dict[str, str] = {}
    study_words: tuple[str, ...] = Field((), max_length=MOST_STUDY_WORDS)
    numbers: tuple[str, ...] = ()
    factors: tuple[Factor, ...] = ()
    needs: tuple[str, ...] = ()
