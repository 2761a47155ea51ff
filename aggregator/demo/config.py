"""Write a configuration folder for the demo: short intervals, the demo's outlets, the shipped topics.

The topics and term lists are copies of those that the program ships, so that a visitor may edit them
while the demo runs. Nothing outside the given folder is written, and nothing is started.
"""

import json
import shutil
import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from aggregator.demo.web import DemoSource
from aggregator.errors import OutputError

_HERE = Path(__file__).parent
_SHARED_FOLDERS = ("topics.d", "lists.d")
_SETTINGS = """\
# The demo: everything happens on this machine, hence short intervals and no pauses between requests.
# Its topics and lists are the shipped ones.

[publish]
base_url = {base_url}

[serve]
listen = {listen}

[poll]
interval = "4s"
min_interval = "3s"
max_interval = "5s"

[fetch]
host_delay = "0s"
allow_private = {allowed}  # the outlets of the demo and nothing else on this machine

[articles]
wait = "5s"
"""


def shipped_config() -> Path:
    """Return the folder with the topics.d and lists.d that the program ships.

    It lies in the package once that is installed from a wheel, and at the root of a checkout.
    Raises OutputError where neither is there, which means a damaged installation.
    """
    for folder in (_HERE / "shipped", _HERE.parents[1] / "config"):
        if (folder / "topics.d").is_dir():
            return folder
    raise OutputError("the shipped topics are missing: install the package again")


def free_listen(host: str = "127.0.0.1", port: int = 8080) -> str:
    """Return host:port to listen on: the given port, or any free one where it is taken or 0.

    Raises OSError where no port can be had at all.
    """
    if port:
        with suppress(OSError), socket.create_server((host, port)):
            return f"{host}:{port}"
    with socket.create_server((host, 0)) as probe:
        return f"{host}:{probe.getsockname()[1]}"


def write_config(folder: Path, sources: Iterable[DemoSource], listen: str) -> None:
    """Write aggregator.toml, sources.d, topics.d and lists.d into `folder`, which is made where missing.

    `listen` is host:port of the daemon's own server. What stood there under the same names is
    replaced. Raises OutputError where the folder cannot be written.
    """
    known = tuple(sources)
    try:
        (folder / "sources.d").mkdir(parents=True, exist_ok=True)
        for name in _SHARED_FOLDERS:
            shutil.copytree(shipped_config() / name, folder / name, dirs_exist_ok=True)
        (folder / "sources.d" / "demo.toml").write_text(_sources(known), encoding="utf-8")
        settings = _SETTINGS.format(
            base_url=_toml(f"http://{listen}"),
            listen=_toml(listen),
            allowed=_toml([source.authority for source in known]),
        )
        (folder / "aggregator.toml").write_text(settings, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write the configuration of the demo into {folder}: {error}") from error


def _sources(sources: tuple[DemoSource, ...]) -> str:
    blocks = [
        "# The outlets of the demo web. All are invented; each has a port of its own on this machine.\n"
    ]
    for source in sources:
        lines = [
            "[[source]]",
            f"url = {_toml(source.url)}",
            f"id = {_toml(source.id)}",
            f"title = {_toml(source.title)}",
            f"lang = {_toml(source.lang)}",
            f"tags = {_toml(list(source.tags))}",
            f"tier = {_toml(source.tier)}",
        ]
        if (rule := source.listing) is not None:
            selectors = {"item": rule.item, "link": rule.link, "title": rule.title}
            selectors |= {"date": rule.date, "summary": rule.summary}
            lines += ['kind = "listing"', "[source.listing]"]
            lines += [f"{key} = {_toml(value)}" for key, value in selectors.items() if value is not None]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _toml(value: str | list[str]) -> str:
    """Write a value as TOML; JSON's strings and lists are valid TOML (toml.io/en/v1.0.0#string)."""
    return json.dumps(value, ensure_ascii=False)
