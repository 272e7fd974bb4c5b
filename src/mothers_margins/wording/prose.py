"""Sentences of a notebook, whose numbers are quoted from tables."""

from collections.abc import Mapping
from dataclasses import dataclass

from mothers_margins.absent import Absent
from mothers_margins.results.results import Results
from mothers_margins.results.save import save


@dataclass(frozen=True)
class Prose:
    """A sentence with quoted cells, shown by a notebook as Markdown."""

    text: str

    def _repr_markdown_(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def say(text: str, mark: str = "") -> Prose | None:
    """A sentence of a notebook whose numbers come from `Table.quote`.

    mark: of made-up rows, for a line below it. Without a text there is nothing to show.
    """
    if not text:
        return None
    return Prose("\n".join(filter(None, (text, mark))))


def save_all(made: Mapping[str, Results | Absent]) -> Prose:
    """Save results by name, each as `save` does, and say which files were written.

    What is absent is not saved. Raises UsageError as `save` does.
    """
    there = {name: results for name, results in made.items() if isinstance(results, Results)}
    lines = [f"- `{save(results, name)}`" for name, results in there.items()]
    return Prose("\n".join(lines) or "Nothing was written: this study has none of it.")


def not_done(made: Mapping[str, object], otherwise: str) -> Prose:
    """Why each of some analyses was not made, by its title; `otherwise` where all were, and where
    there are none, that.

    made: what verbs returned, by title; or the reason itself as a text, empty where there is none.
    """
    reasons = {title: one for title, one in made.items() if isinstance(one, Absent | str)}
    lines = [f"- {title}: {why}" for title, why in reasons.items() if str(why)]
    return Prose("\n".join(lines) or (otherwise if made else "This study declares none."))
