"""How `article` lays out what is kept and dropped: it fits, pairs what belongs together, hides secrets."""

import pytest
from rich.cells import cell_len

from aggregator.cli.article import _pieces, _rows, _Screen
from aggregator.model import Block

HAN = "市场监管总局星期一宣布对该平台展开反垄断调查此前商家已经投诉两年" * 4
LONG = "https://paper.example/" + "a" * 300
BLOCKS = (
    Block("Home", "nav", "furniture"),
    Block("World", "nav", "furniture"),
    Block(HAN, "p", None),
    Block("A text of the article [bold]with brackets[/].", "p", None),
    Block("Read also", "div.r", "links"),
    Block(LONG, "div.r", "links"),
    Block("Most read", "div.m", "links"),
    Block("The end.", "p", None),
    Block("word " * 200, "footer", "furniture"),
)


def test_what_one_cut_took_is_one_piece() -> None:
    pieces = list(_pieces(BLOCKS, str))
    assert [(piece.reason, piece.where, len(piece.texts)) for piece in pieces] == [
        ("furniture", "nav", 2),
        (None, "p", 1),
        (None, "p", 1),
        ("links", "div.r", 2),
        ("links", "div.m", 1),
        (None, "p", 1),
        ("furniture", "footer", 1),
    ]
    assert pieces[0].text == "Home · World  [nav]"
    assert pieces[-1].text.endswith("… (1,000 characters)  [footer]")
    assert len(pieces[-1].text) < 350


def test_what_is_dropped_stands_beside_what_is_kept_after_it() -> None:
    rows = [
        ([p.text[:4] for p in dropped], [p.text[:4] for p in kept])
        for dropped, kept in _rows(list(_pieces(BLOCKS, str)))
    ]
    assert rows == [
        (["Home"], [HAN[:4], "A te"]),
        (["Read", "Most"], ["The "]),
        (["word"], []),
    ]


@pytest.mark.parametrize("width", [40, 80, 119, 120, 160])
def test_all_fits_and_all_is_there(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    screen = _Screen(width, str)
    screen.row("title", LONG)
    screen.pieces(list(_pieces(BLOCKS, str)))
    out = capsys.readouterr().out
    assert max(cell_len(line) for line in out.splitlines()) <= width
    assert all(line == line.rstrip() for line in out.splitlines())
    assert "[bold]with" in out
    letters = "".join(out.split())
    for text in (HAN[:9], "Theend.", "Home·World"):
        assert text in letters


def test_a_secret_is_hidden_before_anything_is_shortened(capsys: pytest.CaptureFixture[str]) -> None:
    def redact(text: str) -> str:
        return text.replace("hunter2-hunter2", "***")

    screen = _Screen(80, redact)
    screen.pieces(list(_pieces([Block("x" * 292 + "hunter2-hunter2", "p.hunter2-hunter2", "name")], redact)))
    assert "hunter2" not in capsys.readouterr().out
