"""What a lesson may say, and when: each rule broken once, and the rules together as laws."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from launcher.cmi5 import session as rules
from launcher.cmi5 import vocabulary
from launcher.cmi5.session import AuView, SessionView
from launcher.cmi5.vocabulary import COMPLETED, FAILED, INITIALIZED, PASSED, TERMINATED
from tests.launcher.cmi5 import worlds
from tests.launcher.cmi5.worlds import Json, allowed, defined, requirements, session

AU_VERBS = (INITIALIZED, COMPLETED, PASSED, FAILED, TERMINATED)
OPEN = session(phase="initialized", used_verbs=frozenset({INITIALIZED}))

REMOVED = object()


def changed(statement: Json, path: str, value: Any) -> Json:
    """The statement with the member at this path set, or REMOVED; `/` separates names, for they have dots in them."""
    *names, last = path.split("|")
    target = statement
    for name in names:
        target = target.setdefault(name, {})
    if value is REMOVED:
        target.pop(last, None)
    else:
        target[last] = value
    return statement


def screened(statement: Any, view: SessionView = OPEN) -> list[str]:
    """The requirements that `screen` finds broken."""
    return requirements(rules.screen(statement, view))


# --- statements that keep every rule --------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", AU_VERBS)
def test_each_verb_at_its_best(verb: str) -> None:
    """A statement that keeps every rule is let through."""
    assert screened(defined(verb)) == []


@pytest.mark.parametrize("verb", [*AU_VERBS, vocabulary.SATISFIED, "https://pub.example/verbs/x"])
@pytest.mark.parametrize("launch_mode", vocabulary.LAUNCH_MODES)
def test_allowed_statements_have_any_verb(verb: str, launch_mode: str) -> None:
    """Without the cmi5 category any verb goes, cmi5's own too, in each launch mode and about any object."""
    assert screened(allowed(verb), session(launch_mode=launch_mode)) == []


@pytest.mark.parametrize("launch_mode", [vocabulary.BROWSE, vocabulary.REVIEW])
@pytest.mark.parametrize("verb", [INITIALIZED, TERMINATED])
def test_every_mode_begins_and_ends(launch_mode: str, verb: str) -> None:
    """initialized and terminated are sent in each launch mode."""
    assert screened(defined(verb), session(launch_mode=launch_mode)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("actor|objectType", REMOVED),
        ("timestamp", "2026-11-21T10:00:00+00:00"),
        ("timestamp", "2026-11-21T10:00:00+0000"),
        ("timestamp", "2026-11-21T10:00:00.123456789z"),
        ("id", "AAAAAAAA-2222-4333-8444-555555555555"),
        ("context|registration", worlds.REGISTRATION.upper()),
        ("context|extensions|https://pub.example/more", [1]),
        ("context|contextActivities|grouping", {"id": worlds.PUBLISHER_ID}),
        ("context|contextActivities|grouping", [{"id": "urn:x:1"}, {"id": worlds.PUBLISHER_ID, "definition": {}}]),
        ("context|contextActivities|other", [{"id": "urn:x:1"}]),
        ("context|language", "es"),
        ("result|extensions", {vocabulary.EXT_PROGRESS: 0}),
        ("result|extensions", {vocabulary.EXT_PROGRESS: 100.0}),
        ("object|objectType", REMOVED),
        ("object|definition", {"name": {"en": "x"}}),
        ("result|response", "x"),
    ],
)
def test_what_is_let_through(path: str, value: Any) -> None:
    """The AU may add to the context, leave out what has a default, and spell a value as xAPI allows."""
    assert screened(changed(defined(TERMINATED), path, value)) == []


@pytest.mark.parametrize(
    "score",
    [
        REMOVED,
        {"scaled": 0.6},
        {"scaled": 1},
        {"scaled": 0.8, "raw": 0, "min": 0, "max": 10},
        {"raw": 8, "min": 0, "max": 10},
        {"min": 0},
    ],
)
def test_scores_of_passed(score: Any) -> None:
    """A score is optional; scaled at the masteryScore is a pass; raw comes with its range."""
    assert screened(changed(defined(PASSED), "result|score", score)) == []


def test_no_mastery_score_issued() -> None:
    """Where no masteryScore was issued any score passes or fails, and none has to be repeated."""
    view = replace(OPEN, mastery_score=None)
    statement = changed(defined(PASSED), f"context|extensions|{vocabulary.EXT_MASTERY_SCORE}", REMOVED)
    assert screened(changed(statement, "result|score|scaled", 0.1), view) == []


def test_unscored_verdict_needs_no_mastery_score() -> None:
    """passed without a score is not based on the masteryScore and need not repeat it."""
    statement = changed(defined(PASSED), "result|score", REMOVED)
    assert screened(changed(statement, f"context|extensions|{vocabulary.EXT_MASTERY_SCORE}", REMOVED)) == []


# --- each rule broken once ------------------------------------------------------------------------------------------

EVERY_STATEMENT: list[tuple[str, Any, str]] = [
    ("id", REMOVED, "9.1.0.0-1 (d)"),
    ("id", "x", "9.1.0.0-1 (d)"),
    ("id", "11111111222243338444555555555555", "9.1.0.0-1 (d)"),
    ("id", 5, "9.1.0.0-1 (d)"),
    ("actor", REMOVED, "9.2.0.0-3"),
    ("actor", {"mbox": "mailto:a@pub.example"}, "9.2.0.0-3"),
    ("actor|objectType", "Group", "9.2.0.0-2"),
    ("actor|account|name", "p-2", "8.1.3.0-3 (d)"),
    ("actor|account|homePage", "https://school.example/", "8.1.3.0-3 (d)"),
    ("actor|mbox", "mailto:a@pub.example", "8.1.3.0-3 (d)"),
    ("verb|id", vocabulary.VOIDED, "6.3.0.0-1"),
    ("timestamp", REMOVED, "9.7.0.0-1 (d)"),
    ("timestamp", "2026-11-21T10:00:00", "9.7.0.0-2 (d)"),
    ("timestamp", "2026-11-21T10:00:00+01:00", "9.7.0.0-2 (d)"),
    ("timestamp", "2026-11-21T10:00:00-00:00", "9.7.0.0-2 (d)"),
    ("context|registration", REMOVED, "9.6.1.0-1 (d)"),
    ("context|registration", worlds.SESSION_ID, "9.6.1.0-1 (d)"),
    (f"context|extensions|{vocabulary.EXT_SESSION_ID}", REMOVED, "9.6.3.1-4 (d)"),
    (f"context|extensions|{vocabulary.EXT_SESSION_ID}", "s-2", "9.6.3.1-4 (d)"),
    ("result|extensions", {vocabulary.EXT_PROGRESS: 101}, "9.5.5.1"),
    ("result|extensions", {vocabulary.EXT_PROGRESS: -1}, "9.5.5.1"),
    ("result|extensions", {vocabulary.EXT_PROGRESS: 0.5}, "9.5.5.1"),
    ("result|extensions", {vocabulary.EXT_PROGRESS: "50"}, "9.5.5.1"),
    ("result|extensions", {vocabulary.EXT_PROGRESS: True}, "9.5.5.1"),
]


@pytest.mark.parametrize(("path", "value", "requirement"), EVERY_STATEMENT)
def test_rules_of_every_statement(path: str, value: Any, requirement: str) -> None:
    """A cmi5 allowed statement that breaks one rule is refused by that rule and no other."""
    assert [requirement] == screened(changed(allowed(), path, value))


@pytest.mark.parametrize(
    ("path", "value", "requirement"), [case for case in EVERY_STATEMENT if case[1] != vocabulary.VOIDED]
)
def test_rules_of_every_statement_hold_for_defined_ones(path: str, value: Any, requirement: str) -> None:
    """The same rules hold for cmi5 defined statements."""
    assert [requirement] == screened(changed(defined(INITIALIZED), path, value))


@pytest.mark.parametrize("context", [REMOVED, None, [], "x"])
def test_no_context(context: Any) -> None:
    """A statement without a context is none of the template's."""
    assert screened(changed(allowed(), "context", context)) == ["10.2.1.0-6 (d)"]


@pytest.mark.parametrize(
    ("statement", "requirement"), [(allowed(), "10.2.1.0-6 (d)"), (defined(INITIALIZED), "9.6.2.0-1 (d)")]
)
@pytest.mark.parametrize("grouping", [REMOVED, [], [{"id": "urn:x:1"}], "x", [None]])
def test_publisher_id_is_kept(statement: Json, requirement: str, grouping: Any) -> None:
    """The template's context activities are there, unaltered."""
    assert [requirement] == screened(changed(statement, "context|contextActivities|grouping", grouping))


@pytest.mark.parametrize(
    ("path", "value", "requirement"),
    [
        ("context|platform", REMOVED, "10.2.1.0-6 (d)"),
        ("context|platform", "other", "10.2.1.0-7 (d)"),
        ("context|extensions|urn:x:a", REMOVED, "10.2.1.0-6 (d)"),
        ("context|extensions|urn:x:a", {"b": [1]}, "10.2.1.0-7 (d)"),
        ("context|extensions|urn:x:a", {"b": [True], "c": 1}, "10.2.1.0-7 (d)"),
    ],
)
def test_the_whole_template_is_kept(path: str, value: Any, requirement: str) -> None:
    """Whatever else the LMS puts into the template comes back in each statement, unchanged."""
    template = OPEN.context_template | {
        "platform": "Offline",
        "extensions": {vocabulary.EXT_SESSION_ID: worlds.SESSION_ID, "urn:x:a": {"b": [True]}},
    }
    statement = changed(changed(allowed(), "context|platform", "Offline"), "context|extensions|urn:x:a", {"b": [True]})
    view = replace(OPEN, context_template=template)
    assert screened(statement, view) == []
    assert [requirement] == screened(changed(statement, path, value), view)


def _score(verb: str, **score: Any) -> Json:
    return changed(defined(verb), "result|score", score)


MASTERY = f"context|extensions|{vocabulary.EXT_MASTERY_SCORE}"
CATEGORY = "context|contextActivities|category"
CMI5_ONLY = [{"id": vocabulary.CATEGORY_CMI5}]
BOTH = [{"id": vocabulary.CATEGORY_CMI5}, {"id": vocabulary.CATEGORY_MOVE_ON}]

DEFINED: list[tuple[Json, list[str]]] = [
    (changed(defined(INITIALIZED), "object", REMOVED), ["9.4.0.0-1 (d)"]),
    (changed(defined(INITIALIZED), "object|objectType", "Agent"), ["9.4.0.0-1 (d)"]),
    (changed(defined(INITIALIZED), "object|id", worlds.PUBLISHER_ID), ["8.1.5.0-6 (d)"]),
    (defined("https://pub.example/verbs/x"), ["9.3.0.0-1"]),
    (changed(defined(INITIALIZED), "verb", REMOVED), ["9.3.0.0-1"]),
    (defined(vocabulary.LAUNCHED), ["9.3.1.0-1"]),
    (defined(vocabulary.ABANDONED), ["9.3.6.0-1"]),
    (defined(vocabulary.WAIVED), ["9.3.7.0-1"]),
    (defined(vocabulary.SATISFIED), ["9.3.9.0-1"]),
    (changed(defined(COMPLETED), "result|completion", False), ["9.5.3.0-1 (d1)"]),
    (changed(defined(COMPLETED), "result|completion", 1), ["9.5.3.0-1 (d1)"]),
    (changed(defined(COMPLETED), "result|success", True), ["9.5.2.0-3 (d)"]),
    (changed(defined(COMPLETED), "result|score", {"scaled": 1}), ["9.5.1.0-2 (d)"]),
    (changed(defined(COMPLETED), "result|duration", REMOVED), ["9.5.4.1-2 (d)"]),
    (changed(defined(COMPLETED), CATEGORY, CMI5_ONLY), ["9.6.2.2-1 (d1)"]),
    (changed(defined(PASSED), "result|success", False), ["9.5.2.0-1 (d1)"]),
    (changed(defined(PASSED), "result|completion", True), ["9.5.3.0-2 (d)"]),
    (changed(defined(PASSED), "result|completion", False), ["9.5.3.0-2 (d)"]),
    (changed(defined(PASSED), "result|duration", REMOVED), ["9.5.4.1-3 (d)"]),
    (changed(defined(PASSED), CATEGORY, CMI5_ONLY), ["9.6.2.2-1 (d2)"]),
    (changed(defined(FAILED), "result|success", True), ["9.5.2.0-2 (d)"]),
    (changed(defined(FAILED), "result|completion", False), ["9.5.3.0-2 (d)"]),
    (changed(defined(FAILED), "result|duration", REMOVED), ["9.5.4.1-4 (d)"]),
    (changed(defined(FAILED), CATEGORY, CMI5_ONLY), ["9.6.2.2-1 (d3)"]),
    (changed(defined(TERMINATED), "result|duration", REMOVED), ["9.5.4.1-1 (d)"]),
    (changed(defined(TERMINATED), "result|duration", 60), ["9.5.4.1-1 (d)"]),
    (changed(defined(TERMINATED), "result|score", {"scaled": 1}), ["9.5.1.0-2 (d)"]),
    (changed(defined(INITIALIZED), "result|score", {"scaled": 1}), ["9.5.1.0-2 (d)"]),
    (changed(defined(INITIALIZED), CATEGORY, BOTH), ["9.6.2.2-2 (d)"]),
    (changed(defined(TERMINATED), CATEGORY, BOTH), ["9.6.2.2-2 (d)"]),
    (changed(defined(TERMINATED), "result|success", True), ["9.5.2.0-3 (d)"]),
    (changed(defined(INITIALIZED), "result|completion", True), ["9.5.3.0-2 (d)"]),
    (_score(PASSED, scaled=0.59), ["9.3.4.0-2 (d2)"]),
    (_score(FAILED, scaled=0.6), ["9.3.5.0-2 (d)"]),
    (_score(PASSED, scaled=1.1), ["9.5.1.0-1"]),
    (_score(FAILED, scaled=-0.1), ["9.5.1.0-1"]),
    (_score(PASSED, scaled="1"), ["9.5.1.0-1"]),
    (_score(PASSED, scaled=True), ["9.5.1.0-1"]),
    (_score(PASSED, raw=0, max=1), ["9.5.1.0-3 (d1)"]),
    (_score(PASSED, raw=0, min=0), ["9.5.1.0-3 (d2)"]),
    (_score(PASSED, raw=5), ["9.5.1.0-3 (d1)", "9.5.1.0-3 (d2)"]),
    (changed(defined(PASSED), MASTERY, REMOVED), ["9.6.3.2-2 (d)"]),
    (changed(defined(FAILED), MASTERY, REMOVED), ["9.6.3.2-2 (d)"]),
    (changed(defined(PASSED), MASTERY, 0.5), ["9.6.3.2-2 (d)"]),
    (changed(defined(PASSED), MASTERY, "0.6"), ["9.6.3.2-2 (d)"]),
    (changed(changed(defined(PASSED), "result|score", REMOVED), MASTERY, 0.5), ["9.6.3.2-2 (d)"]),
]


@pytest.mark.parametrize(("statement", "expected"), DEFINED)
def test_rules_of_defined_statements(statement: Json, expected: list[str]) -> None:
    """A cmi5 defined statement that breaks one rule is refused by that rule and no other."""
    assert expected == screened(statement)


def test_a_mastery_score_of_zero_is_one() -> None:
    """With a masteryScore of 0 nothing can be failed with a score, and it has to be repeated like any other."""
    view = replace(OPEN, mastery_score=Decimal("0"))
    assert screened(changed(_score(PASSED, scaled=0), MASTERY, 0), view) == []
    assert screened(changed(_score(FAILED, scaled=0), MASTERY, 0), view) == ["9.3.5.0-2 (d)"]
    assert screened(changed(_score(PASSED, scaled=0), MASTERY, REMOVED), view) == ["9.6.3.2-2 (d)"]


@pytest.mark.parametrize("kind", ["category", "grouping", "parent", "other"])
def test_move_on_category_is_not_for_allowed_statements(kind: str) -> None:
    """The moveOn category on a cmi5 allowed statement is refused, in whatever list and with whatever result."""
    statement = changed(allowed(), "result|success", True)
    activities = [{"id": worlds.PUBLISHER_ID}, {"id": vocabulary.CATEGORY_MOVE_ON}]
    assert screened(changed(statement, f"context|contextActivities|{kind}", activities)) == ["9.6.2.2-2 (d)"]


@pytest.mark.parametrize(
    ("launch_mode", "requirement"),
    [(vocabulary.BROWSE, "10.2.2.0-2 (d)"), (vocabulary.REVIEW, "10.2.2.0-3 (d)")],
)
@pytest.mark.parametrize("verb", [COMPLETED, PASSED, FAILED])
def test_no_verdicts_when_browsing(launch_mode: str, requirement: str, verb: str) -> None:
    """In Browse and Review nothing is completed, passed or failed."""
    assert [requirement] == screened(defined(verb), replace(OPEN, launch_mode=launch_mode))


def test_all_faults_at_once() -> None:
    """A statement that breaks several rules is told all of them, in the order of the specification."""
    statement = changed(changed(defined(PASSED), "id", REMOVED), "timestamp", REMOVED)
    expected = ["9.1.0.0-1 (d)", "9.7.0.0-1 (d)", "9.5.4.1-3 (d)"]
    assert expected == screened(changed(statement, "result|duration", REMOVED))


# --- defined or allowed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ([{"id": vocabulary.CATEGORY_CMI5}], True),
        ({"id": vocabulary.CATEGORY_CMI5}, True),
        ([{"id": "urn:x:1"}, {"id": vocabulary.CATEGORY_CMI5}], True),
        ([{"id": vocabulary.CATEGORY_MOVE_ON}], False),
        ([vocabulary.CATEGORY_CMI5], False),
        ([], False),
        (None, False),
        (REMOVED, False),
    ],
)
def test_defined_by_category(category: Any, expected: bool) -> None:
    """A statement is cmi5 defined by its category activity and by nothing else."""
    assert expected == rules.is_defined(changed(allowed(PASSED), CATEGORY, category))


# --- order ----------------------------------------------------------------------------------------------------------


def judged(statement: Any, view: SessionView, au: AuView | None = None) -> list[str]:
    """The requirements that `judge` finds broken."""
    return requirements(rules.judge(statement, view, au or AuView()))


@pytest.mark.parametrize(
    ("phase", "statement", "expected"),
    [
        ("launched", defined(INITIALIZED), []),
        ("launched", defined(PASSED), ["9.3.0.0-4 (d2)"]),
        ("launched", defined(TERMINATED), ["9.3.0.0-4 (d2)"]),
        ("launched", allowed(), ["9.3.0.0-4 (d2)"]),
        ("launched", allowed(INITIALIZED), ["9.3.0.0-4 (d2)"]),
        ("initialized", defined(INITIALIZED), ["9.3.2.0-3 (d)"]),
        ("initialized", defined(PASSED), []),
        ("initialized", defined(TERMINATED), []),
        ("initialized", allowed(), []),
        ("initialized", allowed(INITIALIZED), []),
        ("terminated", defined(TERMINATED), ["9.3.0.0-5 (d2)"]),
        ("terminated", defined(PASSED), ["9.3.0.0-5 (d2)"]),
        ("terminated", allowed(), ["9.3.0.0-5 (d2)"]),
        ("abandoned", defined(INITIALIZED), ["9.3.6.0-2 (d2)"]),
        ("abandoned", allowed(), ["9.3.6.0-2 (d2)"]),
    ],
)
def test_phases(phase: Any, statement: Json, expected: list[str]) -> None:
    """initialized comes first, terminated last, and nothing after the session was abandoned."""
    assert expected == judged(statement, session(phase=phase))


@pytest.mark.parametrize(
    ("verb", "used", "expected"),
    [
        (COMPLETED, COMPLETED, ["9.3.0.0-2 (d)"]),
        (PASSED, PASSED, ["9.3.0.0-2 (d)", "9.3.0.0-3 (d)"]),
        (PASSED, FAILED, ["9.3.0.0-3 (d)"]),
        (FAILED, PASSED, ["9.3.0.0-3 (d)"]),
        (PASSED, COMPLETED, []),
        (COMPLETED, FAILED, []),
        (TERMINATED, COMPLETED, []),
    ],
)
def test_verbs_once_in_a_session(verb: str, used: str, expected: list[str]) -> None:
    """No verb is used twice in a session, and one of passed and failed."""
    assert expected == judged(defined(verb), replace(OPEN, used_verbs=frozenset({INITIALIZED, used})))


@pytest.mark.parametrize(
    ("verb", "au", "expected"),
    [
        (COMPLETED, AuView(completed=True), ["9.3.0.0-6 (d2)"]),
        (PASSED, AuView(passed=True), ["9.3.0.0-7 (d2)"]),
        (FAILED, AuView(passed=True), ["9.3.0.0-8 (d)"]),
        (COMPLETED, AuView(passed=True, waived=True), []),
        (PASSED, AuView(completed=True, waived=True), []),
        (FAILED, AuView(completed=True), []),
        (TERMINATED, AuView(passed=True, completed=True), []),
    ],
)
def test_verbs_once_in_a_registration(verb: str, au: AuView, expected: list[str]) -> None:
    """An AU is completed once and passed once in a registration, and never failed after it was passed."""
    assert expected == judged(defined(verb), OPEN, au)


def test_allowed_statements_repeat() -> None:
    """A cmi5 allowed "passed" is judged by no rule of the verbs."""
    assert judged(allowed(PASSED), replace(OPEN, used_verbs=frozenset({PASSED})), AuView(passed=True)) == []


@pytest.mark.parametrize(
    ("verb", "phase", "au"),
    [
        (INITIALIZED, "initialized", AuView()),
        (COMPLETED, "launched", AuView(completed=True)),
        (PASSED, "launched", AuView(passed=True)),
        (FAILED, "launched", AuView()),
        (TERMINATED, "terminated", AuView()),
    ],
)
def test_advance(verb: str, phase: Any, au: AuView) -> None:
    """A cmi5 defined statement moves the session, is remembered in it, and counts for the AU."""
    view = session()
    assert (replace(view, phase=phase, used_verbs=frozenset({verb})), au) == rules.advance(
        defined(verb), view, AuView()
    )


@pytest.mark.parametrize("verb", AU_VERBS)
def test_allowed_statements_change_nothing(verb: str) -> None:
    """A cmi5 allowed statement moves no session and satisfies nothing, whatever its verb."""
    assert (OPEN, AuView()) == rules.advance(allowed(verb), OPEN, AuView())


def test_advance_forgets_nothing() -> None:
    """What an AU has in the registration it keeps."""
    au = AuView(passed=True, completed=True, waived=True)
    assert au == rules.advance(defined(FAILED), OPEN, au)[1]
