"""Statements for tests of the log, and the rows they become."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from lrs.auth import credentials
from lrs.store import entry, log
from lrs.store.entry import MADE_HERE, Entry, Provenance
from lrs.store.identity import DEFAULT_STORE
from lrs.store.promises import Transaction
from lrs.xapi import statements
from lrs.xapi.versions import Version

NAME = "test"
VOIDED = statements.VOIDED
VERB = "http://example.com/verbs/tried"
SENDER = 7


def number(n: int) -> UUID:
    """The id of the n-th statement."""
    return UUID(int=n, version=4)


def value(n: int, **members: Any) -> dict[str, Any]:
    """The n-th statement."""
    return {
        "id": str(number(n)),
        "actor": {"mbox": "mailto:lena@example.org"},
        "verb": {"id": VERB},
        "object": {"id": "http://example.com/activities/a"},
        "timestamp": "2026-11-21T10:00:00Z",
        "version": "1.0.0",
        **members,
    }


def about(n: int) -> dict[str, str]:
    """An object that refers to the n-th statement."""
    return {"objectType": "StatementRef", "id": str(number(n))}


def voiding(n: int, target: int) -> dict[str, Any]:
    """The n-th statement, which voids another."""
    return value(n, verb={"id": VOIDED}, object=about(target))


def prepared(
    transaction: Transaction, wanted: Sequence[dict[str, Any]], store: int = DEFAULT_STORE, credential: int = SENDER
) -> list[Entry]:
    """Entries of a sender with an authority of its own."""
    authority = credentials.authority_id(transaction, store, NAME)
    authority_value = credentials.authority_value(transaction, NAME)
    by = Provenance(credential, authority, authority_value, MADE_HERE, 1, None)
    parsed = [statements.parse(json.dumps(one).encode(), Version.V2_0_0) for one in wanted]
    return [entry.prepare(one, Version.V1_0_3, by, transaction.now_us, one.id or number(0)) for one in parsed]


def adding(
    *wanted: dict[str, Any], store: int = DEFAULT_STORE, credential: int = SENDER
) -> Callable[[Transaction], list[tuple[int, int]]]:
    """Work that appends these, in one transaction."""
    return lambda transaction: log.append(transaction, store, prepared(transaction, wanted, store, credential))
