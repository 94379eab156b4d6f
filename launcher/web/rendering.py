"""How a page is made: templates, what they may call, and the headers that every page has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.filters import FILTERS

from launcher.web import texts
from lrs.xapi import timestamps

TEMPLATES = Path(__file__).parent / "templates"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
STARS = (Decimal("0.6"), Decimal("0.75"), Decimal("0.9"))


def headers(**policy: str) -> dict[str, str]:
    """What every page is sent with; `policy` puts other values in the content security policy (`form_action`)."""
    directives = POLICY | {name.replace("_", "-"): value for name, value in policy.items()}
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in directives.items()),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def page(template: str, *, policy: Mapping[str, str] | None = None, code: int = 200, **values: Any) -> HTMLResponse:
    """A template with these values."""
    made = _environment().get_template(template).render(**values)
    return HTMLResponse(made, code, headers(**(policy or {})))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "iso": timestamps.format,
        "local": local,
        "utc": utc,
        "percent": percent,
        "stars": stars,
        "lasting": lasting,
        "count": count,
    }
    made.globals["say"] = say
    return made


# --- what templates call --------------------------------------------------------------------------------------------


def say(key: str, n: int | None = None, **values: Any) -> Any:
    """A text of `texts`, with what it names put in and escaped; `n` is the number that it counts."""
    named = values if n is None else {"n": count(n), **values}
    return FILTERS["escape"](texts.text(key, n)) % named


def local(us: int) -> str:
    """A moment as people here read it: local time, to the minute."""
    moment = EPOCH + timedelta(microseconds=us)
    try:
        return moment.astimezone().strftime("%Y-%m-%d %H:%M")
    except (
        OverflowError,
        ValueError,
    ):  # a wrong clock said the year 9999 or 1, and the local day is beyond the calendar
        return utc(us)


def utc(us: int) -> str:
    """The same moment for everybody."""
    return (EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%d %H:%M UTC")


def percent(score: Decimal | float) -> str:
    """A share of 1 as a whole number of per cent."""
    return f"{round(score * 100)} %"


def stars(score: Decimal) -> int:
    """None to three, for what a learner sees."""
    return sum(score >= least for least in STARS)


def lasting(seconds: float) -> str:
    """A length of time in the two units that say most."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return str(say("time.hours", hours=hours, minutes=minute))
    return str(say("time.minutes", minutes=minutes, seconds=rest) if minutes else say("time.seconds", seconds=rest))


def count(number: int) -> str:
    """A whole number, thousands set apart by a narrow space that does not break."""
    return f"{number:,}".replace(",", "\u202f")
