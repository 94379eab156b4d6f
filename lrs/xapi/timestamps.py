"""Moments and lengths of time as xAPI writes them (xAPI Data 4.5, 4.6).

Inside, a moment is whole microseconds since 1970-01-01T00:00:00Z. What is read is ISO 8601's combined date and time,
extended or basic, which holds RFC 3339; finer than a microsecond is cut off, never rounded. What is written is always
`2026-11-21T10:00:00.123456Z`. Functions here raise `ValueError` with a reason; who knows the place makes it a fault.
"""

from __future__ import annotations

import functools
import re
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal

from msgspec import Struct

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAY_US = 86_400_000_000
_LAST_DAY = date.max.toordinal()
_USUAL_LENGTHS = frozenset({20, 24, 27})

_TIMESTAMP = re.compile(
    r"(?P<date>[0-9]{4}(?P<dash>-?)[0-9]{2}(?P=dash)[0-9]{2})[Tt]"
    r"(?P<hour>[0-9]{2})(?P<colon>:?)(?P<minute>[0-9]{2})"
    r"(?:(?P=colon)(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?",
)


def parse(text: str, *, zone_required: bool = False) -> int:
    """The microseconds since the epoch that a timestamp names; without a zone it is taken for UTC unless required."""
    usual = _usual(text)
    if usual is not None:
        return usual
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError("not an ISO 8601 date and time such as 2026-11-21T10:00:00.123Z")
    day_text, dash, hour, colon, minute, second, fraction, zone = match.groups()
    if bool(dash) != bool(colon):
        raise ValueError("extended (2026-11-21T10:00:00) and basic (20261121T100000) format are mixed")
    if zone is None and zone_required:
        raise ValueError("the time zone is missing; end it with Z")  # RFC 3339 5.6
    offset_us = _offset_us(zone) if zone else 0
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    clock_us = _clock_us(int(hour), int(minute), int(second or 0))
    moment = _day(day_text) * _DAY_US + clock_us - offset_us
    if second == "60":
        _check_leap_second(moment)
    return _within_calendar(moment + micros)


def format(us: int) -> str:
    """The moment in UTC with six fraction digits and `Z`: as text these sort as the moments do."""
    seconds, micros = divmod(us, 1_000_000)
    return f"{_second(seconds)}.{micros:06}Z"


@functools.lru_cache(64)  # what is written is mostly of this very second
def _second(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{date.fromordinal(days + _EPOCH_DAY).isoformat()}T{hour:02}:{minute:02}:{second:02}"


def _usual(text: str) -> int | None:
    """The moment of `2026-11-21T10:00:00Z`, with three or six fraction digits or none: nearly all that is ever sent.

    None for any other form, right or wrong; a third of the time of the grammar.
    """
    if len(text) not in _USUAL_LENGTHS or text[4] + text[7] + text[10] + text[13] + text[16] + text[-1] != "--T::Z":
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if text[11:13] == "24" or text[19] not in ".,Z":  # Python takes the one for the next day, and `:` before a fraction
        return None
    seconds = ((found.toordinal() - _EPOCH_DAY) * 24 + found.hour) * 3600 + found.minute * 60 + found.second
    return seconds * 1_000_000 + found.microsecond


def _day(text: str) -> int:
    """Days since the epoch of `2026-11-21` or `20261121`."""
    try:
        return date.fromisoformat(text).toordinal() - _EPOCH_DAY
    except ValueError as error:
        raise ValueError(f"there is no day {text}") from error


def _clock_us(hour: int, minute: int, second: int) -> int:
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError(f"there is no time {hour:02}:{minute:02}:{second:02}")
    return ((hour * 60 + minute) * 60 + second) * 1_000_000


def _offset_us(zone: str) -> int:
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    if hours > 23 or minutes > 59:
        raise ValueError(f"there is no offset {zone}")
    if zone[0] == "+":
        return (hours * 60 + minutes) * 60_000_000
    if not (hours or minutes):
        # ISO 8601:2004 4.2.5.1 has no negative zero; RFC 3339 uses it for "offset unknown". xAPI suite XAPI-00123
        raise ValueError(f"the offset {zone} is not allowed; write Z or +00:00")
    return -(hours * 60 + minutes) * 60_000_000


def _check_leap_second(moment: int) -> None:
    """Second 60 is there only at the end of a month in UTC (RFC 3339 5.7); it counts as the second after it."""
    if moment % _DAY_US or date.fromordinal(moment // _DAY_US + _EPOCH_DAY).day != 1:
        raise ValueError("second 60 is there only as a leap second, at 23:59:60 UTC on the last day of a month")


def _within_calendar(moment: int) -> int:
    if not 1 <= moment // _DAY_US + _EPOCH_DAY <= _LAST_DAY:
        raise ValueError("the moment lies outside the years 0001 to 9999 in UTC")
    return moment


# --- durations (xAPI Data 4.6, ISO 8601:2004 4.4.3.2) ----------------------------------------------------------------

_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
_DURATION = re.compile(
    rf"P(?:(?P<weeks>{_NUMBER})W"
    rf"|(?:(?P<years>{_NUMBER})Y)?(?:(?P<months>{_NUMBER})M)?(?:(?P<days>{_NUMBER})D)?"
    rf"(?:T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?)",
)
_UNITS = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
_HUNDREDTH = Decimal("0.01")


class Duration(Struct, frozen=True):
    """A length of time in the units it was written in: a month has no fixed number of seconds (xAPI Data 2.3.1)."""

    years: Decimal = Decimal(0)
    months: Decimal = Decimal(0)
    weeks: Decimal = Decimal(0)
    days: Decimal = Decimal(0)
    hours: Decimal = Decimal(0)
    minutes: Decimal = Decimal(0)
    seconds: Decimal = Decimal(0)

    def approximate_seconds(self) -> float:
        """Seconds, taking a year for 365 days and a month for 30; exact where neither is used."""
        days = self.years * 365 + self.months * 30 + self.weeks * 7 + self.days
        return float(((days * 24 + self.hours) * 60 + self.minutes) * 60 + self.seconds)


def check_duration(text: str) -> re.Match[str]:
    """The parts of a duration's text; `ValueError` with the reason when it is none."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("not an ISO 8601 duration such as PT4H35M59.14S, P3Y1M29D or P4W")
    if text[-1] in "PT":
        raise ValueError("a duration needs a number with its unit, and a unit after T")
    _, point, rest = text.replace(",", ".").partition(".")
    if point and not rest[:-1].isdigit():  # more than the fraction and its unit: ISO 8601:2004 4.4.3.2
        raise ValueError("only the smallest unit of a duration may have a fraction")
    return match


def parse_duration(text: str) -> Duration:
    """The duration that a text such as `PT4H35M59.14S` or `P4W` names."""
    match = check_duration(text)
    written = {unit: value.replace(",", ".") for unit in _UNITS if (value := match[unit]) is not None}
    return Duration(**{unit: Decimal(value) for unit, value in written.items()})


def format_duration(seconds: float) -> str:
    """Hours, minutes and seconds, cut off at a hundredth of a second: `PT1H2M3.45S`."""
    if not 0 <= seconds < float("inf"):
        raise ValueError("a duration is a finite number of seconds, not negative")
    whole = Decimal(repr(seconds)).quantize(_HUNDREDTH, rounding=ROUND_DOWN)  # xAPI Data 4.6: at most 0.01 s
    minutes, rest = divmod(whole, 60)
    hours, minute = divmod(int(minutes), 60)
    second = f"{rest.normalize():f}"
    parts = (f"{hours}H" if hours else "", f"{minute}M" if minute else "", f"{second}S" if second != "0" else "")
    return "PT" + ("".join(parts) or "0S")
