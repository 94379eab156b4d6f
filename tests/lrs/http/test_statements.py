"""The Statement Resource: what goes in, what comes out, and that nothing goes in by halves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.lrs.http.worlds import ACTIVITY, JSON, Client, World, statement, statement_id
from tests.support.clocks import FixedClock

NUMBERS = (
    b'{"score":{"raw":1.0,"max":1e2},"extensions":{"http://example.com/x":'
    b"[1.10, 1E+2, -0, 1234567890123456789012345678901234567890]}}"
)


def faults(answer: Any) -> list[tuple[str, str]]:
    """Path and requirement of each."""
    return [(fault["path"], fault["requirement"]) for fault in answer.json()["errors"]]


# --- storing ----------------------------------------------------------------------------------------------------------


def test_post_answers_the_ids_in_order(client: Client) -> None:
    """xAPI Communication 2.1.2, for those that bring an id and for those that get one."""
    answer = client.post(statement(2), statement(), statement(1))
    ids = answer.json()
    assert (answer.status, ids[0], ids[2], len(set(ids))) == (200, statement_id(2), statement_id(1), 3)


def test_single_statement_is_a_batch_of_one(client: Client) -> None:
    """POST of an object, not an array."""
    assert client.post(statement(1)).json() == [statement_id(1)]


def test_empty_batch_stores_nothing(client: Client) -> None:
    """No statements, no ids, no fault."""
    assert (client.post(b"[]").json(), client.get().ids) == ([], [])


def test_put_stores_under_the_id_of_the_address(client: Client) -> None:
    """xAPI Communication 2.1.1; the answer has no content."""
    answer = _put(client, statement(), 1)
    assert (answer.status, answer.body, client.get().ids) == (204, b"", [statement_id(1)])


@pytest.mark.parametrize("spell", [str.upper, lambda text: text.replace("8", "\\u0038")], ids=["upper", "escaped"])
def test_put_compares_ids_not_their_spelling(client: Client, spell: Any) -> None:
    """The same UUID in capitals, or with an escape, is the same."""
    raw = json.dumps(statement(10)).replace(statement_id(10), spell(statement_id(10))).encode()
    assert _put(client, raw, 10).status == 204


def test_put_of_another_id_is_refused(client: Client) -> None:
    """The address and the statement contradict each other."""
    assert (_put(client, statement(2), 1).status, client.get().ids) == (400, [])


@pytest.mark.parametrize("body", [b'{"id":5}', b"[]", b'[{"id":"x"}]', b"5", b'{"id":""}', b"{"])
def test_put_of_no_statement_is_refused(client: Client, body: bytes) -> None:
    """Whatever JSON comes, the answer is 400."""
    assert _put(client, body, 1).status == 400


def test_batch_is_all_or_nothing(client: Client) -> None:
    """One bad statement keeps the good ones out, and each fault is told with its place."""
    answer = client.post(statement(1), statement(2, verb={"id": "no iri"}), statement(3, actor={}))
    places = [path for path, _ in faults(answer)]
    assert (answer.status, places, client.get().ids) == (400, ["statements[1].verb.id", "statements[2].actor"], [])


def test_batch_with_a_conflict_stores_nothing(client: Client) -> None:
    """A known id with other content keeps its whole batch out."""
    client.post(statement(1))
    answer = client.post(statement(2), statement(1, object={"id": "http://example.com/other"}))
    assert (answer.status, client.get().ids) == (409, [statement_id(1)])


def test_batch_with_one_id_twice_is_refused(client: Client) -> None:
    """Which of the two would be the statement? Also where the ids differ in case only."""
    answer = client.post(statement(10), statement(11), {**statement(), "id": statement_id(10).upper()})
    assert (answer.status, faults(answer), client.get().ids) == (
        400,
        [("statements[2].id", "xAPI Communication 2.1.2")],
        [],
    )


def test_identical_resend_changes_nothing(client: Client, clock: FixedClock) -> None:
    """It succeeds, and `stored` is that of the first."""
    client.post(statement(1))
    before = client.get(statementId=statement_id(1)).body
    clock.advance(60)
    answer = client.post(statement(1))
    assert (answer.status, client.get(statementId=statement_id(1)).body) == (200, before)


def test_equal_by_the_standard_is_identical(client: Client) -> None:
    """Another spelling of the same statement is no conflict, and the first spelling stays."""
    client.post(statement(1, result={"score": {"raw": 1.0}}, version="1.0.0"))
    assert client.post(statement(1, result={"score": {"raw": 1}}, version="1.0.2")).status == 200


def test_resend_in_a_larger_batch_stores_the_rest(client: Client) -> None:
    """A client that is not sure what arrived sends it all again."""
    client.post(statement(1), statement(2))
    assert (client.post(statement(2), statement(3)).status, len(client.get().ids)) == (200, 3)


def test_stored_rises_within_a_batch_in_the_order_of_the_request(client: Client) -> None:
    """Each has a microsecond of its own."""
    client.post(*(statement(number) for number in (5, 1, 4, 2, 3)))
    page = client.get(ascending="true")
    stamps = [one["stored"] for one in page.json()["statements"]]
    assert (page.ids, sorted(set(stamps))) == ([statement_id(number) for number in (5, 1, 4, 2, 3)], stamps)


# --- bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "Application/JSON", 'application/json;charset="UTF-8"', "application/json;v=1"],
)
def test_content_type_may_have_parameters(client: Client, content_type: str) -> None:
    """What says JSON in UTF-8 in any spelling is JSON."""
    assert client.post(statement(1), headers={"content-type": content_type}).status == 200


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/json; charset=latin-1", "multipart/mixed; boundary=x", "json"]
)
def test_other_content_types_are_refused(client: Client, content_type: str) -> None:
    """400, as the standard wants it, with the header named."""
    answer = client.post(statement(1), headers={"content-type": content_type})
    assert (answer.status, faults(answer)) == (400, [("Content-Type", "xAPI Communication 1.5")])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b'"x"', b"\xff", b'{"actor":{},"actor":{}}', b"[" * 2000 + b"]" * 2000, b"[1]", b"NaN"]
)
def test_no_json_is_refused_with_a_reason(client: Client, body: bytes) -> None:
    """Strict JSON, told in one sentence and not in a trace."""
    answer = client.post(body)
    assert (answer.status, "detail" in answer.json()) == (400, True)


def test_attachment_whose_bytes_are_missing_is_refused(client: Client) -> None:
    """xAPI Communication 1.5.2: in JSON every attachment needs a fileUrl, else the bytes would be lost."""
    attachment = {
        "usageType": "http://example.com/usage",
        "display": {"en": "a photo"},
        "contentType": "image/png",
        "length": 3,
        "sha2": "ab" * 32,
    }
    missing = client.post(statement(1, attachments=[attachment]))
    linked = client.post(statement(1, attachments=[{**attachment, "fileUrl": "http://example.com/photo.png"}]))
    assert (missing.status, faults(missing)[0][0], linked.status) == (400, "statement.attachments", 200)


@pytest.mark.parametrize(
    "path",
    ["/xapi/statements?statementId=x", "/xapi/statements?StatementId=" + statement_id(1), "/xapi/statements?x=1"],
)
def test_post_takes_no_parameters(client: Client, path: str) -> None:
    """A misplaced statementId is refused rather than ignored."""
    assert client("POST", path, json.dumps(statement(1)).encode(), headers=JSON).status == 400


# --- the record -------------------------------------------------------------------------------------------------------


def test_text_comes_back_as_it_was_sent(client: Client) -> None:
    """Spelling of numbers, order of keys, escapes, spaces: all of it, with `stored` and `authority` behind."""
    sent = (
        b'{ "verb" : {"id":"http:\\/\\/example.com\\/v","display":{"es":"prob\\u00f3 \xf0\x9f\x98\x80"}},'
        b' "id":"'
        + statement_id(10).upper().encode()
        + b'", "version":"1.0.0","timestamp":"2026-11-21T10:00:00+01:00",'
        b' "object":{"id":"http://example.com/a"},"actor":{"mbox":"mailto:a@example.com"},"result":' + NUMBERS + b" }"
    )
    assert client.post(sent).status == 200
    body = client.get(statementId=statement_id(10)).body
    assert (body.startswith(sent[:-1]), body[len(sent) - 1 :].startswith(b',"stored":"')) == (True, True)


def test_page_has_the_same_text(client: Client) -> None:
    """One by one or in a page: the same bytes."""
    client.post(statement(1, result=json.loads(NUMBERS)))
    assert client.get(statementId=statement_id(1)).body in client.get().body


def test_stored_and_authority_that_were_sent_are_replaced(client: Client) -> None:
    """xAPI Data 2.4.8, 2.4.9: the LRS says when and by whom."""
    client.post(statement(1, stored="2001-01-01T00:00:00Z", authority={"mbox": "mailto:mallory@example.com"}))
    found = client.get(statementId=statement_id(1))
    value = found.json()
    assert (value["stored"][:4], value["authority"]["account"]["name"], found.body.count(b'"stored"')) == (
        "2026",
        "admin",
        1,
    )


@pytest.mark.parametrize(("version", "expected"), [("1.0.3", "1.0.0"), ("2.0.0", "2.0.0")])
def test_version_timestamp_and_id_are_made_sure_of(world: World, version: str, expected: str) -> None:
    """What a statement lacks it gets once, and keeps."""
    (made,) = world.sender("other", version=version).post(statement()).json()
    value = world.client.get(statementId=made).json()
    assert (value["id"], value["version"], value["timestamp"]) == (made, expected, "2026-09-21T14:13:20.000000Z")


def test_authority_is_the_senders_own(world: World) -> None:
    """Two credentials, two authorities; none has an address of this machine in it."""
    world.client.post(statement(1))
    world.sender("other").post(statement(2))
    values = [world.client.get(statementId=statement_id(number)).json()["authority"] for number in (1, 2)]
    names = [value["account"]["name"] for value in values]
    homes = {value["account"]["homePage"][:9] for value in values}
    assert (names, homes) == (["admin", "other"], {"urn:uuid:"})


def test_timestamp_is_kept_as_sent_and_stored_is_ours(client: Client) -> None:
    """What was recorded weeks ago offline keeps its time."""
    client.post(statement(1, timestamp="2026-01-02T03:04:05.678901234+02:00"))
    value = client.get(statementId=statement_id(1)).json()
    assert (value["timestamp"], value["stored"]) == (
        "2026-01-02T03:04:05.678901234+02:00",
        "2026-09-21T14:13:20.000000Z",
    )


# --- reading ----------------------------------------------------------------------------------------------------------


def test_unknown_statement_is_not_found(client: Client) -> None:
    """404, with the id named."""
    answer = client.get(statementId=statement_id(9))
    assert (answer.status, statement_id(9) in answer.json()["detail"]) == (404, True)


def test_voided_statement_is_found_by_its_own_parameter(client: Client) -> None:
    """xAPI Communication 2.1.4."""
    void = {"id": "http://adlnet.gov/expapi/verbs/voided"}
    client.post(statement(1))
    client.post(statement(2, verb=void, object={"objectType": "StatementRef", "id": statement_id(1)}))
    each = [client.get(**{name: statement_id(1)}).status for name in ("statementId", "voidedStatementId")]
    assert (each, client.get().ids) == ([404, 200], [statement_id(2)])


def test_single_statement_says_when_it_was_stored(client: Client) -> None:
    """`Last-Modified` is `stored`, to the second."""
    client.post(statement(1))
    assert client.get(statementId=statement_id(1)).headers["last-modified"] == "Mon, 21 Sep 2026 14:13:20 GMT"


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "-1"},
        {"limit": "x"},
        {"Limit": "1"},
        {"agent": "{}"},
        {"agent": "mailto:a@example.com"},
        {"verb": "tried"},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00-00:00"},
        {"registration": "1"},
        {"related_agents": "yes"},
        {"format": "short"},
        {"unknown": "1"},
        {"statementId": statement_id(1), "limit": "1"},
        {"statementId": statement_id(1), "voidedStatementId": statement_id(1)},
        {"statementId": "1"},
    ],
    ids=lambda params: "&".join(f"{name}={value[:8]}" for name, value in params.items()),
)
def test_wrong_parameters_are_refused(client: Client, params: dict[str, str]) -> None:
    """Each with the parameter's name as the path."""
    answer = client.get(**params)
    assert (answer.status, faults(answer)[0][0] in params) == (400, True)


def test_repeated_parameter_is_refused(client: Client) -> None:
    """Neither the first nor the last counts."""
    assert client("GET", "/xapi/statements?limit=1&limit=2").status == 400


def test_filters_go_together(client: Client) -> None:
    """Agent, verb, activity and registration of one request must all hold."""
    registration = statement_id(77)
    client.post(statement(1, context={"registration": registration}), statement(2), statement(3))
    agent = json.dumps({"objectType": "Agent", "mbox": "mailto:lena@example.org"})
    found = client.get(agent=agent, verb="http://example.com/verbs/tried", activity=ACTIVITY, registration=registration)
    assert found.ids == [statement_id(1)]


@pytest.mark.parametrize(("parameter", "expected"), [("since", [3]), ("until", [2, 1])])
def test_times_are_exact_to_the_microsecond(client: Client, parameter: str, expected: list[int]) -> None:
    """`since` is exclusive and `until` inclusive, at the very stamp."""
    client.post(statement(1), statement(2), statement(3))
    stamp = client.get(statementId=statement_id(2)).json()["stored"]
    assert client.get(**{parameter: stamp}).ids == [statement_id(number) for number in expected]


def test_ids_format_keeps_what_identifies(client: Client) -> None:
    """xAPI Communication 2.1.3, format."""
    client.post(statement(1, actor={"mbox": "mailto:lena@example.org", "name": "Lena"}))
    found = client.get(format="ids").json()["statements"][0]
    assert (found["actor"], found["verb"]) == (
        {"mbox": "mailto:lena@example.org"},
        {"id": "http://example.com/verbs/tried"},
    )


def test_canonical_format_follows_accept_language(client: Client) -> None:
    """One language of each map."""
    display = {"en": "tried", "es": "intentó"}
    client.post(statement(1, verb={"id": "http://example.com/v", "display": display}))
    page = client("GET", "/xapi/statements?format=canonical", headers={"accept-language": "es-MX, es;q=0.9"})
    assert page.json()["statements"][0]["verb"]["display"] == {"es": "intentó"}


def test_stored_under_one_version_is_read_under_the_other(world: World) -> None:
    """The record is the same text whoever asks."""
    world.client.post(statement(1))
    newer = world.sender("other", version="2.0.0").get(statementId=statement_id(1))
    assert newer.body == world.client.get(statementId=statement_id(1)).body


def _put(client: Client, body: Any, number: int) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client("PUT", "/xapi/statements", raw, headers=JSON, params={"statementId": statement_id(number)})
