"""Addresses: what counts for identity, and what never does."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from aggregator import urls


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.com/a", "https://example.com/a"),
        ("https://example.com:443/a", "http://example.com:80/a"),
        ("https://EXAMPLE.com/a/", "https://example.com/a"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com/a?utm_source=rss&utm_medium=x&id=3", "https://example.com/a?id=3"),
        ("https://example.com/a#xtor=RSS-1", "https://example.com/a"),
        ("https://example.com/a?xtor=RSS-1", "https://example.com/a"),
        ("https://example.com/a?fbclid=abc&at_medium=RSS&at_campaign=rss", "https://example.com/a"),
        ("https://example.cn/a?spm=1.2.3&scm=4", "https://example.cn/a"),
        ("https://example.com/a?from=rss", "https://example.com/a"),
        ("https://example.com/a?mod=rss_world_news", "https://example.com/a"),
        ("https://example.com/a?b=2&a=1", "https://example.com/a?a=1&b=2"),
        ("https://example.com/a?x=1&amp;y=2", "https://example.com/a?x=1&y=2"),
        ("https://example.com/%7ejoe", "https://example.com/~joe"),
        ("https://example.com/%e4%bd%a0", "https://example.com/你"),
        ("https://exämple.com/", "https://xn--exmple-cua.com"),
        ("https://example.com/x/../a", "https://example.com/a"),
        ("https://example.com/a;/", "https://example.com/a"),
        ("https://joe:pw@example.com/a", "https://example.com/a"),
        ("https://example.com/a;jsessionid=A0B1C2?x=1", "https://example.com/a?x=1"),
        ("https://example.com/a?PHPSESSID=0123456789abcdef0123456789abcdef", "https://example.com/a"),
        ("https://example.com/2024/big-news-story/amp/", "https://example.com/2024/big-news-story"),
        ("https://example.com/a-b-1.amp.html", "https://example.com/a-b-1.html"),
        ("https://www.google.com/amp/s/example.com/a", "https://example.com/a"),
        ("https://www.google.co.uk/amp/s/example.com/a", "https://example.com/a"),
        ("https://www.GOOGLE.com.br/amp/s/example.com/a", "https://example.com/a"),
        ("https://www.google.de/amp/example.com/a", "https://example.com/a"),
        ("https://example-com.cdn.ampproject.org/c/s/example.com/a", "https://example.com/a"),
        (
            "https://mp.weixin.qq.com/s?__biz=a&mid=1&idx=1&sn=f&chksm=9&scene=0",
            "https://mp.weixin.qq.com/s?__biz=a&mid=1&idx=1&sn=f",
        ),
        (" https://example.com/a\n", "https://example.com/a"),
    ],
)
def test_the_same_article(one: str, other: str) -> None:
    assert urls.canonical_url(one) == urls.canonical_url(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/a?cid=1", "https://example.com/a?cid=2"),
        ("https://example.com/a?12345", "https://example.com/a?12346"),
        ("https://example.com/a?gallery=1", "https://example.com/a?gallery=2"),
        ("https://example.com/a?keyword=1", "https://example.com/a?keyword=2"),
        ("https://example.com/a?id=&b=1", "https://example.com/a?b=1"),
        ("https://example.com/article.php?sid=17", "https://example.com/article.php?sid=18"),
        ("https://example.com/?from=paris", "https://example.com/?from=rome"),
        ("https://example.com/forum?mod=viewthread&tid=1", "https://example.com/forum?mod=news&tid=1"),
        ("https://example.com/A", "https://example.com/a"),
        ("https://www.example.com/a", "https://example.com/a"),
        ("https://example.com:8080/a", "https://example.com/a"),
        ("https://example.com/#!/a", "https://example.com/#!/b"),
        ("https://example.com/topics/amp", "https://example.com/topics"),
        ("https://example.com/a%2Fb", "https://example.com/a/b"),
        ("https://example.com/a?q=%26b=1", "https://example.com/a?q=&b=1"),
    ],
)
def test_different_articles_stay_apart(one: str, other: str) -> None:
    assert urls.canonical_url(one) != urls.canonical_url(other)


@pytest.mark.parametrize(
    "bad",
    ["", "a", "/a", "ftp://example.com", "javascript:alert(1)", "http://", "http://[::1", "http://x:99999/",
     "mailto:a@b.c", "http://a b/", "http://x/" + "a" * 9000],
)  # fmt: skip
def test_what_is_no_web_address(bad: str) -> None:
    assert urls.canonical_url(bad) == ""
    assert urls.registrable_domain(bad) == ""
    assert not urls.is_http(bad)


@given(st.text(max_size=60).map(lambda tail: f"https://example.com/{tail}"))
def test_canonical_is_stable(url: str) -> None:
    once = urls.canonical_url(url)
    assert once == "" or urls.canonical_url(once) == once


@given(st.text(max_size=80))
def test_any_text_is_taken(text: str) -> None:
    urls.canonical_url(text)
    urls.registrable_domain(text)
    joined = urls.join("https://example.com/a/", text)
    assert joined is None or urls.is_http(joined)
    assert set(urls.slug(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert 0 < len(urls.slug(text)) <= 80
    assert isinstance(urls.redact(text), str)


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://feeds.bbc.co.uk/news", "bbc.co.uk"),
        ("https://www.lemonde.fr/", "lemonde.fr"),
        ("https://a.b.com.cn:8443/x", "b.com.cn"),
        ("http://127.0.0.1:8080/x", "127.0.0.1:8080"),
        ("http://192.168.1.9:3000/x", "192.168.1.9:3000"),
        ("http://8.8.8.8/x", "8.8.8.8"),
        ("https://8.8.8.8:9999/x", "8.8.8.8"),
        ("http://[2001:4860:4860:0::8888]:81/x", "[2001:4860:4860::8888]"),
        ("http://[fd00::1]/x", "[fd00::1]:80"),
        ("http://[::1]:8080/x", "[::1]:8080"),
        ("http://localhost:9000/", "localhost:9000"),
        ("https://localhost/", "localhost:443"),
        ("http://news.example.test/", "example.test"),
    ],
)
def test_registrable_domain(url: str, domain: str) -> None:
    assert urls.registrable_domain(url) == domain


@pytest.mark.parametrize(
    ("base", "href", "result"),
    [
        ("https://example.com/a/b", "c", "https://example.com/a/c"),
        ("https://example.com/a/b", "//cdn.example.com/x", "https://cdn.example.com/x"),
        ("https://example.com/a/b", "?x=1", "https://example.com/a/b?x=1"),
        ("https://example.com/", " /a b\n", "https://example.com/a%20b"),
        ("", "https://example.com/a", "https://example.com/a"),
        ("", "/a", None),
        ("https://example.com/a", " \n", None),
        ("https://example.com/", "javascript:alert(1)", None),
        ("https://example.com/", "java\nscript:alert(1)", None),
        ("https://example.com/", "data:text/html,x", None),
        ("https://example.com/", "http://[::1", None),
    ],
)
def test_join(base: str, href: str, result: str | None) -> None:
    assert urls.join(base, href) == result


def test_slug() -> None:
    assert urls.slug("https://www.example.com/feed.xml?x=1") == "www-example-com-feed-xml-x-1"
    assert urls.slug("Régulation d’Alibaba") == "regulation-d-alibaba"
    assert urls.slug("监管") != urls.slug("阿里")
    assert urls.slug("") == "source"
    assert urls.slug("a" * 200) != urls.slug("a" * 201)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("cannot read https://joe:hunter2@example.com/x now", "cannot read https://***@example.com/x now"),
        ("https://token@example.com/", "https://***@example.com/"),
        ("https://example.com/?api_key=abc&page=2", "https://example.com/?api_key=***&page=2"),
        ("https://example.com/?page=2&access_token=abc#x", "https://example.com/?page=2&access_token=***#x"),
        ("https://example.com/?author=joe&keyword=x", "https://example.com/?author=joe&keyword=x"),
        ("mail joe@example.com about a=b", "mail joe@example.com about a=b"),
        ("https://example.com/?pw=hunter2&user=joe", "https://example.com/?pw=***&user=joe"),
        ("https://example.com/?user=joe&pass_1=x;pw2=x", "https://example.com/?user=joe&pass_1=***;pw2=***"),
        ("?page=1&passage=2&passenger=3&passport=4&pwn=5", "?page=1&passage=2&passenger=3&passport=4&pwn=5"),
        ("asked https://a.example/?token=ab,c, then 404", "asked https://a.example/?token=***, then 404"),
        ("(see https://a.example/?token=abc): no", "(see https://a.example/?token=***): no"),
        ("“https://a.example/?token=abc”", "“https://a.example/?token=***”"),
        (r'{"url": "{\"https://a.example/?token=abc\"}"}', r'{"url": "{\"https://a.example/?token=***\"}"}'),
        ("https://a.example/?token=,,,&a=1", "https://a.example/?token=***&a=1"),
    ],
)
def test_redact(text: str, clean: str) -> None:
    assert urls.redact(text) == clean


@pytest.mark.parametrize(
    "name", ["pw", "PW", "passwd", "pass", "userpw", "db_pass", "passphrase", "user[pw]", "mdp"]
)
def test_names_of_passwords_are_recognised(name: str) -> None:
    assert urls.secret_parameters(f"https://a.example/?a=1&{name}=hunter2") == ("hunter2",)


SECRET = "a/b+c d&é'\"x\\<y>"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        re.sub("%..", lambda code: code.group().lower(), quote(SECRET, safe="")),
        quote_plus(SECRET),
        str(URL("https://x.example/").with_query(key=SECRET)).partition("=")[2],
        html.escape(SECRET),
        html.escape(SECRET, quote=False),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        repr(SECRET),
        f"Basic {base64.b64encode(SECRET.encode()).decode()}",
    ],
)
def test_a_known_secret_is_hidden_however_it_is_written(written: str) -> None:
    clean = urls.Redactor.of([SECRET])(f"before {written} after")
    assert clean.startswith("before ")
    assert clean.endswith(" after")
    assert "***" in clean
    assert not any(part in clean for part in ("b+c", "b%2", "%26", "&amp;", "YS9i", "\\"))


def test_a_percent_encoded_secret_is_hidden_when_it_is_decoded() -> None:
    assert urls.Redactor.of(["hunter%2F2-x"])("hunter/2-x") == "***"


def test_a_longer_secret_is_hidden_first_and_short_ones_are_left_alone() -> None:
    redactor = urls.Redactor.of(["hunter", "abc", "", "hunter2-hunter2", "hunter"])
    assert redactor.secrets == ("hunter2-hunter2", "hunter")
    assert redactor("hunter2-hunter2 hunters abc") == "*** ***s abc"
    assert redactor("https://joe:pw@x.example/?token=abc") == "https://***@x.example/?token=***"


def test_links_for_readers_keep_parameters_that_only_look_secret() -> None:
    redactor = urls.Redactor.of(["hunter2"])
    assert (
        redactor.known("https://x.example/?key=china&sid=hunter2") == "https://x.example/?key=china&sid=***"
    )
    assert redactor("https://x.example/?key=china") == "https://x.example/?key=***"


def test_a_redactor_does_not_show_what_it_hides() -> None:
    assert "hunter" not in repr(urls.Redactor.of(["hunter2"]))


@given(st.lists(st.text(min_size=6, max_size=20), min_size=1, max_size=5), st.text(max_size=20), st.data())
def test_no_known_secret_survives(secrets: list[str], around: str, data: st.DataObject) -> None:
    secret = data.draw(st.sampled_from(secrets))
    clean = urls.Redactor.of(secrets)(f"{around}{secret}{around}")
    assert secret not in clean or secret in "*" * 99 or set(secret) <= {*around, "*"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://joe:hunter%322@x.example/", ("joe:hunter%322", "hunter%322", "joe:hunter22", "hunter22")),
        ("postgresql+psycopg://joe:hunter2@h/d", ("joe:hunter2", "hunter2")),
        ("https://token@x.example/", ("token",)),
        ("https://joe:p'w@x.example/", ("joe:p'w", "p'w")),
        ("https://x.example/a@b", ()),
        ("https://[x/", ()),
    ],
)
def test_credentials_of_an_address(url: str, expected: tuple[str, ...]) -> None:
    assert urls.credentials(url) == expected


def test_secret_parameters_of_an_address() -> None:
    url = "https://x.example/?api_key=a%2Fb&page=2&author=me#access_token=c"
    assert urls.secret_parameters(url) == ("a%2Fb", "c", "a/b")


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("feed://a.example/x", "https://a.example/x"),
        ("FEED:http://a.example/x", "http://a.example/x"),
        ("https://feed:x@a.example/", "https://feed:x@a.example/"),
        ("feed", "feed"),
    ],
)
def test_feed_is_no_scheme_of_its_own(url: str, meant: str) -> None:
    assert urls.without_feed_scheme(url) == meant


@pytest.mark.parametrize(
    "host", ["www.google.abc.de", "www.google.x.yz", "www.google.zz", "www.google.de.com"]
)
def test_a_host_that_looks_like_google_does_not_speak_for_others(host: str) -> None:
    assert host in urls.canonical_url(f"https://{host}/amp/s/victim.example/news-1")
