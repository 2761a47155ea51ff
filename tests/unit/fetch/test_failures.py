"""What an exception of the network is called, where no server can be made to bring it about."""

import errno
import os

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from aggregator.fetch.failures import from_exception
from aggregator.fetch.guard import Dial
from aggregator.fetch.target import Target
from aggregator.model import FailureKind

KEY = ConnectionKey("news.example", 80, False, True, None, None, None, None)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
@pytest.mark.parametrize("is_wrapped", [False, True])
def test_what_this_machine_lacks_is_not_held_against_a_server(number: int, is_wrapped: bool) -> None:
    error = OSError(number, os.strerror(number))
    target = Target.parse("http://news.example/")
    found = from_exception(aiohttp.ClientConnectorError(KEY, error) if is_wrapped else error, target, Dial())
    assert found.kind is FailureKind.INTERNAL
    assert os.strerror(number) in found.detail
