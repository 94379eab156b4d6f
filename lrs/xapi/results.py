"""The measured outcome of a statement: Result and Score (xAPI Data 2.4.5)."""

from __future__ import annotations

from typing import Any

from lrs.errors import Fault
from lrs.xapi import shapes, timestamps, wire
from lrs.xapi.shapes import Faults
from lrs.xapi.wire import JsonObject

RULE, SCORE_RULE = "xAPI Data 2.4.5", "xAPI Data 2.4.5.1"

_RESULT = frozenset({"score", "success", "completion", "response", "duration", "extensions"})
_SCORE = frozenset({"scaled", "raw", "min", "max"})


def check_result(value: Any, path: str, faults: Faults) -> None:
    """A Result: every part of it is optional."""
    if not shapes.is_object(value, _RESULT, path, RULE, faults):
        return
    if (score := value.get("score")) is not None:
        check_score(score, f"{path}.score", faults)
    shapes.flag(value, "success", path, RULE, faults)
    shapes.flag(value, "completion", path, RULE, faults)
    shapes.text(value, "response", path, RULE, faults)
    _check_duration(value, path, faults)
    shapes.extensions(value, path, faults)


def check_score(value: Any, path: str, faults: Faults) -> None:
    """A Score: scaled within -1 and 1, min below max, raw between them."""
    if not shapes.is_object(value, _SCORE, path, SCORE_RULE, faults):
        return
    scaled = _number(value, "scaled", path, faults)
    raw = _number(value, "raw", path, faults)
    low = _number(value, "min", path, faults)
    high = _number(value, "max", path, faults)
    if scaled is not None and not -1 <= scaled <= 1:
        faults.append(Fault(f"{path}.scaled", SCORE_RULE, f"must be between -1 and 1, not {scaled}"))
    if low is not None and high is not None and low >= high:
        faults.append(Fault(f"{path}.min", SCORE_RULE, f"must be less than max: {low} is not less than {high}"))
    if raw is not None and low is not None and raw < low:
        faults.append(Fault(f"{path}.raw", SCORE_RULE, f"must not be less than min: {raw} is less than {low}"))
    if raw is not None and high is not None and raw > high:
        faults.append(Fault(f"{path}.raw", SCORE_RULE, f"must not be greater than max: {raw} is greater than {high}"))


def _number(value: JsonObject, name: str, path: str, faults: Faults) -> int | float | None:
    found = value.get(name)
    if found is None:
        return None
    if shapes.is_number(found):
        if wire.overflows(found):
            faults.append(Fault(f"{path}.{name}", shapes.FORMAT, wire.TOO_LARGE))
        return found
    faults.append(Fault(f"{path}.{name}", SCORE_RULE, f"must be a number, not {shapes.name_of(found)}"))
    return None


def _check_duration(value: JsonObject, path: str, faults: Faults) -> None:
    """ISO 8601 with designators; finer than 0.01 s is taken as it is. xAPI Data 4.6"""
    found = value.get("duration")
    if found is None:
        return
    if not isinstance(found, str):
        faults.append(Fault(f"{path}.duration", "xAPI Data 4.6", f"must be a string, not {shapes.name_of(found)}"))
        return
    try:
        timestamps.check_duration(found)
    except ValueError as error:
        faults.append(Fault(f"{path}.duration", "xAPI Data 4.6", f"{shapes.name_of(found)}: {error}"))
