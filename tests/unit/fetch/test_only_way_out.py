"""Nothing outside fetch/ opens a connection as a client."""

import ast
from pathlib import Path

import pytest

import aggregator

PACKAGE = Path(aggregator.__file__).parent

CLIENT_MODULES = frozenset(
    (
        *("urllib.request", "urllib3", "http.client", "httpx", "requests", "websockets", "pycurl"),
        *("ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc.client", "trafilatura.downloads"),
    )
)
CLIENT_NAMES = frozenset(
    (
        *("ClientSession", "TCPConnector", "create_connection", "open_connection", "open_unix_connection"),
        *("sock_connect", "connect_ex", "urlopen", "urlretrieve", "fetch_url", "fetch_response"),
    )
)


def ways_out(source: str) -> list[str]:
    """Name every import or call in a source text that could open a connection."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in CLIENT_MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name for name in names if node.module in CLIENT_MODULES or name in CLIENT_MODULES]
            found += [alias.name for alias in node.names if alias.name in CLIENT_NAMES]
        elif isinstance(node, ast.Attribute) and node.attr in CLIENT_NAMES:
            found.append(node.attr)
    return found


def outside_fetch() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] != "fetch"]


@pytest.mark.parametrize("path", outside_fetch(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_outside_fetch_is_a_client(path: Path) -> None:
    assert ways_out(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen as u",
        "import http.client as h",
        "from http import client",
        "import requests",
        "import httpx",
        "import aiohttp\naiohttp.ClientSession()",
        "from aiohttp import ClientSession",
        "import socket\nsocket.create_connection(('h', 1))",
        "import asyncio\nasyncio.open_connection('h', 1)",
        "from trafilatura import fetch_url",
        "import trafilatura\ntrafilatura.fetch_url('h')",
    ],
)
def test_the_scan_sees_each_way_out(source: str) -> None:
    assert ways_out(source) != []


def test_the_scan_leaves_servers_and_parsers_alone() -> None:
    harmless = (
        "import aiohttp.web\nfrom urllib.parse import urlsplit\nimport socket\nfrom http import HTTPStatus"
    )
    assert ways_out(harmless) == []
