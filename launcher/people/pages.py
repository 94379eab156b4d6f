"""The address of a learner's own page: unguessable, and the only key to it.

It follows from the data folder's signing key and the person's id, so nothing is kept and it stays the same; whoever has
it may see and start that person's lessons on this device, and nothing else.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable

PURPOSE = b"offline-lrs: a learner's page"
KEY_BYTES = 24  # 192 bits, 32 characters


def key(signing_key: bytes, store: int, person_id: str) -> str:
    """The last part of the address of a person's page."""
    own = hmac.digest(signing_key, PURPOSE, "sha256")  # so that nothing else that is signed can be taken for it
    return base64.urlsafe_b64encode(hmac.digest(own, f"{store}\n{person_id}".encode(), "sha256")[:KEY_BYTES]).decode()


def owner(signing_key: bytes, store: int, person_ids: Iterable[str], given: str) -> str | None:
    """Whose page it is; None where nobody's. It takes as long for a wrong key as for a right one."""
    found = None
    for person_id in person_ids:
        if hmac.compare_digest(key(signing_key, store, person_id).encode(), given.encode("utf-8", "replace")):
            found = person_id
    return found
