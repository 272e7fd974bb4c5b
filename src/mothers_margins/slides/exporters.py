"""Two exporters for nbconvert: `jupyter nbconvert --to leag_pptx` and `--to leag_page`.

They read the slides of an executed notebook and nothing else: no print, warning or traceback can
reach a deck.
"""

from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode

from mothers_margins.slides.check_deck import check_deck
from mothers_margins.slides.deck import deck_of
from mothers_margins.slides.page import page
from mothers_margins.slides.powerpoint import powerpoint

Exported = tuple[Any, dict[str, Any]]


class _OfDeck(Exporter):
    """What both have in common: the deck of a notebook, checked."""

    def resources(self, given: dict[str, Any] | None) -> dict[str, Any]:
        """What nbconvert is told of the file."""
        return {**(given or {}), "output_extension": self.file_extension}


class LeagPptxExporter(_OfDeck):
    """A notebook of a meeting as an editable PowerPoint file with notes."""

    export_from_notebook = "LEAG PowerPoint"

    def _file_extension_default(self) -> str:
        return ".pptx"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **_: object
    ) -> Exported:
        """The file, as bytes."""
        return powerpoint(check_deck(deck_of(nb.cells))), self.resources(resources)


class LeagPageExporter(_OfDeck):
    """A notebook of a meeting as one self-contained page without notes."""

    export_from_notebook = "LEAG page"

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **_: object
    ) -> Exported:
        """The page, as text."""
        return page(check_deck(deck_of(nb.cells))), self.resources(resources)
