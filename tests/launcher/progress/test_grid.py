"""The grid: who stands where, in document order, with blocks and the course rolled up from what was said of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from launcher.progress.fold import Cell
from launcher.progress.grid import Column, Shown, Table, groups, table

SCHOOL = "https://school.example"
AMINA, BENITO = f"account:{SCHOOL}\np-1", f"account:{SCHOOL}\np-2"
STRANGER = "account:https://other.example\np-1"
NAMES = {AMINA: "Amina", BENITO: "benito"}
ONE, TWO, THREE = Column("au-1", "One"), Column("au-2", "Two"), Column("au-3", "Three")
BLOCK = Column("block", "Block", ("au-1", "au-2"))
COLUMNS = (BLOCK, ONE, TWO, THREE)


def _cell(registration: str, activity: str, learner: str = AMINA, at_us: int = 5, **said: Any) -> Cell:
    return Cell(registration, activity, learner, at_us, at_us, **said)


def _table(*cells: Cell, **enrolled: str) -> Table:
    return table("Course", "course", COLUMNS, cells, enrolled, NAMES)


def _states(made: Table, line: int = 0) -> list[str]:
    """The whole course, then each column."""
    return [made.lines[line].course.state, *(shown.state for shown in made.lines[line].squares)]


def test_a_column_is_a_block_or_an_au() -> None:
    """In the order they are given, the block before its AUs."""
    assert [column.kind for column in _table().columns] == ["block", "au", "au", "au"]


def test_a_square_shows_state_score_and_time() -> None:
    """The best score, and the latest time that anything was said."""
    cell = Cell("r", "au-1", AMINA, 1, 9, passed_us=9, best_score=Decimal("0.8"), latest_score=Decimal("0.7"))
    assert Shown("passed", Decimal("0.8"), 9) == _table(cell).lines[0].squares[1]


def test_a_block_is_in_progress_where_one_of_its_aus_was_started() -> None:
    """Nothing was said of it yet, but somebody works in it; the course likewise."""
    made = _table(_cell("r", "au-2"))
    assert _states(made) == ["in progress", "in progress", "not started", "in progress", "not started"]
    assert (made.lines[0].course.last_us, made.lines[0].squares[0].last_us) == (5, 5)


def test_an_au_beside_the_block_starts_the_course_only() -> None:
    """A block is rolled up from what is in it."""
    assert _states(_table(_cell("r", "au-3"))) == [
        "in progress",
        "not started",
        "not started",
        "not started",
        "in progress",
    ]


def test_a_block_is_satisfied_when_it_was_said() -> None:
    """Its own `satisfied`, not our arithmetic, makes it so."""
    done = [_cell("r", name, passed_us=1, completed_us=1) for name in ("au-1", "au-2")]
    assert _states(_table(*done))[1] == "in progress"
    assert _states(_table(*done, _cell("r", "block", satisfied_us=2)))[:2] == ["in progress", "satisfied"]


def test_a_satisfied_course_stays_so() -> None:
    """Whatever is done in it afterwards."""
    cells = (_cell("r", "course", satisfied_us=2), _cell("r", "au-3", at_us=9))
    assert _states(_table(*cells))[0] == "satisfied"


def test_whoever_is_enrolled_has_a_line() -> None:
    """Also before anything was started: those are the ones a teacher looks for."""
    made = _table(_cell("r-1", "au-1"), **{"r-1": AMINA, "r-2": BENITO})
    assert [(line.learner, line.course.state) for line in made.lines] == [
        ("Amina", "in progress"),
        ("benito", "not started"),
    ]


def test_whoever_is_not_on_the_roster_is_shown_by_the_account() -> None:
    """A name belongs to one home page: another school's account of the same name is somebody else."""
    assert [line.learner for line in _table(_cell("r", "au-1", STRANGER)).lines] == ["p-1"]


def test_lines_go_by_name_whatever_its_case() -> None:
    """As people look for one another; registrations of one learner are lines of their own."""
    made = _table(_cell("r-3", "au-1", BENITO), _cell("r-2", "au-1"), _cell("r-1", "au-1"))
    assert [(line.learner, line.registration) for line in made.lines] == [
        ("Amina", "r-1"),
        ("Amina", "r-2"),
        ("benito", "r-3"),
    ]


def test_accents_do_not_change_the_order() -> None:
    """Çelik is looked for under C."""
    names = {f"account:{SCHOOL}\n{number}": name for number, name in enumerate(("Diallo", "Çelik", "evans", "Évora"))}
    made = table("Course", "course", COLUMNS, (), {learner: learner for learner in names}, names)
    assert [line.learner for line in made.lines] == ["Çelik", "Diallo", "evans", "Évora"]


def test_what_is_not_of_this_course_is_left_out() -> None:
    """Cells of other activities make no line."""
    assert _table(_cell("r", "elsewhere")).lines == ()


def test_an_au_is_done_when_its_move_on_is_met() -> None:
    """Completed is not passed, and waived is as good as either."""
    both = Column("au-1", "One", move_on="CompletedAndPassed")
    seen = []
    cells = (
        _cell("r", "au-1", passed_us=1),
        _cell("r", "au-1", passed_us=1, completed_us=1),
        _cell("r", "au-1", waived_us=1),
    )
    for cell in cells:
        made = table("Course", "course", (both,), [cell], {}, NAMES)
        seen.append(made.lines[0].squares[0].done)
    assert seen == [False, True, True]


def test_a_block_is_done_when_it_is_satisfied() -> None:
    """And never for its AUs' sake."""
    (line,) = _table(_cell("r", "au-1", passed_us=1), _cell("r", "block", satisfied_us=1)).lines
    assert [line.course.done, *(shown.done for shown in line.squares)] == [False, True, False, False, False]


def test_columns_of_a_block_stand_under_its_title() -> None:
    """A block within a block has a heading of its own, and what follows it in the outer one again that one's."""
    columns = (
        Column("o", "Outer", ("a", "b", "c")),
        Column("a", "A", path=("Outer",)),
        Column("i", "Inner", ("b",), ("Outer",)),
        Column("b", "B", path=("Outer", "Inner")),
        Column("c", "C", path=("Outer",)),
        Column("d", "D"),
    )
    assert [(group.path, group.size) for group in groups(columns)] == [
        (("Outer",), 2),
        (("Outer", "Inner"), 2),
        (("Outer",), 1),
        ((), 1),
    ]
