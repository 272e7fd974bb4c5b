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


def say(text: str) -> Prose:
    """A sentence of a notebook whose numbers come from `Table.quote`."""
    return Prose(text)
