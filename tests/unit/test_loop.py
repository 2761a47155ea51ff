"""The event loop: what a connection waits for before it is dialled."""

import asyncio
import socket

from aggregator import loop


def test_an_address_that_is_dialled_is_looked_up_for_streams_alone() -> None:
    # Asked for sockets of every kind, the library gives three and has a thread find them.
    async def look_up() -> list[int]:
        found = await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80, family=socket.AF_INET)
        return [kind for _family, kind, *_rest in found]

    assert loop.run(look_up()) == [socket.SOCK_STREAM]


def test_another_kind_of_socket_is_looked_up_where_it_is_asked_for() -> None:
    async def look_up() -> list[int]:
        found = await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80, type=socket.SOCK_DGRAM)
        return [kind for _family, kind, *_rest in found]

    assert loop.run(look_up()) == [socket.SOCK_DGRAM]
