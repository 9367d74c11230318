"""The peers open files with the SQLite that the portal has, in its mode; nothing else of the portal is there."""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_spec = spec_from_file_location("sqlite", Path(__file__).resolve().parents[2] / "portal" / "sqlite.py")
_sqlite = module_from_spec(_spec)
_spec.loader.exec_module(_sqlite)
sys.modules["sqlite3"] = import_module(_sqlite.sqlite3.__name__.partition(".")[0])
JOURNAL = _sqlite.JOURNAL
