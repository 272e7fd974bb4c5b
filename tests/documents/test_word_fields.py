"""Fields of Word documents: numbers that Word counts itself, each with its result beside it."""

from xml.etree.ElementTree import SubElement

from mothers_margins.documents.parts import Element, name_of
from mothers_margins.documents.word_fields import (
    begin_pages,
    name_headings,
    number_captions,
    run,
    style_of,
    styled,
    text_of,
    write_captions,
    write_contents,
)


def paragraph(style: str, text: str) -> Element:
    made = styled(style)
    made.append(run(text))
    return made


def body(*nodes: Element) -> Element:
    made = Element(name_of("w:body"))
    made.extend(nodes)
    return made


def bookmark(name: str) -> Element:
    return Element(name_of("w:bookmarkStart"), {name_of("w:id"): "1", name_of("w:name"): name})


def instructions(node: Element) -> list[str]:
    return [(one.text or "").strip() for one in node.iter(name_of("w:instrText"))]


def test_a_caption_keeps_its_text_and_its_number_becomes_a_field():
    caption = paragraph("TableCaption", "Table 7. Mothers (n = 3)")
    number_captions(body(caption), {"Table 7": "table_mothers"})
    assert text_of(caption) == "Table 7. Mothers (n = 3)"
    assert instructions(caption) == [r"SEQ Table \* ARABIC"]
    (mark,) = caption.iter(name_of("w:bookmarkStart"))
    assert mark.get(name_of("w:name")) == "table_mothers"


def test_the_next_part_of_a_table_has_the_same_number_and_no_second_bookmark():
    first, second = (paragraph("TableCaption", f"Table 1. A (part {n} of 2)") for n in (1, 2))
    whole = body(first, second)
    number_captions(whole, {"Table 1": "table_a"})
    assert instructions(second) == [r"SEQ Table \* ARABIC \c"]
    assert len(list(whole.iter(name_of("w:bookmarkStart")))) == 1


def test_text_that_only_looks_like_a_caption_is_left_alone():
    text = paragraph("BodyText", "Table 1. is named here")
    other = paragraph("TableCaption", "Figure 1. in the style of tables")
    number_captions(body(text, other), {})
    assert instructions(text) == instructions(other) == []


def test_a_link_to_a_caption_becomes_a_reference_and_others_stay():
    text = styled("BodyText")
    for anchor, said in (("table_a", "Table 1"), ("part_b", "Section 2")):
        link = SubElement(text, name_of("w:hyperlink"), {name_of("w:anchor"): anchor})
        link.append(run(said))
    number_captions(body(text), {"Table 1": "table_a"})
    assert instructions(text) == [r"REF table_a \h"]
    assert text_of(text) == "Table 1Section 2"


def test_contents_stand_in_the_place_of_their_mark():
    heading = paragraph("Heading1", "1. First")
    deeper = paragraph("Heading3", "Not listed")
    whole = body(paragraph("BodyText", "HERE"), bookmark("part_a"), heading, deeper)
    write_contents(whole, "HERE", "Contents")
    listed = [text_of(node) for node in whole if style_of(node).startswith("Toc")]
    assert listed == ["1. First"]
    (link,) = whole.iter(name_of("w:hyperlink"))
    assert link.get(name_of("w:anchor")) == "part_a"
    assert instructions(whole) == [r'TOC \o "1-2" \h \z \u']
    kinds = [mark.get(name_of("w:fldCharType")) for mark in whole.iter(name_of("w:fldChar"))]
    assert kinds == ["begin", "separate", "end"]


def test_a_list_of_captions_holds_those_of_its_kind():
    table = paragraph("TableCaption", "Table 1. A")
    figure = paragraph("ImageCaption", "Figure 1. B")
    whole = body(paragraph("BodyText", "HERE"), table, figure)
    number_captions(whole, {"Table 1": "table_a", "Figure 1": "figure_b"})
    write_captions(whole, "HERE", "List of figures", "Figure")
    listed = [text_of(node) for node in whole if style_of(node) == "TableOfFigures"]
    assert listed == ["Figure 1. B"]


def test_what_follows_a_mark_begins_a_page_and_the_mark_is_gone():
    whole = body(paragraph("BodyText", "BREAK"), bookmark("a"), paragraph("Heading1", "A"))
    begin_pages(whole, "BREAK")
    assert [text_of(node) for node in whole if node.tag == name_of("w:p")] == ["A"]
    properties = whole[1].find(name_of("w:pPr"))
    assert [node.tag for node in properties] == [name_of("w:pStyle"), name_of("w:pageBreakBefore")]


def test_headings_say_in_which_file_they_stand():
    whole = body(
        bookmark("part_x"),
        paragraph("Heading1", "X"),
        bookmark("sub"),
        paragraph("Heading2", "Y"),
    )
    name_headings(whole, {"part_x": "10_x"})
    names = [
        mark.get(name_of("w:name"))
        for node in whole.iter(name_of("w:p"))
        for mark in node.iter(name_of("w:bookmarkStart"))
    ]
    assert names == ["file_10_x_1", "file_10_x_2"]
