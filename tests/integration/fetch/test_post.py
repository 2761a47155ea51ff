"""Pings and webhooks: the same guard, turns and deadline; what is sent is never lost in silence."""

import asyncio

import pytest

from aggregator.model import Access, Failure, FailureKind, Fetched, Request, Validators
from tests.integration.fetch.support import a_client
from tests.support.cases import NewCase, outcome
from tests.support.web import Answer, ScriptedWeb

DATA = b"hub.mode=publish&hub.url=https%3A%2F%2Fnews.example.org%2Ffeeds%2Fa.atom"
FORM = "application/x-www-form-urlencoded"


def ping(url: str, **more: object) -> Request:
    return Request(url, 1000, method="POST", data=DATA, data_type=FORM, **more)  # type: ignore[arg-type]


async def test_what_is_sent_arrives() -> None:
    with ScriptedWeb() as web:
        web.put("/hub", "thank you", status=202)
        async with a_client() as client:
            result = await client.fetch(
                ping(web.url("/hub"), validators=Validators('"1"', "then"), access=Access(auth="a:b"))
            )
    assert isinstance(result, Fetched)
    assert (result.status, result.body, result.validators) == (202, b"", Validators())
    seen = web.log[0]
    assert (seen.method, seen.body, seen.headers["content-type"]) == ("POST", DATA, FORM)
    assert seen.headers["content-length"] == str(len(DATA))
    assert seen.headers["authorization"] == "Basic YTpi"
    assert not {"if-none-match", "if-modified-since", "referer", "expect"} & seen.headers.keys()


ANSWERS: dict[int, FailureKind | None] = {
    200: None,
    201: None,
    202: None,
    204: None,
    303: None,
    301: FailureKind.REDIRECTS,
    302: FailureKind.REDIRECTS,
    304: FailureKind.PROTOCOL,
    400: FailureKind.CLIENT_ERROR,
    404: FailureKind.NOT_FOUND,
    410: FailureKind.GONE,
    429: FailureKind.RATE_LIMITED,
    503: FailureKind.SERVER_ERROR,
}


@pytest.mark.parametrize(("status", "kind"), ANSWERS.items())
async def test_what_an_answer_to_a_post_means(status: int, kind: FailureKind | None, case: NewCase) -> None:
    row = case(f"POST: {status}", f"answers {status}, Location: /elsewhere")
    with ScriptedWeb() as web:
        web.queue("/hub", Answer(status, (("Location", "/elsewhere"),)))
        async with a_client() as client:
            result = await client.fetch(ping(web.url("/hub")))
    row.came_to(outcome(result))
    assert (result.kind if isinstance(result, Failure) else None) == kind
    assert web.hits() == 1
    assert kind is not FailureKind.REDIRECTS or web.url("/elsewhere") in outcome(result)


@pytest.mark.parametrize("status", [307, 308])
async def test_it_is_repeated_where_it_is_told_to(status: int, case: NewCase) -> None:
    row = case(f"POST: {status}", "leads to another server")
    with ScriptedWeb() as home, ScriptedWeb() as away:
        home.redirect("/hub", away.url("/hub"), status)
        away.put("/hub")
        async with a_client() as client:
            result = await client.fetch(ping(home.url("/hub"), access=Access(auth="a:b")))
    row.came_to(outcome(result))
    assert isinstance(result, Fetched)
    assert (away.log[0].method, away.log[0].body, away.log[0].headers["content-type"]) == ("POST", DATA, FORM)
    assert "authorization" not in away.log[0].headers


async def test_a_large_or_endless_answer_does_not_matter() -> None:
    with ScriptedWeb() as web:
        web.put("/hub", "x" * 200_000)
        async with a_client() as client:
            result = await client.fetch(ping(web.url("/hub")))
    assert isinstance(result, Fetched)
    assert result.body == b""


async def test_a_wall_is_no_acceptance() -> None:
    with ScriptedWeb() as web:
        web.put("/hub", "<iframe src='/_Incapsula_Resource?CWUDNSAI=1'>")
        async with a_client() as client:
            result = await client.fetch(ping(web.url("/hub")))
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.WALL


async def test_it_is_sent_once_even_if_the_connection_dies(case: NewCase) -> None:
    """A hook that fires twice is worse than one that is reported as failed (RFC 9110, 9.2.2)."""
    row = case("POST: the connection dies", "reads the request on a connection of its own and closes")
    with ScriptedWeb() as web:
        web.put("/first", delay=0.05)
        web.queue("/hook", Answer(raw=b"", close=True))
        async with a_client(per_host=1) as client:
            *_, result = await asyncio.gather(
                client.fetch(Request(web.url("/first"), 1000)),
                client.fetch(Request(web.url("/first"), 1000)),
                client.fetch(ping(web.url("/hook"))),
            )
    assert [seen.connection for seen in web.log] == [1, 2, 3]  # the second was kept, and may have been dead
    row.came_to(outcome(result))
    assert isinstance(result, Failure)
    assert web.hits("/hook") == 1


async def test_the_deadline_holds() -> None:
    with ScriptedWeb() as web:
        web.queue("/hub", Answer(hang=True))
        async with a_client(timeout=0.2) as client:
            result = await client.fetch(ping(web.url("/hub")))
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.TIMEOUT


async def test_an_empty_post_says_so() -> None:
    with ScriptedWeb() as web:
        async with a_client() as client:
            await client.fetch(Request(web.url("/"), 1000, method="POST"))
    assert (web.log[0].method, web.log[0].headers["content-length"]) == ("POST", "0")
