"""Debian's Chromium without a screen, driven over its DevTools protocol (JSON over a WebSocket).

Enough for what a person at a browser does and sees: open a page at a width and in a colour scheme, press
keys, ask what stands there. It knows nothing about the program under test.
"""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp

CHROMIUM = shutil.which("chromium")
WITHOUT = "Chromium is not installed"
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--mute-audio"),
    # Of itself it asks the network for many things, which are not to be had here.
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"),
    *("--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage"),
    "--remote-debugging-port=0",
)
_PATIENCE = 30.0  # seconds for one answer
_KEYS = {"Tab": 9, "Enter": 13}


class Page:
    """A tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.errors: list[str] = []
        """What the console has to complain about."""
        self._socket = socket
        self._asked = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._events: dict[str, asyncio.Event] = {}
        self._listener = asyncio.create_task(self._listen())

    async def __aenter__(self) -> Self:
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)
        await self._socket.close()

    async def show(
        self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False, scripts: bool = True
    ) -> None:
        """Open an address and wait until all of it is there."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        await self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])
        await self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        loaded = self._events["Page.loadEventFired"] = asyncio.Event()
        await self.call("Page.navigate", url=url)
        await asyncio.wait_for(loaded.wait(), _PATIENCE)

    async def ask(self, expression: str) -> Any:
        """Return what an expression of JavaScript comes to in the page."""
        answer = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def press(self, key: str) -> None:
        """Press and release a key."""
        wanted: dict[str, Any] = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **wanted, **text)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **wanted)

    async def write(self, text: str) -> None:
        """Type a text where the cursor stands."""
        await self.call("Input.insertText", text=text)

    async def loaded(self) -> None:
        """Wait for the page that a key or a click has led to."""
        await asyncio.wait_for(self._events["Page.loadEventFired"].wait(), _PATIENCE)

    def expect(self) -> None:
        """Say that the next key leads to another page, for `loaded`."""
        self._events["Page.loadEventFired"] = asyncio.Event()

    async def call(self, method: str, **given: Any) -> Any:
        """Send a command and return its answer."""
        self._asked += 1
        answer = self._waiting[self._asked] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._asked, "method": method, "params": given})
        return await asyncio.wait_for(answer, _PATIENCE)

    async def _listen(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                waiting = self._waiting.pop(told["id"])
                if "error" in told:
                    waiting.set_exception(RuntimeError(told["error"]["message"]))
                elif not waiting.done():
                    waiting.set_result(told["result"])
                continue
            self._note(told["method"], told["params"])
            if told["method"] in self._events:
                self._events[told["method"]].set()

    def _note(self, method: str, told: Any) -> None:
        if method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.errors.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif method == "Runtime.exceptionThrown":
            self.errors.append(told["exceptionDetails"]["text"])
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.errors.append(str(told["args"]))


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Page]:
    """Start a browser with a profile of its own in `folder`, and give its one tab."""
    assert CHROMIUM is not None, WITHOUT
    profile = folder / "chromium"
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *_FLAGS,
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as session:
            address = await asyncio.wait_for(_tab(session, profile / "DevToolsActivePort"), _PATIENCE)
            async with Page(await session.ws_connect(address, max_msg_size=0)) as page:
                yield page
                await page.call("Browser.close")  # so that all its processes end in good order
    finally:
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _tab(session: aiohttp.ClientSession, told: Path) -> str:
    """Wait until the browser tells its port, and return the address of its tab."""
    while True:
        with contextlib.suppress(OSError, aiohttp.ClientError, IndexError, StopIteration):
            port = (await asyncio.to_thread(told.read_text)).splitlines()[0]
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                tabs = await answer.json()
            return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
        await asyncio.sleep(0.05)
