"""Which failures may be our own network's."""

import pytest

from aggregator.model import Failure, FailureKind
from aggregator.pipeline.network import _says_something

REFUSED = {
    "a name: a hotel's network answers so for all names": ("https://news.example.com/feed", True),
    "a name with the root's dot": ("http://news.example.com./", True),
    "an address": ("http://10.0.0.1/", False),
    "version 6": ("http://[fd00::1]/feed", False),
    "a number": ("http://2130706433/", False),
    "an octal one": ("http://0177.0.0.1/", False),
    "a short one with hexadecimal digits": ("http://0x7f.1/", False),
    "a name of the local network": ("http://intranet/feed", False),
    "a local domain": ("http://news.home.arpa/", False),
    "a port, which is refused by itself": ("http://news.example.com:25/", False),
}


@pytest.mark.parametrize(("url", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_our_guard_refuses_by_itself_says_nothing(url: str, says: bool) -> None:
    assert _says_something(Failure(FailureKind.FORBIDDEN_ADDRESS, "refused"), url) is says


@pytest.mark.parametrize("kind", [FailureKind.DNS, FailureKind.CONNECT, FailureKind.TIMEOUT])
def test_what_did_not_answer_may_be_out_of_our_reach(kind: FailureKind) -> None:
    assert _says_something(Failure(kind, "no answer"), "http://10.0.0.1:8080/")
