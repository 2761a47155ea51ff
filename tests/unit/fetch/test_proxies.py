"""Which proxy an address goes through, as the configuration and the environment say."""

import pytest

from aggregator.config.proxies import variables
from aggregator.config.values import ENVIRONMENT, NO_PROXY
from aggregator.fetch.proxies import Proxies, ProxyError, is_local_name
from aggregator.fetch.target import Target

ONE = "http://one.example.com:3128"
TWO = "http://two.example.com:3128"

CHOICES: dict[str, tuple[str, str, dict[str, str], str, str | None]] = {
    "none": ("", "", {}, "http://h.org/", None),
    "the environment does not count by itself": ("", "", {"http_proxy": ONE}, "http://h.org/", None),
    "the configuration's": (ONE, "", {"http_proxy": TWO}, "https://h.org/", ONE),
    "the source's": (ONE, TWO, {}, "http://h.org/", TWO),
    "the source's, from the environment": (ONE, ENVIRONMENT, {"http_proxy": TWO}, "http://h.org/", TWO),
    "the source's instead of the environment": (ENVIRONMENT, TWO, {"http_proxy": ONE}, "http://h.org/", TWO),
    "of the scheme": (ENVIRONMENT, "", {"http_proxy": ONE, "https_proxy": TWO}, "https://h.org/", TWO),
    "of another scheme": (ENVIRONMENT, "", {"http_proxy": ONE}, "https://h.org/", None),
    "of all schemes": (ENVIRONMENT, "", {"all_proxy": ONE}, "https://h.org/", ONE),
    "capitals": (ENVIRONMENT, "", {"HTTPS_PROXY": ONE}, "https://h.org/", ONE),
    "small letters win": (ENVIRONMENT, "", {"HTTP_PROXY": ONE, "http_proxy": TWO}, "http://h.org/", TWO),
    "small letters win, empty": (
        ENVIRONMENT,
        "",
        {"HTTP_PROXY": ONE, "http_proxy": ""},
        "http://h.org/",
        None,
    ),
    "the source wants none": (ONE, NO_PROXY, {}, "http://h.org/", None),
    "without scheme": (ENVIRONMENT, "", {"http_proxy": "p.org:8"}, "http://h.org/", "http://p.org:8"),
    "with credentials": (
        ENVIRONMENT,
        "",
        {"http_proxy": "u:p@p.org:8"},
        "http://h.org/",
        "http://u:p@p.org:8",
    ),
}


@pytest.mark.parametrize(("setting", "own", "environ", "url", "chosen"), CHOICES.values(), ids=CHOICES.keys())
def test_the_choice(setting: str, own: str, environ: dict[str, str], url: str, chosen: str | None) -> None:
    assert Proxies(setting, variables(environ)).choose(Target.parse(url), own) == chosen


DIRECT = {
    "everything": ("*", "http://h.org/", True),
    "the host": ("a.org,h.org", "http://h.org/", True),
    "a domain": ("h.org", "http://www.h.org/", True),
    "a domain with dot": (" .h.org ", "http://www.h.org/", True),
    "capitals": ("H.ORG", "http://h.org/", True),
    "the root's dot": ("h.org", "http://h.org./", True),
    "a name that only ends alike": ("h.org", "http://oh.org/", False),
    "a port": ("h.org:8080", "http://h.org:8080/", True),
    "another port": ("h.org:8080", "http://h.org/", False),
    "an address": ("10.0.0.1", "http://10.0.0.1/", True),
    "a network": ("10.0.0.0/8", "http://10.9.9.9/", True),
    "another network": ("10.0.0.0/8", "http://11.0.0.1/", False),
    "a network, and a name": ("10.0.0.0/8", "http://h.org/", False),
    "version 6": ("fd00::/8", "http://[fd00::1]/", True),
    "not a network": ("10.0.0.0/99,/", "http://10.0.0.1/", False),
    "nothing": (" , ,", "http://h.org/", False),
}


@pytest.mark.parametrize(("no_proxy", "url", "is_direct"), DIRECT.values(), ids=DIRECT.keys())
def test_who_is_asked_directly(no_proxy: str, url: str, is_direct: bool) -> None:
    proxies = Proxies(ENVIRONMENT, variables({"http_proxy": ONE, "no_proxy": no_proxy}))
    assert (proxies.choose(Target.parse(url)) is None) == is_direct


@pytest.mark.parametrize("proxy", ["socks5://u:hunter2@p.org:1080", "ftp://p.org", "http://", "http://a b"])
def test_a_proxy_of_another_kind_is_said_and_never_gone_around(proxy: str) -> None:
    with pytest.raises(ProxyError, match=r"set fetch\.proxy") as error:
        Proxies(ENVIRONMENT, variables({"http_proxy": proxy})).choose(Target.parse("http://h.org/"))
    assert "hunter2" not in str(error.value)


LOCAL = (
    "localhost",
    "a.localhost",
    "x.local",
    "LOCAL",
    "a.internal.",
    "a.home.arpa",
    "home.arpa",
    "intranet",
    "x.lan",
)
PUBLIC = (
    "example.com",
    "local.example.com",
    "mylocal.org",
    "internal.io",
    "arpa.net",
    "notlocal.com",
    "lan.de",
)


@pytest.mark.parametrize("name", LOCAL)
def test_names_that_can_only_be_local(name: str) -> None:
    assert is_local_name(name)


@pytest.mark.parametrize("name", PUBLIC)
def test_names_that_may_be_public(name: str) -> None:
    assert not is_local_name(name)
