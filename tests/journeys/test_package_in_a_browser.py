"""A lesson that is a page in a package, in a real browser: it does what cmi5 asks of it, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from launcher.cli.programs import Program
from launcher.cli.remote import Call, call
from tests.launcher.cmi5 import zipping
from tests.launcher.cmi5.zipping import Made
from tests.support.browser import Chromium, Window
from tests.support.world import World, api, credential, enrol, launch, session_of, statements, verb

pytestmark = pytest.mark.slow

PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A lesson</title>
<link rel="stylesheet" href="style.css">
<h1>A lesson</h1><p id="state">begun</p>
<script type="module" src="scripts/lesson.js"></script></html>
"""
STYLE = b"h1 { color: rgb(1, 2, 3) }"
TEXTS = b'{"done": "done"}'
# What any lesson does; it asks for its token and its own files as a page of no origin has to.
LESSON = rb"""
const given = new URLSearchParams(location.search);
const actor = JSON.parse(given.get("actor"));
const token = (await (await fetch(given.get("fetch"), {method: "POST"})).json())["auth-token"];
const headers = {
  "Authorization": `Basic ${token}`, "Content-Type": "application/json", "X-Experience-API-Version": "1.0.3",
};
const about = new URLSearchParams({
  stateId: "LMS.LaunchData", activityId: given.get("activityId"), agent: given.get("actor"),
  registration: given.get("registration"),
});
const launch = await (await fetch(`${given.get("endpoint")}/activities/state?${about}`, {headers})).json();

const hex = (count) => Array.from(crypto.getRandomValues(new Uint8Array(count)), (one) =>
  one.toString(16).padStart(2, "0")).join("");
const say = async (name, result) => {
  const context = structuredClone(launch.contextTemplate);
  context.registration = given.get("registration");
  context.contextActivities.category = [{id: "https://w3id.org/xapi/cmi5/context/categories/cmi5"}];
  const answer = await fetch(`${given.get("endpoint")}/statements`, {method: "POST", headers, body: JSON.stringify({
    id: `${hex(4)}-${hex(2)}-4${hex(2).slice(1)}-8${hex(2).slice(1)}-${hex(6)}`, actor, context, result,
    verb: {id: `http://adlnet.gov/expapi/verbs/${name}`}, object: {id: given.get("activityId")},
    timestamp: new Date().toISOString(),
  })});
  if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
};
await say("initialized");
window.seen = {
  origin: window.origin, level: given.get("level"), style: getComputedStyle(document.querySelector("h1")).color,
};
const MALLORY = JSON.stringify({givenName: "Mallory"});
const mischief = {
  cookies: () => document.cookie,
  storage: () => localStorage.length,
  read: async () => (await fetch("/api/courses", {credentials: "include"})).status,
  write: async () => (await fetch("/api/people", {
    method: "POST", credentials: "include", headers: {"Content-Type": "application/json"}, body: MALLORY,
  })).status,
  blindly: async () => (await fetch("/api/people", {
    method: "POST", credentials: "include", mode: "no-cors", body: MALLORY,
  })).type,
};
for (const [name, attempt] of given.has("mischief") ? Object.entries(mischief) : []) {
  try { window.seen[name] = await attempt(); } catch (error) { window.seen[name] = error.name; }
}
await say("terminated", {duration: "PT1S"});
const texts = await (await fetch(new URL("../texts.json", import.meta.url))).json();
document.querySelector("#state").textContent = texts.done;
"""
PACKAGE = zipping.package(
    Made("a lesson/index.html", PAGE),
    Made("a lesson/style.css", STYLE),
    Made("a lesson/texts.json", TEXTS),
    Made("a lesson/scripts/lesson.js", LESSON),
    xml=zipping.structure("a%20lesson/index.html?level=3#top", "a%20lesson/index.html?mischief=yes"),
)


def _launched(world: World, au: int) -> tuple[Program, dict[str, Any]]:
    """A school that has the package, and a launch of one of its lessons over the network."""
    school = world.school()
    course = call(school.data, Call("POST", "/courses", body=PACKAGE, content_type="application/zip"))
    return school, launch(school, enrol(course["id"], "Amina", school), au, transport="network")


def _done(window: Window) -> dict[str, Any]:
    """What the lesson saw, once it is done."""
    window.do(lambda page: page.locator("#state", has_text="done").wait_for())
    seen: dict[str, Any] = json.loads(str(window.do(lambda page: page.evaluate("JSON.stringify(window.seen)"))))
    return seen


def test_a_page_of_a_package_is_a_whole_session(world: World, chromium: Chromium) -> None:
    """Launched over TCP, it gets its token and its files, and its statements arrive in order."""
    school, launched = _launched(world, 0)
    with chromium.window() as window:
        assert window.open(launched["url"]) == 200
        seen = _done(window)
        window.shoot("package-lesson")
    said = [verb(one) for one in statements(school) if session_of(one) == launched["session"]]
    assert said == ["launched", "initialized", "terminated"]
    assert (seen["level"], seen["style"]) == ("3", "rgb(1, 2, 3)")


def test_a_lesson_has_not_the_rights_of_who_opens_it(world: World, chromium: Chromium) -> None:
    """A manager's browser remembers the way into our pages: a lesson in it can neither use it, nor read our cookies or
    storage, nor change anything."""
    school, launched = _launched(world, 1)
    login = credential(school, "manager", "admin")
    with chromium.window(login=login) as window:
        assert window.open(f"{school.url}/") == 200  # from here on it knows the credential
        window.forgive("api/|Failed to load resource")  # which is what it should be told
        assert window.open(launched["url"]) == 200
        seen = _done(window)
    assert {name: seen[name] for name in ("origin", "cookies", "storage", "read", "write", "blindly")} == {
        "origin": "null",
        "cookies": "SecurityError",
        "storage": "SecurityError",
        "read": "TypeError",
        "write": "TypeError",
        "blindly": "opaque",
    }
    assert [one["givenName"] for one in api(school, "GET", "/people")["people"]] == ["Amina"]
