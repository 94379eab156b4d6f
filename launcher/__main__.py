"""`python -m launcher` is `offline-lrs`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command. It is imported here, so that Ctrl-C is one line also while it is being loaded."""
    try:
        from launcher import cli

        return cli.main()
    except KeyboardInterrupt:
        print("offline-lrs: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
