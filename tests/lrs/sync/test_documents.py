"""Documents on their way to a destination and back, one learner's State in one lesson.

The oracle: what the lesson wrote last is what the upstream has and the other device gets, and whatever had to give way
is kept aside.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lrs.store import documents
from lrs.store.documents import Key
from lrs.store.identity import DEFAULT_STORE
from lrs.sync import destinations
from lrs.sync.destinations import State
from tests.lrs.sync.worlds import NAME, SCOPE, Device, SomeLessons, device, named, numbers, only, run
from tests.support import upstream as acts
from tests.support.upstream import Act, Paper, Upstream

pytestmark = pytest.mark.slow  # each takes little, all of them seconds


@contextlib.asynccontextmanager
async def enrolled(folder: Path, *, patience: float = 5.0) -> AsyncIterator[tuple[Device, Upstream]]:
    """A device that one learner is enrolled on, and an upstream it knows."""
    async with device(folder, lessons=SomeLessons(), patience=patience) as here, Upstream() as there:
        await here.point_to(there.url)
        yield here, there


def shelf(there: Upstream) -> dict[str, bytes]:
    """What the upstream has."""
    return {name: paper.content for name, paper in there.documents.items()}


# --- sending ----------------------------------------------------------------------------------------------------------


def test_what_a_lesson_wrote_is_sent_once(tmp_path: Path) -> None:
    """With its type, over nothing, by the names it has here; a second pass has nothing to do."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("progress", b"half")
            drained = only(await here.drain())
            await here.drain()
            (sent,) = [one for one in there.requests if one.method == "PUT"]
            agent = '{"objectType":"Agent","account":{"homePage":"https://school.example","name":"p-1"}}'
            assert sent.query == {
                "activityId": SCOPE.activity,
                "agent": agent,
                "registration": SCOPE.registration,
                "stateId": "progress",
            }
            assert (sent.headers["content-type"], sent.headers["if-none-match"]) == ("text/plain", "*")
            assert (shelf(there), drained.documents_sent, drained.documents) == ({"progress": b"half"}, 1, 0)

    run(work())


def test_only_the_latest_is_sent(tmp_path: Path) -> None:
    """Weeks offline are one request a document."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            for number in range(50):
                await here.write("progress", b"%d" % number)
                await here.write("score", b"%d" % number)
            await here.drain()
            assert (there.changes, shelf(there)) == (
                ["PUT progress", "PUT score"],
                {"progress": b"49", "score": b"49"},
            )

    run(work())


def test_a_successor_names_what_it_descends_from(tmp_path: Path) -> None:
    """If-Match with the ETag that the upstream gave."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("progress", b"1")
            await here.drain()
            etag = there.documents["progress"].etag
            await here.write("progress", b"2")
            await here.drain()
            assert (there.requests[-2].method, there.requests[-2].headers.get("if-match")) in (
                ("PUT", etag),
                ("GET", None),
            )
            assert [one.headers.get("if-match") for one in there.requests if one.method == "PUT"] == [None, etag]
            assert shelf(there) == {"progress": b"2"}

    run(work())


def test_what_each_lms_writes_for_itself_stays(tmp_path: Path) -> None:
    """LMS.LaunchData is of this device's session: neither sent nor fetched."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("LMS.LaunchData", b"ours")
            there.documents["LMS.LaunchData"] = Paper(b"theirs", stored=there.now)
            drained = only(await here.drain())
            assert (drained.documents, shelf(there)) == (0, {"LMS.LaunchData": b"theirs"})
            assert await here.content("LMS.LaunchData") == b"ours"

    run(work())


def test_profiles_do_not_travel_yet(tmp_path: Path) -> None:
    """Only State does."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            key = Key("agent_profile", "p", agent=SCOPE.agent)
            await here.store.write(lambda changed: documents.put(changed, DEFAULT_STORE, key, "text/plain", b"x"))
            assert (only(await here.drain()).documents, there.changes) == (0, [])

    run(work())


def test_statements_go_first(tmp_path: Path) -> None:
    """What was done before where it was left."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("progress", b"half")
            await here.record_numbers([1, 2])
            await here.drain()
            assert [one.method for one in there.requests] == ["POST", "PUT", "GET", "GET"]
            assert (there.order, shelf(there)) == (numbers(1, 2), {"progress": b"half"})

    run(work())


def test_deletions_travel(tmp_path: Path) -> None:
    """Of what the upstream has; what it never had is not asked for."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("progress", b"1")
            await here.drain()
            await here.write("never", b"sent")
            await here.delete("never")
            await here.delete("progress")
            drained = only(await here.drain())
            assert (there.changes, shelf(there), drained.documents) == (["PUT progress", "DELETE progress"], {}, 0)

    run(work())


def test_deleted_and_written_again_is_a_successor(tmp_path: Path) -> None:
    """One request, over what the upstream has."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("progress", b"1")
            await here.drain()
            await here.delete("progress")
            await here.write("progress", b"2")
            await here.drain()
            assert (there.changes, shelf(there)) == (["PUT progress", "PUT progress"], {"progress": b"2"})
            assert await here.gave_way() == []

    run(work())


def test_all_deleted_at_once_travels(tmp_path: Path) -> None:
    """xAPI Communication 2.3: a DELETE without an id."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            for name in ("a", "b"):
                await here.write(name, b"x")
            await here.drain()
            await here.store.write(
                lambda changed: documents.delete_all(changed, DEFAULT_STORE, SCOPE, any_registration=False)
            )
            await here.drain()
            assert (sorted(there.changes[2:]), shelf(there)) == (["DELETE a", "DELETE b"], {})

    run(work())


def test_written_while_it_was_on_its_way_is_sent_after_it(tmp_path: Path) -> None:
    """The answer is for what was sent, not for what is here by then."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):

            def meanwhile(upstream: Upstream, request: acts.Request) -> acts.Reply | None:
                task.append(asyncio.ensure_future(here.write("progress", b"2")))
                reply = upstream.answer(request)
                return acts.Reply(reply.status, reply.headers, reply.body, 0.1)

            task: list[asyncio.Future[object]] = []
            there.script.append(meanwhile)
            await here.write("progress", b"1")
            drained = only(await here.drain())
            assert (there.changes, shelf(there)) == (["PUT progress", "PUT progress"], {"progress": b"2"})
            assert (drained.documents, await here.gave_way()) == (0, [])

    run(work())


def test_every_destination_gets_them(tmp_path: Path) -> None:
    """Each by its own bookkeeping."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there), Upstream() as other:
            await here.write("progress", b"1")
            await here.drain()
            await here.point_to(other.url, name="other")
            await here.drain()
            assert (shelf(there), shelf(other)) == ({"progress": b"1"}, {"progress": b"1"})

    run(work())


def test_another_address_gets_everything(tmp_path: Path) -> None:
    """What one store has says nothing about another."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there), Upstream() as other:
            await here.write("progress", b"1")
            await here.drain()
            await here.point_to(other.url)
            await here.drain()
            assert (shelf(there), shelf(other)) == ({"progress": b"1"}, {"progress": b"1"})

    run(work())


# --- trouble: nothing is taken for done, and it arrives when the trouble is over --------------------------------------


@pytest.mark.parametrize(
    ("act", "state"),
    [
        pytest.param(acts.portal, State.PORTAL_SUSPECT, id="login page"),
        pytest.param(acts.redirect, State.PORTAL_SUSPECT, id="redirect"),
        pytest.param(lambda _, __: acts.Reply(204), State.PORTAL_SUSPECT, id="204 without version"),
        pytest.param(acts.hang_up, State.WAITING, id="hung up"),
        pytest.param(acts.lost, State.WAITING, id="answer lost"),
        pytest.param(acts.status(500), State.WAITING, id="500"),
        pytest.param(acts.status(503, {"Retry-After": "7"}), State.WAITING, id="503"),
        pytest.param(acts.status(429), State.WAITING, id="429"),
        pytest.param(acts.status(401), State.NEEDS_AUTH, id="401"),
        pytest.param(acts.status(404), State.SUSPENDED, id="404"),
        pytest.param(acts.status(501), State.WAITING, id="501"),
    ],
)
def test_trouble_keeps_the_document_and_ends_with_the_trouble(tmp_path: Path, act: Act, state: State) -> None:
    """One request, a state with a reason, and then it is there, with nothing kept aside for it."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("progress", b"1")
            there.script.append(act)
            drained = only(await here.drain())
            assert (drained.state, drained.requests, drained.documents) == (state, 1, 1)
            assert drained.reason.startswith("documents: ")
            again = only(await here.drain())
            assert (shelf(there), again.state, again.documents, again.reason) == (
                {"progress": b"1"},
                State.IDLE,
                0,
                "",
            )
            assert (await here.content("progress"), await here.gave_way()) == (b"1", [])

    run(work())


@pytest.mark.parametrize("act", [acts.lost, acts.slow(5.0)], ids=["answer lost", "too slow"])
def test_written_again_after_a_lost_answer_is_no_conflict(tmp_path: Path, act: Act) -> None:
    """What is found there was ours: it was noted before it went out."""

    async def work() -> None:
        async with enrolled(tmp_path, patience=0.05) as (here, there):
            await here.write("progress", b"1")
            there.script.append(act)
            await here.drain()
            await here.write("progress", b"2")
            await here.drain()
            await here.drain()
            assert (shelf(there), await here.gave_way()) == ({"progress": b"2"}, [])

    run(work())


def test_deleted_after_a_lost_answer_is_deleted_there(tmp_path: Path) -> None:
    """It is looked at first, since it may have arrived."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("progress", b"1")
            there.script.append(acts.lost)
            await here.drain()
            await here.delete("progress")
            await here.drain()
            assert (shelf(there), await here.content("progress")) == ({}, None)

    run(work())


def test_wait_of_documents_holds_up_no_statement(tmp_path: Path) -> None:
    """A key without the scope for State still delivers what was done."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            there.takes_documents = False
            await here.write("progress", b"1")
            first = only(await here.drain())
            await here.record_numbers([1])
            await here.drainer.drain_once()
            (status,) = await here.drainer.status()
            assert (first.state, first.documents) == (State.NEEDS_AUTH, 1)
            assert (there.order, status.state, status.depth, status.documents) == (numbers(1), State.NEEDS_AUTH, 0, 1)
            assert "scope" in status.reason

    run(work())


def test_wait_is_kept_and_ends(tmp_path: Path) -> None:
    """`Retry-After` is obeyed across a restart, and what waits then goes out by itself."""

    async def work() -> None:
        async with Upstream() as there:
            async with device(tmp_path) as here:
                await here.point_to(there.url)
                await here.write("progress", b"1")
                there.script.append(acts.status(503, {"Retry-After": "600"}))
                await here.drainer.drain_once()
                clock = here.clock
            clock.advance(599)
            async with device(tmp_path, clock) as here:
                await here.drainer.drain_once()
            early = len(there.requests)
            clock.advance(2)
            async with device(tmp_path, clock) as here:
                await here.drainer.drain_once()
            assert (early, shelf(there)) == (1, {"progress": b"1"})

    run(work())


def test_statement_that_arrives_proves_the_way(tmp_path: Path) -> None:
    """Documents that waited for the network do not wait on when a statement went through."""

    async def work() -> None:
        async with device(tmp_path) as here, Upstream() as there:
            await here.point_to("http://127.0.0.1:9/xapi")
            await here.write("progress", b"1")
            for _ in range(19):
                await here.drain()
            (status,) = await here.drainer.status()
            key = "UPDATE destination SET url = ?"
            await here.store.write(lambda changed: changed.execute(key, (there.url,)))
            await here.record_numbers([1])
            await here.drainer.drain_once()
            assert (status.state, status.attempts, shelf(there)) == (State.OFFLINE, 19, {"progress": b"1"})

    run(work())


# --- what will not be taken -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "code", "state"),
    [("refused", 400, "rejected"), ("forbidden", 403, "forbidden"), ("size", 413, "too_large")],
)
def test_one_bad_document_holds_up_none(tmp_path: Path, rule: str, code: int, state: str) -> None:
    """It is noted with the reason; changed, it is tried again."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            if rule == "size":
                there.most_bytes = 10
            else:
                setattr(there, rule, {"bad"})
            await here.write("a", b"good")
            await here.write("bad", b"more than ten bytes")
            await here.write("z", b"good")
            drained = only(await here.drain())
            (status,) = await here.drainer.status()
            noted = await here.store.read(
                lambda reader: reader.execute(
                    "SELECT name, state, code FROM document_link WHERE state <> ''"
                ).fetchall()
            )
            assert (shelf(there), drained.documents, drained.state) == ({"a": b"good", "z": b"good"}, 0, State.IDLE)
            assert (status.documents_refused, noted) == (1, [("bad", state, code)])
            there.refused = there.forbidden = set()
            await here.write("bad", b"better")
            await here.drain()
            (mended,) = await here.drainer.status()
            assert (shelf(there)["bad"], mended.documents_refused) == (b"better", 0)

    run(work())


def test_resumed_destination_is_asked_again(tmp_path: Path) -> None:
    """It takes more by now, or so somebody says; what it has is not sent again."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            there.refused = {"bad"}
            await here.write("good", b"1")
            await here.write("bad", b"1")
            await here.drain()
            there.refused = set()
            asked = len(there.changes)
            await here.drain()
            before = len(there.changes)
            await here.store.write(lambda changed: destinations.resume(changed, DEFAULT_STORE, NAME))
            await here.drain()
            (status,) = await here.drainer.status()
            assert (before - asked, there.changes[asked:], status.documents_refused) == (0, ["PUT bad"], 0)

    run(work())


def test_nobody_is_blamed_without_proof(tmp_path: Path) -> None:
    """An upstream that refuses every document is to blame itself, also after it took some."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            there.most_bytes = 0
            for name in "abcde":
                await here.write(name, b"x")
            drained = only(await here.drain())
            assert (drained.state, drained.documents, drained.requests) == (State.SUSPENDED, 5, 3)
            there.most_bytes = None
            await here.drain()
            assert len(shelf(there)) == 5
            there.takes_documents = False
            await here.write("a", b"y")
            refused = only(await here.drain())
            (status,) = await here.drainer.status()
            assert (refused.state, refused.documents, status.documents_refused) == (State.NEEDS_AUTH, 1, 0)

    run(work())


def test_canary_changes_nothing(tmp_path: Path) -> None:
    """The proof that documents are taken is a precondition that fails."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("good", b"x")
            await here.drain()
            before = there.documents["good"]
            there.now += 100
            there.refused = {"bad"}
            await here.write("bad", b"x")
            await here.drain()
            assert (there.changes[-2:], there.documents["good"] is before) == (["PUT bad", "PUT good"], True)

    run(work())


# --- fetching ---------------------------------------------------------------------------------------------------------


def test_what_others_wrote_is_fetched_and_not_sent_back(tmp_path: Path) -> None:
    """Content and type as they are there, as old as they are; no echo."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            there.documents["progress"] = Paper(b"theirs", "application/json", there.now - 60, age_ms=5_000)
            drained = only(await here.drain())
            await here.drain()
            found = await here.document("progress")
            assert found is not None
            assert (found.content, found.content_type) == (b"theirs", "application/json")
            assert here.clock.us - found.written_us == 65_000_000
            assert (drained.documents_fetched, drained.documents, there.changes) == (1, 0, [])

    run(work())


def test_only_what_changed_is_asked_for_again(tmp_path: Path) -> None:
    """By `since`, with the upstream's clock and an overlap; each with the ETag that is known."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            there.documents["old"] = Paper(b"1", stored=there.now - 3600)
            await here.drain()
            there.now += 1000
            there.documents["new"] = Paper(b"2", stored=there.now)
            asked = len(there.requests)
            await here.drain()
            later = there.requests[asked:]
            assert [one.query.get("since") for one in later][:1] == ["2026-09-21T14:12:20.000000Z"]
            assert [one.document for one in later] == ["", "new"]
            assert (await here.content("old"), await here.content("new")) == (b"1", b"2")

    run(work())


def test_deletion_there_is_seen_in_time(tmp_path: Path) -> None:
    """`since` does not show it; every so often everything is listed."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            there.documents["progress"] = Paper(b"1", stored=there.now)
            await here.drain()
            del there.documents["progress"]
            for _ in range(15):
                await here.drain()
            assert (await here.content("progress"), there.changes) == (None, [])

    run(work())


def test_fetching_happens_now_and_then(tmp_path: Path) -> None:
    """By itself a quarter of an hour after the last time, whatever the clock does."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            seen = []
            for seconds in (0, 600, 301, -86_400, 10):
                here.clock.advance(seconds)
                await here.drainer.drain_once()
                seen.append(len(there.requests))
            assert seen == [1, 1, 2, 3, 3]

    run(work())


def test_nobody_enrolled_asks_nothing(tmp_path: Path) -> None:
    """No learner, no question."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            here.lessons.scopes = ()
            await here.drain()
            assert there.requests == []

    run(work())


@pytest.mark.parametrize(
    "act",
    [
        acts.portal,
        lambda _, __: acts.Reply(200, acts.VERSION, b'{"not": "a list"}'),
        lambda _, __: acts.Reply(200, {}, b'["progress"]'),
    ],
    ids=["login page", "no list", "no version"],
)
def test_login_page_is_no_document(tmp_path: Path, act: Act) -> None:
    """Not as a list, and not as a document either."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            there.documents["progress"] = Paper(b"theirs", stored=there.now)
            there.script.append(act)
            first = only(await here.drain())
            there.script.extend([acts.as_usual, acts.portal])
            second = only(await here.drain())
            before = await here.content("progress")
            await here.drain()
            assert (first.state, second.state) == (State.PORTAL_SUSPECT, State.PORTAL_SUSPECT)
            assert (before, await here.content("progress")) == (None, b"theirs")

    run(work())


# --- both sides -------------------------------------------------------------------------------------------------------


async def diverge(here: Device, there: Upstream, ours_age: float | None, theirs_age: float | None) -> None:
    """The same document on both sides, then another content on each, written so many seconds ago."""
    await here.write("progress", b"base")
    await here.drain()
    there.documents["progress"] = Paper(b"theirs", stored=there.now, age_ms=int(1000 * (theirs_age or 0)))
    there.tells_ages = theirs_age is not None
    await here.write("progress", b"ours")
    here.clock.advance(-60 if ours_age is None else ours_age)


def test_later_written_stays_and_the_other_is_kept(tmp_path: Path) -> None:
    """Ours was written later: it goes up, theirs is kept aside here."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await diverge(here, there, 10, 1000)
            await here.drain()
            assert (shelf(there), await here.content("progress")) == ({"progress": b"ours"}, b"ours")
            assert await here.gave_way() == [("there", b"theirs")]

    run(work())


def test_earlier_written_gives_way_and_is_kept(tmp_path: Path) -> None:
    """Theirs was written later."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await diverge(here, there, 1000, 10)
            await here.drain()
            (status,) = await here.drainer.status()
            assert (shelf(there), await here.content("progress")) == ({"progress": b"theirs"}, b"theirs")
            assert (await here.gave_way(), status.set_aside) == ([("here", b"ours")], 1)

    run(work())


@pytest.mark.parametrize(
    ("ours", "theirs"), [(None, 1000), (10, 11), (10, None)], ids=["our clock went back", "nearly the same", "not told"]
)
def test_doubt_favours_what_the_others_have(tmp_path: Path, ours: float | None, theirs: float | None) -> None:
    """The upstream's stays, ours is kept aside."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await diverge(here, there, ours, theirs)
            await here.drain()
            assert (shelf(there), await here.content("progress")) == ({"progress": b"theirs"}, b"theirs")
            assert await here.gave_way() == [("here", b"ours")]

    run(work())


def test_lesson_at_work_is_not_written_under(tmp_path: Path) -> None:
    """What changed elsewhere is not taken meanwhile; what the lesson writes stays, and theirs is kept aside."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("progress", b"base")
            await here.drain()
            here.lessons.at_work = True
            there.documents["progress"] = Paper(b"theirs", stored=there.now)
            await here.drain()
            during = await here.content("progress")
            here.clock.advance(3600)
            await here.write("progress", b"ours")
            here.clock.advance(3600)
            await here.drain()
            assert (during, shelf(there)) == (b"base", {"progress": b"ours"})
            assert await here.gave_way() == [("there", b"theirs")]

    run(work())


def test_change_there_is_taken_when_the_lesson_is_over(tmp_path: Path) -> None:
    """It was only put off."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            here.lessons.at_work = True
            there.documents["progress"] = Paper(b"theirs", stored=there.now - 3600)
            await here.drain()
            during = await here.content("progress")
            here.lessons.at_work = False
            await here.drain()
            assert (during, await here.content("progress")) == (None, b"theirs")

    run(work())


@pytest.mark.parametrize("deleted", ["here", "there"])
def test_change_outlives_a_deletion(tmp_path: Path, deleted: str) -> None:
    """On whichever side."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("progress", b"base")
            await here.drain()
            if deleted == "here":
                await here.delete("progress")
                there.documents["progress"] = Paper(b"changed", stored=there.now)
            else:
                del there.documents["progress"]
                await here.write("progress", b"changed")
            await here.drain()
            assert (shelf(there), await here.content("progress")) == ({"progress": b"changed"}, b"changed")
            assert await here.gave_way() == []

    run(work())


def test_same_content_on_both_sides_is_no_conflict(tmp_path: Path) -> None:
    """Two lessons that say the same agree."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            there.documents["progress"] = Paper(b"done", stored=there.now)
            await here.write("progress", b"done")
            drained = only(await here.drain())
            assert (drained.documents, await here.gave_way(), shelf(there)) == (0, [], {"progress": b"done"})

    run(work())


def test_upstream_restored_from_a_backup_loses_nothing_here(tmp_path: Path) -> None:
    """It changed there alone, so it is taken; but what was here is later, and kept aside."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("progress", b"later")
            await here.drain()
            there.documents["progress"] = Paper(b"of the backup", stored=there.now, age_ms=86_400_000)
            await here.drain()
            assert (await here.content("progress"), await here.gave_way()) == (b"of the backup", [("here", b"later")])

    run(work())


def test_upstream_that_never_agrees_is_left_alone(tmp_path: Path) -> None:
    """An ETag that no precondition matches: a bounded number of requests, a reason, and nothing is held up."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("a", b"1")
            await here.drain()
            await here.write("a", b"2")
            there.always = lambda upstream, request: (
                acts.Reply(412, acts.VERSION)
                if request.document == "a" and request.method == "PUT"
                else upstream.answer(request)
            )
            asked = len(there.requests)
            await here.write("b", b"1")
            await here.drain()
            (status,) = await here.drainer.status()
            assert len(there.requests) - asked < 15
            assert (shelf(there), status.documents_refused) == ({"a": b"1", "b": b"1"}, 1)

    run(work())


# --- before a lesson --------------------------------------------------------------------------------------------------


def test_launch_has_the_latest_of_both_sides(tmp_path: Path) -> None:
    """What waits here goes up, what is there comes down, also where a lesson that was never ended is in the way."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            here.lessons.at_work = True
            there.documents["progress"] = Paper(b"theirs", stored=there.now)
            await here.write("score", b"ours")
            await here.drainer.refresh(SCOPE)
            assert (await here.content("progress"), shelf(there)["score"]) == (b"theirs", b"ours")

    run(work())


def test_launch_waits_no_longer_than_it_is_worth(tmp_path: Path) -> None:
    """An upstream that does not answer delays one lesson, and the next not at all."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            there.always = acts.slow(30.0)
            loop = asyncio.get_running_loop()
            began = loop.time()
            await here.drainer.refresh(SCOPE, 0.3)
            first, began = loop.time() - began, loop.time()
            asked = len(there.requests)
            await here.drainer.refresh(SCOPE, 5.0)
            (status,) = await here.drainer.status()
            assert (first < 3.0, loop.time() - began < 1.0, len(there.requests)) == (True, True, asked)
            assert (status.state, "launch" in status.reason) == (State.WAITING, True)

    run(work())


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/xapi", "http://name.invalid/xapi"])
def test_launch_without_a_network_is_not_delayed(tmp_path: Path, url: str) -> None:
    """It never fails, and a destination that is known to be away is not tried."""

    async def work() -> None:
        async with device(tmp_path, lessons=SomeLessons()) as here:
            await here.point_to(url)
            await here.drainer.refresh(SCOPE)
            (status,) = await here.drainer.status()
            await here.drainer.refresh(SCOPE)
            (after,) = await here.drainer.status()
            assert (status.state, status.attempts, after.attempts) == (State.OFFLINE, 1, 1)

    run(work())


def test_launch_without_a_destination_loads_nothing(tmp_path: Path) -> None:
    """There is nobody to ask."""

    async def work() -> None:
        async with device(tmp_path, lessons=SomeLessons()) as here:
            await here.drainer.refresh(SCOPE)
            assert here.drainer._lanes is None

    run(work())


def test_paused_destination_is_not_asked(tmp_path: Path) -> None:
    """Neither by a pass nor for a launch."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            await here.write("progress", b"1")
            pause = "UPDATE destination SET state = 'paused'"
            await here.store.write(lambda changed: changed.execute(pause))
            await here.drain()
            await here.drainer.refresh(SCOPE)
            assert there.requests == []

    run(work())


def test_names_are_addressed_as_they_are(tmp_path: Path) -> None:
    """Whatever characters an id is made of."""

    async def work() -> None:
        async with enrolled(tmp_path) as (here, there):
            names = ["a b", "a+b&c=d", "ü/#?", "%41"]
            for name in names:
                await here.write(name, name.encode())
            await here.drain()
            assert shelf(there) == {name: name.encode() for name in names}
            assert named(names[0]).registration == SCOPE.registration

    run(work())
