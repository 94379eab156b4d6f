"""The roster: who is there, under an id that statements may carry, and a name that they may not."""

from __future__ import annotations

import json

import pytest

from launcher.cmi5.vocabulary import INITIALIZED
from launcher.people import roster
from launcher.people.roster import Somebody
from tests.launcher.campus import STORE, Campus


def test_a_person_without_an_id_gets_a_random_one(lms: Campus) -> None:
    """Nothing about the person can be read from it."""
    made = [lms.api("POST", "/people", {"givenName": "Amina", "familyName": "Diallo"}) for _ in range(2)]
    assert (len({one["id"] for one in made}), all("amina" not in one["id"].lower() for one in made)) == (2, True)


def test_the_same_person_again_changes_nothing(lms: Campus) -> None:
    """A roster that comes twice is one roster."""
    person = {"givenName": "Amina", "familyName": "Diallo", "role": "student", "id": "p-1"}
    answers = [lms.api("POST", "/people", person) for _ in range(2)]
    (listed,) = lms.api("GET", "/people")["people"]
    assert (answers[0], answers[1], {**person, "page": listed["page"]}) == (listed, listed, listed)


@pytest.mark.parametrize("change", [{"givenName": "Benito"}, {"role": "teacher"}])
def test_an_id_is_one_persons(lms: Campus, change: dict[str, str]) -> None:
    """Another name or role under a known id is a conflict, told rather than overwritten."""
    lms.person()
    answer = lms.manage("POST", "/people", {"givenName": "Amina", "id": "p-1", **change})
    assert (answer.status_code, lms.api("GET", "/people")["people"][0]["givenName"]) == (409, "Amina")


def test_everybody_is_listed_by_family_name(lms: Campus) -> None:
    """As a class list is."""
    for given, family in (("Zoe", "Adams"), ("Amina", "Diallo"), ("Aaron", "Diallo")):
        lms.api("POST", "/people", {"givenName": given, "familyName": family})
    assert [one["givenName"] for one in lms.api("GET", "/people")["people"]] == ["Zoe", "Aaron", "Amina"]


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ({"givenName": ""}, "givenName"),
        ({"givenName": "  "}, "givenName"),
        ({"givenName": "Ami\nna"}, "givenName"),
        ({"givenName": "x" * 201}, "givenName"),
        ({"givenName": "Amina", "role": "pupil"}, "role"),
        ({"givenName": "Amina", "id": "a b"}, "id"),
        ({"givenName": "Amina", "id": "x" * 201}, "id"),
        ({"givenName": "Amina", "id": "a\nb"}, "id"),
        ({"givenName": "Amina", "id": ""}, "id"),
        ({"givenName": "Amina", "id": ".."}, "id"),
        ({"givenName": "a\u202eb"}, "givenName"),
        ({}, "givenName"),
        ({"givenName": 7}, "givenName"),
        ({"givenname": "Amina", "givenName": "Amina"}, "givenname"),
    ],
)
def test_a_person_that_is_none_is_refused(lms: Campus, person: dict[str, object], path: str) -> None:
    """Each with the place that is wrong, and nobody is added."""
    answer = lms.manage("POST", "/people", person)
    assert (400, [path], []) == (
        answer.status_code,
        [fault["path"] for fault in answer.json()["errors"]],
        lms.api("GET", "/people")["people"],
    )


@pytest.mark.parametrize(
    ("somebody", "expected"),
    [(Somebody("1", "Amina", "Diallo", "student"), "Amina Diallo"), (Somebody("1", "Amina", "", "student"), "Amina")],
)
def test_a_name_is_what_there_is_of_it(somebody: Somebody, expected: str) -> None:
    """Not everybody has a family name."""
    assert expected == somebody.name


def test_a_name_is_in_no_statement(lms: Campus, course: str) -> None:
    """Statements know people by their ids; the name stays on the roster."""
    lms.lesson(course).say(INITIALIZED)
    assert ("Amina" in json.dumps(lms.statements()), "p-1" in json.dumps(lms.statements())) == (False, True)


def test_whoever_is_not_there_is_not_found(lms: Campus) -> None:
    """`find` says None, `get` refuses."""
    assert lms.read(lambda reader: roster.find(reader, STORE, "nobody")) is None


@pytest.mark.parametrize("name", ["علی\u200cرضا", "ශ\u0dca\u200dරී", "Jean\u00a0Luc", "O'Neil-Łęcka"])
def test_names_of_many_scripts_are_taken_as_they_are_spelt(lms: Campus, name: str) -> None:
    """Joiners belong to the spelling."""
    assert lms.api("POST", "/people", {"givenName": name})["givenName"] == name
