"""The About Resource (xAPI Communication 2.8): open to everybody, without a version header."""

from __future__ import annotations

import json

from starlette.responses import Response

from lrs.xapi.versions import Version


def get() -> Response:
    """Which versions are spoken here."""
    return Response(json.dumps({"version": [version.value for version in Version]}), 200, media_type="application/json")
