"""Configuration folders made of a few lines."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

SOURCE = '[[source]]\nurl = "https://a.example/feed"\n'
TOPIC = 'title = "A"\nquery = "a"\n'

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Make a folder with one good source and one good topic, and what a test puts beside or over them."""

    def make(files: Mapping[str, str | bytes]) -> Path:
        folder = tmp_path / "config"
        for name, content in {"sources.d/good.toml": SOURCE, "topics.d/good.toml": TOPIC, **files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return make
