"""Course structure XML: what is read from it, and everything that is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from launcher.cmi5 import course_xml, vocabulary
from launcher.cmi5.course import AssignableUnit, Objective
from lrs.errors import Invalid, TooLarge
from tests.launcher.cmi5.specs import spec_file
from tests.launcher.cmi5.worlds import COURSE, TEXTS, au_xml
from tests.launcher.cmi5.worlds import course_xml as course_of

EXTENSION = "<x:word/>"
OBJECTIVES = f"<objectives><objective id='https://pub.example/o'>{TEXTS}</objective></objectives>"


def faults_of(data: bytes, entries: frozenset[str] | None = None) -> list[tuple[str, str]]:
    """Where and by which requirement this is refused."""
    with pytest.raises(Invalid) as caught:
        course_xml.parse(data, entries=entries)
    return [(fault.path, fault.requirement.removeprefix("cmi5 ")) for fault in caught.value.faults]


def only_au(attributes: str = "", **parts: str) -> AssignableUnit:
    """The AU of a course that has one, with these attributes and parts."""
    return course_xml.parse(course_of(au_xml(attributes=attributes, **parts))).structure.aus[0]


# --- what is read ---------------------------------------------------------------------------------------------------


def test_defaults() -> None:
    """What an AU leaves out is what the schema says it is then."""
    au = only_au()
    expected = ("AnyWindow", "NotApplicable", None, None, None, None, ())
    assert expected == (
        au.launch_method,
        au.move_on,
        au.mastery_score,
        au.launch_parameters,
        au.entitlement_key,
        au.activity_type,
        au.objectives,
    )


def test_everything_an_au_can_say() -> None:
    """Each attribute and element of an AU is read, with the spaces around it removed."""
    xml = course_of(
        OBJECTIVES,
        "<au id=' https://pub.example/au ' moveOn='CompletedOrPassed' masteryScore=' 0.85 ' launchMethod='OwnWindow'"
        " activityType=' https://pub.example/types/media '>"
        "<title>\n <langstring lang='en-US'> Hello </langstring><langstring>\u00a1Hola!\t</langstring></title>"
        "<description><langstring lang='es'>  </langstring></description>"
        "<objectives><objective idref=' https://pub.example/o '/></objectives>"
        "<url>\n https://pub.example/a?x=1&amp;y=2\n</url>"
        '<launchParameters><![CDATA[\n {"a": "<b>"}\n]]></launchParameters>'
        "<entitlementKey> xyz-123 </entitlementKey></au>",
    )
    expected = AssignableUnit(
        index=0,
        id="https://pub.example/au",
        title=(("en-US", "Hello"), ("und", "\u00a1Hola!")),
        description=(("es", ""),),
        url="https://pub.example/a?x=1&y=2",
        launch_method="OwnWindow",
        move_on="CompletedOrPassed",
        mastery_score=Decimal("0.85"),
        launch_parameters='{"a": "<b>"}',
        entitlement_key="xyz-123",
        activity_type="https://pub.example/types/media",
        objectives=("https://pub.example/o",),
    )
    assert expected == course_xml.parse(xml).structure.aus[0]


def test_objectives_in_either_order() -> None:
    """An objective's description may come before its title."""
    xml = course_of(
        "<objectives><objective id='https://pub.example/o'><description><langstring>D</langstring></description>"
        "<title><langstring>T</langstring></title></objective></objectives>",
        au_xml(),
    )
    expected = (Objective("https://pub.example/o", (("und", "T"),), (("und", "D"),)),)
    assert expected == course_xml.parse(xml).structure.objectives


def test_blocks_hold_what_they_hold() -> None:
    """AUs and blocks come out nested and in order, mixed as the author likes."""
    inner = f"<block id='https://pub.example/i'>{TEXTS}{au_xml('2')}</block>"
    structure = course_xml.parse(
        course_of(f"<block id='https://pub.example/b'>{TEXTS}{au_xml('1')}{inner}{au_xml('3')}</block>", au_xml("4"))
    ).structure
    assert [[block.id.rpartition("/")[2] for block in structure.parents(index)] for index in range(4)] == [
        ["b"],
        ["i", "b"],
        ["b"],
        [],
    ]


@pytest.mark.parametrize("text", ["0", "0.0", "1", "+1.000", ".5", "0.", "00.6000", "-0", "0.12345"])
def test_mastery_scores(text: str) -> None:
    """Every decimal from 0 to 1 that the schema allows is read, a score of 0 as a score."""
    assert Decimal(text) == only_au(f"masteryScore='{text}'").mastery_score


def test_empty_launch_parameters_are_there() -> None:
    """An empty element is an empty text, not an absent one."""
    assert only_au(after="<launchParameters/>").launch_parameters == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings(encoding: str) -> None:
    """The encodings that XML tools write are read."""
    declared = encoding.removesuffix("-sig")
    text = course_of(au_xml(), course=COURSE.replace("Title", "Matemáticas")).decode()
    structure = course_xml.parse(f"<?xml version='1.0' encoding='{declared}'?>{text}".encode(encoding)).structure
    assert structure.title == (("en", "Matemáticas"),)


def test_comments_are_not_seen() -> None:
    """A comment or a processing instruction within a text cuts nothing off."""
    assert only_au(url="https://pub.<!-- c -->example/<?p i?>a").url == "https://pub.example/a"


def test_a_thousand_aus() -> None:
    """More than 1,000 AUs are read, each with its index (6.1)."""
    aus = course_xml.parse(course_of(*(au_xml(str(number)) for number in range(1200)))).structure.aus
    assert [(number, f"https://pub.example/{number}") for number in range(1200)] == [(au.index, au.id) for au in aus]


def nested(depth: int) -> bytes:
    """A course of one AU in that many blocks."""
    opened = "\n".join(f"<block id='https://pub.example/b{number}'>{TEXTS}" for number in range(depth))
    return course_of(opened + au_xml() + "</block>" * depth)


def test_deep_blocks() -> None:
    """Blocks are read to the limit of their depth."""
    assert len(course_xml.parse(nested(course_xml.MAX_BLOCK_DEPTH)).structure.blocks) == course_xml.MAX_BLOCK_DEPTH


def test_too_deep_blocks() -> None:
    """One block deeper is refused with the limit, at the block."""
    depth = course_xml.MAX_BLOCK_DEPTH + 1
    assert [(f"line {depth + 2}", "4.4.0.0-2 (d)")] == faults_of(nested(depth))


# --- urls -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["index.html", "a/b.html?x=1", "a%20b.html#top", "./a/../index.html"])
def test_urls_in_the_package(url: str) -> None:
    """A relative url that names a file of the package is kept as it is written."""
    entries = frozenset({"cmi5.xml", "index.html", "a/b.html", "a b.html"})
    assert url == course_xml.parse(course_of(au_xml(url=url)), entries=entries).structure.aus[0].url


@pytest.mark.parametrize(
    "url", ["other.html", "Index.html", "/index.html", "../index.html", "a/", "//pub.example/a", "?a"]
)
def test_urls_not_in_the_package(url: str) -> None:
    """A relative url that names no file of the package is refused."""
    entries = frozenset({"cmi5.xml", "index.html", "a/"})
    assert faults_of(course_of(au_xml(url=url)), entries) == [("line 3", "14.1.0.0-4 (d)")]


@pytest.mark.parametrize("url", ["index.html", "path/1/index.html?x=y", "/index.html", "//pub.example/a"])
def test_urls_without_a_package(url: str) -> None:
    """In XML that comes alone every url is fully qualified."""
    assert faults_of(course_of(au_xml(url=url))) == [("line 3", "14.2.0.0-1 (d)")]


@pytest.mark.parametrize("url", ["https://pub.example/a", "offline-maths://lesson/addition?level=1"])
@pytest.mark.parametrize("entries", [None, frozenset({"cmi5.xml"})])
def test_fully_qualified_urls(url: str, entries: frozenset[str] | None) -> None:
    """A fully qualified url of any scheme is fine, with a package and without."""
    assert url == course_xml.parse(course_of(au_xml(url=url)), entries=entries).structure.aus[0].url


@pytest.mark.parametrize(
    "url", ["https://pub.example/a b", "https://pub.example/%", "javascript://x/%0aalert(1)", "a b"]
)
def test_urls_that_do_not_conform(url: str) -> None:
    """A url that RFC 1738 does not allow, or that runs something, is refused."""
    assert faults_of(course_of(au_xml(url=url)), frozenset({"a b"})) == [("line 3", "13.1.4.0-2 (d)")]


@pytest.mark.parametrize("name", vocabulary.LAUNCH_PARAMETERS)
def test_urls_with_launch_parameters(name: str) -> None:
    """A query that has a name of the launch is refused."""
    xml = course_of(au_xml(url=f"https://pub.example/a?x=1&amp;{name}=2"))
    assert faults_of(xml) == [("line 3", "8.1.0.0-6 (d)")]


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(course_of(), id="no au"),
        pytest.param(course_of(au_xml(), course=""), id="no course"),
        pytest.param(course_of(au_xml(), course=COURSE + COURSE), id="two courses"),
        pytest.param(course_of(COURSE, course=au_xml()), id="course after au"),
        pytest.param(course_of(au_xml(), OBJECTIVES), id="objectives after au"),
        pytest.param(course_of("<objectives/>", au_xml()), id="empty objectives"),
        pytest.param(course_of(EXTENSION, au_xml()), id="au after extension"),
        pytest.param(course_of(au_xml(), "<word xmlns=''/>"), id="element without namespace"),
        pytest.param(course_of(au_xml(), "<word/>"), id="unknown element"),
        pytest.param(course_of("text", au_xml()), id="text between elements"),
        pytest.param(course_of(f"<block id='https://pub.example/b'>{TEXTS}</block>"), id="empty block"),
        pytest.param(course_of(au_xml(before="<launchParameters/>")), id="launchParameters before url"),
        pytest.param(course_of(au_xml(after="<url>https://pub.example/</url>")), id="two urls"),
        pytest.param(course_of(au_xml(after="<entitlementKey/><launchParameters/>")), id="parameters after key"),
        pytest.param(course_of(au_xml(url="")), id="empty url"),
        pytest.param(course_of(au_xml(url="<b/>https://pub.example/")), id="element in url"),
        pytest.param(course_of(au_xml().replace("<title>", "<title x=''>")), id="attribute of title"),
        pytest.param(course_of(au_xml().replace("<url>", "<url x:a=''>")), id="foreign attribute of url"),
        pytest.param(course_of(au_xml().replace(" lang='en'", " lang='en_US'")), id="language"),
        pytest.param(course_of(au_xml().replace(" lang='en'", " lang=''")), id="empty language"),
        pytest.param(course_of(au_xml().replace("<langstring lang='en'>Title</langstring>", "")), id="empty title"),
        pytest.param(course_of(au_xml().replace("Title", "Ti<b xmlns='urn:b'/>tle")), id="element in langstring"),
        pytest.param(course_of(au_xml(attributes="moveon='Passed'")), id="unknown attribute"),
        pytest.param(course_of(au_xml(attributes="moveOn='passed'")), id="moveOn in lower case"),
        pytest.param(course_of(au_xml(attributes="moveOn=' Passed '")), id="moveOn with spaces"),
        pytest.param(course_of(au_xml(attributes="moveOn=''")), id="empty moveOn"),
        pytest.param(course_of(au_xml(attributes="launchMethod='ownWindow'")), id="launchMethod"),
        pytest.param(course_of(au_xml(attributes="masteryScore='1.01'")), id="masteryScore above 1"),
        pytest.param(course_of(au_xml(attributes="masteryScore='-0.1'")), id="masteryScore below 0"),
        pytest.param(course_of(au_xml(attributes="masteryScore='80%'")), id="masteryScore in percent"),
        pytest.param(course_of(au_xml(attributes="masteryScore='1e-1'")), id="masteryScore with exponent"),
        pytest.param(course_of(au_xml(attributes="masteryScore='NaN'")), id="masteryScore NaN"),
        pytest.param(course_of(au_xml(attributes="masteryScore='\u0661'")), id="masteryScore in other digits"),
        pytest.param(course_of(au_xml(attributes="masteryScore=''")), id="empty masteryScore"),
        pytest.param(course_of(au_xml().replace("id='https://pub.example/au'", "")), id="no id"),
    ],
)
def test_what_the_schema_refuses(xml: bytes) -> None:
    """What CourseStructure.xsd does not allow is refused by 13.2."""
    assert {"13.2.0.0-1 (d)"} == {requirement for _, requirement in faults_of(xml)}


@pytest.mark.parametrize(
    "xml",
    [
        course_of(au_xml().replace("https://pub.example/au", "au-1")),
        course_of(au_xml().replace("https://pub.example/au", "")),
        course_of(au_xml(), course=COURSE.replace("https://pub.example/course", "/course")),
        course_of(au_xml(attributes="activityType='media'")),
        course_of(f"<block id='b'>{TEXTS}{au_xml()}</block>"),
        course_of(OBJECTIVES.replace("https://pub.example/o", "#o"), au_xml()),
    ],
)
def test_iris_are_fully_qualified(xml: bytes) -> None:
    """A relative reference is refused wherever an IRI is asked for."""
    assert [requirement for _, requirement in faults_of(xml)] == ["3.0.0.0-1 (d)"]


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (course_of(au_xml(), au_xml()), ("line 4", "13.1.4.0-1 (d)")),
        (course_of(au_xml("course")), ("line 3", "13.1.4.0-1 (d)")),
        (
            course_of(au_xml(), f"<block id=' https://pub.example/au'>{TEXTS}{au_xml('2')}</block>"),
            ("line 4", "13.1.2.0-1 (d)"),
        ),
        (course_of(OBJECTIVES, au_xml("o")), ("line 4", "13.1.4.0-1 (d)")),
        (
            course_of(OBJECTIVES.replace("</objectives>", OBJECTIVES.removeprefix("<objectives>")), au_xml()),
            ("line 3", "13.1.3.0-1 (d)"),
        ),
    ],
)
def test_ids_are_unique(xml: bytes, expected: tuple[str, str]) -> None:
    """One id names one thing in a course structure, whatever the two things are."""
    assert [expected] == faults_of(xml)


@pytest.mark.parametrize("idref", ["idref='https://pub.example/other'", "idref=''", ""])
def test_references_resolve(idref: str) -> None:
    """An objective that is referred to is one of the course's."""
    xml = course_of(OBJECTIVES, au_xml(before=f"<objectives><objective {idref}/></objectives>"))
    assert faults_of(xml) == [("line 4", "4.4.0.0-2 (d)")]


def test_all_faults_at_once() -> None:
    """Every fault is told with its line, in the order of the document."""
    xml = course_of(au_xml(attributes="moveOn='x'"), au_xml("2", url="a"), au_xml("2"))
    expected = [("line 3", "13.2.0.0-1 (d)"), ("line 4", "14.2.0.0-1 (d)"), ("line 5", "13.1.4.0-1 (d)")]
    assert expected == faults_of(xml)


def test_another_root() -> None:
    """A course structure of an older draft, or another document, is refused at its root."""
    assert faults_of(b"<courseStructure xmlns='http://aicc.org/CMI5'/>") == [("line 1", "13.2.0.0-1 (d)")]


# --- a stranger's document ------------------------------------------------------------------------------------------

_DTD = '<!DOCTYPE courseStructure [<!ENTITY a "b">]>'


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"PK\x03\x04", id="zip"),
        pytest.param(b"<courseStructure>", id="not closed"),
        pytest.param(_DTD.encode() + course_of(au_xml()), id="DTD"),
        pytest.param(b"\xef\xbb\xbf<!DOCTYPE a>" + course_of(au_xml()), id="DTD after BOM"),
        pytest.param(f"<?xml version='1.0'?>\n<!-- c --><?p i?>{_DTD}<a/>".encode(), id="DTD after comment"),
        pytest.param(f"{_DTD}<a/>".encode("utf-16"), id="DTD in UTF-16"),
        pytest.param(f"{_DTD}<a/>".encode("utf-16-be"), id="DTD in UTF-16 without BOM"),
        pytest.param(f"{_DTD}<a/>".encode("utf-32"), id="DTD in UTF-32"),
        pytest.param(b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE a+AD4APA-a/+AD4-", id="DTD in UTF-7"),
        pytest.param(f"<?xml version='1.0' encoding='cp037'?>{_DTD}<a/>".encode("cp037"), id="DTD in EBCDIC"),
        pytest.param(course_of(au_xml(url="https://pub.example/&a;")), id="undeclared entity"),
    ],
)
def test_documents_that_are_not_read(data: bytes) -> None:
    """What is not well-formed, or declares a document type, is refused before anything in it is looked at."""
    assert [requirement for _, requirement in faults_of(data)] == ["13.2.0.0-1 (d)"]


def test_a_dtd_is_not_even_parsed() -> None:
    """The declaration is what is refused, although the parser would have stumbled over what is in it."""
    with pytest.raises(Invalid, match="document type declaration"):
        course_xml.parse(b'<!DOCTYPE a [<!ENTITY b "c" <a/>')


def test_a_doctype_in_a_text_is_a_text() -> None:
    """A description may show what a document type declaration looks like."""
    structure = course_xml.parse(course_of(au_xml(after=f"<launchParameters><![CDATA[{_DTD}]]></launchParameters>")))
    assert structure.structure.aus[0].launch_parameters == _DTD


def test_size_is_bounded() -> None:
    """A document above the limit is not parsed."""
    with pytest.raises(TooLarge):
        course_xml.parse(b" " * (course_xml.MAX_BYTES + 1))


def test_faults_are_bounded() -> None:
    """A document with more faults than anybody reads gives the first thousand."""
    assert len(faults_of(course_of("<au/>" * 500))) == course_xml.MAX_FAULTS


# --- warnings -------------------------------------------------------------------------------------------------------

PASSED = "moveOn='Passed'"


@pytest.mark.parametrize(
    ("xml", "warning"),
    [
        (course_of(au_xml(attributes=PASSED)), None),
        (course_of(au_xml()), "every AU has the moveOn NotApplicable"),
        (
            course_of(au_xml(attributes=f"{PASSED} masteryScore='0.12345'")),
            "line 3: masteryScore 0.12345 has more than 4",
        ),
        (course_of(au_xml(attributes=f"{PASSED} masteryScore='0.120000'")), None),
        (course_of(au_xml(attributes=PASSED, after=EXTENSION * 2), extra=EXTENSION), "line 3: elements of https://ext"),
        (course_of(au_xml(attributes=PASSED, url="app://x?ipc-service=a")), "line 3: the url's query has ipc-service"),
        (
            course_of(au_xml(attributes=PASSED, after="<launchParameters>a<x:b>c</x:b></launchParameters>")),
            "line 3: <launchParameters> holds elements",
        ),
        (
            course_of(au_xml(attributes=PASSED).replace("</title>", "<langstring lang='en'>2</langstring></title>")),
            "line 3: a second text in the language en",
        ),
    ],
)
def test_warnings(xml: bytes, warning: str | None) -> None:
    """What is allowed and still worth knowing is told once, and nothing else is."""
    warnings = course_xml.parse(xml).warnings
    assert [warning] * len(warnings) == [text[: len(warning or "")] for text in warnings]
    assert bool(warning) == bool(warnings)


# --- the specification's own examples -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "aus", "blocks", "objectives"), [("simple", 1, 0, 0), ("complex", 14, 6, 4), ("extended", 1, 0, 0)]
)
def test_examples(name: str, aus: int, blocks: int, objectives: int) -> None:
    """Each example of the specification is read whole (15.1 to 15.3)."""
    structure = course_xml.parse(spec_file(f"examples/{name}-cmi5.xml").read_bytes()).structure
    assert (aus, blocks, objectives) == (len(structure.aus), len(structure.blocks), len(structure.objectives))


def test_the_complex_example_in_detail() -> None:
    """Attributes and objectives of the complex example are where they belong."""
    structure = course_xml.parse(spec_file("examples/complex-cmi5.xml").read_bytes()).structure
    au = structure.aus[0]
    expected = ("CompletedOrPassed", Decimal("1.0"), ("en-US", "de-DE"), "001", 2)
    assert expected == (
        au.move_on,
        au.mastery_score,
        tuple(tag for tag, _ in structure.title),
        structure.parents(0)[0].id.rpartition("/")[2],
        len(structure.blocks[0].objectives),
    )


def test_extensions_do_not_change_the_course() -> None:
    """The extended example is the simple one with a vendor's words: the same structure comes out."""
    parsed = [course_xml.parse(spec_file(f"examples/{name}-cmi5.xml").read_bytes()) for name in ("simple", "extended")]
    assert parsed[0].structure == parsed[1].structure
