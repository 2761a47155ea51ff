"""A text is cut into words, signed and its language found once, in the worker; later stages only use that."""

import importlib
import sys
from datetime import timedelta
from typing import Any, NoReturn

import pytest

from tests.integration.pipeline.conftest import Bench
from tests.integration.pipeline.test_articles import BODY, RSS, Rss, page

pytestmark = pytest.mark.slow

COSTLY = {
    "aggregator.text.tokens": ("tokenise",),
    "aggregator.text.language": ("detect",),
    "aggregator.dedup.signature": ("digest", "bands"),
}
OTHER = (
    "<p>The harbour of the old town was closed on Friday, after Alibaba had asked for a second quay.</p>"
    "<p>Fishermen blocked the road with their nets, and the mayor promised them a talk before Easter.</p>"
    "<p>Nobody was hurt, the harbour master said, and the ferry will run again from Sunday on.</p>"
)


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what the worker has paid for already fail in this process, wherever it is named."""

    def refuse(*_arguments: object, **_named: object) -> NoReturn:
        raise AssertionError("a text is analysed a second time, outside of the worker")

    for module, names in COSTLY.items():
        room = importlib.import_module(module)
        for name in names:
            function = getattr(room, name)
            for other in [each for key, each in sys.modules.items() if key.startswith("aggregator")]:
                if getattr(other, name, None) is function:
                    monkeypatch.setattr(other, name, refuse)


async def test_no_stage_after_the_worker_analyses_a_text_again(
    bench: Bench, rss: Rss, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only texts that share a signature are compared word by word: these do not."""
    base = bench.web.url("")
    bench.topic = 'title = "Alibaba"\nquery = "alibaba"\nlangs = ["en"]\n[score]\nthreshold = 1\n'
    bench.web.put("/feed.xml", rss((1, "A record fine", "x"), (2, "A second quay", "y"), base=base), RSS)
    bench.web.put("/1", page("A record fine", BODY))
    bench.web.put("/2", page("A second quay", OTHER))
    running = await bench.start()
    asked: list[str] = []
    run = running.parts.workers._run

    async def noted(limit: timedelta, warm: Any, function: Any, /, *arguments: object) -> object:
        asked.append(function.__name__)
        return await run(limit, warm, function, *arguments)

    monkeypatch.setattr(running.parts.workers, "_run", noted)
    forbid(monkeypatch)
    await bench.poll()
    assert {title for _id, title, _carriers in await bench.feed()} == {"A record fine", "A second quay"}
    assert {item["lang"] for item in await bench.items()} == {"en"}
    assert sorted(asked) == ["page", "page", "parse"], "each text is analysed where its page is read"
