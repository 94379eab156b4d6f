"""A complete cmi5 lesson: three questions about water. Its launch URL is all that it needs to know."""

import contextlib
import json
import sys
import time
import uuid
import webbrowser
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from lrs import client  # nothing but the standard library stands behind it

QUESTIONS = {"Is ice frozen water?": "y", "Is all water salty?": "n", "Is there water in the air?": "y"}
CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/"
MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"


class Session:
    """One launch: from the fetch to `terminated`."""

    def __init__(self, launch_url: str) -> None:
        self.given = dict(parse_qsl(urlsplit(launch_url).query))  # cmi5 8.1
        self.way = client.open(self.given["endpoint"], self.given.get("ipc-service"))  # over IPC where one is named
        self.headers = {"X-Experience-API-Version": "1.0.3"}
        token = self.send("POST", self.given["fetch"]).get("auth-token")  # 8.2: given once
        self.headers["Authorization"] = f"Basic {token or sys.exit('this launch has been used; launch again')}"
        self.xapi = self.given["endpoint"].rstrip("/")
        self.about = {"activityId": self.given["activityId"], "registration": self.given["registration"]}
        self.data = self.document("GET", "activities/state", **self.about, stateId="LMS.LaunchData")  # 10
        self.document("GET", "agents/profile", profileId="cmi5LearnerPreferences")  # 11: languages, audio
        self.began = time.monotonic()

    def document(self, method: str, resource: str, value: Any = None, **about: str) -> Any:
        """Read or write a document of this learner; {} where there is none."""
        query = urlencode({"agent": self.given["actor"], **about}, quote_via=quote)
        return self.send(method, f"{self.xapi}/{resource}?{query}", value)

    def say(self, verb: str, *categories: str, below: str = "", **result: Any) -> None:
        """Send a statement (9) about the lesson, or about what is `below` it."""
        context = json.loads(json.dumps(self.data["contextTemplate"]))  # 10.2.1: all of it, in every statement
        context["contextActivities"]["category"] = [{"id": CATEGORY + name} for name in categories]
        if "score" in result and "masteryScore" in self.data:
            context["extensions"][MASTERY_SCORE] = self.data["masteryScore"]
        if verb in ("passed", "failed", "completed", "terminated"):
            result["duration"] = f"PT{time.monotonic() - self.began:.2f}S"
        statement = {
            "id": str(uuid.uuid4()),  # made here: sent twice, it is still one statement
            "timestamp": datetime.now(UTC).isoformat(),
            "actor": json.loads(self.given["actor"]),
            "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
            "object": {"id": self.given["activityId"] + below},
            "context": {**context, "registration": self.given["registration"]},
        }
        self.send("POST", f"{self.xapi}/statements", statement | ({"result": result} if result else {}))

    def send(self, method: str, url: str, value: Any = None) -> Any:
        """Ask until there is an answer: the LMS may be started again while the lesson goes on."""
        body = None if value is None else json.dumps(value).encode()
        headers = self.headers | ({"Content-Type": "application/json"} if body else {})
        for _ in range(60):
            with contextlib.suppress(client.Unreachable):
                answer = self.way.request(method, url, headers, body, 10.0, retry_safe=True)
                if answer.status in (200, 204, 404):
                    return json.loads(answer.body) if answer.status == 200 else {}
                if answer.status < 500:
                    sys.exit(f"the LMS refused: {answer.body.decode()}")
            time.sleep(1)
        return sys.exit("the LMS has not answered for a minute; launch the lesson again")

    def teach(self) -> None:
        """Ask what has not been answered in this registration yet; when all is, judge it, once (9.3)."""
        mine = {**self.about, "stateId": "water.answers"}
        answers: dict[str, str] = self.document("GET", "activities/state", **mine)
        for number, (question, right) in enumerate(QUESTIONS.items(), 1):
            if question not in answers:
                print(question, flush=True)
                if not (answer := sys.stdin.readline().strip().lower()):
                    return  # the learner leaves for now
                self.say("answered", below=f"/question/{number}", response=answer, success=answer == right)
                answers[question] = answer
                if answers.keys() == QUESTIONS.keys() and self.data["launchMode"] == "Normal":
                    score = sum(answers[asked] == QUESTIONS[asked] for asked in answers) / len(answers)
                    good = score >= self.data.get("masteryScore", 0)
                    self.say("passed" if good else "failed", "cmi5", "moveon", success=good, score={"scaled": score})
                    self.say("completed", "cmi5", "moveon", completion=True)
                self.document("PUT", "activities/state", answers, **mine)


if __name__ == "__main__":
    session = Session(sys.argv[1])
    session.say("initialized", "cmi5")
    try:
        session.teach()
    finally:
        session.say("terminated", "cmi5")  # on every way out (9.3.8)
    if "returnURL" in session.data:
        webbrowser.open(session.data["returnURL"])  # 10.2.6
