"""Every page of the demo run in a browser: axe finds nothing (WCAG 2.2 AA and best practice), no
page scrolls sideways, and none asks the network.
"""

import pytest

WINDOWS = ((1280, 800), (390, 844), (640, 360))
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# axe judges no text above a gradient, so boxes lose theirs; the page behind is as white
WITHOUT_SHADOWS = ".scroll { background: none !important }"
PLANTED = "<html lang='en'><title>t</title><main><h1>t</h1><img src='data:,'></main></html>"


def faults(page, axe: str) -> list[str]:
    """What axe finds on an open page: rule and element."""
    page.add_style_tag(content=WITHOUT_SHADOWS)
    page.evaluate(axe)
    asked = {"runOnly": {"type": "tag", "values": [*RULES]}}
    found = page.evaluate("rules => axe.run(document, rules)", asked)["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def sideways(page) -> int:
    """By how many pixels a page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_every_page_can_be_used(browser, axe, demo_run, width, height):
    demo_run.said()
    out = demo_run.out
    pages = [
        out / "index.html",
        out / "release" / "index.html",
        *sorted(out.glob("notebooks/*.html")),
    ]
    assert len(pages) > 15
    context = browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True)
    asked: list[str] = []
    wrong: dict[str, list[str]] = {}
    for path in pages:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        found = faults(page, axe)
        if sideways(page) > 0:
            found.append(f"{sideways(page)} pixels wider than the window")
        if found:
            wrong[path.name] = found
        page.close()
    context.close()
    assert wrong == {}
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_a_planted_fault_is_found(browser, axe):
    """A picture without alt text, and a line that is too wide."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, bypass_csp=True)
    page.set_content(PLANTED.replace("</main>", "<p style='width:600px'>wide</p></main>"))
    assert any(fault.startswith("image-alt") for fault in faults(page, axe))
    assert sideways(page) > 0
    page.close()
