"""The page that readers open: of a release all that is laid out, and nothing that is hidden."""

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.front_page.ready import main_figures, tables
from mothers_margins.front_page.write_front_page import (
    front_page,
    meetings,
    report,
    write_front_page,
)
from mothers_margins.release.run_folder import read_run
from mothers_margins.release.write_release import release
from mothers_margins.tables.table import Table
from tests.conftest import mm_read
from tests.release.small_release import Sixty


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, mm.Released, mm.Results]:
    """The folder release/ of sixty people, the release in it, and the internal summary behind."""
    folder = tmp_path_factory.mktemp("sixty")
    with pytest.MonkeyPatch.context() as patch:
        sixty = Sixty(folder / "project")
        patch.setattr(places, "project", lambda: sixty.folder)
        patch.setattr("mothers_margins.release.released.read_study", lambda _: sixty.study)
        internal = sixty.run(patch, restricted=False)
        to = internal.parents[1] / "release" / "sixty"
        release(internal, to)
        study = mm_read(sixty.home)
        write_front_page(to.parent)
        behind = read_run(internal, study).results["people"]
        return to.parent, mm.read_release(to, study), behind


class Cells(HTMLParser):
    """Every cell of every table, as text, and every row; how often each element stands; links with
    their names; captions; and names of boxes.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.elements: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.rows: list[list[str]] = []
        self.named: dict[str, list[str]] = {"a": [], "caption": [], "figcaption": [], "summary": []}
        self.boxes: list[str] = []
        self._in_cell = False
        self._in_named = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        given = dict(attrs)
        if tag in ("td", "th"):
            self._in_cell = True
            self.cells.append("")
            self.rows[-1].append("")
        if tag == "tr":
            self.rows.append([])
        if tag in self.named:
            self._in_named = tag
            self.named[tag].append("")
        if given.get("role") == "region":
            self.boxes.append(given["aria-label"])
        if "href" in given:
            self.links.append(given["href"])
        if "id" in given:
            assert given["id"] not in self.anchors
            self.anchors.add(given["id"])

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._in_cell = False
        if tag in self.named:
            self._in_named = ""

    def handle_data(self, data):
        if self._in_cell:
            self.cells[-1] += data
            self.rows[-1][-1] += data
        if self._in_named:
            self.named[self._in_named][-1] += data


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2007", "").strip()


def test_every_cell_of_a_released_table_is_on_the_page(made):
    folder, released, _ = made
    page = Cells((folder / "index.html").read_text(encoding="utf-8"))
    on_page = [plain(text) for text in page.cells]
    for ready in tables(released):
        assert isinstance(ready.shown, Table)
        for section in ready.shown.sections:
            for row in section.rows:
                for cell in row.cells:
                    text = ready.shown.print(cell) + cell.mark
                    assert plain(text) in on_page


def rows_by_label(page: str) -> dict[str, list[str]]:
    """The rows of a page with one table by their labels; under the title of a variable or of a
    section its levels: 'House: own'.
    """
    found, above = {}, ""
    for label, *cells in ([plain(text) for text in row] for row in Cells(page).rows if row):
        if not cells:
            above = label
        found[f"{above}: {label}"] = cells
    return found


def test_a_hidden_count_is_not_on_the_page(made):
    """Looked for cell by cell, on the page as it is written. The same search finds each count on
    the page into which the internal table was put.
    """
    folder, released, internal = made
    keys = ["variable", "level", "group", "statistic"]
    both = pd.DataFrame(released.results("people")).merge(
        pd.DataFrame(internal), on=keys, suffixes=("", "_inside")
    )
    counts = both[(both["statistic"] == "n") & (both["status"] == "suppressed")]
    planted = counts[(counts["value_inside"] > 0)]
    assert len(planted) > 5
    (ready,) = tables(released)
    page = (folder / "index.html").read_text(encoding="utf-8")
    inside = mm.characteristics(internal, percent=True)
    caption = re.search(r"<caption>.*?</caption>", page)
    assert caption
    before, after = page.split("<table")[0], page.split("</table>")[-1]
    leaking = before + inside.markup() + after
    columns = [column.key for column in ready.shown.columns]
    shown, leaked = rows_by_label(page), rows_by_label(leaking)
    for row in planted.to_dict("records"):
        place = columns.index(row["group"])
        name = f"{released.study.label(row['variable'])}: {row['level']}"
        assert shown[name][place] == "[c]"
        assert re.match(rf"{int(row['value_inside'])}\b", leaked[name][place])


def test_counts_stand_with_their_percentages(made):
    """19 of 60 are 32%: whatever is released as a count has its share beside it."""
    _, released, _ = made
    (ready,) = tables(released)
    texts = [
        ready.shown.print(cell)
        for section in ready.shown.sections
        for row in section.rows
        for cell in row.cells
    ]
    counts = [text for text in texts if re.match(r"\d+( of \d+)? \(", text)]
    assert any(re.fullmatch(r"\d+ \(\d+%\)", text) for text in counts)
    for text in counts:
        found = re.fullmatch(r"(\d+) \((\d+)%\)", text)
        if found:
            n, percent = map(int, found.groups())
            assert any(abs(100 * n / of - percent) <= 0.5 for of in (60, 34))


def test_the_page_needs_nothing_from_outside(made):
    folder, *_ = made
    text = (folder / "index.html").read_text(encoding="utf-8")
    page = Cells(text)
    assert "script" not in page.elements
    assert "http" not in text.replace("http-equiv", "")
    assert "SYNTHETIC" in text
    inside = [link for link in page.links if link.startswith("#")]
    files = [link for link in page.links if not link.startswith("#")]
    assert all(link[1:] in page.anchors for link in inside)
    assert files
    assert all((folder / link).is_file() for link in files)


def test_what_can_be_scrolled_can_be_reached_and_has_a_name(made):
    folder, *_ = made
    text = (folder / "index.html").read_text(encoding="utf-8")
    boxes = re.findall(r'<div class="scroll"[^>]*>', text)
    assert len(boxes) == text.count("<table")
    assert all('tabindex="0"' in box and 'role="region"' in box for box in boxes)
    assert all(re.search(r'aria-label="[^"]{5,}"', box) for box in boxes)


def test_a_release_that_was_changed_has_no_page(made, tmp_path):
    folder, *_ = made
    copy = tmp_path / "release"
    shutil.copytree(folder, copy)
    (copy / "index.html").unlink()
    (copy / "sixty" / "tables" / "people.csv").write_text("n\n7\n", encoding="utf-8")
    with pytest.raises(mm.DisclosureError):
        write_front_page(copy)
    assert not (copy / "index.html").exists()


def test_where_nothing_is_released_no_page_is_left(tmp_path):
    (tmp_path / "index.html").write_text("old", encoding="utf-8")
    assert write_front_page(tmp_path) is None
    assert not (tmp_path / "index.html").exists()


def test_titles_are_unique_and_figures_are_numbered(demo_run):
    """On the demonstration: two planned models, the first of which is the primary outcome's."""
    demo_run.said()
    folder = demo_run.out / "release"
    for name in ("esmi", "hscc_2019"):
        titles = [ready.title for ready in tables(mm.read_release(folder / name))]
        assert titles
        assert len({*titles}) == len(titles)
    esmi = mm.read_release(folder / "esmi")
    figures = list(main_figures(esmi))
    assert [figure.name for figure in figures] == ["estimates_protocol_t1", "estimates_protocol_t2"]
    page = (folder / "index.html").read_text(encoding="utf-8")
    releases = [esmi, mm.read_release(folder / "hscc_2019")]
    assert page == front_page(releases, meetings(folder), report(folder))
    assert 'href="report/report.docx" download="REHEARSAL_report.docx"' in page
    assert 'href="report/report.html">' in page
    assert {*meetings(folder)} >= {f"leag_{number}/deck.html" for number in (1, 2, 3, 4)}
    assert 'href="leag_2/deck.pptx" download="REHEARSAL_leag_2_deck.pptx"' in page
    assert all(f"Figure {number}. " in page for number in (1, 2))
    assert "comparisons" not in re.sub(r"\d comparisons the", "", page.split("<details")[0])
    found = Cells(page)
    for names in (*found.named.values(), found.boxes):
        assert names
        assert len({*names}) == len(names)
    assert not {*found.named["caption"]} & {*found.named["figcaption"]}


def test_main_tables_are_those_of_a_paper_timepoint_after_timepoint(demo_run):
    """Groups compared at each timepoint with their p, then the model; the rest is the annex."""
    demo_run.said()
    esmi = mm.read_release(demo_run.out / "release" / "esmi")
    ready = tables(esmi)
    main = [one.name for one in ready if one.main]
    assert main == [
        *("mother_t1", "infant_and_care_t1", "estimates_protocol_t1"),
        *("mother_t2", "infant_and_care_t2", "estimates_protocol_t2"),
    ]
    whole = next(one for one in ready if one.name == "characteristics_t1")
    assert not whole.main
    for one in (whole, *ready[:2]):
        assert {"difference", "p"} <= {column.key for column in one.shown.columns}
    published = tables(mm.read_release(demo_run.out / "release" / "hscc_2019"))
    assert [one.name for one in published] == ["table_1", "table_2"]
    assert all(one.main for one in published)


def test_sentences_and_the_words_that_they_need_stand_before_the_first_picture(demo_run):
    """Their numbers are those of the released estimates, read here without any builder."""
    demo_run.said()
    folder = demo_run.out / "release"
    page = (folder / "index.html").read_text(encoding="utf-8")
    before = page.split("<figure")[0]
    for number in (1, 2):
        rows = pd.read_csv(folder / "esmi" / "tables" / f"estimates_protocol_t{number}.csv")
        own = rows[(rows["model"] == "adjusted") & (rows["method"] == "imputed")]
        own = own[own["level"].notna() | own["reference"].isna()]
        known = own[own["conf_low"].notna()]
        clear = known[(known["conf_low"] > 0) | (known["conf_high"] < 0)]
        assert f"{known['n_events'].iloc[0]:.0f} of {known['n'].iloc[0]:.0f} mother" in before
        assert len(clear)
        for ratio in np.exp(clear["estimate"]):
            assert f"aOR {ratio:.2f} (95% CI " in before
        unclear = len(known) - len(clear)
        assert f"For {unclear} of {len(own)} comparisons the interval includes 1" in before
    words = re.findall(r"<dt>(.*?)</dt>", before)
    assert words == ["Timepoint", "Adjusted odds ratio (aOR)", "Imputed", "[c]"]
    assert before.count("SYNTHETIC DATA") >= 3  # the mark, and the end of each paragraph


def of_real_rows(released: mm.Released) -> mm.Released:
    """The same release, as if its rows had been restricted ones."""
    results = {}
    for name in released.names:
        frame = released.results(name)
        frame.about = replace(frame.about, source=replace(frame.about.source, kind="restricted"))
        results[name] = frame
    return replace(released, _results=results)


def test_what_is_saved_for_a_meeting_says_that_it_is_a_rehearsal(made, tmp_path):
    """Only where the numbers are made up; a page opens in the browser and is not saved."""
    _, released, _ = made
    folder = tmp_path / "leag_3"
    folder.mkdir()
    for name in ("deck.html", "deck.pptx", "handout.pdf"):
        (folder / name).write_bytes(b"")
    documents = meetings(tmp_path)
    made_up = front_page([released], documents)
    real = front_page([of_real_rows(released)], documents)
    assert 'download="REHEARSAL_leag_3_deck.pptx"' in made_up
    assert 'download="leag_3_deck.pptx"' in real
    assert "REHEARSAL" not in real
    for page in (real, made_up):
        assert '<a href="leag_3/deck.html">' in page
