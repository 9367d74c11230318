"""Serves the files of `static/`: a browser fetches each file once, compressed.

`url_for("static", filename="css/base.css")` gives `/static/v-3f2a9c1b/css/base.css`. The version is a hash of all
files together, so an answer under it never changes and is `immutable`. References between files are relative (`url(…)`,
`@import`, `import "./other.js"`) and so keep the version without being rewritten. The price: one changed file gives all
files a new address, 33 kB once for each deployment.

All files are read, hashed and compressed once and kept in memory. A file that changes on disk is noticed within a
second, without a restart.
"""

import gzip
import hashlib
import re
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from flask import Flask, Response, abort, current_app, request

FOREVER = "public, max-age=31536000, immutable"
"""For the current version."""
A_WHILE = "public, max-age=300"
"""For an address without a version: the file may change under it."""
REVALIDATE = "no-cache"
"""For a version that this process does not have: the page is from before a deployment, or from a newer process. The
browser gets this process's file and must revalidate it the next time."""
_NAME = "portal.static_files"
_SECOND = 1.0
_VERSIONED = re.compile(r"(v-[0-9a-f]{8})/(.+)")
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}
"""Listed here, because the operating system's types differ from machine to machine."""


class StaticFile(NamedTuple):
    content: bytes
    compressed: bytes | None
    """None if compression saves less than a tenth."""
    mimetype: str
    digest: str


class _Snapshot(NamedTuple):
    stamps: tuple
    version: str
    files: dict[str, StaticFile]


class StaticFiles:
    def __init__(self, folder: Path):
        self._folder = folder
        self._looked_at = time.monotonic()
        self._snapshot = self._read(self._stamps())

    def current(self, *, at_once: bool = False) -> _Snapshot:
        """Returns the files as they are on disk. Checks the disk at most once a second, unless `at_once`."""
        now = time.monotonic()
        if at_once or now > self._looked_at + _SECOND:
            self._looked_at = now
            with suppress(FileNotFoundError):  # a file is being replaced: the next check finds the new one
                if (stamps := self._stamps()) != self._snapshot.stamps:
                    self._snapshot = self._read(stamps)
        return self._snapshot

    def _stamps(self) -> tuple:
        paths = sorted(path for path in self._folder.rglob("[!.]*") if path.is_file())
        return tuple((path, (stat := path.stat()).st_mtime_ns, stat.st_size) for path in paths)

    def _read(self, stamps: tuple) -> _Snapshot:
        files = {stamp[0].relative_to(self._folder).as_posix(): _read(*stamp) for stamp in stamps}
        manifest = "".join(f"{name}\n{file.digest}\n" for name, file in files.items())
        return _Snapshot(stamps, f"v-{hashlib.sha256(manifest.encode()).hexdigest()[:8]}", files)


def install(app: Flask) -> None:
    """Replaces Flask's view for the endpoint `static`. Some browsers and readers ask for /favicon.ico by themselves."""
    app.extensions[_NAME] = StaticFiles(Path(app.static_folder))
    app.view_functions["static"] = answer
    app.url_defaults(_add_version)
    app.add_url_rule("/favicon.ico", endpoint="static", defaults={"filename": "favicon.ico"})


def version() -> str:
    """Returns the version in the addresses of static files. Every cache of such addresses needs it in its key."""
    return _files().current().version


def is_file(response: Response) -> bool:
    """Whether the answer is a static file and holds no personal data. The 404 page for a missing file is not."""
    return request.endpoint == "static" and response.status_code < 400


def answer(filename: str) -> Response:
    snapshot, wanted, name = _files().current(), None, filename
    if versioned := _VERSIONED.fullmatch(filename):
        wanted, name = versioned.groups()
        snapshot = _files().current(at_once=wanted != snapshot.version)
    if (file := snapshot.files.get(name)) is None:
        abort(404)
    response = _response(file)
    response.headers["Cache-Control"] = A_WHILE if not wanted else FOREVER if wanted == snapshot.version else REVALIDATE
    return response.make_conditional(request)


def _response(file: StaticFile) -> Response:
    is_compressed = file.compressed is not None and request.accept_encodings["gzip"] > 0
    response = Response(file.compressed if is_compressed else file.content, mimetype=file.mimetype)
    response.set_etag(f"{file.digest}-gzip" if is_compressed else file.digest)
    if is_compressed:
        response.headers["Content-Encoding"] = "gzip"
    if file.compressed is not None:
        response.vary.add("Accept-Encoding")
    return response


@lru_cache(maxsize=500)
def _read(path: Path, _changed_at: int, _size: int) -> StaticFile:
    content = path.read_bytes()
    compressed = gzip.compress(content, mtime=0)
    mimetype = _TYPES.get(path.suffix, "application/octet-stream")
    is_smaller = len(compressed) < 0.9 * len(content)
    return StaticFile(content, compressed if is_smaller else None, mimetype, hashlib.sha256(content).hexdigest()[:16])


def _add_version(endpoint: str, values: dict) -> None:
    if endpoint == "static":
        values["filename"] = f"{version()}/{values['filename']}"


def _files() -> StaticFiles:
    return current_app.extensions[_NAME]
