"""What a lesson may say with its token, and what follows from it: cmi5's rules at the door and in the transaction."""

from __future__ import annotations

import json

import pytest

from launcher.cmi5 import vocabulary
from launcher.cmi5.vocabulary import COMPLETED, FAILED, INITIALIZED, PASSED, TERMINATED
from lrs.xapi import timestamps
from tests.launcher.campus import Campus, block, requirements
from tests.launcher.cmi5 import worlds
from tests.support.clocks import FixedClock

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

LOOKED = "https://pub.example/verbs/looked-at"


# --- screen: before the general rules -------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["id", "actor", "context", "timestamp"])
def test_a_lessons_mistake_is_403_where_others_get_400_or_200(lms: Campus, course: str, missing: str) -> None:
    """The launch's rules come before xAPI's own, so that a lesson is told what cmi5 asks of it."""
    lesson = lms.lesson(course)
    statement = lesson.statement(INITIALIZED)
    del statement[missing]
    answer = lesson.send(statement)
    assert (
        answer.status_code,
        all(fault["requirement"].startswith("cmi5 ") for fault in answer.json()["errors"]),
    ) == (403, True)
    assert lms.verbs() == ["launched"]


@pytest.mark.parametrize(
    "body", [b"[1]", b'"text"', b"[null]", b'[{"context":7}]', b'[{"verb":[],"result":{"score":[]}}]']
)
def test_any_json_is_answered_with_403(lms: Campus, course: str, body: bytes) -> None:
    """Nothing that a token's holder sends makes the server fail."""
    lesson = lms.lesson(course)
    answer = lesson.ask("POST", "/statements", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 403), answer.text


def test_what_is_wrong_with_xapi_is_still_400(lms: Campus, course: str) -> None:
    """A statement that keeps cmi5's rules and breaks xAPI's gets xAPI's answer."""
    lesson = lms.lesson(course)
    assert lesson.send(lesson.statement(INITIALIZED, unheard="of")).status_code == 400


def test_every_fault_of_a_batch_has_its_statements_number(lms: Campus, course: str) -> None:
    """The sender of twenty must know which."""
    lesson = lms.lesson(course)
    bad = lesson.statement(LOOKED, timestamp="2026-11-21T10:00:00+01:00")
    answer = lesson.send(lesson.statement(INITIALIZED), bad)
    assert [(fault["path"], fault["requirement"]) for fault in answer.json()["errors"]] == [
        ("statements[1].timestamp", "cmi5 9.7.0.0-2 (d)")
    ]


def test_voiding_is_refused(lms: Campus, course: str) -> None:
    """cmi5 6.3: no lesson's token voids, not even its own statement."""
    lesson = lms.lesson(course)
    said = lesson.statement(INITIALIZED)
    lesson.send(said)
    target = {"objectType": "StatementRef", "id": said["id"]}
    answer = lesson.send(lesson.statement(LOOKED, verb={"id": vocabulary.VOIDED}, object=target))
    assert (requirements(answer), lms.verbs()) == (["403", "cmi5 6.3.0.0-1"], ["launched", "initialized"])


def test_another_learners_statement_is_refused(lms: Campus, course: str) -> None:
    """cmi5 8.1.3: the actor of the launch and nobody else."""
    lesson = lms.lesson(course)
    actor = {**lesson.actor, "account": {**lesson.actor["account"], "name": "p-2"}}
    assert requirements(lesson.send(lesson.statement(INITIALIZED, actor=actor))) == ["403", "cmi5 8.1.3.0-3 (d)"]


def test_a_statement_of_another_session_is_refused(lms: Campus, course: str) -> None:
    """A token speaks in its own session only, even for the same learner and AU."""
    first = lms.lesson(course)
    second = lms.lesson(course)
    assert requirements(second.send(first.statement(INITIALIZED))) == ["403", "cmi5 9.6.3.1-4 (d)"]


def test_who_has_no_session_is_not_judged(lms: Campus, course: str) -> None:
    """What sync brings was judged by the LMS that made it: any order, any session."""
    lesson = lms.lesson(course)
    assert lms.bring(*(lesson.statement(verb) for verb in (TERMINATED, COMPLETED, COMPLETED))) == 200
    assert lesson.say(INITIALIZED) == [200]


# --- judge: in the transaction --------------------------------------------------------------------------------------


def test_a_session_from_beginning_to_end(lms: Campus, course: str) -> None:
    """The statements of a good lesson are all taken."""
    assert lms.lesson(course).say(INITIALIZED, LOOKED, PASSED, COMPLETED, TERMINATED) == [200] * 5


@pytest.mark.parametrize(
    ("verbs", "requirement"),
    [
        ((LOOKED,), "9.3.0.0-4 (d2)"),
        ((INITIALIZED, INITIALIZED), "9.3.2.0-3 (d)"),
        ((INITIALIZED, PASSED, FAILED), "9.3.0.0-3 (d)"),
        ((INITIALIZED, TERMINATED, LOOKED), "9.3.0.0-5 (d2)"),
    ],
)
def test_the_order_of_a_session_is_kept(lms: Campus, course: str, verbs: tuple[str, ...], requirement: str) -> None:
    """cmi5 9.3: the last of these comes at the wrong time."""
    lesson = lms.lesson(course)
    lesson.say(*verbs[:-1])
    assert f"cmi5 {requirement}" in requirements(lesson.send(lesson.statement(verbs[-1])))


@pytest.mark.parametrize("verb", [COMPLETED, PASSED])
def test_once_in_a_registration(lms: Campus, course: str, verb: str) -> None:
    """cmi5 9.3: not again in a later session of the same registration."""
    lms.lesson(course).say(INITIALIZED, verb, TERMINATED)
    assert lms.lesson(course).say(INITIALIZED, verb) == [200, 403]


def test_of_two_completed_that_race_one_is_refused(lms: Campus, course: str) -> None:
    """Judged inside the write transaction, where nothing can come between the look and the leap."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED)
    requests = [
        ("POST", "/xapi/statements", {"headers": lesson.headers, "json": lesson.statement(COMPLETED)}) for _ in range(2)
    ]
    statuses = sorted(answer.status_code for answer in lms.together(*requests))
    assert (statuses, lms.verbs().count("completed")) == ([200, 403], 1)


def test_an_abandoned_session_takes_nothing_more(lms: Campus, course: str) -> None:
    """cmi5 9.3.6: whatever the lesson still had to say comes too late."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED)
    lms.launch(course)
    answer = lesson.send(lesson.statement(LOOKED))
    assert requirements(answer) == ["403", "cmi5 9.3.6.0-2 (d2)"]


@pytest.mark.parametrize("repeated", [INITIALIZED, TERMINATED])
def test_an_identical_retry_is_200_although_the_session_went_on(lms: Campus, course: str, repeated: str) -> None:
    """A lesson that lost the answer sends the same bytes again: it must be told that all is well."""
    lesson = lms.lesson(course)
    made = {verb: lesson.statement(verb) for verb in (INITIALIZED, PASSED, COMPLETED, TERMINATED)}
    for statement in made.values():
        lesson.send(statement)
    before = lms.verbs()
    answer = lesson.send(made[repeated])
    assert (200, [made[repeated]["id"]], before) == (answer.status_code, answer.json(), lms.verbs())


def test_a_retry_is_200_after_the_session_was_abandoned(lms: Campus, course: str) -> None:
    """The statement was taken in its time, and that is what the sender asks."""
    lesson = lms.lesson(course)
    first = lesson.statement(INITIALIZED)
    lesson.send(first)
    lms.launch(course)
    assert lesson.send(first).status_code == 200


def test_the_same_id_with_other_content_is_a_conflict(lms: Campus, course: str) -> None:
    """xAPI Data 2.2: a retry is identical, or it is none."""
    lesson = lms.lesson(course)
    first = lesson.statement(INITIALIZED)
    lesson.send(first)
    assert lesson.send({**first, "timestamp": "2026-01-01T00:00:00Z"}).status_code == 409


def test_a_batch_with_one_bad_statement_stores_nothing(lms: Campus, course: str) -> None:
    """xAPI Communication 2.1.2: and the session is where it was, so that the good ones can come again."""
    lesson = lms.lesson(course)
    batch = [lesson.statement(verb) for verb in (INITIALIZED, PASSED, PASSED, TERMINATED)]
    refused = lesson.send(*batch)
    assert (refused.status_code, lms.verbs()) == (403, ["launched"])
    assert [lesson.send(one).status_code for one in (batch[0], batch[1], batch[3])] == [200, 200, 200]


def test_a_whole_session_may_come_in_one_batch(lms: Campus, course: str) -> None:
    """Judged one after the other, as they stand in the batch."""
    lesson = lms.lesson(course)
    batch = [lesson.statement(verb) for verb in (INITIALIZED, PASSED, COMPLETED, TERMINATED)]
    assert lesson.send(*batch).status_code == 200


def test_a_videos_verbs_are_not_the_sessions(lms: Campus, course: str) -> None:
    """cmi5 7.1.3: "defined" is told by the category, so a video's `initialized` and `completed` change nothing."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED)
    video = [lesson.statement(LOOKED, verb={"id": verb}) for verb in (INITIALIZED, COMPLETED, COMPLETED)]
    assert [lesson.send(one).status_code for one in video] == [200] * 3
    assert lesson.say(COMPLETED) == [200]


@pytest.mark.parametrize("mode", ["Browse", "Review"])
def test_a_look_around_counts_for_nothing(lms: Campus, course: str, mode: str) -> None:
    """cmi5 10.2.2: no verdict in Browse and Review."""
    lesson = lms.lesson(course, launchMode=mode)
    assert lesson.say(INITIALIZED, PASSED, LOOKED, TERMINATED) == [200, 403, 200, 200]


# --- follow: what is satisfied --------------------------------------------------------------------------------------


def test_satisfied_is_right_behind_what_led_to_it(lms: Campus) -> None:
    """cmi5 9.3.9: innermost block first, the course last, before `terminated`, in the session that led to it."""
    nested = block("outer", block("inner", worlds.au_xml("one", attributes="moveOn='Completed'")))
    lms.person()
    lesson = lms.lesson(lms.course(worlds.course_xml(nested)))
    lesson.send(*(lesson.statement(verb) for verb in (INITIALIZED, COMPLETED, TERMINATED)))
    assert ["launched", "initialized", "completed", *["satisfied"] * 3, "terminated"] == lms.verbs()
    said = [one for one in lms.statements() if one["verb"]["id"] == vocabulary.SATISFIED]
    named = [one["context"]["contextActivities"]["grouping"][0]["id"].rpartition("/")[2] for one in said]
    sessions = {one["context"]["extensions"][vocabulary.EXT_SESSION_ID] for one in said}
    assert (["inner", "outer", "course"], {lesson.launched["session"]}) == (named, sessions)


def test_a_block_is_satisfied_once(lms: Campus, course: str) -> None:
    """cmi5 9.3.9: not again, whatever is done in it later."""
    lms.lesson(course, 0).say(INITIALIZED, PASSED, COMPLETED, TERMINATED)
    lms.lesson(course, 1).say(INITIALIZED, COMPLETED, PASSED, TERMINATED)
    assert lms.verbs().count("satisfied") == 1
    lms.lesson(course, 2).say(INITIALIZED, COMPLETED, TERMINATED)
    assert lms.verbs().count("satisfied") == 2


def test_both_halves_of_a_criterion_may_come_from_two_sessions(lms: Campus, course: str) -> None:
    """cmi5 13.1.4: CompletedAndPassed, over the whole registration."""
    lms.lesson(course, 1).say(INITIALIZED, PASSED, TERMINATED)
    lms.lesson(course, 0).say(INITIALIZED, PASSED, TERMINATED)
    assert lms.verbs().count("satisfied") == 0
    lms.lesson(course, 0).say(INITIALIZED, COMPLETED, TERMINATED)
    assert lms.verbs().count("satisfied") == 1


@pytest.mark.parametrize("verb", [FAILED, LOOKED])
def test_nothing_else_satisfies(lms: Campus, course: str, verb: str) -> None:
    """cmi5 9.3.5: a failure moves nobody on, and nor does what only a lesson understands."""
    lms.lesson(course, 1).say(INITIALIZED, verb, TERMINATED)
    assert lms.verbs().count("satisfied") == 0


def test_one_learners_work_satisfies_nothing_for_another(lms: Campus, course: str) -> None:
    """A registration is one learner's."""
    lms.person("Benito", "p-2")
    lms.lesson(course, 0).say(INITIALIZED, PASSED, COMPLETED, TERMINATED)
    lms.lesson(course, 1, person="p-2").say(INITIALIZED, PASSED, TERMINATED)
    assert lms.verbs().count("satisfied") == 0


def test_a_repeated_request_satisfies_once(lms: Campus) -> None:
    """The retry is not judged, and nothing follows from it a second time."""
    lms.person()
    lesson = lms.lesson(lms.course(worlds.course_xml(worlds.au_xml("one", attributes="moveOn='Completed'"))))
    lesson.say(INITIALIZED)
    done = lesson.statement(COMPLETED)
    assert [lesson.send(done).status_code for _ in range(2)] == [200, 200]
    assert lms.verbs() == ["launched", "initialized", "completed", "satisfied"]


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_lesson_reads_its_own_learners_registration_only(lms: Campus, course: str) -> None:
    """Everything of the learner in this registration, earlier sessions included, and nothing of anybody else."""
    lms.person("Benito", "p-2")
    lms.lesson(course, person="p-2").say(INITIALIZED)
    lms.api("POST", "/registrations", {"course": course, "person": "p-1"})
    lms.lesson(course).say(INITIALIZED, TERMINATED)
    lesson = lms.lesson(course)
    found = lesson.ask("GET", "/statements?ascending=true").json()["statements"]
    assert {(lesson.registration, "p-1")} == {
        (one["context"]["registration"], one["actor"]["account"]["name"]) for one in found
    }
    assert [one["verb"]["id"].rpartition("/")[2] for one in found] == [
        "launched",
        "initialized",
        "terminated",
        "launched",
    ]


def test_another_registration_of_the_same_learner_is_not_shown(lms: Campus, course: str) -> None:
    """A retake starts from nothing, also in what its lessons can see."""
    old = lms.lesson(course)
    old.say(INITIALIZED)
    lms.api("POST", "/registrations", {"course": course, "person": "p-1"})
    found = lms.lesson(course).ask("GET", "/statements").json()["statements"]
    assert [one["verb"]["id"].rpartition("/")[2] for one in found] == ["launched"]


def test_another_learner_in_the_same_registration_is_not_shown(lms: Campus, course: str) -> None:
    """What somebody else brings under this registration is still somebody else's."""
    lesson = lms.lesson(course)
    foreign = lesson.statement(LOOKED)
    foreign["actor"]["account"]["name"] = "p-2"
    lms.bring(foreign)
    found = lesson.ask("GET", "/statements").json()["statements"]
    one = lesson.ask("GET", f"/statements?statementId={foreign['id']}").status_code
    assert ([said["verb"]["id"].rpartition("/")[2] for said in found], one) == (["launched"], 404)


def test_another_learners_statement_is_404(lms: Campus, course: str) -> None:
    """By its id, too: whether it exists is not for this token to know."""
    lms.person("Benito", "p-2")
    other = lms.lesson(course, person="p-2")
    said = other.statement(INITIALIZED)
    other.send(said)
    lesson = lms.lesson(course)
    own = lesson.statement(INITIALIZED)
    lesson.send(own)
    statuses = [lesson.ask("GET", f"/statements?statementId={one['id']}").status_code for one in (said, own)]
    assert statuses == [404, 200]


def test_a_query_for_another_learner_finds_nothing(lms: Campus, course: str) -> None:
    """The lesson's own filters narrow what it may see, and never widen it."""
    lms.person("Benito", "p-2")
    other = lms.lesson(course, person="p-2")
    lesson = lms.lesson(course)
    query = f"/statements?agent={json.dumps(other.actor)}&registration={other.registration}"
    assert lesson.ask("GET", query).json()["statements"] == []


def test_times_are_the_lessons_own(lms: Campus, course: str, clock: FixedClock) -> None:
    """The statement says when it happened; the LMS only when it came."""
    lesson = lms.lesson(course)
    said = lesson.statement(INITIALIZED)
    clock.advance(100)
    lesson.send(said)
    kept = lms.statements()[-1]
    assert (said["timestamp"], timestamps.format(clock.now_us())) == (kept["timestamp"], kept["stored"])
