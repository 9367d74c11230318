"""Runs on any Python, however old, to say in a sentence that it is too old."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "The portal needs Python 3.11 or newer; %s is Python %d.%d. Name another: make run PYTHON=/path/to/python3.11"  # noqa: UP031
        % (sys.executable, sys.version_info[0], sys.version_info[1])
    )
