"""The pages in a real browser (Debian's Chromium) on a running daemon: width, keyboard, contrast, policy."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.conftest import QUICK, TOPIC
from tests.support.browser import CHROMIUM, WITHOUT, Page, chromium
from tests.support.daemon import Installation
from tests.support.news import Outlet
from tests.support.web import ScriptedWeb

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)]

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
QUERY = 'alibaba AND "an address without a break" OR https://example.org/' + "x" * 120
PAGES = (
    *("/", "/topics/news", "/topics/news/misses", "/sources", "/sources/daily", "/sources/gone"),
    *("/search", "/search?q=alibaba", "/search?q=alibaba+(fined", f"/search?q={QUERY}"),
)
# The ratio of WCAG 2.2, section 1.4.3, of each element that shows a text of its own.
POOR_CONTRAST = """
(() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = color => color.slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = element => {
    for (; element; element = element.parentElement) {
      const color = rgb(getComputedStyle(element).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')]
    .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .filter(each => each.getClientRects().length && !each.closest('svg'))
    .map(each => {
      const [one, two] = [light(rgb(getComputedStyle(each).color)), light(ground(each))];
      return [(Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05), each.outerHTML.slice(0, 120)];
    })
    .filter(([ratio]) => ratio < 4.5);
})()
"""
FOCUSED = """
(() => {
  const here = document.activeElement, style = getComputedStyle(here);
  return {
    href: here.getAttribute('href') || '', text: here.textContent.trim(),
    isSeen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
  };
})()
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Give a running daemon with news, a source that is gone, and a headline of one long word."""
    folder = tmp_path_factory.mktemp("pages")
    with ScriptedWeb() as web:
        outlet = Outlet(web, datetime.now(UTC))
        outlet.publish(12)
        web.put("/odd.xml", _odd(web), "application/rss+xml")
        web.put("/odd", f"<p>Alibaba and the regulator: {LONG}</p>", "text/html")
        house = Installation(folder)
        house.write("aggregator.toml", house.settings(poll=QUICK))
        house.write("topics.d/news.toml", TOPIC + 'description = "What the regulators do."\n')
        sources = {"daily": outlet.url, "odd": web.url("/odd.xml"), "gone": web.url("/absent.xml")}
        rows = (f'[[source]]\nid = "{name}"\nurl = "{url}"\n' for name, url in sources.items())
        house.write("sources.d/all.toml", "".join(rows))
        with house.daemon() as daemon:
            daemon.until(lambda: len(house.feed("news")) == 10, "all is published", within=90)
            yield house


def _odd(web: ScriptedWeb) -> str:
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Odd</title>'
        f"<link>{web.url()}</link><description>Odd</description><item><title>Alibaba {LONG}</title>"
        f"<link>{web.url('/odd')}</link><guid isPermaLink='false'>odd</guid>"
        f"<description>Alibaba {LONG}</description></item></channel></rss>"
    )


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Page]:
    """Give a browser's only tab."""
    async with chromium(tmp_path) as page:
        yield page


async def _pages(browser: Page, house: Installation) -> list[str]:
    """Return the addresses of one page of each kind."""
    await browser.show(f"{house.base}/topics/news")
    titles = await browser.ask("[...document.querySelectorAll('h3 a')].map(a => [a.textContent, a.pathname])")
    odd = [path for title, path in titles if LONG[:40] in title]
    usual = [path for title, path in titles if LONG[:40] not in title]
    return [house.base + path for path in (*PAGES, odd[0], usual[0])]


async def test_every_page_fits_a_phone_and_pleases_the_console(browser: Page, house: Installation) -> None:
    for url in await _pages(browser, house):
        for width in (360, 1280):
            await browser.show(url, width=width)
            wide = await browser.ask("document.documentElement.scrollWidth")
            assert wide <= width, f"{url} is {wide} wide on {width}"
            assert browser.errors == [], url


async def test_texts_are_legible_in_the_light_and_in_the_dark(browser: Page, house: Installation) -> None:
    for url in await _pages(browser, house):
        for dark in (False, True):
            await browser.show(url, dark=dark)
            ground = await browser.ask("getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, ground[4:-1].split(","))) < 384) is dark
            assert await browser.ask(POOR_CONTRAST) == [], url


async def test_the_keyboard_reaches_the_content_the_feeds_and_an_item(
    browser: Page, house: Installation
) -> None:
    await browser.show(f"{house.base}/")
    await browser.press("Tab")
    first = await browser.ask(FOCUSED)
    assert (first["text"], first["isSeen"]) == ("Skip to the content", True)
    passed = []
    for _ in range(40):
        await browser.press("Tab")
        here = await browser.ask(FOCUSED)
        if not here["text"] and not here["href"]:
            continue  # the search box
        assert here["isSeen"], here
        passed.append(here["href"])
        if here["href"].endswith("/feeds/news.json"):
            break
    assert [path for path in passed if path.startswith("/feeds/")] == [
        f"/feeds/news.{fmt}" for fmt in ("atom", "rss", "json")
    ]
    await browser.show(f"{house.base}/")
    await browser.press("Tab")
    await browser.press("Enter")
    await browser.press("Tab")
    assert (await browser.ask(FOCUSED))["href"] == "/topics/news"
    browser.expect()
    await browser.press("Enter")
    await browser.loaded()
    assert await browser.ask("location.pathname") == "/topics/news"


async def test_without_scripts_everything_is_there_and_a_search_is_found(
    browser: Page, house: Installation
) -> None:
    for scripts in (True, False):
        await browser.show(f"{house.base}/search?q=alibaba", scripts=scripts)
        assert await browser.ask("document.querySelectorAll('article').length") == 10
    await browser.show(f"{house.base}/", scripts=False)
    await browser.ask("document.querySelector('#quick').focus()")
    await browser.write("alibaba central bank")
    browser.expect()
    await browser.press("Enter")
    await browser.loaded()
    assert await browser.ask("location.search") == "?q=alibaba+central+bank"
    assert await browser.ask("document.querySelector('#q').value") == "alibaba central bank"
    assert await browser.ask("document.scripts.length") == 0


async def test_the_policy_lets_nothing_in_that_a_page_does_not_bring(
    browser: Page, house: Installation
) -> None:
    await browser.show(f"{house.base}/topics/news")
    await browser.ask(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'hurt = 1'}))"
    )
    await browser.ask("document.body.insertAdjacentHTML('beforeend', '<p id=p style=\"color: red\">x</p>')")
    assert await browser.ask("typeof hurt") == "undefined"
    assert await browser.ask("getComputedStyle(document.getElementById('p')).color") != "rgb(255, 0, 0)"
    assert len(browser.errors) == 2
    assert all("Content Security Policy" in error for error in browser.errors)


async def test_a_feed_is_laid_out_and_legible_on_a_phone(browser: Page, house: Installation) -> None:
    for path in ("/feeds/news.atom", "/feeds/news.rss?q=alibaba", "/search.atom?q=alibaba"):
        await browser.show(house.base + path, width=360)
        size = await browser.ask(
            "parseFloat(getComputedStyle(document.documentElement).fontSize) * screen.width / innerWidth"
        )
        assert size >= 12, path
        assert await browser.ask("document.styleSheets[0].cssRules.length") > 5, path
