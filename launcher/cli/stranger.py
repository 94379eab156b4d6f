"""A lesson's side of cmi5 with no lesson in it: stands in for other people's content, which nobody here can take.

It is as much a stranger as any lesson: it knows its launch URL, speaks through `lrs.client`, and says what moveOn and
masteryScore ask for: `initialized`, then `passed` or `failed` and `completed`, then `terminated`.

    python -m launcher.cli.stranger LAUNCH_URL        one line for each statement, after its acknowledgement
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from lrs import client
from lrs.clock import Clock, SystemClock
from lrs.errors import OfflineLrsError
from lrs.xapi import timestamps

VERBS = "http://adlnet.gov/expapi/verbs/"
CATEGORIES = "https://w3id.org/xapi/cmi5/context/categories/"
MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
PARAMETERS = ("endpoint", "fetch", "actor", "registration", "activityId")  # cmi5 8.1
ANSWER_SECONDS = 30.0
WITH_PASSED = ("Passed", "CompletedAndPassed")
WITH_COMPLETED = ("Completed", "CompletedAndPassed", "CompletedOrPassed")
RESULTS: dict[str, dict[str, Any]] = {
    "passed": {"success": True},
    "failed": {"success": False},
    "completed": {"completion": True},
    "terminated": {},
}


class Refused(OfflineLrsError):
    """The LMS does not take what the lesson says."""


def main(arguments: list[str]) -> int:
    """Attend the session that a launch URL opens."""
    if len(arguments) != 1:
        print("usage: python -m launcher.cli.stranger LAUNCH_URL", file=sys.stderr)
        return 2
    try:
        attend(arguments[0], SystemClock(), 1.0, lambda verb: print(verb, flush=True))
    except (OfflineLrsError, OSError) as error:
        print(f"the session cannot be played: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


def attend(url: str, clock: Clock, scaled: float | None, tell: Callable[[str], None]) -> None:
    """One session, from the fetch to `terminated`. `scaled` is the score; None for a learner who leaves halfway."""
    given = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    if missing := [name for name in PARAMETERS if name not in given]:
        raise Refused(f"this is no launch URL: it lacks {', '.join(missing)}")
    service = given.get("ipc-service") or given.get("ipc-server")
    with closing(client.open(given["endpoint"], service)) as way:
        session = _Session(way, given, clock, clock.monotonic())
        session.enter()
        says = verdicts(session.data["moveOn"], session.mastery, scaled)
        for verb in ("initialized", *says, "terminated"):
            session.say(verb, scaled)
            tell(verb)


def verdicts(move_on: str, mastery: float | None, scaled: float | None) -> tuple[str, ...]:
    """What is said of a score: whatever moveOn and masteryScore wait for, and no more."""
    if scaled is None:
        return ()
    judged = "failed" if mastery is not None and scaled < mastery else "passed"  # cmi5 9.3.4
    says = (judged,) if mastery is not None or move_on in WITH_PASSED else ()
    return (*says, "completed") if move_on in WITH_COMPLETED else says


@dataclass(slots=True)
class _Session:
    """What the launch opened. `given` are the parameters of the launch URL (cmi5 8.1)."""

    way: client.Transport
    given: Mapping[str, str]
    clock: Clock
    began: float
    data: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def mastery(self) -> float | None:
        """The score that passes, where the LMS set one."""
        found: float | None = self.data.get("masteryScore")
        return found

    def enter(self) -> None:
        """Fetch the token (cmi5 8.2), then read the launch data (10) and the learner's preferences (11)."""
        token = self._ask("POST", self.given["fetch"], (200,)).get("auth-token")
        if token is None:
            raise Refused("the LMS gives no token")
        self.headers = {"Authorization": f"Basic {token}", "X-Experience-API-Version": "1.0.3"}
        agent = {"agent": self.given["actor"]}
        about = {**agent, "activityId": self.given["activityId"], "registration": self.given["registration"]}
        self.data = self._ask("GET", self._url("activities/state", {**about, "stateId": "LMS.LaunchData"}), (200,))
        preferences = self._url("agents/profile", {**agent, "profileId": "cmi5LearnerPreferences"})
        self._ask("GET", preferences, (200, 404))

    def say(self, verb: str, scaled: float | None) -> None:
        """Make the statement and have it acknowledged."""
        self._ask("POST", self._url("statements"), (200,), self._statement(verb, scaled))

    def _statement(self, verb: str, scaled: float | None) -> dict[str, Any]:
        context = {**copy.deepcopy(self.data["contextTemplate"]), "registration": self.given["registration"]}
        categories = context.setdefault("contextActivities", {}).setdefault("category", [])
        categories.append({"id": f"{CATEGORIES}cmi5"})  # cmi5 9.6.2.1
        statement = {
            "id": str(self.clock.uuid4()),
            "timestamp": timestamps.format(self.clock.now_us()),
            "actor": json.loads(self.given["actor"]),
            "verb": {"id": f"{VERBS}{verb}", "display": {"en": verb}},
            "object": {"objectType": "Activity", "id": self.given["activityId"]},
            "context": context,
        }
        if verb in RESULTS:
            elapsed = self.clock.monotonic() - self.began
            statement["result"] = {**RESULTS[verb], "duration": f"PT{elapsed:.2f}S"}  # cmi5 9.5.4.1
        if verb in ("passed", "failed", "completed"):
            categories.append({"id": f"{CATEGORIES}moveon"})  # cmi5 9.6.2.2
        if verb in ("passed", "failed"):
            statement["result"]["score"] = {"scaled": scaled}
            if self.mastery is not None:
                context.setdefault("extensions", {})[MASTERY_SCORE] = self.mastery  # cmi5 9.6.3.2
        return statement

    def _url(self, resource: str, parameters: Mapping[str, str] | None = None) -> str:
        query = f"?{urlencode(parameters, quote_via=quote)}" if parameters else ""
        return f"{self.given['endpoint'].rstrip('/')}/{resource}{query}"

    def _ask(self, method: str, url: str, wanted: Iterable[int], value: dict[str, Any] | None = None) -> Any:
        """The answer's JSON; `Refused` where it is no answer that was wanted."""
        body = None if value is None else json.dumps(value).encode()
        headers = {**self.headers, "Content-Type": "application/json"} if value else self.headers
        answer = self.way.request(method, url, headers, body, ANSWER_SECONDS)
        if answer.status not in wanted:
            raise Refused(f"the LMS answers {answer.status}: {answer.body.decode(errors='replace')[:300]}")
        return json.loads(answer.body) if answer.status == 200 else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
