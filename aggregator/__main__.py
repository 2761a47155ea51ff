"""The command `aggregator`."""

import sys


def main() -> None:
    """Run the command line; expected errors end it with a message and their exit code."""
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


if __name__ == "__main__":
    main()
