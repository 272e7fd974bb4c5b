"""The report in a browser, in an office program, and before the validators of its formats."""

import subprocess
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest

from mothers_margins.documents.parts import packed, unpacked
from mothers_margins.report.final_report import Report, final_report
from tests.pages.test_accessible import WINDOWS, faults, sideways
from tests.report.small_report import Small


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        small = Small(tmp_path_factory.mktemp("small"), patch)
        return final_report(small.released())


@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_the_page_can_be_used(browser, axe, report, tmp_path, width, height):
    path = tmp_path / "report.html"
    path.write_bytes(report.html())
    context = browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True)
    page = context.new_page()
    page.goto(path.as_uri())
    assert faults(page, axe) == []
    assert sideways(page) <= 0
    context.close()


@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_the_page_of_the_demo_can_be_used(browser, axe, demo_run, width, height):
    demo_run.said()
    context = browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((demo_run.out / "release" / "report" / "report.html").as_uri())
    assert faults(page, axe) == []
    assert sideways(page) <= 0
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


def open_xml_faults(path: Path) -> list[str]:
    from openxml_audit import OpenXmlValidator

    return [str(fault) for fault in OpenXmlValidator().validate(str(path)).errors]


def test_the_word_document_is_as_the_open_xml_standard_has_it(report, tmp_path):
    if find_spec("openxml_audit") is None:
        pytest.skip("openxml-audit is not installed: .ci/pages installs it")
    path = tmp_path / "report.docx"
    path.write_bytes(report.docx())
    assert open_xml_faults(path) == []
    parts = unpacked(path.read_bytes())
    bad = parts["word/document.xml"].replace(b"<w:body>", b"<w:body><w:planted/>", 1)
    path.write_bytes(packed({**parts, "word/document.xml": bad}))
    assert open_xml_faults(path) != []  # a planted fault is found


def pdf_faults(file: bytes) -> list[str]:
    """What page-validation finds against PDF/UA-1."""
    import page

    found = page.validate_pdf_bytes(file, profile=page.ValidationProfile.PDF_UA_1)
    return [f"{fault.rule_id}: {fault.message}" for fault in found.failures]


def test_the_pdf_conforms_to_pdf_ua(report):
    if find_spec("page") is None:
        pytest.skip("page-validation is not installed: .ci/pages installs it")
    file = report.pdf()
    assert pdf_faults(file) == []
    assert pdf_faults(file.replace(b"<pdfuaid:part>1", b"<pdfuaid:part>9")) != []


def test_an_office_program_opens_it_and_shows_the_mark_on_each_page(report, tmp_path):
    if not which("soffice") or not which("pdftotext"):
        pytest.skip("LibreOffice is not installed: .ci/pages installs it")
    (tmp_path / "report.docx").write_bytes(report.docx())
    call = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
    call += ["--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "report.docx")]
    subprocess.run(call, check=True, capture_output=True, timeout=300)
    call = ["pdftotext", str(tmp_path / "report.pdf"), "-"]
    told = subprocess.run(call, capture_output=True, check=True).stdout.decode()
    pages = told.split("\f")[:-1]
    assert all(report.front.mark in page for page in pages)
    assert "Error! Reference source not found" not in told
