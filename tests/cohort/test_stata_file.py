"""What a Stata file says of itself and of its cells: how many rows and labels it has, its letters,
its dates.
"""

import struct
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import yaml

import mothers_margins as mm
from mothers_margins.cohort.files import read_file
from mothers_margins.cohort.sheet import UnreadableError
from tests.cohort.test_spss_file import said_of, women

LABELS = {1: "own", 2: "rent"}
# by version of Stata; 8 to 12 have no tags, 13 has them, 14 is in UTF-8
VERSIONS = [8, 10, 12, 13, 14, 15]
CUT = "it does not hold the rows and value labels that it says it has"


def saved(folder: Path, frame: pd.DataFrame, version: int, **about: object) -> Path:
    pyreadstat.write_dta(frame, folder / "own.dta", version=version, **about)
    return folder / "own.dta"


def labelled(folder: Path, version: int) -> Path:
    frame = women(house=[1.0, 2.0, 1.0, 2.0])
    return saved(folder, frame, version, variable_value_labels={"house": LABELS})


def with_rows(raw: bytes, said: int) -> bytes:
    """The file with another number of rows in its header."""
    tag = raw.find(b"<N>")
    if tag < 0:
        assert struct.unpack_from("<i", raw, 6) == (4,)
        return raw[:6] + struct.pack("<i", said) + raw[10:]
    kind = "<I" if b"<release>117" in raw[:60] else "<Q"
    assert struct.unpack_from(kind, raw, tag + 3) == (4,)
    number = struct.pack(kind, said)
    return raw[: tag + 3] + number + raw[tag + 3 + len(number) :]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("has_labels", [True, False])
@pytest.mark.parametrize("said", [0, 1, 3, 5, 4000])
def test_a_file_with_other_rows_than_it_says_is_refused(
    tmp_path, small_study, version, has_labels, said
):
    path = labelled(tmp_path, version) if has_labels else saved(tmp_path, women(), version)
    assert mm.read_cohort(path, small_study).data["house"].tolist() == ["own", "rent"] * 2
    path.write_bytes(with_rows(path.read_bytes(), said))
    (problem,) = said_of(path, small_study)
    assert CUT in problem


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_that_is_cut_short_anywhere_is_refused(tmp_path, small_study, version):
    """So also within its value labels: without them 1 would be read for 'own', or .a without its
    reason."""
    path = labelled(tmp_path, version)
    raw = path.read_bytes()
    for length in [*range(0, len(raw) - 200, 61), *range(len(raw) - 200, len(raw), 3)]:
        path.write_bytes(raw[:length])
        assert said_of(path, small_study)
    path.write_bytes(raw + b"\0" * 40)  # nor is more than it says
    assert said_of(path, small_study)
    # some files end with a new line behind their last tag
    for end in (b"", b"\n", b"\r\n") if version >= 13 else (b"",):
        path.write_bytes(raw + end)
        assert len(mm.read_cohort(path, small_study)) == 4


def oldest(rows: list[tuple[str, float]]) -> bytes:
    """A file of format 105 (Stata 5), byte by byte: an id of two letters, and house with labels."""
    header = struct.pack("<BBBBHI", 105, 2, 1, 0, 2, len(rows)) + bytes(32 + 18)
    types = bytes([0x80 - 1 + 2, ord("d")])
    names = b"woman_id\0" + b"house\0\0\0\0"
    formats = b"%9s".ljust(12, b"\0") + b"%9.0g".ljust(12, b"\0")
    sets = bytes(9) + b"house\0\0\0\0"
    about = types + names + bytes(2 * 3) + formats + sets + bytes(2 * 32) + bytes(3)
    data = b"".join(name.encode() + struct.pack("<d", code) for name, code in rows)
    labels = b"".join(label.encode().ljust(8, b"\0") for label in LABELS.values())
    return header + about + data + struct.pack("<H9sx2h", 2, b"house", *LABELS) + labels


def test_a_file_of_the_oldest_stata_is_read_whole_or_not_at_all(tmp_path):
    raw = oldest([("w1", 1), ("w2", 2), ("w3", 1)])
    path = tmp_path / "own.dta"
    path.write_bytes(raw)
    sheet = read_file(path)
    assert [cells.tolist() for cells in sheet.cells] == [["w1", "w2", "w3"], ["1", "2", "1"]]
    assert sheet.labels["house"] == {"1": "own", "2": "rent"}
    for said in (1, 2, 4):
        path.write_bytes(raw[:6] + struct.pack("<I", said) + raw[10:])
        with pytest.raises(UnreadableError):
            read_file(path)
    for length in range(len(raw)):  # also without the labels that a column names
        path.write_bytes(raw[:length])
        with pytest.raises(UnreadableError):
            read_file(path)


@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_files_that_pandas_writes_are_whole(tmp_path, small_study, version):
    frame = women().assign(house=pd.Categorical(women()["house"]))
    frame.to_stata(tmp_path / "own.dta", write_index=False, version=version)
    assert len(mm.read_cohort(tmp_path / "own.dta", small_study)) == 4


def of_windows(folder: Path, version: int, written: bytes, label: str) -> Path:
    """A file with a label that is mapped as it is typed; written: its bytes."""
    path = saved(
        folder,
        women(house=[1.0, 2.0, 1.0, 2.0]),
        version,
        variable_value_labels={"house": {1: "~" * len(written), 2: "rent"}},
    )
    path.write_bytes(path.read_bytes().replace(b"~" * len(written), written))
    named: dict[str, object] = {name: name for name in women() if name != "woman_id"}
    named["house"] = {"from": "house", "values": {label: "own", "rent": "rent"}}
    tables = [{"file": "own.dta", "id": "woman_id", "variables": named}]
    text = yaml.safe_dump({"tables": tables}, allow_unicode=True)
    (folder / "sources.yaml").write_text(text, encoding="utf-8")
    return folder / "sources.yaml"


@pytest.mark.parametrize(
    ("written", "label"),
    [
        (b"Don\x92t rent", "Don’t rent"),
        (b"\x93own\x94 \x96 a house", "“own” – a house"),
        (b"caf\xe9 \x80 5", "café € 5"),
        ("café – eigen".encode(), "café – eigen"),  # as haven and ReadStat write it
    ],
)
@pytest.mark.parametrize("version", [8, 12, 13])
def test_letters_of_an_old_file_are_those_of_windows(
    tmp_path, small_study, version, written, label
):
    """Code page 1252 (Unicode Consortium, CP1252.TXT): 0x80 €, 0x92 ’, 0x93 “, 0x94 ”, 0x96 –."""
    path = of_windows(tmp_path, version, written, label)
    assert mm.read_cohort(path, small_study).data["house"].tolist() == ["own", "rent"] * 2


@pytest.mark.parametrize(("version", "written"), [(12, b"a \x81 house"), (14, b"a caf\xe9")])
def test_letters_of_neither_are_refused_as_what_they_are(tmp_path, small_study, version, written):
    (said,) = said_of(of_windows(tmp_path, version, written, "a house"), small_study)
    assert "own.dta: it holds letters that are neither UTF-8 nor those of Windows" in said


@pytest.mark.parametrize(
    "display", ["%td", "%d", "%-td", "%tc", "%tw", "%tm", "%tq", "%th", "%ty", "%tdD_m_Y"]
)
def test_a_date_of_stata_is_no_number_and_its_missing_values_stay(tmp_path, small_study, display):
    frame = women(visits=[12, 13, 14, None]).astype({"visits": object})
    path = saved(tmp_path, frame, 14, variable_format={"visits": display})
    (said,) = said_of(path, small_study)
    assert said == (
        "visits: 3 rows with a date or a time; give the number that is meant (rows 1, 2, 3)"
    )


def test_a_number_of_stata_is_one_however_it_is_shown(tmp_path, small_study):
    path = saved(tmp_path, women(), 14, variable_format={"visits": "%9.0g", "score": "%12.2fc"})
    assert mm.read_cohort(path, small_study).data["visits"].tolist() == [1, 2, 3, 4]
