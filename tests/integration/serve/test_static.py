"""The folder of feeds behind nginx: any static server can serve it, compressed files included."""

import asyncio
import contextlib
import gzip
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from aggregator.publish import INDEX_NAME, OPML_NAME, STYLE, STYLE_NAME, files, index, opml, render_all
from tests.support.topicfeeds import a_feed, an_entry

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
CONFIG = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  types {{ application/atom+xml atom; application/rss+xml rss; application/feed+json json;
           text/css css; text/html html; text/x-opml opml; }}
  server {{ listen 127.0.0.1:{port}; root {folder}; gzip_static on; charset utf-8; index index.html; }}
}}
"""

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Give the address of an nginx and the folder of feeds that it serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "nginx.conf").write_text(CONFIG.format(folder=tmp_path, port=port))
    tmp_path.chmod(0o755)
    command = [str(NGINX), "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        yield f"http://127.0.0.1:{port}", tmp_path / "feeds"
        process.terminate()


async def test_nginx_serves_what_was_written_plain_and_compressed(nginx: tuple[str, Path]) -> None:
    base, folder = nginx
    feed = a_feed(*(an_entry(seq) for seq in range(20, 0, -1)))
    written = {f"alibaba.{fmt}": body for fmt, body in render_all(feed).items()}
    written |= {INDEX_NAME: index([feed]), OPML_NAME: opml([feed]), STYLE_NAME: STYLE}
    for name, body in written.items():
        files.write(folder, name, body)
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        for _ in range(100):
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with session.get(base) as answer:
                    await answer.read()
                    break
            await asyncio.sleep(0.05)
        for name, body in written.items():
            url = f"{base}/feeds/{name}"
            async with session.get(url, headers={"Accept-Encoding": "identity"}) as answer:
                assert (answer.status, await answer.read()) == (200, body)
                modified = answer.headers["Last-Modified"]
            async with session.get(url, headers={"Accept-Encoding": "gzip"}) as answer:
                assert answer.headers["Content-Encoding"] == "gzip", name
                assert gzip.decompress(await answer.read()) == body
            async with session.get(url, headers={"If-Modified-Since": modified}) as answer:
                assert answer.status == 304
        async with session.get(f"{base}/feeds/", headers={"Accept-Encoding": "identity"}) as answer:
            assert await answer.read() == written[INDEX_NAME]
