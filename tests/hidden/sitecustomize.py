"""In a child process whose PYTHONPATH begins with this folder: what HIDDEN names cannot be imported."""

import os
import sys

sys.modules.update(dict.fromkeys(os.environ["HIDDEN"].split(","), None))
