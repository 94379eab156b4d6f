"""Laws of the session rules: whatever is sent, in whatever order, what is let through keeps the standard."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from launcher.cmi5 import session as rules
from launcher.cmi5 import vocabulary
from launcher.cmi5.session import AuView
from launcher.cmi5.vocabulary import COMPLETED, FAILED, INITIALIZED, PASSED, TERMINATED
from tests.launcher.cmi5 import worlds
from tests.launcher.cmi5.worlds import Json, allowed, defined, session

AU_VERBS = (INITIALIZED, COMPLETED, PASSED, FAILED, TERMINATED)
OPEN = session(phase="initialized", used_verbs=frozenset({INITIALIZED}))

STATEMENTS: dict[str, Callable[[], Json]] = {
    **{verb: partial(defined, verb) for verb in AU_VERBS},
    "allowed": allowed,
    "video": partial(allowed, INITIALIZED),
}


@given(st.lists(st.sampled_from(sorted(STATEMENTS)), max_size=12), st.lists(st.integers(0, 11), max_size=2))
def test_what_is_let_through_keeps_the_standards_order(names: list[str], launches: list[int]) -> None:
    """Whatever is sent over several sessions, what is let through keeps each order rule of 9.3."""
    view, au = session(), AuView()
    sessions: list[list[str]] = [[]]
    for number, name in enumerate(names):
        if number in launches:
            view = session()
            sessions.append([])
        if not rules.judge(STATEMENTS[name](), view, au):
            view, au = rules.advance(STATEMENTS[name](), view, au)
            sessions[-1].append(name)
    for said in sessions:
        verbs = [name for name in said if name in AU_VERBS]
        assert said[:1] in ([], [INITIALIZED])
        assert TERMINATED not in said[:-1]
        assert len(set(verbs)) == len(verbs)
        assert not {PASSED, FAILED} <= set(verbs)
    everything = [name for said in sessions for name in said]
    assert everything.count(COMPLETED) <= 1
    assert everything.count(PASSED) <= 1
    assert PASSED not in everything or FAILED not in everything[everything.index(PASSED) :]


NAMES = st.sampled_from(
    [
        *(
            "id",
            "actor",
            "account",
            "verb",
            "object",
            "objectType",
            "result",
            "score",
            "scaled",
            "raw",
            "min",
            "success",
        ),
        *(
            "context",
            "contextActivities",
            "category",
            "grouping",
            "extensions",
            "registration",
            "timestamp",
            "duration",
        ),
        *(vocabulary.EXT_PROGRESS, vocabulary.EXT_MASTERY_SCORE, vocabulary.EXT_SESSION_ID),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=3)
    | st.sampled_from([*AU_VERBS, vocabulary.CATEGORY_CMI5, vocabulary.CATEGORY_MOVE_ON, worlds.ACTIVITY_ID])
    | st.just(10**400)
)
ANY_JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6))


@given(ANY_JSON)
def test_any_json_gets_a_verdict(value: Any) -> None:
    """Whatever JSON is sent, both checks answer, and nothing malformed is let through."""
    rules.judge(value, session(), AuView())
    rules.advance(value, session(), AuView())
    assert rules.screen(value, session())


@given(st.sampled_from(AU_VERBS), st.lists(NAMES, min_size=1, max_size=4), LEAVES)
def test_any_member_may_be_anything(verb: str, path: list[str], value: Any) -> None:
    """A good statement with any member replaced by anything gets a verdict."""
    statement: Any = defined(verb)
    target = statement
    for name in path[:-1]:
        target = target[name] if isinstance(target.get(name), dict) else target
    target[path[-1]] = value
    assert all(fault.requirement.startswith("cmi5 ") for fault in rules.screen(statement, OPEN))
