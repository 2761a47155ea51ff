"""aggregator: follow many news sources, publish one clean feed per topic."""

__version__ = "0.1.0"
