"""What the resources work with: the parts of a running LRS, one request, and the seam to whoever hosts it.

`Policy` is that seam. The LRS knows nothing of lessons; an LMS that hosts it hands in a policy, which sees what a
lesson's token sends before the general rules do, judges it inside the write transaction, says what follows from it, and
narrows what the token may read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lrs.auth.credentials import Authenticator, Principal
from lrs.clock import Clock
from lrs.settings import Settings
from lrs.store.documents import Key
from lrs.store.entry import Entry
from lrs.store.log import Filter
from lrs.store.promises import Reader, Store, Transaction
from lrs.xapi.versions import Version


class DocumentChange(Struct, frozen=True):
    """What a request would do to a document; `content` is None where it deletes, `key.name` empty where to all."""

    method: str
    key: Key
    content: bytes | None


class Policy(Protocol):
    """What a host may decide about its lessons' requests. Refusals are raised as `Forbidden` with their faults."""

    def screen(self, reader: Reader, values: Sequence[Any], principal: Principal) -> None:
        """Look at the values as they were sent; a refusal goes before the general rules', so any JSON may come."""

    def judge_statement(self, transaction: Transaction, entry: Entry, principal: Principal) -> None:
        """Allow a new statement, and note what it changes."""

    def follow(self, transaction: Transaction, entry: Entry, principal: Principal) -> Sequence[Entry]:
        """The statements that follow at once from this one; they are stored right behind it."""

    def judge_document(self, transaction: Transaction, change: DocumentChange, principal: Principal) -> None:
        """Allow a change of a document."""

    def scope_reads(self, reader: Reader, principal: Principal) -> Sequence[Filter]:
        """What every statement that this principal reads must have besides its own query."""

    def scope_document(self, reader: Reader, key: Key, principal: Principal) -> None:
        """Allow the reading of a document."""

    def concerns(self, principal: Principal) -> bool:
        """Whether any of the above applies to this principal; where not, none is called."""


class NoPolicy:
    """An LRS by itself: the general rules only."""

    def concerns(self, principal: Principal) -> bool:  # noqa: ARG002  the seam has it
        return False

    def screen(self, reader: Reader, values: Sequence[Any], principal: Principal) -> None:
        """Nothing to say."""

    def judge_statement(self, transaction: Transaction, entry: Entry, principal: Principal) -> None:
        """Nothing to say."""

    def follow(self, transaction: Transaction, entry: Entry, principal: Principal) -> Sequence[Entry]:  # noqa: ARG002  the seam has them
        return ()

    def judge_document(self, transaction: Transaction, change: DocumentChange, principal: Principal) -> None:
        """Nothing to say."""

    def scope_reads(self, reader: Reader, principal: Principal) -> Sequence[Filter]:  # noqa: ARG002  the seam has them
        return ()

    def scope_document(self, reader: Reader, key: Key, principal: Principal) -> None:
        """Nothing to say."""


def json_answer(body: bytes) -> Response:
    """200 with a JSON body. Its headers are given as bytes: `Response` would encode each anew."""
    answer = Response()
    answer.body = body
    answer.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
    return answer


class Lrs(Struct, frozen=True):
    """A running record store."""

    store: Store
    settings: Settings
    clock: Clock
    authenticator: Authenticator
    policy: Policy
    signing_key: bytes


class Exchange(Struct, frozen=True):
    """One request, past the guards."""

    lrs: Lrs
    request: Request
    version: Version
    principal: Principal

    @property
    def store(self) -> int:
        """The partition that the sender's credential belongs to."""
        return self.principal.store

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The query parameters, repeated ones included, in order."""
        return self.request.query_params.multi_items() if self.request.scope["query_string"] else []
