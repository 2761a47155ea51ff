"""Topics: a query language, one pass over a document for all topics, a score, and the reasons for it.

Pure: compiled topics and a document in, decisions out. It fetches, stores and publishes nothing.
"""

from aggregator.match.search import Search, compile_search
from aggregator.match.selftest import run_test, run_tests, sample
from aggregator.match.topics import Topics, compile_topics

__all__ = ["Search", "Topics", "compile_search", "compile_topics", "run_test", "run_tests", "sample"]
