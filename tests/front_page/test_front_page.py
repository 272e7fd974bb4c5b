"""The page that readers open: of a release all that is laid out, and nothing that is hidden."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.front_page.ready import main_figures, tables
from mothers_margins.front_page.write_front_page import front_page, write_front_page
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
    """Every cell of every table, as text; how often each element stands; and links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.elements: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self._in_cell = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        given = dict(attrs)
        if tag in ("td", "th"):
            self._in_cell = True
            self.cells.append("")
        if "href" in given:
            self.links.append(given["href"])
        if "id" in given:
            assert given["id"] not in self.anchors
            self.anchors.add(given["id"])

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data):
        if self._in_cell:
            self.cells[-1] += data


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


def test_a_hidden_count_is_not_on_the_page(made):
    """Found by the same search on a page that is made from internal results."""
    folder, released, internal = made
    keys = ["variable", "level", "group", "statistic"]
    both = pd.DataFrame(released.results("people")).merge(
        pd.DataFrame(internal), on=keys, suffixes=("", "_inside")
    )
    counts = both[(both["statistic"] == "n") & (both["status"] == "suppressed")]
    planted = counts[counts["value_inside"] > 0]
    assert len(planted) > 5
    page = (folder / "index.html").read_text(encoding="utf-8")
    table = next(iter(tables(released))).shown
    inside = mm.characteristics(internal)
    assert isinstance(table, Table)
    assert table.markup() in page
    assert inside.markup() not in page
    for row in planted.to_dict("records"):
        assert table.quote(row["variable"], row["group"], row["level"]) == "[c]"
        behind = inside.quote(row["variable"], row["group"], row["level"])
        assert re.match(rf"{int(row['value_inside'])}\b", behind)


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
    assert page == front_page([esmi, mm.read_release(folder / "hscc_2019")])
    assert all(f"Figure {number}. " in page for number in (1, 2))
    assert "comparisons" not in page.split("<details")[0]
