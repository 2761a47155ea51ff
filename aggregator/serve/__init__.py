"""Serves what `publish` has written, over HTTP, to feed readers and browsers."""

from aggregator.serve.app import Probe, create
from aggregator.serve.server import Server, start

__all__ = ["Probe", "Server", "create", "start"]
