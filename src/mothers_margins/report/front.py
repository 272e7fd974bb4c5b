"""What stands on the first page of a report, and what every page says of it."""

from dataclasses import dataclass

from mothers_margins.report.material import Material
from mothers_margins.wording import report as words
from mothers_margins.wording.sentences import capital


@dataclass(frozen=True)
class Front:
    """The first page. title: of the document; subtitle: under it; short, mark: on every page;
    marks: sentences in bold; lines: what and who.
    """

    title: str
    subtitle: str
    short: str
    mark: str
    marks: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]


def front_of(material: Material, status: str) -> Front:
    """The first page of a report. A rehearsal is called one, and names no person."""
    file, study = material.written.file, material.study
    registration = tuple((one.what, one.who) for one in file.registration)
    if material.rehearsal:
        marks = (words.REHEARSAL_MARK, study.file.data.statement)
        return Front(
            words.REHEARSAL,
            f"{capital(status)}: {file.title}",
            words.REHEARSAL,
            words.REHEARSAL_MARK,
            marks,
            registration,
        )
    people = tuple((one.what, one.who) for one in file.credits)
    is_final = status == "final"
    subtitle = words.FINAL if is_final else words.DRAFT
    mark = "" if is_final else words.DRAFT_MARK
    said = tuple(filter(None, (mark,)))
    return Front(file.title, subtitle, file.short_title, mark, said, people + registration)
