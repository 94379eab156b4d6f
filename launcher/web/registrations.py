"""One registration in `/api`: how each AU stands, and what is satisfied."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from launcher.learning import courses, enrolment
from launcher.learning.enrolment import Enrolment, Part, Unit
from launcher.web.api import Running
from lrs.xapi import timestamps

router = APIRouter()


@router.get("/registrations/{registration_id}")
async def show_registration(lms_: Running, registration_id: UUID) -> dict[str, Any]:
    """How each AU of a registration stands, its launches here, and which blocks are satisfied; up to this moment."""
    await lms_.projector.catch_up()
    found = await lms_.lrs.store.read(lambda reader: enrolment.look(reader, lms_.store, str(registration_id)))
    return _shown(found)


def _shown(found: Enrolment) -> dict[str, Any]:
    registration = found.registration
    return {
        "registration": registration.id,
        "actor": registration.actor,
        "course": {"course": registration.course, **_part(found.course)},
        "blocks": [_part(block) for block in found.blocks],
        "aus": [_unit(unit) for unit in found.units],
    }


def _part(part: Part) -> dict[str, Any]:
    return {"id": part.id, "title": part.title, "satisfied": part.satisfied}


def _unit(unit: Unit) -> dict[str, Any]:
    cell = unit.cell
    score = None if cell is None else cell.best_score
    return {
        "index": unit.au.index,
        "id": unit.au.id,
        "title": courses.title(unit.au.title),
        "state": unit.words,
        "moveOn": {"criterion": unit.criterion, "met": unit.met},
        "passed": unit.passed,
        "completed": unit.completed,
        "waived": unit.waived,
        "score": None if score is None else float(score),
        "last": None if cell is None else timestamps.format(cell.last_us),
        "launches": [
            {
                "session": one.session,
                "launchMode": one.mode,
                "phase": one.phase,
                "launched": timestamps.format(one.launched_us),
            }
            for one in unit.launches
        ],
    }
