"""An AU that does what a script says: it knows its launch URL and nothing else, and shares no code with the maths app.

Over `lrs.client` it fetches its token, reads the launch data and the learner's preferences, and says what cmi5 has an
AU say. The statements are built here by hand from the specification, so a test does not compare our builders with
themselves.
"""

from __future__ import annotations

import copy
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from lrs import client
from lrs.client import Response

ADL = "http://adlnet.gov/expapi/verbs/"
CMI5 = {"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}
MOVE_ON = {"id": "https://w3id.org/xapi/cmi5/context/categories/moveon"}
MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
JSON = {"Content-Type": "application/json", "X-Experience-API-Version": "1.0.3"}
TIMEOUT = 30.0

# What an AU with that moveOn says between its first and its last statement.
VERDICTS = {
    "Passed": ("passed",),
    "Completed": ("completed",),
    "CompletedAndPassed": ("passed", "completed"),
    "CompletedOrPassed": ("completed",),
    "NotApplicable": (),
}


class ScriptedAu:
    """One session. Use it as a context; `start` first."""

    def __init__(self, launch_url: str) -> None:
        given = {name: values[0] for name, values in parse_qs(urlsplit(launch_url).query).items()}
        self.endpoint = given["endpoint"].rstrip("/") + "/"
        self.fetch_url = given["fetch"]
        self.actor: dict[str, Any] = json.loads(given["actor"])
        self.registration = given["registration"]
        self.activity_id = given["activityId"]
        self.token = ""
        self.launch_data: dict[str, Any] = {}
        self._way = client.open(self.endpoint, given.get("ipc-service"))

    def __enter__(self) -> ScriptedAu:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._way.close()

    def start(self) -> None:
        """Fetch, launch data, preferences: what cmi5 asks of every AU before `initialized`."""
        self.token = self.fetch()["auth-token"]
        about = {"activityId": self.activity_id, "agent": json.dumps(self.actor), "registration": self.registration}
        answer = self.ask("GET", "activities/state", {**about, "stateId": "LMS.LaunchData"})
        assert answer.status == 200, answer.body
        self.launch_data = json.loads(answer.body)
        wanted = {"agent": json.dumps(self.actor), "profileId": "cmi5LearnerPreferences"}
        assert self.ask("GET", "agents/profile", wanted).status in (200, 404)

    def fetch(self) -> dict[str, str]:
        """POST to the fetch address (cmi5 8.2)."""
        answer = self._way.request("POST", self.fetch_url, {}, None, TIMEOUT)
        assert answer.status == 200, answer.body
        found: dict[str, str] = json.loads(answer.body)
        return found

    def ask(self, method: str, resource: str, about: dict[str, str], body: Any = None) -> Response:
        """One xAPI request with the session's token."""
        content = None if body is None else json.dumps(body).encode()
        query = f"?{urlencode(about, quote_via=quote)}" if about else ""
        headers = {**JSON, "Authorization": f"Basic {self.token}"}
        return self._way.request(method, f"{self.endpoint}{resource}{query}", headers, content, TIMEOUT)

    def post(self, statement: dict[str, Any]) -> Response:
        """Send a statement."""
        return self.ask("POST", "statements", {}, statement)

    def say(self, statement: dict[str, Any]) -> str:
        """Send a statement that must be taken; its id."""
        answer = self.post(statement)
        assert (answer.status, json.loads(answer.body)) == (200, [statement["id"]]), answer.body
        return str(statement["id"])

    # --- statements -------------------------------------------------------------------------------------------------

    def allowed(self, name: str, **more: Any) -> dict[str, Any]:
        """A cmi5 allowed statement (cmi5 7.1.3): the template's context and no category."""
        context = copy.deepcopy(self.launch_data["contextTemplate"])
        return {
            "id": str(uuid.uuid4()),
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "actor": self.actor,
            "verb": {"id": ADL + name, "display": {"en": name}},
            "object": {"id": self.activity_id},
            "context": {**context, "registration": self.registration},
            **more,
        }

    def defined(self, name: str) -> dict[str, Any]:
        """A cmi5 defined statement with that verb, and the result and context it must have (cmi5 9.3, 9.5, 9.6)."""
        statement = self.allowed(name)
        kinds = statement["context"].setdefault("contextActivities", {})
        kinds["category"] = [CMI5] + ([MOVE_ON] if name in ("passed", "failed", "completed") else [])
        if name != "initialized":
            statement["result"] = {"duration": "PT1.5S"}
        if name == "completed":
            statement["result"]["completion"] = True
        if name == "passed":
            self._pass(statement)
        return statement

    def _pass(self, statement: dict[str, Any]) -> None:
        statement["result"]["success"] = True
        mastery = self.launch_data.get("masteryScore")
        if mastery is not None:  # cmi5 9.3.4, 9.6.3.2
            statement["result"]["score"] = {"scaled": mastery}
            statement["context"].setdefault("extensions", {})[MASTERY_SCORE] = mastery

    def answered(self) -> dict[str, Any]:
        """An answer to a question of this AU: cmi5 allowed."""
        question = {"id": f"{self.activity_id}/question/1", "definition": {"name": {"en": "Is it?"}}}
        return self.allowed("answered", object=question, result={"response": "yes", "success": True})


@dataclass(frozen=True, slots=True)
class Ran:
    """A session that was run to its end: the ids of what was said by verb, and the launch data."""

    said: dict[str, str] = field(default_factory=dict)
    launch_data: dict[str, Any] = field(default_factory=dict)


def run(launch_url: str) -> Ran:
    """A whole session, in which the AU does what its moveOn asks for."""
    with ScriptedAu(launch_url) as au:
        au.start()
        said = {"initialized": au.say(au.defined("initialized")), "answered": au.say(au.answered())}
        for name in VERDICTS[au.launch_data["moveOn"]]:
            said[name] = au.say(au.defined(name))
        said["terminated"] = au.say(au.defined("terminated"))
        return Ran(said, au.launch_data)
