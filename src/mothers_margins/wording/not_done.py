"""Why analyses were not made, as a list."""

from collections.abc import Mapping

from mothers_margins.absent import Absent
from mothers_margins.wording.prose import Prose


def not_done(made: Mapping[str, object], otherwise: str) -> Prose:
    """Why each of some analyses was not made, by its title; `otherwise` where all were, and where
    there are none, that.

    made: what verbs returned, by title; or the reason itself as a text, empty where there is none.
    """
    reasons = {title: one for title, one in made.items() if isinstance(one, Absent | str)}
    lines = [f"- {title}: {why}" for title, why in reasons.items() if str(why)]
    return Prose("\n".join(lines) or (otherwise if made else "This study declares none."))
