"""What somebody sees who looks at an article: as the daemon asks and judges, nothing stored."""

from datetime import timedelta

import pytest

from aggregator.model import Quality
from aggregator.pipeline.looking import Look, look
from tests.integration.pipeline.conftest import Bench
from tests.integration.pipeline.test_articles import BODY, RSS, Rss, page
from tests.support.web import ScriptedWeb

pytestmark = pytest.mark.slow

SECRET = "hunter2-hunter2"


async def looked(bench: Bench, url: str) -> Look:
    found = await look(bench.running.parts, url)
    assert isinstance(found, Look), found
    return found


def with_secret(bench: Bench) -> None:
    secrets = f'headers = {{ X-Token = "{SECRET}" }}\nuser_agent = "Reader/1"\n'
    bench.source = bench.source.replace('id = "press"\n', f'id = "press"\n{secrets}')


async def test_a_page_on_the_host_of_a_source_is_asked_for_as_the_source_asks(bench: Bench) -> None:
    with_secret(bench)
    bench.web.put("/paid", page("Alibaba fined"))
    await bench.start()
    found = await looked(bench, bench.web.url("/paid"))
    assert (found.source and found.source.id, found.stored) == ("press", None)
    (seen,) = (seen for seen in bench.web.log if seen.path == "/paid")
    assert (seen.headers["x-token"], seen.headers["user-agent"]) == (SECRET, "Reader/1")
    assert await bench.items() == []


@pytest.mark.parametrize("is_redirected", [False, True])
async def test_its_secrets_go_nowhere_else(bench: Bench, *, is_redirected: bool) -> None:
    with_secret(bench)
    with ScriptedWeb("127.0.0.2") as other:
        other.put("/story", page("Alibaba fined"))
        bench.web.redirect("/go", other.url("/story"))
        await bench.start()
        found = await looked(bench, bench.web.url("/go") if is_redirected else other.url("/story"))
        assert found.article.quality is Quality.FULL
        assert (found.source is None) is not is_redirected
        assert all(SECRET not in value for seen in other.log for value in seen.headers.values())


async def test_what_the_feed_promised_counts_for_the_verdict(bench: Bench, rss: Rss) -> None:
    """The same page is an article by itself, and not the one that this entry was about."""
    stranger = page(
        "Ten recipes for the winter", "<p>Soup warms, and beans keep for years in a dry place.</p>"
    )
    base = bench.web.url("")
    bench.web.put("/feed.xml", rss((1, "Regulator fines Alibaba again", "Large."), base=base), RSS)
    bench.web.put("/1", stranger)
    bench.web.put("/2", stranger)
    await bench.start()
    assert (await looked(bench, f"{base}/1")).article.quality is not Quality.ERROR_PAGE
    await bench.poll()
    (item,) = await bench.items()
    found = await looked(bench, f"{base}/1?utm_source=x#top")
    assert found.article.quality is Quality.ERROR_PAGE
    assert item["quality"] == found.kept.quality == "error-page"
    assert not found.kept.is_from_page
    assert found.stored is not None
    assert found.stored.item.title == "Regulator fines Alibaba again"
    assert (await looked(bench, f"{base}/2")).stored is None


async def test_it_says_what_became_of_the_text(bench: Bench, rss: Rss) -> None:
    base = bench.web.url("")
    bench.web.put("/feed.xml", rss((1, "Alibaba fined", "Large."), base=base), RSS)
    bench.web.put("/1", page("Alibaba fined", "<p>The regulator fined Alibaba on Monday. More soon.</p>"))
    await bench.start()
    await bench.poll()
    stored = (await looked(bench, f"{base}/1")).stored
    assert stored is not None
    assert stored.reread_at == bench.clock.now() + timedelta(hours=6)
    bench.web.put("/1", page("Alibaba fined", BODY))
    bench.clock.advance(timedelta(hours=6))
    await bench.run()
    stored = (await looked(bench, f"{base}/1")).stored
    assert stored is not None
    assert stored.reread_at is None
    assert stored.history is not None
    assert (stored.history.change_note or "").startswith("text grew")
    assert "More soon" in (stored.history.previous_text or "")
