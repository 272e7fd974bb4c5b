"""Sentences of a notebook, whose numbers are quoted from tables."""

from dataclasses import dataclass


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
