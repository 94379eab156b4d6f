// A cmi5 lesson as a web page: what it knows is in its own address, and it brings along all that it shows.
"use strict";

const RIGHT = "sun";
const CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/";
const MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore";

const given = new URLSearchParams(location.search); // cmi5 8.1: endpoint, fetch, actor, registration, activityId
const endpoint = given.get("endpoint").replace(/\/*$/, "/");
const said = document.getElementById("said");
const buttons = document.querySelectorAll("button");
const began = performance.now();
let authorization, data, mine, kept;

async function xapi(method, resource, query, body) {
  const url = `${endpoint}${resource}?${new URLSearchParams(query)}`;
  const headers = { Authorization: authorization, "X-Experience-API-Version": "1.0.3" };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(url.replace(/\?$/, ""), { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok && answer.status !== 404) throw new Error(await answer.text());
  return answer.status === 200 ? answer.json() : {};
}

function say(verb, categories, result, below = "") {
  const context = structuredClone(data.contextTemplate); // 10.2.1: all of it, in every statement
  context.registration = given.get("registration");
  context.contextActivities.category = categories.map((name) => ({ id: CATEGORY + name }));
  if (result?.score) context.extensions[MASTERY_SCORE] = data.masteryScore;
  return xapi("POST", "statements", {}, {
    id: uuid(),
    timestamp: new Date().toISOString(),
    actor: JSON.parse(given.get("actor")),
    verb: { id: `http://adlnet.gov/expapi/verbs/${verb}` },
    object: { id: given.get("activityId") + below },
    context,
    result,
  });
}

function uuid() { // crypto.randomUUID is not there where a school's server speaks plain http
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

async function start() {
  const answer = await fetch(given.get("fetch"), { method: "POST" }); // 8.2: once, no header of ours
  const token = (await answer.json())["auth-token"];
  if (!token) throw new Error("it was opened before. Start it again from your list of lessons.");
  authorization = `Basic ${token}`;
  const agent = given.get("actor");
  const about = { activityId: given.get("activityId"), agent, registration: given.get("registration") };
  data = await xapi("GET", "activities/state", { ...about, stateId: "LMS.LaunchData" }); // 10
  mine = { ...about, stateId: "moon.progress" };
  kept = await xapi("GET", "activities/state", mine); // what an earlier session of this registration kept
  await xapi("GET", "agents/profile", { agent, profileId: "cmi5LearnerPreferences" }); // 11
  await say("initialized", ["cmi5"]);
  said.textContent = "";
  for (const button of buttons) button.onclick = () => answered(button.value).catch(broken);
}

async function answered(response) {
  for (const button of buttons) button.disabled = true;
  const duration = `PT${((performance.now() - began) / 1000).toFixed(2)}S`;
  const success = response === RIGHT;
  await say("answered", [], { response, success }, "/question");
  if (data.launchMode === "Normal" && !kept.judged) { // 9.3: once in a registration
    const verdict = { success, score: { scaled: success ? 1 : 0 }, duration };
    await say(success ? "passed" : "failed", ["cmi5", "moveon"], verdict);
    await say("completed", ["cmi5", "moveon"], { completion: true, duration });
    await xapi("PUT", "activities/state", mine, { judged: true });
  }
  await say("terminated", ["cmi5"], { duration });
  said.textContent = success ? "Yes! The moon is a mirror for the sun." : "Not quite: it is the light of the sun.";
  if (data.returnURL) setTimeout(() => location.assign(data.returnURL), 3000); // 10.2.6
}

function broken(error) {
  said.textContent = `This lesson cannot go on: ${error.message}`;
}

start().catch(broken);
