"""What a worker says of an entry beside its text."""

from dataclasses import replace

import pytest

from aggregator.analysis import is_blank
from aggregator.model import Author, Content, Enclosure, Entry, Link

NOTHING = Entry(
    raw_id="17", url=None, title="", authors=(Author("Ann"),), tags=("a",), comments_url="https://a.example/c"
)


def with_text(html: str) -> Entry:
    return replace(NOTHING, content_html=html)


@pytest.mark.parametrize(
    "entry",
    [
        NOTHING,
        with_text("<p></p>"),
        with_text("<p>&nbsp;\u200b<br></p><hr>"),
        replace(NOTHING, summary_html="<div> </div>"),
        replace(NOTHING, contents=(Content("", "text/html"),)),
    ],
)
def test_an_entry_without_anything_to_read_is_blank(entry: Entry) -> None:
    assert is_blank(entry)


@pytest.mark.parametrize(
    "entry",
    [
        replace(NOTHING, title="T"),
        replace(NOTHING, url="https://a.example/1"),
        replace(NOTHING, enclosures=(Enclosure("https://a.example/1.mp3"),)),
        replace(NOTHING, links=(Link("related", "https://a.example/2"),)),
        replace(NOTHING, image_url="https://a.example/i.jpg"),
        replace(NOTHING, summary_html="x"),
        replace(NOTHING, contents=(Content("x", "text/plain"),)),
        replace(NOTHING, contents=(Content("", "text/html", url="https://a.example/3"),)),
        with_text('<p><img src="https://a.example/i.jpg"></p>'),
        with_text('<audio src="https://a.example/i.mp3" controls=""></audio>'),
        with_text("<p>&amp;</p>"),
    ],
)
def test_whatever_a_reader_can_use_counts(entry: Entry) -> None:
    assert not is_blank(entry)
