"""When an AU has met its moveOn, and what that satisfies (cmi5 9.3.9, 13.1.4).

Decisions only. The caller asks at registration (AUs that are NotApplicable are met at once), after each statement of an
AU that is passed or completed, and after waiving; it stores the "satisfied" statements in the order given here.
"""

from __future__ import annotations

from collections.abc import Callable

from launcher.cmi5 import vocabulary
from launcher.cmi5.course import AssignableUnit, Block, CourseStructure, Node
from launcher.cmi5.session import AuView

_CRITERIA: dict[str, Callable[[AuView], bool]] = {
    vocabulary.NOT_APPLICABLE: lambda _: True,
    vocabulary.MOVE_ON_PASSED: lambda au: au.passed,
    vocabulary.MOVE_ON_COMPLETED: lambda au: au.completed,
    vocabulary.COMPLETED_AND_PASSED: lambda au: au.completed and au.passed,
    vocabulary.COMPLETED_OR_PASSED: lambda au: au.completed or au.passed,
}


def is_met(move_on: str, au: AuView) -> bool:
    """Whether the AU counts as satisfied. `move_on` is the value issued, which may differ from the structure's."""
    return au.waived or _CRITERIA[move_on](au)  # 9.3.9: waived counts as met


def newly_satisfied(
    structure: CourseStructure,
    met: Callable[[AssignableUnit], bool] | frozenset[int],
    already: frozenset[str],
) -> list[Block | CourseStructure]:
    """Blocks and course that are satisfied now and were not before: an inner block before its outer one, course last.

    `met` says which AUs have met their moveOn, by a function or by their indexes; `already` has the publisher ids of
    what has its "satisfied" statement. What was satisfied once stays so and is not named again (9.3.9).
    """
    has_met = (lambda au: au.index in met) if isinstance(met, frozenset) else met
    found: list[Block | CourseStructure] = []
    # A list, not a generator in all(): every block has to be looked at, satisfied neighbours or not.
    satisfied = [_is_satisfied(node, has_met, already, found) for node in structure.children]
    if all(satisfied) and structure.id not in already:
        found.append(structure)
    return found


def _is_satisfied(
    node: Node,
    has_met: Callable[[AssignableUnit], bool],
    already: frozenset[str],
    found: list[Block | CourseStructure],
) -> bool:
    if isinstance(node, AssignableUnit):
        return has_met(node)
    members = [_is_satisfied(child, has_met, already, found) for child in node.children]
    if node.id in already:
        return True
    if all(members):
        found.append(node)
        return True
    return False
