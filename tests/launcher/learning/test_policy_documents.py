"""What a lesson's token opens among the documents: its own learner's, for its own AU, while its session lives."""

from __future__ import annotations

import json

import pytest

from launcher.cmi5.vocabulary import INITIALIZED, TERMINATED
from tests.launcher.campus import Campus, Lesson, path, requirements

pytestmark = pytest.mark.slow  # each takes little, all of them seconds

JSON = {"Content-Type": "application/json"}
PREFERENCES = {"languagePreference": "es-MX,en", "audioPreference": "off"}
OTHER_AGENT = {"objectType": "Agent", "account": {"homePage": "https://school.example", "name": "p-2"}}
OTHER = {
    "activityId": "https://school.example/cmi5/au/other",
    "agent": json.dumps(OTHER_AGENT),
    "registration": "11111111-2222-4333-8444-555555555555",
}


@pytest.fixture
def lesson(lms: Campus, course: str) -> Lesson:
    """A lesson that has begun."""
    begun = lms.lesson(course)
    begun.say(INITIALIZED)
    return begun


def _activity_profile(activity: str) -> str:
    return f"/activities/profile?activityId={path(activity)}&profileId=highscores"


def test_a_bookmark_is_kept(lesson: Lesson) -> None:
    """cmi5 needs no If-Match of real lessons: written, read, removed."""
    target = lesson.state("bookmark")
    answers = [lesson.ask("PUT", target, json={"page": 3}), lesson.ask("PUT", target, json={"page": 4})]
    answers += [lesson.ask("POST", target, json={"mark": 1}), lesson.ask("GET", target), lesson.ask("DELETE", target)]
    assert (
        [answer.status_code for answer in answers],
        answers[3].json(),
    ) == ([204, 204, 204, 200, 204], {"page": 4, "mark": 1})


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_launch_data_is_read_only(lesson: Lesson, method: str) -> None:
    """cmi5 10.2.1.0-5: what the LMS issued stays as it was issued."""
    answer = lesson.ask(method, lesson.state(), **({} if method == "DELETE" else {"json": {"moveOn": "NotApplicable"}}))
    assert (["403", "cmi5 10.2.1.0-5 (d)"], lesson.launch_data) == (
        requirements(answer),
        lesson.ask("GET", lesson.state()).json(),
    )


def test_removing_all_documents_at_once_is_refused(lesson: Lesson) -> None:
    """It would take LMS.LaunchData away."""
    answer = lesson.ask("DELETE", lesson.state(None))
    assert (
        requirements(answer),
        lesson.ask("GET", lesson.state()).status_code,
    ) == (["403", "cmi5 10.2.1.0-5 (d)"], 200)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("part", ["activityId", "agent", "registration"])
def test_state_of_anybody_or_anything_else_is_closed(lesson: Lesson, part: str, method: str) -> None:
    """cmi5 8.1: own activity, own learner, own registration, each by itself."""
    target = lesson.state("bookmark", **{part: OTHER[part]})
    answer = lesson.ask(method, target, **({"json": {}} if method == "PUT" else {}))
    assert (403, [part]) == (answer.status_code, [fault["path"] for fault in answer.json()["errors"]])


def test_state_without_a_registration_is_closed(lesson: Lesson) -> None:
    """Otherwise documents of all the learner's registrations would be one."""
    query = f"activityId={path(lesson.activity)}&agent={path(json.dumps(lesson.actor))}"
    answers = [lesson.ask("GET", f"/activities/state?{query}{more}") for more in ("", "&stateId=bookmark")]
    assert [answer.status_code for answer in answers] == [403, 403]


def test_own_documents_are_listed(lesson: Lesson) -> None:
    """The names of its own, LMS.LaunchData among them."""
    lesson.ask("PUT", lesson.state("bookmark"), json={"page": 3})
    assert sorted(lesson.ask("GET", lesson.state(None)).json()) == ["LMS.LaunchData", "bookmark"]


def test_another_session_of_the_registration_finds_the_bookmark(lms: Campus, course: str, lesson: Lesson) -> None:
    """cmi5: state lasts as long as the registration."""
    lesson.ask("PUT", lesson.state("bookmark"), json={"page": 3})
    later = lms.lesson(course)
    assert later.ask("GET", later.state("bookmark")).json() == {"page": 3}


def test_its_own_activity_profile_is_open_and_others_are_not(lesson: Lesson) -> None:
    """cmi5 12: what an AU keeps for all of its learners."""
    own, other = _activity_profile(lesson.activity), _activity_profile(OTHER["activityId"])
    answers = [lesson.ask("POST", own, json={"best": 5}), lesson.ask("GET", own)]
    answers += [lesson.ask("POST", other, json={"best": 5}), lesson.ask("GET", other)]
    assert [answer.status_code for answer in answers] == [204, 200, 403, 403]


# --- learner preferences --------------------------------------------------------------------------------------------


def test_preferences_that_nobody_set_are_404(lesson: Lesson) -> None:
    """cmi5 11: and no reason for a lesson to stop."""
    assert lesson.ask("GET", lesson.profile("cmi5LearnerPreferences")).status_code == 404


def test_preferences_are_kept_for_the_learners_other_lessons(lms: Campus, course: str, lesson: Lesson) -> None:
    """cmi5 11: they are the learner's, not the session's."""
    created = {"If-None-Match": "*"}
    answer = lesson.ask("PUT", lesson.profile("cmi5LearnerPreferences"), json=PREFERENCES, headers=created)
    later = lms.lesson(course, 1)
    assert (answer.status_code, later.ask("GET", later.profile("cmi5LearnerPreferences")).json()) == (204, PREFERENCES)


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"languagePreference":"en"}', b'{"audioPreference":"on"}'])
def test_preferences_that_are_none_are_refused(lesson: Lesson, content: bytes) -> None:
    """cmi5 11.0.0.0-5: what another lesson could not read is not kept."""
    headers = {**JSON, "If-None-Match": "*"}
    target = lesson.profile("cmi5LearnerPreferences")
    answer = lesson.ask("PUT", target, content=content, headers=headers)
    assert (answer.status_code, lesson.ask("GET", target).status_code) == (403, 404)


def test_preferences_that_are_no_json_are_refused(lesson: Lesson) -> None:
    """xAPI says so before cmi5 does: a document that calls itself JSON is."""
    target = lesson.profile("cmi5LearnerPreferences")
    answer = lesson.ask("PUT", target, content=b"nonsense", headers={**JSON, "If-None-Match": "*"})
    assert (answer.status_code in (400, 403), lesson.ask("GET", target).status_code) == (True, 404)


def test_no_other_profile_of_the_learner_is_written(lesson: Lesson) -> None:
    """cmi5 11.0.0.0-4: one name, and no more of the learner's profile."""
    answer = lesson.ask("POST", lesson.profile("friends"), json={"names": []})
    assert requirements(answer) == ["403", "cmi5 11.0.0.0-4"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_learners_profile_is_closed(lesson: Lesson, method: str) -> None:
    """cmi5 11.0.0.0-1: the agent is the launch's actor."""
    target = lesson.profile("cmi5LearnerPreferences", OTHER_AGENT)
    answer = lesson.ask(method, target, **({"json": PREFERENCES} if method == "POST" else {}))
    assert requirements(answer) == ["403", "cmi5 11.0.0.0-1 (d)"]


# --- the end --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["terminated", "abandoned"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_nothing_is_open_after_the_session(lms: Campus, lesson: Lesson, how: str, method: str) -> None:
    """cmi5 8.2.1.0-6: a token that outlived its session would be a key to the learner's things."""
    if how == "terminated":
        lesson.say(TERMINATED)
    else:
        lms.manage("POST", f"/sessions/{lesson.launched['session']}/abandon")
    targets = [lesson.state("bookmark"), lesson.profile("cmi5LearnerPreferences"), _activity_profile(lesson.activity)]
    body = {"json": PREFERENCES} if method in ("PUT", "POST") else {}
    answers = [lesson.ask(method, target, **body) for target in targets]
    assert [requirements(answer) for answer in answers] == [["403", "cmi5 8.2.1.0-6"]] * 3


def test_a_token_opens_no_management(lms: Campus, lesson: Lesson) -> None:
    """A lesson is a stranger at the door: /api and the pages are closed to it."""
    answers = [lms.ask("GET", target, headers=lesson.headers) for target in ("/api/people", "/")]
    assert [answer.status_code for answer in answers] == [403, 403]
