"""The steps of exchanging one document with one destination, each of them one transaction: what to send (`take`), what
was taken (`settle`), and what becomes of it where the other side has something else (`meet`).

What is sent is noted before it goes out (`sent`), so that after a crash, or an answer that was lost, what is found
there is known for our own. Every step looks at the rows anew: a lesson may have written meanwhile, and another exchange
of the same document may have been quicker.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lrs.store import documents
from lrs.store.documents import Document, Key
from lrs.store.promises import Reader, Transaction
from lrs.sync import aside, links
from lrs.sync.destinations import Destination
from lrs.sync.document_outcomes import Held, Missing
from lrs.sync.lessons import Lessons
from lrs.sync.links import Link
from lrs.sync.reconcile import Side, Verdict, is_later, judge

REMEMBERED = 8  # contents that were sent with nothing heard of them


@dataclass(frozen=True, slots=True)
class Parcel:
    """A document on its way, or its deletion, which has no content. `link` is what was known when it was taken up."""

    key: Key
    revision: int
    link: Link
    document: Document | None
    age_us: int | None = None

    @property
    def etag(self) -> str | None:
        """What the destination must have for this to be a successor of it; None: nothing."""
        return self.link.etag

    @property
    def blind(self) -> bool:
        """Whether it must be looked at there before it can be deleted: it may have arrived without our knowing."""
        return self.document is None and self.link.etag is None


def take(transaction: Transaction, destination: Destination, key: Key) -> Parcel | None:
    """Take a document up for sending, as it is now; None where the destination has it so. Raises `Conflict`."""
    links.unchanged(transaction, destination)
    document = documents.get(transaction, destination.store, key)
    known = links.link(transaction, destination, key) or Link()
    if document is None:
        if known.digest is None and not known.sent:
            links.forget(transaction, destination, key)
            return None
        return Parcel(key, known.gone or 0, known, None)
    if document.revision == known.revision:
        return None
    others = tuple(digest for digest in known.sent if digest != document.etag)
    noted = replace(known, sent=(*others, document.etag)[-REMEMBERED:])
    if noted != known:
        links.save(transaction, destination, key, noted)
    return Parcel(key, document.revision, noted, document, _age_us(document, transaction.now_us))


def in_step(reader: Reader, destination: Destination) -> Parcel | None:
    """A document that both sides have, to be sent as if it were new: the precondition fails, which proves the rest."""
    key = links.in_step(reader, destination)
    document = None if key is None else documents.get(reader, destination.store, key)
    return None if key is None or document is None else Parcel(key, document.revision, Link(), document)


def settle(transaction: Transaction, destination: Destination, parcel: Parcel, etag: str | None) -> None:
    """The destination has taken it, and calls it `etag` where it says so. Raises `Conflict`."""
    links.unchanged(transaction, destination)
    known = links.link(transaction, destination, parcel.key)
    if known is None or known.lineage != parcel.link.lineage:
        return  # another exchange of it was quicker, and what that knows is newer
    if parcel.document is None:
        links.forget(transaction, destination, parcel.key)
        return
    digest = parcel.document.etag
    links.save(transaction, destination, parcel.key, Link(etag or digest, digest, (), parcel.revision, known.gone))


def refuse(transaction: Transaction, destination: Destination, key: Key, state: str, code: int, detail: str) -> None:
    """The destination will not take it. It holds up nothing, and is tried again when it has changed."""
    known = links.link(transaction, destination, key) or Link()
    links.save(transaction, destination, key, replace(known, state=state, code=code, detail=detail))


def meet(
    transaction: Transaction,
    destination: Destination,
    seen: Link | None,
    key: Key,
    theirs: Held | Missing,
    lessons: Lessons | None,
) -> Verdict | None:
    """Bring together what is here and what the destination has, and say how; None where its answer is out of date.

    `seen` is what was known before it was asked: where something else is known by now, the answer may be the older.
    `lessons` is None where no lesson has to be heeded. Raises `Conflict`.
    """
    links.unchanged(transaction, destination)
    known = links.link(transaction, destination, key)
    if (known and known.lineage) != (seen and seen.lineage):
        return None
    meeting = Meeting(transaction, destination, key, known or Link(), theirs)
    verdict = meeting.judge(busy=lessons is not None and lessons.busy(transaction, key))
    meeting.act(verdict)
    return verdict


class Meeting:
    """A document here and the same one there, in one transaction."""

    def __init__(
        self, transaction: Transaction, destination: Destination, key: Key, known: Link, theirs: Held | Missing
    ) -> None:
        self._transaction, self._destination, self._key, self._known = transaction, destination, key, known
        self._document = documents.get(transaction, destination.store, key)
        self._held = theirs if isinstance(theirs, Held) else None
        now_us, ours = transaction.now_us, self._document
        self._ours = Side(None) if ours is None else Side(ours.etag, _age_us(ours, now_us))
        self._theirs = Side(None) if self._held is None else Side(self._held.digest, self._held.age_us)

    def judge(self, *, busy: bool) -> Verdict:
        """What to do."""
        known = self._known
        return judge(self._ours, self._theirs, {known.digest, *known.sent}, changed=self._is_changed(), busy=busy)

    def _is_changed(self) -> bool:
        if self._document is None:
            return self._known.digest is not None or bool(self._known.sent)
        return self._document.revision != self._known.revision

    def act(self, verdict: Verdict) -> None:
        """Do it."""
        if verdict is Verdict.SAME:
            self._know(0 if self._document is None else self._document.revision)
        elif verdict is Verdict.SEND:
            self._know(self._known.revision, self._known.sent)  # another of those may still arrive
        elif verdict is Verdict.OURS:
            self._keep_theirs()
            self._know(0)
        elif verdict in (Verdict.TAKE, Verdict.THEIRS):
            if verdict is Verdict.THEIRS or is_later(self._ours, self._theirs):  # the latter: restored from a backup
                self._keep_ours()
            self._know(self._put_theirs())

    def _know(self, revision: int, sent: tuple[str, ...] = ()) -> None:
        """The destination has what it showed, and ours is the same as that at `revision`."""
        if self._document is None and self._held is None:
            links.forget(self._transaction, self._destination, self._key)
            return
        etag = None if self._held is None else self._held.etag
        known = Link(etag, self._theirs.digest, sent, revision, self._known.gone)
        links.save(self._transaction, self._destination, self._key, known)

    def _put_theirs(self) -> int:
        """Put what came in place of ours; the revision."""
        store, held = self._destination.store, self._held
        if held is None:
            documents.delete(self._transaction, store, self._key)
            self._document = None
            return 0
        written_us = None if held.age_us is None else self._transaction.now_us - held.age_us
        put = documents.put(self._transaction, store, self._key, held.content_type, held.content, written_us)
        self._document = put
        return put.revision

    def _keep_ours(self) -> None:
        ours = self._document
        if ours is not None:
            self._keep(ours.content_type, ours.content, aside.HERE, ours.written_us)

    def _keep_theirs(self) -> None:
        held = self._held
        if held is not None:
            written_us = None if held.age_us is None else self._transaction.now_us - held.age_us
            self._keep(held.content_type, held.content, aside.THERE, written_us)

    def _keep(self, content_type: str, content: bytes, side: str, written_us: int | None) -> None:
        aside.keep(
            self._transaction, self._destination, self._key, content_type, content, side=side, written_us=written_us
        )


def _age_us(document: Document, now_us: int) -> int | None:
    """How long ago it was written; None where the clock went back behind that."""
    return now_us - document.written_us if now_us >= document.written_us else None
