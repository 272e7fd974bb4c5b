"""The sentences of the page that readers open."""

from collections.abc import Mapping

from mothers_margins.wording.head_and_foot import POLICIES

MAIN_RESULTS = "Main results as pictures"
FOR_EVERYBODY = (
    "For everybody who wants to see what the study found. They show associations: that two things "
    "occur together does not say that one brings about the other."
)
TABLES = "Tables to read"
FOR_TABLES = (
    "For readers who want numbers with their bases, and for reviewers. Choose a title to open its "
    "table."
)
NUMBERS = "Numbers for other programs"
FOR_NUMBERS = "For statisticians: every released result, one file each."


def figure(number: int, title: str) -> str:
    """The caption of a figure."""
    return f"Figure {number}. {title}"


def files(number: int) -> str:
    """What opens the list of files."""
    return f"{number} file{'' if number == 1 else 's'} with numbers (csv)"


def hidden(policy: Mapping[str, bool | int | str | tuple[str, ...]]) -> str:
    """Under which policy numbers are held back, and by whom it was decided."""
    if policy["name"] == "already_public":
        return "These numbers were published before; none is held back."
    return (
        f"Numbers marked [c] are held back, so that nobody can be recognised or worked out "
        f"(policy: {POLICIES[str(policy['name'])]}; decided by {policy['author']})."
    )
