"""``python -m ftrack_typed``: the same as the program ``ftrack-typed``."""

import sys

from ftrack_typed.cli import main

if __name__ == "__main__":
    sys.exit(main())
