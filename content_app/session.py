"""One session with the LMS: fetch, launch data, preferences, then statements, each sent until it is acknowledged.

The LMS may be stopped, killed and started again at any moment. Until `Patience` runs out, a request that got no answer,
or one that says "not now", is sent again: the same id and the same bytes, so that whatever was kept is kept once. An
answer that says no is final. What to say is left to `lesson` and `statements`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from content_app import progress
from content_app.clock import Clock
from content_app.errors import Refused
from content_app.launch import Launch
from content_app.progress import Progress
from content_app.statements import VERBS, LaunchData, Statement
from lrs.client import Response, Transport, Unreachable

_VERSION = {"X-Experience-API-Version": "1.0.3"}
_JSON = {"Content-Type": "application/json"}
_NOT_NOW = frozenset({408, 425, 429})  # with every 5xx
_PROGRESS = "offline-maths.progress"
_LAUNCH_MODES = ("Normal", "Browse", "Review")
_LONGEST_REASON = 300
_SHORTEST_ANSWER = 5.0  # seconds: a busy tablet answers late, too


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one request is tried, and the pauses between the tries (doubled each time up to `longest`)."""

    seconds: float = 60.0
    first: float = 0.05
    longest: float = 1.0
    answer: float = 30.0  # one try waits as long for its answer


@dataclass(frozen=True, slots=True)
class Preferences:
    """The learner's preferences (cmi5 11); what is not set is empty."""

    languages: tuple[str, ...] = ()
    audio: str = ""


class Session:
    """A launched session, from the fetch to the last statement. `on_kept` hears of each acknowledged statement."""

    def __init__(
        self,
        launch: Launch,
        transport: Transport,
        clock: Clock,
        patience: Patience | None = None,
        on_kept: Callable[[Statement, int], None] = lambda _statement, _status: None,
    ) -> None:
        self.launch = launch
        self._transport = transport
        self._clock = clock
        self._patience = patience or Patience()
        self._longest_answer = self._patience.answer
        self._on_kept = on_kept
        self._authorization: dict[str, str] = {}
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """The time for the next statement: later than that of the one before, though the clock may step back."""
        self._last = max(self._clock.now(), self._last + timedelta(microseconds=1))
        return self._last

    def fetch(self) -> None:
        """Get the token, once (cmi5 8.2). Nothing else may be asked before."""
        if self._authorization:
            return
        response = self._call("POST", self.launch.fetch, {}, None, self._longest_answer)  # it is answered only once
        answer = _object(response, "the fetch URL")
        token = answer.get("auth-token")
        if response.status != 200 or not isinstance(token, str) or not token:
            code, text = answer.get("error-code", response.status), answer.get("error-text", "")
            raise Refused(f"the LMS gives no token (error-code {code}) {text}".strip() + "; launch the lesson again")
        self._authorization = {"Authorization": f"Basic {token}"}

    def launch_data(self) -> LaunchData:
        """What the LMS says about this session (cmi5 10)."""
        response = self._get("activities/state", self._about_activity("LMS.LaunchData"))
        _expect(response, 200, "the launch data")
        value = _object(response, "the launch data")
        template, mode, mastery = value.get("contextTemplate"), value.get("launchMode"), value.get("masteryScore")
        if not isinstance(template, dict) or mode not in _LAUNCH_MODES:  # cmi5 10.2.1, 10.2.2
            raise Refused("the launch data lack a contextTemplate or a launchMode")
        if mastery is not None and (isinstance(mastery, bool) or not isinstance(mastery, int | float)):
            raise Refused("the masteryScore in the launch data is no number")
        return_url = value.get("returnURL")
        return LaunchData(template, mode, mastery, return_url if isinstance(return_url, str) and return_url else None)

    def preferences(self) -> Preferences:
        """The learner's preferences; none where the LMS has none (cmi5 11)."""
        about = {"agent": self.launch.actor_text, "profileId": "cmi5LearnerPreferences"}
        response = self._get("agents/profile", about)
        if response.status == 404:
            return Preferences()
        _expect(response, 200, "the learner's preferences")
        value = _object(response, "the learner's preferences")
        languages = str(value.get("languagePreference", "")).split(",")
        return Preferences(
            tuple(each.strip() for each in languages if each.strip()), str(value.get("audioPreference", ""))
        )

    def progress(self) -> Progress:
        """What this lesson wrote down of itself in this registration. An LMS that kept nothing is a fresh start."""
        response = self._get("activities/state", self._about_activity(_PROGRESS))
        return progress.parse(_json(response)) if response.status == 200 else Progress()

    def keep_progress(self, kept: Progress) -> None:
        """Write that down. Where an LMS will not have it, the lesson goes on: what it said is on record already."""
        url = f"{self.launch.endpoint}activities/state?{_query(self._about_activity(_PROGRESS))}"
        self._call("PUT", url, self._headers() | _JSON, _bytes(progress.document(kept)))

    def was_said(self, verb: str) -> bool:
        """Whether the LMS has a statement with that verb of this learner, activity and registration; one that lets a
        lesson read nothing does not say so."""
        about = {"agent": self.launch.actor_text, "activity": self.launch.activity_id, "verb": VERBS[verb]}
        response = self._get("statements", about | {"registration": self.launch.registration, "limit": "1"})
        return response.status == 200 and bool(_object(response, "statements").get("statements"))

    def send(self, statement: Statement) -> None:
        """Send the statement until the LMS acknowledges it. `Refused` where it says no, `Unreachable` in the end."""
        body = _bytes(statement)  # made once: a retry sends the same bytes
        response = self._call("POST", f"{self.launch.endpoint}statements", self._headers() | _JSON, body)
        _expect(response, 200, f"the statement {statement['verb']['display']['en']!r}")
        if _json(response) != [statement["id"]]:  # xAPI Communication 2.1.2
            raise Refused("the LMS acknowledged something else than the statement it was sent")
        self._on_kept(statement, response.status)

    def be_patient(self, seconds: float) -> None:
        """Try each request so long from now on: somebody waits. An answer is waited for less long, too."""
        answer = min(self._longest_answer, max(seconds, _SHORTEST_ANSWER))
        self._patience = replace(self._patience, seconds=seconds, answer=answer)

    def _get(self, resource: str, parameters: Mapping[str, str]) -> Response:
        return self._call("GET", f"{self.launch.endpoint}{resource}?{_query(parameters)}", self._headers(), None)

    def _headers(self) -> dict[str, str]:
        return self._authorization | _VERSION

    def _about_activity(self, state_id: str) -> dict[str, str]:
        return {
            "activityId": self.launch.activity_id,
            "agent": self.launch.actor_text,
            "registration": self.launch.registration,
            "stateId": state_id,
        }

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, answer: float | None = None
    ) -> Response:
        """The final answer: tried again while nobody answers, or the answer is "not now", and patience lasts."""
        began, pause = self._clock.monotonic(), self._patience.first
        timeout = answer or self._patience.answer
        while True:
            try:
                response = self._transport.request(method, url, headers, body, timeout, retry_safe=True)
                if not _is_not_now(response):
                    return response
                failure = Unreachable(f"the LMS cannot take it now: {_reason(response)}", sent=True)
            except Unreachable as error:
                failure = error
            if self._clock.monotonic() - began + pause > self._patience.seconds:
                raise failure
            self._clock.sleep(pause)
            pause = min(2 * pause, self._patience.longest)


def _query(parameters: Mapping[str, str]) -> str:
    return urlencode(parameters, quote_via=quote)  # a space as %20: not every server reads + as one


def _is_not_now(response: Response) -> bool:
    return response.status >= 500 or response.status in _NOT_NOW


def _expect(response: Response, status: int, what: str) -> None:
    if response.status != status:
        raise Refused(f"the LMS refused {what} with {response.status}: {_reason(response)}")


def _reason(response: Response) -> str:
    """What the answer says, on one line: the detail of a problem (RFC 9457), else the start of its text."""
    value = _json(response)
    if isinstance(value, dict):
        said = value.get("detail") or value.get("title") or value.get("message")
        if isinstance(said, str) and said:
            return " ".join(said.split())[:_LONGEST_REASON]
    text = " ".join(response.body.decode("utf-8", "replace").split())
    return text[:_LONGEST_REASON] or f"status {response.status} without a word"


def _object(response: Response, what: str) -> dict[str, Any]:
    value = _json(response)
    if not isinstance(value, dict):
        raise Refused(f"the LMS answers {response.status} for {what}, without a JSON object")
    return value


def _json(response: Response) -> Any:
    try:
        return json.loads(response.body)
    except ValueError:
        return None


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
