"""Where rows come from."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Source:
    """Where the rows come from. Travels with every result, so that the mark of made-up data is
    never lost.

    supposed: pairs of an outcome and the level that stands, in these rows, wherever it is not
    known.
    """

    kind: Literal["synthetic", "reconstructed", "restricted", "published"]
    rows: int
    statement: str
    supposed: tuple[tuple[str, str], ...] = ()

    @property
    def mark(self) -> str:
        """The mark that everything made from these rows carries; empty for restricted data."""
        return {
            "synthetic": "SYNTHETIC DATA",
            "reconstructed": "SYNTHETIC ROWS, reconstructed from published totals",
        }.get(self.kind, "")
