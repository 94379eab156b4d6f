"""A learning management system in one short file: Python's standard library, and the public HTTP API of Offline LRS.

    LMS_LOGIN=KEY:SECRET python lms.py http://127.0.0.1:8080 cmi5.xml Amina --open "COMMAND THAT TAKES A LAUNCH URL"

It imports a course, enrols one learner, has every lesson done (one over IPC, the next over the network, and so on),
and shows how the learner stands. The credential needs the scopes `admin` and `all/read`.
"""

import argparse
import base64
import json
import os
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

LESSON_SECONDS = 3600  # a lesson that has not ended by then has been left


class Server:
    """The program at an address, spoken to with one credential."""

    def __init__(self, url: str, login: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {
            "Authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
            "X-Experience-API-Version": "1.0.3",  # read by /xapi, ignored by /api
        }

    def get(self, path: str, **query: str) -> Any:
        return self._send("GET", f"{path}?{urlencode(query)}" if query else path, None, {})

    def post(self, path: str, value: Any) -> Any:
        return self._send("POST", path, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def post_file(self, path: str, file: Path) -> Any:
        kind = "application/zip" if file.suffix == ".zip" else "application/xml"
        return self._send("POST", path, file.read_bytes(), {"Content-Type": kind})

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        request = urllib.request.Request(self._url + path, body, {**self._headers, **headers}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:  # application/problem+json: `detail` is a sentence for a person
            sys.exit(f"{method} {path}: {json.load(refusal)['detail']}")
        except urllib.error.URLError as error:
            sys.exit(f"{self._url} cannot be reached: {error.reason}")


def give_lesson(server: Server, wish: dict[str, Any], opener: list[str]) -> str:
    """Launch one lesson, let it be done, and wait for its end: how its session ended."""
    launched = server.post("/api/launches", wish)
    subprocess.run([*opener, launched["url"]], check=True)  # the URL is all that a lesson ever gets
    deadline = time.monotonic() + LESSON_SECONDS
    while True:  # a browser comes back at once, while the lesson has only begun
        session = server.get(f"/api/sessions/{launched['session']}")
        if session["phase"] in ("terminated", "abandoned") or time.monotonic() > deadline:
            return str(session["phase"])
        time.sleep(0.5)


def main() -> None:
    """From a course to a result."""
    parser = argparse.ArgumentParser(description="an example LMS")
    parser.add_argument("server")
    parser.add_argument("course", type=Path, help="cmi5.xml, or a package as a zip file")
    parser.add_argument("learner", help="the learner's given name")
    parser.add_argument("--open", default="xdg-open", help="what opens a launch URL (default: the system does)")
    given = parser.parse_args()
    server = Server(given.server, os.environ["LMS_LOGIN"])

    course = server.post_file("/api/courses", given.course)
    person = server.post("/api/people", {"givenName": given.learner})
    enrolment = server.post("/api/registrations", {"course": course["id"], "person": person["id"]})
    for au in course["aus"]:
        transport = ("ipc", "network")[au["index"] % 2]
        wish = {**enrolment, "person": person["id"], "au": au["index"], "transport": transport}
        print(f"{au['title']} over {transport}: {give_lesson(server, wish, shlex.split(given.open))}", flush=True)

    for table in server.get("/api/progress")["courses"]:
        for line in table["learners"]:
            if line["registration"] == enrolment["registration"]:
                print(f"{line['learner']}, {table['title']}: {line['state']}")
                for unit in line["aus"]:
                    score = "" if unit["score"] is None else f", {unit['score']:.0%}"
                    print(f"  {unit['title']}: {unit['state']}{score}")
    said = server.get("/xapi/statements", registration=enrolment["registration"], ascending="true")
    print("on record:", ", ".join(one["verb"]["id"].rpartition("/")[2] for one in said["statements"]))


if __name__ == "__main__":
    main()
