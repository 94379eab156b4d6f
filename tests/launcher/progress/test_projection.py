"""The projection follows the log: once for each statement, on from where it was, and the same when made anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launcher.cmi5.vocabulary import CATEGORY_CMI5, COMPLETED, INITIALIZED, PASSED, TERMINATED, VOIDED
from launcher.progress import projection
from launcher.progress.fold import Cell
from launcher.progress.projection import Projector
from lrs.store import log
from lrs.store.promises import Store
from tests.launcher.campus import STORE, Campus, Lesson, campus
from tests.support.clocks import FixedClock
from tests.support.device import wait_for


def _cells(lms: Campus) -> list[Cell]:
    """The grid, up to this moment."""
    lms.loop.run(lms.lms.projector.catch_up())
    found = lms.read(lambda reader: projection.cells(reader, STORE))
    return sorted(found, key=lambda cell: (cell.registration, cell.activity))


def _rebuilt(lms: Campus) -> list[Cell]:
    lms.loop.run(lms.lms.projector.rebuild())
    return _cells(lms)


def _cell(lms: Campus, lesson: Lesson) -> Cell | None:
    _cells(lms)
    return lms.read(lambda reader: projection.cell(reader, STORE, lesson.registration, lesson.activity))


def test_a_page_waits_for_what_was_stored_before_it(lms: Campus, course: str) -> None:
    """`catch_up` returns when everything is in the grid."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED, PASSED, COMPLETED, TERMINATED)
    cell = _cell(lms, lesson)
    assert cell is not None
    assert (cell.launches, cell.passed_us is not None, cell.completed_us is not None) == (1, True, True)


def test_a_statement_that_comes_twice_counts_once(lms: Campus, course: str) -> None:
    """The log has each id once, so a launch that two syncs bring is one launch."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED)
    brought = {name: value for name, value in lms.statements()[0].items() if name not in ("stored", "authority")}
    assert [lms.bring(brought) for _ in range(2)] == [200, 200]
    cell = _cell(lms, lesson)
    assert cell is not None
    assert cell.launches == 1


def test_the_cursor_is_where_the_log_ends(lms: Campus, course: str) -> None:
    """Also behind statements that say nothing for the grid."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED, "https://pub.example/verbs/looked-at")
    _cells(lms)
    assert lms.read(lambda reader: (projection.cursor(reader, STORE), log.last(reader, STORE))) == (3, 3)


def test_made_anew_it_is_the_same(lms: Campus, course: str) -> None:
    """Rebuilding reads nothing but the log."""
    lms.person("Benito", "p-2")
    lms.lesson(course).say(INITIALIZED, PASSED, COMPLETED, TERMINATED)
    lms.lesson(course, 2, person="p-2").say(INITIALIZED, COMPLETED, TERMINATED)
    before = _cells(lms)
    assert (before, 2) == (_rebuilt(lms), len(before))


def test_reopened_it_goes_on_at_its_cursor(tmp_path: Path) -> None:
    """Nothing is folded twice, nothing is left out, wherever the program ended."""
    with campus(tmp_path, FixedClock(seed=1)) as lms:
        lms.person()
        course = lms.course()
        lms.launch(course)
        _cells(lms)
        lms.launch(course)  # stored, and not yet in the grid when the program ends
    with campus(tmp_path, FixedClock(seed=2)) as lms:
        (cell,) = _cells(lms)
        assert (2, [cell]) == (cell.launches, _rebuilt(lms))


def test_a_step_that_fails_leaves_grid_and_cursor(lms: Campus, course: str) -> None:
    """One transaction: killed between fold and cursor there is neither."""
    lms.launch(course)
    step = lms.read(lambda reader: projection.look(log.follow(reader, STORE, 0, 10), 0))

    def killed(transaction: Any) -> None:
        projection.keep(transaction, STORE, step)
        raise KeyError("the battery is flat")

    with pytest.raises(KeyError):
        lms.write(killed)
    assert lms.read(lambda reader: (projection.cells(reader, STORE), projection.cursor(reader, STORE))) == ([], 0)


def test_a_long_log_is_folded_in_steps(lms: Campus, course: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows wait, each transaction is short."""
    monkeypatch.setattr(projection, "STEP", 2)
    for _ in range(4):
        lms.launch(course)
    (cell,) = _cells(lms)
    assert cell.launches == 4


def test_in_the_background_it_follows_by_itself(tmp_path: Path) -> None:
    """A commit wakes it; nobody has to look at a page."""
    with campus(tmp_path, at_work=True) as lms:
        lms.person()
        lms.launch(lms.course())

        def followed() -> bool:
            return bool(lms.read(lambda reader: projection.cells(reader, STORE)))

        wait_for(followed)


def test_started_twice_and_stopped_twice_is_fine(lms: Campus) -> None:
    """Whoever puts the parts together need not remember."""

    async def twice() -> None:
        projector = Projector(lms.lms.lrs.store, STORE)
        projector.start()
        projector.start()
        await projector.stop()
        await projector.stop()

    lms.loop.run(twice())


class Watched:
    """A store that is watched, and remembers whether it still is."""

    def __init__(self, store: Store) -> None:
        self.here, self.read, self.write = store.here, store.read, store.write
        self.consistent_through, self.close = store.consistent_through, store.close
        self.watched = 0

    def watch(self, seen: Callable[[], None]) -> Callable[[], None]:
        self.watched += 1

        def stop() -> None:
            self.watched -= 1

        return stop


def test_a_stopped_projector_is_woken_no_more(lms: Campus) -> None:
    """It leaves nothing behind in the store."""
    store = Watched(lms.lms.lrs.store)

    async def started_and_stopped() -> list[int]:
        projector = Projector(store, STORE)
        projector.start()
        seen = [store.watched]
        await projector.stop()
        return [*seen, store.watched]

    assert lms.loop.run(started_and_stopped()) == [1, 0]


# --- what is voided -------------------------------------------------------------------------------------------------


def _voiding(lms: Campus, target: str, actor: dict[str, Any]) -> dict[str, Any]:
    reference = {"objectType": "StatementRef", "id": target}
    return {"id": str(lms.clock.uuid4()), "actor": actor, "verb": {"id": VOIDED}, "object": reference}


def test_what_is_voided_counts_no_more(lms: Campus, course: str) -> None:
    """cmi5 6.3: the LMS voids what should not have been; the grid forgets it, and nothing else of the cell."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED)
    passed = lesson.statement(PASSED)
    lesson.send(passed)
    before = _cell(lms, lesson)
    lms.bring(_voiding(lms, passed["id"], lesson.actor))
    after = _cell(lms, lesson)
    assert before is not None
    assert after is not None
    assert (before.passed_us is not None, after.passed_us, after.best_score, after.launches) == (True, None, None, 1)
    assert _cells(lms) == _rebuilt(lms)


def test_a_voided_launch_leaves_no_cell(lms: Campus, course: str) -> None:
    """Where nothing is left, nothing is shown."""
    launched = lms.launch(course)
    assert len(_cells(lms)) == 1
    (statement,) = lms.statements()
    lms.bring(_voiding(lms, statement["id"], statement["actor"]))
    assert ([], launched["registration"]) == (_cells(lms), statement["context"]["registration"])


def test_it_does_not_matter_when_the_voiding_is_seen(lms: Campus, course: str) -> None:
    """In the same step as what it voids, before it or long after it: the cell is the same."""
    lesson = lms.lesson(course)
    late, same_step = lesson.statement(PASSED), lesson.statement(PASSED)
    lesson.say(INITIALIZED)
    _cells(lms)
    lms.bring(_voiding(lms, late["id"], lesson.actor))
    lms.bring(same_step, _voiding(lms, same_step["id"], lesson.actor))
    _cells(lms)
    lms.bring(late)
    cell = _cell(lms, lesson)
    assert cell is not None
    assert (cell.passed_us, cell.launches) == (None, 1)
    assert [cell] == _rebuilt(lms)


def test_voiding_something_else_changes_nothing(lms: Campus, course: str) -> None:
    """A statement that the grid never counted, or that is not there."""
    lesson = lms.lesson(course)
    lesson.say(INITIALIZED)
    allowed = lesson.statement("https://pub.example/verbs/looked-at")
    lesson.send(allowed)
    before = _cells(lms)
    lms.bring(*(_voiding(lms, target, lesson.actor) for target in (allowed["id"], str(lms.clock.uuid4()))))
    assert before == _cells(lms)


@pytest.mark.parametrize(
    "spelt", [CATEGORY_CMI5, CATEGORY_CMI5.replace("/", r"\/"), CATEGORY_CMI5.replace("/", r"\u002f")]
)
def test_how_the_category_is_spelt_does_not_matter(lms: Campus, course: str, spelt: str) -> None:
    """Rows are passed over by their bytes, but an escaped IRI is the same IRI."""
    lms.lesson(course)
    rows = lms.read(lambda reader: log.follow(reader, STORE, 0, 10))
    again = [row._replace(raw=(row.raw or b"").replace(CATEGORY_CMI5.encode(), spelt.encode())) for row in rows]
    assert projection.look(again, 0) == projection.look(rows, 0)


def test_what_only_happens_in_a_lesson_is_passed_over(lms: Campus, course: str) -> None:
    """Without the category a row says nothing, and neither does one whose text is gone."""
    lms.lesson(course)
    rows = lms.read(lambda reader: log.follow(reader, STORE, 0, 10))
    without = [
        row._replace(raw=(row.raw or b"").replace(CATEGORY_CMI5.encode(), b"http://example.com/c")) for row in rows
    ]
    assert [list(projection.look(found, 0).said) for found in (without, [row._replace(raw=None) for row in rows])] == [
        [],
        [],
    ]
