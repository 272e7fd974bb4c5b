"""Executed notebooks of a run as Word documents: words, tables and figures, no code."""

import re
from html import escape
from pathlib import Path

from mothers_margins import places
from mothers_margins.batch.manifest import Record, differing, read_records
from mothers_margins.batch.numbering import numbered, prefix_of
from mothers_margins.batch.pages import FIRST_HEADING, with_addresses
from mothers_margins.batch.plan import read_run_list
from mothers_margins.documents.word import word
from mothers_margins.errors import UsageError, unknown
from mothers_margins.results.writable import writable

OF_A_CELL = re.compile(r' id="cell-id=[^"]*"')  # each would become a bookmark


def write_word(
    notebook: Path, target: Path, title: str, mark: str, *, internal: bool, prefix: str = ""
) -> Path:
    """An executed notebook as a Word document, below the mark of its rows. prefix: of the numbers
    of its tables and figures.

    internal: it shows restricted results, so only the owner may read it, and no text of it stands
    in a message.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="basic",
        exclude_input=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,  # else each heading ends in a sign
    )
    page, _ = exporter.from_filename(str(notebook))
    page = FIRST_HEADING.sub(lambda found: f"{found[1]}{escape(title)}{found[2]}", page, count=1)
    page = numbered(OF_A_CELL.sub("", page), prefix)
    page, titles = with_addresses(page)
    if titles:
        page = FIRST_HEADING.sub(lambda found: found[0] + _contents(titles), page, count=1)
    marked = f"<p><strong>{escape(mark)}</strong></p>\n{page}"
    return word(marked, target, f"{mark}. {title}", private=internal)


def _contents(titles: list[str]) -> str:
    """A list that leads to each part; a field of Word's own would be empty until it is updated."""
    items = [f'<li><a href="#part-{at}">{title}</a></li>' for at, title in enumerate(titles, 1)]
    return f"<p><strong>Contents</strong></p><ol>{''.join(items)}</ol>"


def word_of_run(run: Path, names: tuple[str, ...], folder: Path) -> list[Path]:
    """The entries of a run that are named, each by its beginning, as NAME.docx in a folder; all
    that are done if none is named.

    Returns the paths as they may be printed. Raises UsageError for a name that the run does not
    have, an entry that is not done or was changed since, and where restricted results would land
    inside the project or a folder of what was released.
    """
    written = []
    entries = read_run_list()
    for record in _chosen(read_records(run), names):
        notebook = run / "notebooks" / f"{record.name}.ipynb"
        if record.status != "done" or differing(run, record):
            remedy = f"mothers-margins run {record.name}"
            raise UsageError(f"word: {record.name} is not as a run has finished it.", (), remedy)
        internal = any(rows.kind == "restricted" for rows in record.data.values())
        target = folder / f"{record.name}.docx"
        writable(target, ".docx", internal=internal, who="word")
        mark = "; ".join(sorted({rows.mark for rows in record.data.values()}))
        prefix = prefix_of(record.name, entries)
        write_word(notebook, target, record.title, mark, internal=internal, prefix=prefix)
        written.append(Path(places.shown(target)))
    return written


def _chosen(records: dict[str, Record], names: tuple[str, ...]) -> list[Record]:
    """The entries that begin with one of these names."""
    if not names:
        return [record for record in records.values() if record.status == "done"]
    lost = [name for name in names if not any(entry.startswith(name) for entry in records)]
    if lost:
        raise unknown("entry", lost, records, "word")
    return [record for entry, record in records.items() if entry.startswith(names)]
