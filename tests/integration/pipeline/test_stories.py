"""What a reader gets of copies and stories: one entry, who else has it, nothing announced twice."""

from collections.abc import Callable
from datetime import timedelta

from aggregator.pipeline.stories import origin_of, told
from aggregator.store import publications
from tests.integration.pipeline.conftest import TOPIC, Bench

Rss = Callable[..., str]
RSS = "application/rss+xml"
ENGLISH = (
    "BRUSSELS (Reuters) - Orsane will pay 18.2 million euros over its sales of Alibaba cloud services in"
    " Belgium, the watchdog led by Lena Vermoort said. The firm based in Ghent has 2,900 clients."
    " It will appeal, said a spokesman for Orsane."
)
FRENCH = (
    "Le gendarme belge, que dirige Lena Vermoort, inflige 18,2 millions d'euros à la société Orsane,"
    " de Ghent, pour ses ventes de services Alibaba à 2 900 clients. Orsane fera appel, comme prévu."
)


def _sources(base: str) -> str:
    rows = (("press", "Press", "b"), ("presse", "Presse", "a"), ("other", "Other", "a"))
    return "".join(
        f'[[source]]\nurl = "{base}/{name}.xml"\nid = "{name}"\ntitle = "{title}"\ntier = "{tier}"\n'
        "full_text = false\n"
        for name, title, tier in rows
    )


async def _follow(bench: Bench, rss: Rss, collapse: str) -> None:
    """Let an English report come, then a French one, then a copy of the English one, an hour apart."""
    base = bench.web.url("")
    bench.topic = f'collapse = "{collapse}"\n{TOPIC}'
    bench.source = _sources(base)
    for name in ("press", "presse", "other"):
        bench.web.put(f"/{name}.xml", rss(base=base), RSS)
    await bench.start()
    await bench.run()
    arrivals = (
        ("press", 1, "Alibaba seller Orsane fined", ENGLISH),
        ("presse", 2, "Orsane, vendeur d'Alibaba, sanctionné", FRENCH),
        ("other", 3, "Orsane fined over Alibaba sales", ENGLISH),
    )
    for name, number, title, text in arrivals:
        bench.clock.advance(timedelta(hours=1))
        bench.web.put(f"/{name}.xml", rss((number, title, text), base=base), RSS)
        await bench.running.parts.gate.write(_all_due, bench.clock.now())
        await bench.run()


def _all_due(connection: object, now: object) -> None:
    from aggregator.store import sources

    sources.make_due(connection, None, now)  # type: ignore[arg-type]


async def test_a_story_is_one_entry_with_all_who_report_it(bench: Bench, rss: Rss) -> None:
    await _follow(bench, rss, "stories")
    ((_id, title, carriers),) = await bench.feed()
    assert title == "Alibaba seller Orsane fined"
    assert carriers == ("Presse", "Other"), "by tier, then as we saw them"
    body = bench.files()["alibaba.json"].decode()
    assert "Also carried by" in body
    assert "Also reported by" in body
    assert '"is_copy":false' in body
    assert '"agency":"Reuters"' in body
    parts = bench.running.parts
    (entry,) = await parts.gate.read(lambda connection: publications.live(connection, "alibaba", limit=9))
    assert entry.updated_at == entry.first_published_at, "joining is no news"


async def test_copies_alone_leave_a_report_of_its_own(bench: Bench, rss: Rss) -> None:
    await _follow(bench, rss, "copies")
    assert {(title, carriers) for _id, title, carriers in await bench.feed()} == {
        ("Alibaba seller Orsane fined", ("Other",)),
        ("Orsane, vendeur d'Alibaba, sanctionné", ()),
    }


async def test_nothing_is_collapsed_where_nobody_wants_it(bench: Bench, rss: Rss) -> None:
    await _follow(bench, rss, "none")
    assert [carriers for _id, _title, carriers in await bench.feed()] == [(), (), ()]


async def test_what_is_said_of_an_item_and_its_story(bench: Bench, rss: Rss) -> None:
    await _follow(bench, rss, "copies")
    parts = bench.running.parts
    first, french, copy = await bench.items()
    (story,) = await parts.gate.read(told, parts.config, bench.clock.now() - timedelta(days=1))
    assert (story["reports"], story["outlets"], len(story["items"])) == (2, 3, 3)
    assert [item["copy_of"] for item in story["items"]] == [None, None, first["id"]]
    of_copy = await parts.gate.read(origin_of, parts.config, 3)
    assert of_copy["copy_of"]["id"] == first["id"]
    assert of_copy["copy_of"]["because"] == "the texts are the same word for word"
    of_french = await parts.gate.read(origin_of, parts.config, 2)
    assert of_french["copy_of"] is None
    assert of_french["story"]["like"]["id"] == first["id"]
    assert "18,200,000" in of_french["story"]["because"]
    of_first = await parts.gate.read(origin_of, parts.config, 1)
    assert of_first["is_root"]
    assert [each["id"] for each in of_first["copies"]] == [copy["id"]]
    assert french["story"] == first["story"] == copy["story"] == story["id"]
    assert await parts.gate.read(told, parts.config, bench.clock.now() + timedelta(hours=1)) == []
