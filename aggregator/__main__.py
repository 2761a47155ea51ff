"""The command `aggregator`."""

import errno
import os
import sys
from contextlib import suppress


def main() -> None:
    """Run the command line; expected errors end it with a message and their exit code."""
    _have_standard_files()
    from aggregator.cli import application
    from aggregator.errors import AggregatorError, ConfigError

    try:
        application()
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 - each line as editors read it: file:line:column
        sys.exit(error.exit_code)
    except AggregatorError as error:
        print(f"aggregator: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        with suppress(OSError):
            print("aggregator: no space left where the output goes", file=sys.stderr)  # noqa: T201
        sys.exit(1)


def _have_standard_files() -> None:
    """Open what of standard input, output and error is closed: the event loop must not get their numbers."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


if __name__ == "__main__":
    main()
