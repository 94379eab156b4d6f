"""Moments and durations: what is read, what is refused, and that writing and reading agree."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from dateutil.parser import isoparse
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi import timestamps

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31, 23, 59, 59))  # noqa: DTZ001
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).filter(lambda minutes: minutes != 0)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2015-11-18T12:17:00Z", "2015-11-18T12:17:00.000000Z"),
        ("2015-11-18t12:17:00z", "2015-11-18T12:17:00.000000Z"),
        ("2015-11-18T12:17:00+00:00", "2015-11-18T12:17:00.000000Z"),
        ("2015-11-18T12:17:00.1Z", "2015-11-18T12:17:00.100000Z"),
        ("2015-11-18T12:17:00,123Z", "2015-11-18T12:17:00.123000Z"),
        ("2015-11-18T12:17:00.1234569Z", "2015-11-18T12:17:00.123456Z"),
        ("2015-11-18T12:17:00.123456789012345-01:00", "2015-11-18T13:17:00.123456Z"),
        ("2015-11-18T12:17:00+05:30", "2015-11-18T06:47:00.000000Z"),
        ("2015-11-18T12:17:00+0530", "2015-11-18T06:47:00.000000Z"),
        ("2015-11-18T12:17:00-03", "2015-11-18T15:17:00.000000Z"),
        ("20151118T121700Z", "2015-11-18T12:17:00.000000Z"),
        ("2015-11-18T12:17Z", "2015-11-18T12:17:00.000000Z"),
        ("2015-11-18T12:17:00", "2015-11-18T12:17:00.000000Z"),
        ("2016-02-29T23:59:59.999999Z", "2016-02-29T23:59:59.999999Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
        ("2016-12-31T18:59:60.5-05:00", "2017-01-01T00:00:00.500000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_timestamp_is_read_as_its_moment_in_utc(text: str, utc: str) -> None:
    """ISO 8601's combined forms are read, converted to UTC and cut off after microseconds."""
    assert timestamps.format(timestamps.parse(text)) == utc


@pytest.mark.parametrize(
    "text",
    [
        "",
        "should fail",
        "01/011/2015",
        "2015-11-18",
        "2015-11-18T12Z",
        "2015-11-18 12:17:00Z",
        "2008-09-15T15:53:00.601-00",
        "2008-09-15T15:53:00.601-0000",
        "2008-09-15T15:53:00.601-00:00",
        "2015-02-29T00:00:00Z",
        "2015-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2015-11-18T24:00:00Z",
        "2015-11-18T12:60:00Z",
        "2015-11-18T12:17:61Z",
        "2015-11-18T23:59:60Z",
        "2016-12-31T23:58:60Z",
        "2015-11-18T121700Z",
        "20151118T12:17:00Z",
        "2015-11-18T12:17:00.Z",
        "2015-11-18T12:17:00+24:00",
        "2015-11-18T12:17:00+05:60",
        "2015-W47-3T12:17:00Z",
        "2015-322T12:17:00Z",
        "2015-11-18T12:17:00Z ",
        "2015-11-18T12:17:00Z\n",
        "٢٠١٥-11-18T12:17:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "9999-12-31T23:59:60Z",
        "12015-11-18T12:17:00Z",
    ],
)
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    """Other texts are refused: no date, no such day, the unknown offset -00:00, a leap second out of place."""
    with pytest.raises(ValueError):
        timestamps.parse(text)


def test_a_zone_can_be_required() -> None:
    """Where RFC 3339 is asked for, a timestamp without a zone is refused."""
    with pytest.raises(ValueError, match="time zone"):
        timestamps.parse("2015-11-18T12:17:00", zone_required=True)


@given(MOMENTS)
def test_a_written_moment_is_read_again(moment: datetime) -> None:
    """What `format` writes, `parse` reads as the same moment."""
    us = (moment.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    assert timestamps.parse(timestamps.format(us)) == us


@given(MOMENTS, MOMENTS)
def test_written_moments_sort_as_moments_do(first: datetime, second: datetime) -> None:
    """As text the written moments have the order of the moments."""
    one, two = ((moment.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1) for moment in (first, second))
    assert (timestamps.format(one) < timestamps.format(two)) == (one < two)


@given(MOMENTS.filter(lambda moment: 1 < moment.year < 9999), OFFSETS, st.integers(0, 6))
def test_an_independent_reader_agrees(moment: datetime, offset: int, digits: int) -> None:
    """Any offset and number of digits is read as dateutil reads it."""
    sign, minutes = ("-" if offset < 0 else "+"), abs(offset)
    fraction = f".{moment.microsecond:06}"[: digits + 1] if digits else ""
    text = f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + f"{fraction}{sign}{minutes // 60:02}:{minutes % 60:02}"
    assert timestamps.parse(text) == (isoparse(text) - EPOCH) // timedelta(microseconds=1)


@given(st.from_regex(r"\A[0-9]{4}-[0-9W][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.,:][0-9]{3})?Z\Z"))
def test_the_quick_way_gives_what_the_grammar_gives(text: str) -> None:
    """The shortcut for usual forms never reads what the grammar refuses, nor reads it otherwise."""
    assert _result(text) == _result(text.replace("Z", "+00:00"))


def _result(text: str) -> int | None:
    try:
        return timestamps.parse(text)
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT4H35M59.14S", 16559.14),
        ("PT16559.14S", 16559.14),
        ("P1DT0.5H", 88200.0),
        ("P4W", 2419200.0),
        ("P1.5W", 907200.0),
        ("P0,5D", 43200.0),
        ("PT0S", 0.0),
        ("P3Y1M29DT4H35M59.14S", ((3 * 365 + 30 + 29) * 24 + 4) * 3600 + 35 * 60 + 59.14),
        ("P3Y", 3 * 365 * 86400.0),
        ("PT1.123456789S", 1.123456789),
    ],
)
def test_a_duration_has_its_seconds(text: str, seconds: float) -> None:
    """The designator format is read, weeks and a fraction of the smallest unit included."""
    assert timestamps.parse_duration(text).approximate_seconds() == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "P4W1D",
        "P1DT1W",
        "PA1H0M0S",
        "PT1.5H3M",
        "PT1M1H",
        "P1H",
        "P-1D",
        "-P1D",
        "pt1s",
        "PT1S ",
        "P0003-06-04T12:30:05",
        "PT1.S",
        "PT.5S",
        "PT1.1.1S",
        "P1",
        "PT1",
        "PT١S",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Other texts are refused, the alternative format of ISO 8601 4.4.3.3 among them."""
    with pytest.raises(ValueError):
        timestamps.parse_duration(text)


def test_a_duration_keeps_the_units_it_was_written_in() -> None:
    """Units are not converted into one another."""
    duration = timestamps.parse_duration("P1Y2M3DT4H5M6.7S")
    units = [duration.years, duration.months, duration.weeks, duration.days, duration.hours, duration.minutes]
    assert [str(value) for value in [*units, duration.seconds]] == ["1", "2", "0", "3", "4", "5", "6.7"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "PT0S"),
        (0.009, "PT0S"),
        (0.1, "PT0.1S"),
        (3723.459, "PT1H2M3.45S"),
        (60, "PT1M"),
        (3600.0, "PT1H"),
        (90000, "PT25H"),
        (100, "PT1M40S"),
        (1e-7, "PT0S"),
    ],
)
def test_seconds_are_written_as_a_duration(seconds: float, text: str) -> None:
    """Hours, minutes and seconds, cut off at a hundredth."""
    assert timestamps.format_duration(seconds) == text


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_no_duration_is_written_for_what_is_none(seconds: float) -> None:
    """Negative and endless lengths of time are refused."""
    with pytest.raises(ValueError):
        timestamps.format_duration(seconds)


@given(st.integers(0, 10**9))
def test_a_written_duration_is_read_again(hundredths: int) -> None:
    """A whole number of hundredths of a second survives writing and reading, and needs no more than two digits."""
    text = timestamps.format_duration(hundredths / 100)
    exact = round(timestamps.parse_duration(text).approximate_seconds() * 100) == hundredths
    assert (exact, re.search(r"\.[0-9]{3}", text)) == (True, None)
