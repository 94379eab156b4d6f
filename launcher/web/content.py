"""Content of course packages at `/content/COURSE/NAME`: lesson pages, scripts, sounds, films.

A stranger wrote them, and they are served from the origin of our own pages. So every answer carries a sandbox in its
Content-Security-Policy: what runs in it is of no origin (docs/decisions/0007), can read nothing of ours, and reaches
its own files and xAPI like any foreign page, which is why any origin may read here. A name is looked up in the index of
the package and opens nothing else; there are no listings. It belongs to no framework and loads none.
"""

from __future__ import annotations

import asyncio
import os
import re
import unicodedata
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from launcher.learning import courses
from launcher.learning.launches import CONTENT
from launcher.learning.packages import File
from launcher.web.parts import Lms
from lrs.errors import MethodNotAllowed, NotFound, OfflineLrsError
from lrs.http import errors

CHUNK = 256 * 1024
METHODS = ("GET", "HEAD", "OPTIONS")
SANDBOX = {
    "Content-Security-Policy": (
        "sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin",  # a launch URL holds the way to a token
    "Access-Control-Allow-Origin": "*",  # a sandboxed page is foreign to its own modules, fonts and data
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
}
PREFLIGHT = {
    **SANDBOX,
    "Access-Control-Allow-Methods": ", ".join(METHODS),
    "Access-Control-Allow-Headers": "Range, If-Range, If-None-Match, Cache-Control, Content-Type, X-Requested-With",
    "Access-Control-Max-Age": "600",
}
# Ours, and not the machine's: a lesson is the same on every device. No charset: a file says that itself.
TYPES = {
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "application/xhtml+xml",
    "css": "text/css",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "json": "application/json",
    "map": "application/json",
    "webmanifest": "application/manifest+json",
    "xml": "application/xml",
    "xsd": "application/xml",
    "xsl": "application/xslt+xml",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "wasm": "application/wasm",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "png": "image/png",
    "apng": "image/apng",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "ico": "image/vnd.microsoft.icon",
    "cur": "image/vnd.microsoft.icon",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "webm": "video/webm",
    "ogv": "video/ogg",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "flac": "audio/flac",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "eot": "application/vnd.ms-fontobject",
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "zip": "application/zip",
    "epub": "application/epub+zip",
}
UNKNOWN = "application/octet-stream"

_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.ASCII)


def create(lms: Lms) -> ASGIApp:
    """The application for a running LMS."""
    return Content(lms)


class Content:
    """The ASGI application below `/content`."""

    def __init__(self, lms: Lms) -> None:
        self._lms = lms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answer(Request(scope))
        except OfflineLrsError as error:
            response = errors.answer(error)
            response.headers.update(SANDBOX)
        except Exception as error:  # noqa: BLE001  the last resort: the lesson gets a sentence, the log the trace
            response = errors.fault_of_ours(error)
            response.headers.update(SANDBOX)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in METHODS:
            raise MethodNotAllowed(f"content is read, not changed: it does not take {request.method}", METHODS)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=PREFLIGHT)
        course, _, name = request.scope["path"].removeprefix(f"{CONTENT}/").partition("/")
        digest = await self._lms.lrs.store.read(lambda reader: courses.package(reader, self._lms.store, course))
        if digest is None:
            raise NotFound("there is no content of such a course")
        file = await asyncio.to_thread(self._find, digest, unicodedata.normalize("NFC", name))
        return await self._serve(request, digest, file, TYPES.get(_ending(name), UNKNOWN))

    def _find(self, digest: str, name: str) -> File:
        file = self._lms.packages.index(digest).get(name)
        if file is None:
            raise NotFound("there is no such file in the course's package; its name is taken letter by letter")
        return file

    async def _serve(self, request: Request, digest: str, file: File, kind: str) -> Response:
        tag = f'"{file.sha256}"'
        headers = {
            **SANDBOX,
            "ETag": tag,
            "Cache-Control": "no-cache",  # asked again each time, so that the sandbox is always today's
            "Accept-Ranges": "bytes",
        }
        if _names(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        status, part = 200, range(file.size)
        if request.method == "GET" and request.headers.get("if-range", tag) == tag:
            status, part = _part(request.headers.get("range", ""), file.size)
        if status == 416:
            return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{file.size}"})
        if status == 206:
            headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{file.size}"
        descriptor = await asyncio.to_thread(self._lms.packages.open, digest)
        return Slice(descriptor, file.at + part.start, len(part), kind, status, headers)


def _ending(name: str) -> str:
    _, dot, ending = name.rpartition("/")[2].rpartition(".")
    return ending.lower() if dot else ""


def _names(header: str, tag: str) -> bool:
    """Whether If-None-Match names the tag, compared weakly (RFC 9110 13.1.2)."""
    return header.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in header.split(","))


def _part(header: str, size: int) -> tuple[int, range]:
    """Status and part for a Range (RFC 9110 14.2): one part; several, or what is no range, get the whole."""
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if not found:
        return 200, range(size)
    first, last, suffix = found.groups()
    if suffix is not None:
        part = range(max(0, size - int(suffix)), size)
    else:
        part = range(int(first), min(size, int(last) + 1) if last else size)
        if last and int(last) < int(first):
            return 200, range(size)
    return (206, part) if len(part) else (416, part)


class Slice(Response):
    """Part of an open file, read as fast as it is taken, and no further once nobody takes it; closed at the end."""

    def __init__(
        self,
        descriptor: int,
        at: int,
        size: int,
        kind: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._descriptor = descriptor
        self._bytes = range(at, at + size)
        super().__init__(None, status, {**(headers or {}), "Content-Type": kind, "Content-Length": str(size)})

    @classmethod
    def whole(cls, descriptor: int, kind: str) -> Slice:
        """All of an open file."""
        return cls(descriptor, 0, os.fstat(descriptor).st_size, kind)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for at in self._bytes[::CHUNK] if scope["method"] != "HEAD" else ():
                if gone.done():
                    return
                size = min(CHUNK, self._bytes.stop - at)
                body = await asyncio.to_thread(os.pread, self._descriptor, size, at)
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            os.close(self._descriptor)
            gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
