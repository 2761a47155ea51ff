"""The command `aggregator`."""

import sys


def main() -> None:
    """Run the command line; expected errors end it with a message and their exit code."""
    from aggregator.cli import application
    from aggregator.errors import AggregatorError

    try:
        application()
    except AggregatorError as error:
        print(f"aggregator: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (`aggregator export | head`): not an error of ours.
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
