"""The Statement Resource (xAPI Communication 2.1): PUT, POST, GET.

Follow a statement: slices of the body → their values → the standard's rules → an `Entry` → the writer, where the policy
screens the values, ids already known are compared, new ones judged, what follows from them is added, and all are
appended in one transaction. A policy's refusal goes before the rules' all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from starlette.responses import Response

from lrs.auth.credentials import Principal
from lrs.auth.scopes import Act, allows, require
from lrs.errors import Fault, Invalid, NotFound, TooLarge
from lrs.http import guards, more
from lrs.http.dates import http_date
from lrs.http.parts import Exchange, Lrs, json_answer
from lrs.store import entry as entries
from lrs.store import log
from lrs.store.entry import MADE_HERE, Entry, Provenance
from lrs.store.log import Filter, Placed, Window
from lrs.store.promises import Reader, Transaction
from lrs.sync import peers
from lrs.xapi import formats, query, statements, wire
from lrs.xapi.query import StatementQuery
from lrs.xapi.statements import Statement

JSON = "application/json"
PUT_RULE = "xAPI Communication 2.1.1"
Scope = tuple[tuple[Filter, ...], int | None]


# --- writing ----------------------------------------------------------------------------------------------------------


async def post(exchange: Exchange) -> Response:
    """Store one statement or a batch, all or nothing; answers the ids in order (xAPI Communication 2.1.2)."""
    guards.require(exchange, Act.WRITE_STATEMENTS)
    if parameters := exchange.parameters:
        query.parse_post(parameters)
    _, slices = wire.split(await _json_body(exchange))
    ids = await store(exchange, slices)
    return json_answer(f"""["{'","'.join(map(str, ids))}"]""".encode() if ids else b"[]")


async def put(exchange: Exchange) -> Response:
    """Store one statement under the id of the address (xAPI Communication 2.1.1)."""
    guards.require(exchange, Act.WRITE_STATEMENTS)
    wanted = query.parse_put(exchange.parameters)
    is_array, slices = wire.split(await _json_body(exchange))
    if is_array:
        raise Invalid.of([Fault("body", PUT_RULE, "PUT takes one statement: send a batch with POST")])
    await store(exchange, [_with_id(slices[0], wanted)])
    return Response(status_code=204)


def _with_id(raw: bytes, wanted: UUID) -> bytes:
    """The statement with the id of the address, which it may have left out and must not contradict."""
    value = wire.parse_json(raw, "statement")
    if "id" not in value:
        return wire.with_members(raw, {"id": b'"%s"' % str(wanted).encode()})
    if not isinstance(value["id"], str) or value["id"].lower() != str(wanted):
        raise Invalid.of([Fault("statement.id", PUT_RULE, f"the statement's id differs from statementId {wanted}")])
    return raw


def _refuse_crowds(made: Sequence[Entry], most: int) -> None:
    """Each agent and activity is a row of the index: a hundred thousand would hold the writer for seconds."""
    for entry in made:
        terms = entry.terms
        named = sum(map(len, (terms.agents, terms.related_agents, terms.activities, terms.related_activities)))
        if named > most:
            raise TooLarge(f"statement {entry.id} names {named} agents and activities; {most} is the most taken here")


async def _json_body(exchange: Exchange) -> bytes:
    guards.require_json(exchange.request)
    return await guards.body(exchange.request, exchange.lrs.settings.body_most)


async def store(exchange: Exchange, slices: Sequence[bytes]) -> list[UUID]:
    """Store these statements for the sender, in one transaction; the answer is their ids, in order."""
    lrs, principal = exchange.lrs, exchange.principal
    if len(slices) > lrs.settings.batch_most:
        raise TooLarge(f"a batch may have {lrs.settings.batch_most} statements here, this one has {len(slices)}")
    concerned = lrs.policy.concerns(principal)
    sent = _read_all(slices)
    parsed = await _checked(exchange, sent, concerned=concerned)
    provenance = await _provenance(exchange)
    now_us = lrs.clock.now_us()
    made = [
        entries.prepare(statement, exchange.version, provenance, now_us, statement.id or lrs.clock.uuid4())
        for statement in parsed
    ]
    _refuse_crowds(made, lrs.settings.terms_most)

    def work(transaction: Transaction) -> None:
        if concerned:
            lrs.policy.screen(transaction, [one.value for one in sent], principal)
        record(transaction, lrs, principal, made, judged=concerned)

    await lrs.store.write(work, (principal.store, [entry.id.bytes for entry in made]))
    return [entry.id for entry in made]


class Sent(NamedTuple):
    """One statement of a request: its text, its value, and where faults of it are said to be."""

    raw: bytes
    value: Any
    place: str


def _read_all(slices: Sequence[bytes]) -> list[Sent]:
    """Every statement's value, or every fault of their JSON."""
    found: list[Sent] = []
    faults: list[Fault] = []
    for number, raw in enumerate(slices):
        place = "statement" if len(slices) == 1 else f"statements[{number}]"
        try:
            found.append(Sent(raw, statements.read(raw, place), place))
        except Invalid as error:
            faults += error.faults
    if faults:
        raise Invalid.of(faults)
    return found


async def _checked(exchange: Exchange, sent: Sequence[Sent], *, concerned: bool) -> list[Statement]:
    """The statements by the standard's rules. What the policy has to say of their values goes before: where the rules
    find nothing it speaks in the transaction, where they do it is asked here."""
    lrs = exchange.lrs
    try:
        return _check_all(sent, exchange)
    except Invalid:
        if concerned:
            values = [one.value for one in sent]
            await lrs.store.read(lambda reader: lrs.policy.screen(reader, values, exchange.principal))
        raise


def _check_all(sent: Sequence[Sent], exchange: Exchange) -> list[Statement]:
    """Every statement, or every fault of all of them (xAPI Communication 2.1.2: a batch is all or nothing)."""
    parsed: list[Statement] = []
    faults: list[Fault] = []
    for one in sent:
        try:
            parsed.append(statements.check(one.raw, one.value, exchange.version, one.place))
        except Invalid as error:
            faults += error.faults
    if faults:
        raise Invalid.of(faults)
    places = [one.place for one in sent]
    for statement, place in zip(parsed, places, strict=True):
        if statement.needs_bytes:
            detail = "an attachment without fileUrl needs its bytes beside the statement, which JSON cannot carry"
            faults.append(Fault(f"{place}.attachments", "xAPI Communication 1.5.2", detail))
    faults += _repeated(parsed, places)
    if faults:
        raise Invalid.of(faults)
    return parsed


def _repeated(parsed: Sequence[Statement], places: Sequence[str]) -> list[Fault]:
    """The ids that a batch has more than once: which of the two would be the statement?"""
    if len(parsed) < 2:
        return []
    first: dict[UUID, str] = {}
    return [
        Fault(f"{place}.id", "xAPI Communication 2.1.2", f"the batch has the id {statement.id} twice, also in {before}")
        for statement, place in zip(parsed, places, strict=True)
        if statement.id is not None and (before := first.setdefault(statement.id, place)) != place
    ]


async def _provenance(exchange: Exchange) -> Provenance:
    """Made here, unless one of our own devices says that it brings what it made earlier."""
    here, principal = exchange.lrs.store.here, exchange.principal
    sender = peers.sender(guards.header(exchange.request, peers.HEADER_BYTES))
    if sender is None or principal.session is not None:
        origin, device, boot = MADE_HERE, here.device, here.boot
    else:
        origin = device = await _device(exchange, sender)
        boot = None
    return Provenance(principal.credential, principal.authority, principal.authority_value, origin, device, boot)


async def _device(exchange: Exchange, sender: UUID) -> int:
    """The number of the device that brings statements; only its very first request writes one."""
    store, number = exchange.lrs.store, exchange.store
    known = await store.read(lambda reader: peers.known(reader, number, sender))
    if known is not None:
        return known
    return await store.write(lambda transaction: peers.number(transaction, number, sender))


def record(transaction: Transaction, lrs: Lrs, principal: Principal, made: Sequence[Entry], *, judged: bool) -> None:
    """Inside the writer: what is there already is left alone and not judged again, so that a repeat succeeds."""
    present = log.known(transaction, principal.store, made)
    new: list[Entry] = []
    for entry in made:
        if entry.id in present:
            continue
        if judged:
            lrs.policy.judge_statement(transaction, entry, principal)
        new.append(entry)
        if judged:
            new.extend(lrs.policy.follow(transaction, entry, principal))
    if new:
        log.append(transaction, principal.store, new)


# --- reading ----------------------------------------------------------------------------------------------------------


async def get(exchange: Exchange) -> Response:
    """One statement by id, or a page of those that match (xAPI Communication 2.1.3)."""
    scoped = await _scope(exchange)
    wanted = query.parse(exchange.parameters, exchange.version)
    if wanted.statement_id is not None:
        return await _single(exchange, wanted.statement_id, wanted, scoped, voided=False)
    if wanted.voided_statement_id is not None:
        return await _single(exchange, wanted.voided_statement_id, wanted, scoped, voided=True)
    page = more.Page(exchange.parameters, None, None)
    return await _page(exchange, wanted, scoped, page)


async def get_more(exchange: Exchange, token: str) -> Response:
    """The next page of an earlier query (xAPI Communication 2.1.3, `more`)."""
    scoped = await _scope(exchange)
    page = more.read(exchange.lrs.signing_key, token, exchange.principal.credential)
    return await _page(exchange, query.parse(page.parameters, exchange.version), scoped, page)


async def _scope(exchange: Exchange) -> Scope:
    """What the sender may see: filters that every statement must pass, and the credential it must be of, or None."""
    lrs, principal = exchange.lrs, exchange.principal
    require(principal.scopes, Act.READ_OWN_STATEMENTS)
    filters: Sequence[Filter] = ()
    if lrs.policy.concerns(principal):
        filters = await lrs.store.read(lambda reader: lrs.policy.scope_reads(reader, principal))
    return tuple(filters), None if allows(principal.scopes, Act.READ_STATEMENTS) else principal.credential


async def _single(
    exchange: Exchange, statement_id: UUID, wanted: StatementQuery, scoped: Scope, *, voided: bool
) -> Response:
    filters, credential = scoped
    placed = await exchange.lrs.store.read(
        lambda reader: log.one(
            reader, exchange.store, statement_id, voided=voided, filters=filters, credential=credential
        )
    )
    if placed is None:
        raise NotFound(f"there is no {'voided ' if voided else ''}statement {statement_id} here for this sender")
    headers = {"Last-Modified": http_date(placed.stored_us)}
    return Response(_formatted(placed, wanted, exchange), 200, headers, JSON)


async def _page(exchange: Exchange, wanted: StatementQuery, scoped: Scope, page: more.Page) -> Response:
    filters, credential = scoped
    limit = min(wanted.limit or exchange.lrs.settings.page_limit, exchange.lrs.settings.page_limit_most)
    every = (*filters_of(wanted), *filters)

    def look(reader: Reader) -> tuple[list[Placed], int]:
        ceiling = log.last(reader, exchange.store) if page.ceiling is None else page.ceiling
        window = _window(wanted, page, ceiling, credential)
        return log.find(reader, exchange.store, every, window, limit + 1, ascending=wanted.ascending), ceiling

    found, ceiling = await exchange.lrs.store.read(look)
    following = ""
    if len(found) > limit:
        found = found[:limit]
        after = more.Page(page.parameters, found[-1].seq, ceiling)
        token = more.write(exchange.lrs.signing_key, after, exchange.principal.credential)
        following = f"/xapi/statements/more/{token}"
    body = b",".join(_formatted(placed, wanted, exchange) for placed in found)
    return json_answer(b'{"statements":[%s],"more":"%s"}' % (body, following.encode()))


def _window(wanted: StatementQuery, page: more.Page, ceiling: int, credential: int | None) -> Window:
    """Behind the last row shown, in the order of reading, never beyond where the log ended at the first page."""
    floor, top = 0, ceiling
    if page.last is not None:
        floor, top = (page.last, ceiling) if wanted.ascending else (0, page.last - 1)
    return Window(wanted.since_us, wanted.until_us, floor, top, credential)


def filters_of(wanted: StatementQuery) -> list[Filter]:
    """The query's filters as terms of the index."""
    found: list[Filter] = []
    if wanted.agent is not None:
        found.append(Filter("g", wanted.agent, wanted.related_agents))
    if wanted.verb is not None:
        found.append(Filter("v", wanted.verb))
    if wanted.activity is not None:
        found.append(Filter("a", wanted.activity, wanted.related_activities))
    if wanted.registration is not None:
        found.append(Filter("r", str(wanted.registration)))
    return found


def _formatted(placed: Placed, wanted: StatementQuery, exchange: Exchange) -> bytes:
    exact = placed.exact()
    if wanted.format == "ids":
        return wire.dumps(formats.ids(wire.parse_json(exact)))
    if wanted.format == "canonical":
        return wire.dumps(formats.canonical(wire.parse_json(exact), exchange.request.headers.get("accept-language")))
    return exact
