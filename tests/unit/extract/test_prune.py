"""The pass over the tree: each cut has a name, and external links are no reason to cut."""

from lxml.html import HtmlElement, document_fromstring, tostring

from aggregator.extract.paragraphs import make_paragraphs
from aggregator.extract.prune import prune
from tests.unit.extract.pages import HEADLINES, PARAGRAPHS, page

URL = "https://paper.example/2025/inquiry"


def pruned(body: bytes | str) -> tuple[HtmlElement, dict[str, list[str]]]:
    tree = document_fromstring(body)
    found = prune(tree, URL)
    names: dict[str, list[str]] = {}
    for cut in found.cuts:
        names.setdefault(cut.name, []).append(cut.start)
    return tree, names


def test_every_cut_has_a_name() -> None:
    tree, cuts = pruned(page(layout="divs"))
    assert "We and our 612 partners" in cuts["consent"][0]
    assert cuts["newsletter"][0].startswith("The morning letter")
    assert {start[:9] for start in cuts["links"]} == {"Read also", "Most read"}
    assert cuts["furniture"]
    assert "Most read" not in tree.text_content()
    assert PARAGRAPHS[0] in tree.text_content()


def test_the_label_goes_with_its_links() -> None:
    links = "".join(f'<li><a href="/{n}">{text}</a></li>' for n, text in enumerate(HEADLINES))
    box = f"<h3>In this file</h3><ul>{links}</ul>"
    tree, cuts = pruned(page(f"<p>{PARAGRAPHS[0]}</p>{box}<p>{PARAGRAPHS[1]}</p>"))
    assert cuts["label"] == ["In this file"]
    assert "In this file" not in tree.text_content()


def test_links_to_other_sites_stay() -> None:
    links = "".join(f'<li><a href="https://law.example/{n}">Ruling number {n}</a></li>' for n in range(6))
    tree, cuts = pruned(page(f"<p>{PARAGRAPHS[0]}</p><ul>{links}</ul><p>{PARAGRAPHS[1]}</p>"))
    assert "Ruling number 5" in tree.text_content()
    assert not any("Ruling" in start for starts in cuts.values() for start in starts)


def test_subdomains_and_absolute_links_are_internal() -> None:
    links = "".join(f'<li><a href="https://www.paper.example/{n}">Headline {n}</a></li>' for n in range(4))
    tree, _ = pruned(page(f"<p>{PARAGRAPHS[0]}</p><ul>{links}</ul><p>{PARAGRAPHS[1]}</p>"))
    assert "Headline 3" not in tree.text_content()


def test_a_paragraph_that_is_one_link_goes() -> None:
    tree, cuts = pruned(
        page(f'<p>{PARAGRAPHS[0]}</p><p><a href="/x">How it began</a></p><p>{PARAGRAPHS[1]}</p>')
    )
    assert cuts["link"] == ["How it began"]
    assert PARAGRAPHS[1] in tree.text_content()


def test_two_linked_subheadings_with_text_between_stay() -> None:
    first, second = (f'<h2><a href="/{name}">{name}</a></h2>' for name in ("First", "Second"))
    tree, cuts = pruned(page(f"{first}<p>{PARAGRAPHS[0]}</p>{second}<p>{PARAGRAPHS[1]}</p>"))
    assert "card" not in cuts
    assert "Second" in tree.text_content()


def test_loose_text_becomes_paragraphs_and_nothing_is_lost() -> None:
    box = document_fromstring(
        "<div>one <b>bold</b> x<br>same<br> <br>two<h2>head</h2>three<br/><br/><i>four</i></div>"
    )
    div = box.find(".//div")
    assert div is not None
    text = "".join(div.text_content().split())
    make_paragraphs(div)
    assert "".join(div.text_content().split()) == text
    assert [child.tag for child in div] == ["p", "p", "h2", "p", "p"]
    assert b"<p>one <b>bold</b> x<br>same</p>" in tostring(div)
