"""Mistakes that leave open which database is meant, and others."""

import pytest

from aggregator.config.certainty import is_store_certain
from tests.unit.config.conftest import MakeFolder

CERTAIN = {
    "no file": None,
    "no mistake": '[store]\nurl = "sqlite:///a.db"\n',
    "a value elsewhere": '[store]\nurl = "sqlite:///a.db"\n[poll]\ninterval = "often"\n',
    "a key elsewhere": '[poll]\nintervall = "5m"\n',
    "a section elsewhere": '[pol]\ninterval = "5m"\n',
    "an address elsewhere": '[publish]\nbaseurl = "https://a.example"\n',
    "a section that is no table": "poll = 5\n",
}
OPEN = {
    "no TOML": "[store]\nurl = = 5\n",
    "not UTF-8": b"[store]\nurl = '\xff'\n",
    "no address": '[store]\nurl = "a.db"\n',
    "a reference to nothing": '[store]\nurl = "${env:NOTHING}"\n',
    "another mistake there": '[store]\nkeep_days = "long"\n',
    "a key of its own": '[store]\nulr = "sqlite:///a.db"\n',
    "no table": 'store = "sqlite:///a.db"\n',
    "a list of tables": '[[store]]\nurl = "sqlite:///a.db"\n',
    "a list of empty tables": "[[store]]\n",
    "a section of its own": '[stroe]\nurl = "sqlite:///a.db"\n',
    "no section": 'url = "sqlite:///a.db"\n',
    "another section": '[publish]\nurl = "postgresql+psycopg://a.example/news"\n',
    "a reference in another section": '[publish]\ndatabase = "${env:DATABASE}"\n',
    "beside one that is right": '[store]\nurl = "sqlite:///a.db"\n[storage]\nurl = "sqlite:///b.db"\n',
}


@pytest.mark.parametrize("text", CERTAIN.values(), ids=CERTAIN)
def test_a_mistake_elsewhere_leaves_the_database_certain(make_folder: MakeFolder, text: str | None) -> None:
    folder = make_folder({"aggregator.toml": text} if text is not None else {})
    assert is_store_certain(folder, {})


@pytest.mark.parametrize("text", OPEN.values(), ids=OPEN)
def test_what_may_have_been_meant_as_the_database_leaves_it_open(
    make_folder: MakeFolder, text: str | bytes
) -> None:
    assert not is_store_certain(make_folder({"aggregator.toml": text}), {})


@pytest.mark.parametrize(
    ("variable", "is_certain"),
    [
        ("AGGREGATOR_STORE__URL", True),
        ("AGGREGATOR_STORE__ULR", False),
        ("AGGREGATOR_STROE__URL", False),
        ("AGGREGATOR_POLL__URL", False),
        ("AGGREGATOR_CONFIG", True),
    ],
)
def test_a_variable_counts_as_the_file_does(make_folder: MakeFolder, variable: str, is_certain: bool) -> None:
    assert is_store_certain(make_folder({}), {variable: "sqlite:///a.db"}) is is_certain


def test_mistakes_in_sources_and_topics_do_not_count(make_folder: MakeFolder) -> None:
    assert is_store_certain(make_folder({"sources.d/bad.toml": "[[", "topics.d/bad.toml": "url ="}), {})
