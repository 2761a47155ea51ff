"""Reads sites.d: the [[site]] tables in which a user says how the pages of particular hosts are read."""

from pathlib import Path

from aggregator.config.files import Mistake, read_folder
from aggregator.config.mistakes import record, tables
from aggregator.config.site import SiteConfig
from aggregator.errors import Problem


def read_sites(folder: Path, problems: list[Problem]) -> tuple[SiteConfig, ...]:
    """Read all rules; two for the same pattern are a mistake, since only one could count."""
    found: dict[str, SiteConfig] = {}
    for document in read_folder(folder, problems):
        for index, table in enumerate(tables(document, "site", SiteConfig, problems)):
            line, _ = document.positions.key(("site", index))
            site, mistakes = record(table, SiteConfig, {"file": document.file, "line": line})
            if site and (twin := found.setdefault(site.host, site)) is not site:
                message = f'"{site.host}" has a rule already: {twin.file}:{twin.line}'
                mistakes = (*mistakes, Mistake(("host",), message, "make one of the two"))
            problems += [document.problem(mistake.below(("site", index))) for mistake in mistakes]
    return tuple(found.values())
