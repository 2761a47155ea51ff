"""One run of the PyPI package `reader`, in an interpreter that has it: reader_client.py DB WORKERS COMMAND.

`add` takes addresses from standard input, `one` updates the first feed, `all` updates every feed.
"""

import sys

from reader import make_reader  # type: ignore[import-not-found]


def main() -> None:
    """Open the database, obey, close."""
    database, workers, command = sys.argv[1:]
    reader = make_reader(database)
    match command:
        case "add":
            for line in sys.stdin:
                reader.add_feed(line.strip())
        case "one":
            first = next(iter(reader.get_feeds(limit=1)))
            reader.update_feeds(feed=first, scheduled=False)
        case "all":
            reader.update_feeds(scheduled=False, workers=int(workers))
    reader.close()


if __name__ == "__main__":
    main()
