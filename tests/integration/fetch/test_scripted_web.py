"""The server that other tests lean on does what it says."""

import asyncio
import contextlib
import http.client
from email.message import Message
from typing import NamedTuple

from tests.support.web import Answer, ScriptedWeb


class Got(NamedTuple):
    status: int
    headers: Message
    body: bytes


def get(web: ScriptedWeb, path: str, **headers: str) -> Got:
    with contextlib.closing(http.client.HTTPConnection(web.host, web.port, timeout=5)) as connection:
        connection.request(
            "GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )
        answer = connection.getresponse()
        return Got(answer.status, answer.headers, answer.read())


def test_it_serves_logs_and_honours_validators() -> None:
    with ScriptedWeb() as web:
        web.put("/feed.xml", "<rss/>", "application/rss+xml", etag='W/"1"', last_modified="yesterday")
        first = get(web, "/feed.xml?a=1")
        again = get(web, "/feed.xml", If_None_Match='W/"1"')
        dated = get(web, "/feed.xml", If_Modified_Since="yesterday")
        other = get(web, "/feed.xml", If_None_Match='"2"', If_Modified_Since="yesterday")
        assert (first.status, first.body, first.headers["ETag"]) == (200, b"<rss/>", 'W/"1"')
        assert (again.status, dated.status, other.status) == (304, 304, 200)
        assert web.hits("/feed.xml") == web.hits() == 4
        assert [seen.status for seen in web.log] == [200, 304, 304, 200]
        assert web.log[0].path == "/feed.xml?a=1"
        assert web.log[0].at <= web.log[1].at


def test_queued_answers_come_first_and_once() -> None:
    with ScriptedWeb() as web:
        web.put("/a", "fine")
        web.queue("/a", Answer(503, (("Retry-After", "7"),)), Answer(raw=b"HTTP/1.1 204 Nothing\r\n\r\n"))
        assert [get(web, "/a").status for _ in range(3)] == [503, 204, 200]
        assert get(web, "/unknown").status == 404


async def test_two_hosts_beside_a_running_loop() -> None:
    async with ScriptedWeb() as one, ScriptedWeb("127.0.0.2") as two:
        one.redirect("/moved", two.url("/here"))
        two.put("/here", "arrived", gzip=True)
        moved = await asyncio.to_thread(get, one, "/moved")
        arrived = await asyncio.to_thread(get, two, "/here")
        assert moved.headers["Location"] == two.url("/here")
        assert arrived.headers["Content-Encoding"] == "gzip"
        assert two.log[0].headers["host"] == two.authority


def test_a_hanging_answer_does_not_hold_the_stop() -> None:
    with ScriptedWeb() as web:
        web.queue("/", Answer(hang=True))
        connection = http.client.HTTPConnection(web.host, web.port, timeout=5)
        connection.request("GET", "/")
        while not web.log:  # the request is on its way
            pass
    connection.close()
    assert web.log[0].status == 0
