"""The table model: structure of its HTML, text of its cells, notes and quotations."""

import re
from html.parser import HTMLParser

import pytest

import mothers_margins as mm
from mothers_margins.study.study_file import Rounding
from mothers_margins.tables.table import FIGURE_SPACE, Cell, Column, Notes, Row, Section, Table

ROUNDING = Rounding(rule="half_up", percent=0, mean=1)


def one_cell(cell: Cell) -> Table:
    rows = (Row("label", (cell,), "variable", "level"),)
    return Table(
        "t",
        "A table",
        "Stub",
        (Column("g", "Group", 9),),
        (Section("S", rows),),
        (),
        "",
        "",
        ROUNDING,
    )


class Reader(HTMLParser):
    """Rows of a table as lists of (tag, attributes, text); independent of the code that writes
    it.
    """

    def __init__(self):
        super().__init__()
        self.rows, self.part, self.caption = [], "", ""
        self.parts = []

    def handle_starttag(self, tag, attributes):
        if tag in ("thead", "tbody", "tfoot"):
            self.part = tag
            self.parts.append(tag)
        if tag == "tr":
            self.rows.append((self.part, []))
        if tag in ("th", "td"):
            self.rows[-1][1].append([tag, dict(attributes), ""])
        self.open = tag

    def handle_data(self, text):
        if self.open == "caption":
            self.caption += text
        elif self.rows and self.rows[-1][1]:
            self.rows[-1][1][-1][2] += text


@pytest.fixture
def read(table_1):
    def parse(table: Table) -> Reader:
        reader = Reader()
        reader.feed(table.to_html())
        return reader

    return parse


def test_every_heading_has_a_scope_and_every_row_a_heading(read, table_1):
    reader = read(mm.characteristics(table_1, "table_1"))
    assert reader.caption.strip() == "Table 1. Characteristics of participating women"
    headings = [cell for _, cells in reader.rows for cell in cells if cell[0] == "th"]
    assert all(cell[1]["scope"] in ("col", "colgroup", "row", "rowgroup") for cell in headings)
    assert all(cell[2].strip() for cell in headings)
    for part, cells in reader.rows:
        if part == "tbody":
            assert cells[0][0] == "th"
    assert reader.parts.count("tbody") == 9  # one per block


def test_every_row_is_as_wide_as_the_table(read, table_1):
    reader = read(mm.characteristics(table_1, "table_1"))
    widths = [sum(int(cell[1].get("colspan", 1)) for cell in cells) for _, cells in reader.rows]
    assert widths[0] == 4
    assert widths[1] == 2  # under the shared heading; the two cells beside it span both rows
    assert set(widths[2:]) == {4}


def test_the_shared_heading_stands_over_the_parts_of_the_whole(read, table_1):
    reader = read(mm.characteristics(table_1, "table_1"))
    shared = [cell for cell in reader.rows[0][1] if cell[1]["scope"] == "colgroup"]
    assert [(cell[2], cell[1]["colspan"]) for cell in shared] == [("Of these women", "2")]
    assert [cell[2].strip() for cell in reader.rows[1][1]] == [
        "B. HSSI mothers n = 11",
        "C. LSSI mothers n = 7",
    ]


def test_the_services_are_a_block_with_two_parts(read, table_1):
    table = mm.characteristics(table_1, "table_1")
    services = table.sections[-1]
    assert [row.label for row in services.rows if not row.cells] == ["Specialist", "Non-specialist"]
    assert sum(bool(row.cells) for row in services.rows) == 10
    reader = read(table)
    labels = [cells[0] for part, cells in reader.rows if part == "tbody"]
    inner = next(cell for cell in labels if cell[2].strip() == "Specialist")
    assert inner[1]["scope"] == "rowgroup"
    option = next(cell for cell in labels if cell[2].strip() == "Mother and baby unit")
    assert option[2].startswith("\u2003\u2003")


def test_marks_are_letters_and_each_has_its_note(table_1):
    html = mm.characteristics(table_1, "table_1").to_html()
    marks = re.findall(r"<sup>(.)</sup>", html)
    assert set(marks) == set("abc")
    foot = html[html.index("<tfoot>") :]
    assert re.findall(r"<p><sup>(.)</sup>", foot) == ["a", "b", "c"]
    assert not re.search(r"<sup>\d", html)


def test_a_suppressed_a_missing_and_a_zero_cell_look_different():
    texts = [
        one_cell(Cell("{n}", {"n": 4}, status)).quote("variable", "g", "level")
        for status in ("shown", "suppressed", "missing")
    ]
    assert texts == ["4", "[c]", "–"]
    assert one_cell(Cell("{n}", {"n": 0}, "structural_zero")).quote("variable", "g", "level") == "0"
    assert "7654" not in one_cell(Cell("{n}", {"n": 7654}, "suppressed")).to_html()


def test_numbers_are_rounded_once_when_they_are_printed():
    cell = Cell("{mean} ({sd})", {"mean": 2.25, "sd": 0.05})
    table = one_cell(cell)
    assert table.quote("variable", "g", "level") == "2.3 (0.1)"
    assert table.sections[0].rows[0].cells[0].numbers == {"mean": 2.25, "sd": 0.05}


def test_units_stand_under_units(table_1):
    html = mm.characteristics(table_1, "table_1").to_html()
    assert f"<td>{FIGURE_SPACE}5</td>" in html  # 40+ in column A, under two-digit counts
    assert "<td>29</td>" in html


def test_text_from_the_definition_is_escaped():
    table = Table(
        "t",
        "a < b",
        "<i>",
        (Column("g", "<b>"),),
        (Section("&", (Row("<x>", (Cell("<y>"),)),)),),
        (("a", "<z>"),),
        "",
        "",
        ROUNDING,
    )
    html = table.to_html()
    assert not re.search(r"<(i|b|x|y|z)>", html)
    assert "&lt;y&gt;" in html


def test_a_quotation_of_a_cell_that_is_not_there_is_a_usage_error(table_1):
    table = mm.characteristics(table_1, "table_1")
    for arguments in (("age", "hssi", "≤ 24 years"), ("height", "hssi")):
        with pytest.raises(mm.UsageError, match="no row for"):
            table.quote(*arguments)
    for ask in (
        lambda: table.quote("age", "rest", "40+"),
        lambda: table.size("rest"),
        lambda: table.quote("age_years"),
    ):
        with pytest.raises(mm.UsageError, match=r"no column '(rest)?'"):
            ask()


def test_the_mark_of_made_up_rows_is_in_every_form_of_a_table(table_1, study):
    table = mm.characteristics(table_1, "table_1")
    for shown in (table.to_html(), table._repr_html_(), repr(table)):
        assert "SYNTHETIC ROWS" in shown
        assert "10.1111/hsc.12832" in shown


def test_equal_input_gives_equal_bytes(table_1):
    assert mm.characteristics(table_1, "table_1") == mm.characteristics(table_1, "table_1")
    assert (
        mm.characteristics(table_1, "table_1").to_html()
        == mm.characteristics(table_1, "table_1").to_html()
    )


def test_the_same_note_has_the_same_mark():
    notes = Notes()
    assert [notes.mark("one"), notes.mark("two"), notes.mark("one")] == ["a", "b", "a"]
    notes.plain("general")
    assert notes.all() == (("", "general"), ("a", "one"), ("b", "two"))


def test_a_table_without_a_plan_has_a_section_per_variable(six_women):
    table = mm.characteristics(mm.summarise(six_women, ["score", "house"], ["all", "left"]))
    assert [section.title for section in table.sections] == ["Score", "House"]
    assert table.quote("score", "all") == "34.0 (20.7)"  # sqrt(430) = 20.74
    assert table.quote("house", "all", "missing") == "1"
    assert [row.label for row in table.sections[1].rows] == ["own", "rent", "Not known"]


def test_tables_are_built_from_summaries_that_hold_what_they_show(table_1, cohort, study):
    with pytest.raises(mm.UsageError, match="lack what the table shows") as raised:
        mm.characteristics(mm.summarise(cohort, ["age"], ["wider", "hssi", "lssi"]), "table_1")
    assert "ethnicity within hssi" in str(raised.value)
    with pytest.raises(mm.UsageError, match="are themes, not summaries"):
        mm.characteristics(mm.list_themes(study), "table_1")
    with pytest.raises(mm.UsageError, match="are summaries, not themes"):
        mm.themes(table_1)
    with pytest.raises(mm.UsageError, match="choose percent or as_published"):
        mm.characteristics(table_1, "table_1", percent=True, as_published=True)
    with pytest.raises(mm.UsageError, match="no table 'table_3'; did you mean 'table_1'"):
        mm.characteristics(table_1, "table_3")


@pytest.mark.parametrize(
    "part", ["about", "groups", "variables", "services", "derived", "tables", "facts", "choices"]
)
def test_each_part_of_the_definition_can_be_read_aloud(study, part):
    table = mm.overview(study, part)
    shown = repr(table)
    expected = {
        "about": "11 National Health Service providers",
        "groups": r"Social services involvement is HSSI \(high",
        "variables": "White British, White Other",
        "services": r"Crisis resolution team +Service\(s\) used +Non-specialist",
        "derived": r"Age \(age\) +Age in years +≤ 25 years, 26 - 29 years, 30 – 39, 40\+",
        "tables": "Full sample from wider study, HSSI mothers, LSSI mothers",
        "facts": r"Living with partner is Yes +0 +stated",
        "choices": "a half goes up",
    }
    assert re.search(expected[part], shown)


def test_soft_rules_are_not_read_aloud_as_facts(study):
    assert "S0" not in repr(mm.overview(study, "facts"))


def test_parts_that_do_not_exist_are_usage_errors_and_empty_ones_say_so(study, small_study):
    with pytest.raises(mm.UsageError, match="no part 'group'; did you mean 'groups'"):
        mm.overview(study, "group")
    assert str(mm.overview(small_study, "facts")) == (
        "This study declares none: facts used to rebuild the rows."
    )


def test_the_parts_of_the_esmi_study_are_read_aloud_with_their_assumptions():
    esmi = mm.read_study("esmi")
    rows = {
        row.label: [cell.pattern for cell in row.cells]
        for row in mm.overview(esmi, "instruments").sections[0].rows
    }
    assert rows["CTQ: emotional neglect"][0] == "5 items; reversed 5, 7, 13, 19, 28"
    assert rows["Childhood trauma (CTQ total)"][1].startswith(
        "25 to 125; mean (standard deviation) and median"
    )
    assert rows["Domestic abuse (CAS total)"][2] == "prorated, at least 80% answered"
    outcomes = {
        row.label: [c.pattern for c in row.cells]
        for row in mm.overview(esmi, "outcomes").sections[0].rows
    }
    primary = outcomes["Children's social care involvement at timepoint 1"]
    assert primary[0] == "primary, timepoint 1"
    assert "assessment or referral" in primary[1]
    models = [
        [row.label, *(c.pattern for c in row.cells)]
        for row in mm.overview(esmi, "models").sections[0].rows
    ]
    departures = {line[0]: line[3] for line in models if line[3]}
    assert len(departures) == len(esmi.file.models) - 1
    assert all(said.startswith("Departs from protocol (20") for said in departures.values())
    (protocol,) = [line for line in models if line[0].endswith("(protocol)")]
    assert protocol[1] == (
        "Children's social care involvement at timepoint 1; "
        "Children's social care involvement at timepoint 2"
    )
    assert protocol[2].startswith("Mother's age; Ethnicity; Relationship status; ")
    codings = {
        row.label: [c.pattern for c in row.cells]
        for row in mm.overview(esmi, "codings").sections[0].rows
    }
    assert codings["Mother's age"] == ["per 5 years", ""]
    said = "compared with White British; put together: Asian and Mixed or Other"
    assert codings["Ethnicity"][0] == said


def test_a_table_as_text_is_aligned_and_says_its_numbers_and_marks(table_1):
    lines = repr(mm.characteristics(table_1, "table_1")).splitlines()
    head = next(line for line in lines if line.startswith("Characteristic "))
    assert "B. HSSI mothers (n = 11)" in head
    row = next(line for line in lines if line.startswith("  ≤ 25 years"))
    assert row.index("7 (64% of 11) a") == head.index("B. HSSI")


def test_headings_stand_over_their_own_columns_in_any_order():
    """The whole between its parts: the shared heading stands twice, and no heading over another
    column's numbers.
    """
    columns = (
        Column("b", "B", 1, "Of these"),
        Column("a", "A", 9),
        Column("c", "C", 2, "Of these"),
    )
    row = Row("label", tuple(Cell("{n}", {"n": number}) for number in (1, 9, 2)), "v", "l")
    html = Table("t", "T", "Stub", columns, (Section("S", (row,)),), (), "", "", ROUNDING).to_html()
    first, second = re.findall(
        r"<tr>(.*?)</tr>", html[html.index("<thead>") : html.index("</thead>")]
    )
    assert re.findall(r">(Stub|Of these|A) ?<", first) == ["Stub", "Of these", "A", "Of these"]
    assert re.findall(r">([ABC]) <", second) == ["B", "C"]


def test_a_page_never_parts_a_number_from_its_bracket():
    """A narrow column breaks at plain blanks: "23.0" alone in a line reads as another number."""
    cells = (
        Cell("{mean} ({low} to {high})", {"mean": 23.0, "low": -2.5, "high": 25.1}),
        Cell("{n} ({percent}% of {denominator})", {"n": 7, "percent": 64, "denominator": 11}),
        Cell("{percent}% ({n} of {denominator})", {"percent": 64, "n": 7, "denominator": 11}),
        Cell("item 3 (harm) asked (twice)"),
    )
    columns = tuple(Column(key, key.upper()) for key in "abcd")
    table = Table(
        "t", "T", "Stub", columns, (Section("", (Row("l", cells, "v"),)),), (), "", "", ROUNDING
    )
    for html in (table.to_html(), table._repr_html_()):
        row = html[html.index("<tbody>") : html.index("</tbody>")]
        assert [cell.split(">")[1] for cell in row.split("</td>")[:-1]][1:] == [
            "7\u00a0(64% of 11)",
            "64%\u00a0(7 of 11)",
            "item 3\u00a0(harm) asked (twice)",
        ]
        assert "23.0\u00a0(\u22122.5 to 25.1)</td>" in row
        assert not re.search(r"[\d%] \(", row)
    assert table.quote("v", "a") == "23.0 (\u22122.5 to 25.1)"
    assert "7 (64% of 11)" in repr(table)
    assert "\u00a0" not in repr(table)


def test_a_part_that_is_missing_prints_as_missing(six_women):
    one = mm.summarise(six_women, ["score"], {"one": {"side": "left", "house": "own"}})
    assert (
        mm.characteristics(one).quote("score") == "10.0 (–)"
    )  # one known value has no standard deviation


def test_a_table_can_be_built_from_counts_alone(table_1):
    counts = table_1.query("statistic in ('n', 'mean')")
    assert mm.characteristics(counts, "table_1") == mm.characteristics(table_1, "table_1")


def wide(groups: int) -> Table:
    """Pairs of columns that share a heading, a row with cells and a heading without."""
    columns = tuple(
        Column(f"{name}_{group}", name, None, f"Model {group}")
        for group in range(groups)
        for name in ("OR", "p")
    )
    cells = tuple(Cell(f"{column.key} text") for column in columns)
    rows = (Row("Heading"), Row("Age", cells, "age"))
    notes = (("a", "A note."),)
    return Table("t", "Models", "Factor", columns, (Section("", rows),), notes, "", "", ROUNDING)


def test_more_columns_than_a_page_holds_are_parts_under_one_another():
    """24 columns are parts of 8, 8 and 8; a pair is never parted, notes are said once."""
    table = wide(12)
    pieces = table.markup().split("</table>")[:-1]
    assert [piece.count("<td") for piece in pieces] == [8, 8, 8 + 1]  # one holds the notes
    assert [f"Models (part {number} of 3)" in piece for number, piece in enumerate(pieces, 1)] == [
        True,
        True,
        True,
    ]
    assert all("Age" in piece and "Heading" in piece for piece in pieces)
    assert ["A note." in piece for piece in pieces] == [False, False, True]
    printed = [column for piece in pieces for column in re.findall(r"(\w+_\d+) text", piece)]
    assert printed == [column.key for column in table.columns]
    assert "Model 3" in pieces[0]
    assert "Model 4" in pieces[1]
    assert "Model 8" in pieces[2]


def test_what_a_page_holds_is_one_table():
    assert wide(7).markup().count("<table") == 1  # 14 columns
    assert "part 1" not in wide(7).markup()


def test_many_lines_that_say_the_same_are_one_that_names_them():
    esmi = mm.read_study("esmi")
    labels = [row.label for row in mm.overview(esmi, "variables").sections[0].rows]
    (needs,) = [label for label in labels if label.startswith("26 alike: ")]
    assert needs.split(": ", 1)[1].split("; ")[0] == "Accommodation (canm_01)"
    assert len(needs.split("; ")) == 26
    every = [title for label in labels for title in label.split(": ", 1)[-1].split("; ")]
    assert len(every) == len({*every}) > 50
