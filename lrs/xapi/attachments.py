"""What a statement says about its attachments (xAPI Data 2.4.11).

Only the metadata. Matching it with the parts that were received, and keeping their bytes, is left to the door and the
store; what a signature attachment promises, to signature verification.
"""

from __future__ import annotations

import re
from typing import Any

from lrs.errors import Fault
from lrs.xapi import iri, shapes
from lrs.xapi.shapes import Faults
from lrs.xapi.wire import JsonObject

RULE = "xAPI Data 2.4.11"
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
"""The usageType of a signature. xAPI Data 2.6"""

_REQUIRED = ("usageType", "display", "contentType", "length", "sha2")
_ATTACHMENT = frozenset({*_REQUIRED, "description", "fileUrl"})
_SHA2 = re.compile(r"[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128}")  # SHA-224, 256, 384, 512


def check_attachments(value: Any, path: str, faults: Faults) -> None:
    """The ordered array of a statement's attachments."""
    if not isinstance(value, list):
        faults.append(Fault(path, RULE, f"must be an array, not {shapes.name_of(value)}"))
        return
    for index, attachment in enumerate(value):
        _check_attachment(attachment, f"{path}[{index}]", faults)


def needing_bytes(statement: JsonObject) -> tuple[str, ...]:
    """The digests, in lower case, of the attachments that can only be had from the request: those without a fileUrl."""
    target = statement["object"]
    if "attachments" not in statement and "attachments" not in target:
        return ()
    found = [*(statement.get("attachments") or ()), *(target.get("attachments") or ())]
    return tuple(dict.fromkeys(entry["sha2"].lower() for entry in found if "fileUrl" not in entry))


def _check_attachment(value: Any, path: str, faults: Faults) -> None:
    if not shapes.is_object(value, _ATTACHMENT, path, RULE, faults):
        return
    shapes.needs(value, _REQUIRED, path, RULE, faults)
    shapes.iri_of(value, "usageType", path, RULE, faults)
    shapes.language_map(value, "display", path, faults)
    shapes.language_map(value, "description", path, faults)
    shapes.formatted(value, "contentType", iri.is_media_type, "an Internet media type", path, RULE, faults)
    _check_length(value, path, faults)
    shapes.formatted(value, "sha2", _is_sha2, "a SHA-2 digest in hexadecimal", path, RULE, faults)
    shapes.irl_of(value, "fileUrl", path, RULE, faults)


def _check_length(value: JsonObject, path: str, faults: Faults) -> None:
    length = value.get("length")
    if length is not None and not (isinstance(length, int) and not isinstance(length, bool) and length >= 0):
        faults.append(Fault(f"{path}.length", RULE, "must be the number of octets, an integer of 0 or more"))


def _is_sha2(text: str) -> bool:
    return _SHA2.fullmatch(text) is not None
