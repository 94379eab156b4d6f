"""Reads the course structure XML (cmi5 13, 14) into `course` values, or says everything that is wrong with it.

The rules are those of CourseStructure.xsd, written out here as tables so that each fault has a line and names the
requirement, and the rules that the schema cannot say: fully qualified IRIs, unique ids, urls. Whatever is accepted here
is valid by the schema. The document is a stranger's: no DTD, no entity, no network, bounded size and depth.

Where the package comes from and what else is in it is the caller's; it passes the names of the entries.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from lxml import etree
from msgspec import Struct, field

from launcher.cmi5 import urls, vocabulary
from launcher.cmi5.course import (
    UNDETERMINED,
    AssignableUnit,
    Block,
    CourseStructure,
    LangMap,
    Node,
    Objective,
)
from lrs.errors import Fault, Invalid, TooLarge

MAX_BYTES = 32 * 1024 * 1024
"""A course of 10,000 AUs with a page of description each is well below it."""
MAX_BLOCK_DEPTH = 200
"""Blocks within blocks. libxml2 itself stops at 256 elements; with this number we are the ones to say so."""
MAX_FAULTS = 1000

_SPACE = " \t\r\n"
_PREFIX = f"{{{vocabulary.COURSE_STRUCTURE_NAMESPACE}}}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_XSI_HINTS = frozenset({f"{_XSI}schemaLocation", f"{_XSI}noNamespaceSchemaLocation"})

_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")  # xs:language
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")  # xs:decimal
_MAX_DECIMAL_LENGTH = 24  # more digits than libxml2's own decimals take

_SCHEMA = "cmi5 13.2.0.0-1 (d)"
_IRI = "cmi5 3.0.0.0-1 (d)"
_CONFORMANCE = "cmi5 4.4.0.0-2 (d)"
_UNIQUE = {"block": "cmi5 13.1.2.0-1 (d)", "objective": "cmi5 13.1.3.0-1 (d)", "au": "cmi5 13.1.4.0-1 (d)"}


class Parsed(Struct, frozen=True):
    """A course structure that keeps every rule, and what its author should still know."""

    structure: CourseStructure
    warnings: tuple[str, ...]


def parse(data: bytes, *, entries: frozenset[str] | None = None) -> Parsed:
    """The course structure in these bytes; `Invalid` with all faults, each with its line and requirement.

    `entries` are the names of the files in the package, for the urls within it. Without a package (None) every url has
    to be fully qualified (14.2).
    """
    root = _document(data)
    reader = _Reader(entries)
    structure = reader.course_structure(root)
    if reader.faults or structure is None:
        raise Invalid.of(fault for _, fault in sorted(reader.faults, key=_by_line))
    for namespace, line in reader.namespaces.items():
        reader.warnings.append((line, f"line {line}: elements of {namespace} are ignored (13.1.5)"))
    warnings = [text for _, text in sorted(reader.warnings, key=_by_line)]
    return Parsed(structure, (*warnings, *_course_warnings(structure)))


def _by_line(found: tuple[int, object]) -> int:
    return found[0]


def _course_warnings(structure: CourseStructure) -> list[str]:
    if any(au.move_on != vocabulary.NOT_APPLICABLE for au in structure.aus):
        return []
    return ["every AU has the moveOn NotApplicable: the course is satisfied as soon as a learner is registered"]


# --- from bytes to a tree -------------------------------------------------------------------------------------------

_PROLOG = re.compile(r"\s*(?:<\?xml\s([^>]*)\?>)?(?:\s++|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_ENCODING = re.compile(r"""\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# All of them spell `<!DOCTYPE` with the bytes we look for. UTF-7 and EBCDIC do not, and hide it from us.
_ENCODINGS = re.compile(r"utf-?8|utf-?16(le|be)?|us-ascii|iso-8859-[0-9]{1,2}|windows-125[0-9]", re.IGNORECASE)


def _document(data: bytes) -> etree._Element:
    if len(data) > MAX_BYTES:
        raise TooLarge(f"the course structure is larger than {MAX_BYTES // (1024 * 1024)} MiB")
    _check_prolog(data)
    # A parser of its own for each document: one holds the error log of its last.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _refused(f"line {error.lineno or 1}", f"the XML is not well-formed: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refused("line 1", "a document type declaration is not allowed")
    return root


def _check_prolog(data: bytes) -> None:
    text = _as_text(data)
    found = _PROLOG.match(text)
    end = found.end() if found else 0
    # Before parsing, so that no entity of a DTD is ever read, expanded in an attribute or not.
    if text.startswith("<!DOCTYPE", end):
        raise _refused("line 1", "a document type declaration is not allowed")
    declared = _ENCODING.search(f" {found[1]}") if found and found[1] else None
    if declared and not _ENCODINGS.fullmatch(declared[1]):
        raise _refused("line 1", f"the encoding {declared[1]} is not read here; use UTF-8")


def _as_text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if data[:2] == b"<\0" or data[:2] == b"\0<":
        return data.decode("utf-16-le" if data[0] else "utf-16-be", "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _refused(path: str, detail: str) -> Invalid:
    return Invalid.of([Fault(path, _SCHEMA, detail)])


# --- what the schema allows where -----------------------------------------------------------------------------------


class _Step(Struct, frozen=True):
    """One place in a sequence of children."""

    names: frozenset[str]
    required: bool = True
    repeated: bool = False

    def __str__(self) -> str:
        return " or ".join(f"<{name}>" for name in sorted(self.names))


def _one(name: str) -> _Step:
    return _Step(frozenset({name}))


def _optional(name: str) -> _Step:
    return _Step(frozenset({name}), required=False)


_TITLE, _DESCRIPTION, _OBJECTIVES = _one("title"), _one("description"), _optional("objectives")
_NODES = _Step(frozenset({"au", "block"}), repeated=True)

_COURSE_STRUCTURE = (_one("course"), _OBJECTIVES, _NODES)
_COURSE = (_TITLE, _DESCRIPTION)
_BLOCK = (_TITLE, _DESCRIPTION, _OBJECTIVES, _NODES)
_AU = (_TITLE, _DESCRIPTION, _OBJECTIVES, _one("url"), _optional("launchParameters"), _optional("entitlementKey"))
_OBJECTIVE_LIST = (_Step(frozenset({"objective"}), repeated=True),)
_TEXTS = (_Step(frozenset({"langstring"}), repeated=True),)

_AU_ATTRIBUTES = frozenset({"id", "moveOn", "masteryScore", "launchMethod", "activityType"})
_ID = frozenset({"id"})
_NONE: frozenset[str] = frozenset()


# --- from the tree to values ----------------------------------------------------------------------------------------


class _Reader(Struct):
    """One reading: goes through the tree once and keeps what it finds wrong, with the line."""

    entries: frozenset[str] | None
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    objective_ids: set[str] = field(default_factory=set)
    namespaces: dict[str, int] = field(default_factory=dict)
    au_count: int = 0

    def fault(self, element: etree._Element, requirement: str, detail: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append((_line(element), Fault(f"line {_line(element)}", requirement, detail)))

    def warn(self, element: etree._Element, detail: str) -> None:
        if len(self.warnings) < MAX_FAULTS:
            self.warnings.append((_line(element), f"line {_line(element)}: {detail}"))

    # --- the elements, in the order of the schema -------------------------------------------------------------------

    def course_structure(self, root: etree._Element) -> CourseStructure | None:
        if root.tag != f"{_PREFIX}courseStructure":
            detail = (
                f"the root is {_shown(root)}; it must be courseStructure of {vocabulary.COURSE_STRUCTURE_NAMESPACE}"
            )
            self.fault(root, _SCHEMA, detail)
            return None
        self.attributes(root, _NONE)
        content = self.content(root, _COURSE_STRUCTURE)
        course_id, title, description = "", _NO_TEXT, _NO_TEXT
        for element in content.get("course", []):
            course_id, title, description = self.course(element)
        objectives = tuple(
            objective for element in content.get("objectives", []) for objective in self.objective_list(element)
        )
        children = self.nodes(content["nodes"], depth=1)
        return CourseStructure(course_id, title, description, objectives, children)

    def course(self, element: etree._Element) -> tuple[str, LangMap, LangMap]:
        self.attributes(element, _ID)
        content = self.content(element, _COURSE)
        course_id = self.iri(element, "id")
        self.ids.setdefault(course_id, _line(element))
        return course_id, self.texts(content, "title"), self.texts(content, "description")

    def objective_list(self, element: etree._Element) -> list[Objective]:
        self.attributes(element, _NONE)
        return [self.objective(child) for child in self.content(element, _OBJECTIVE_LIST).get("objective", [])]

    def objective(self, element: etree._Element) -> Objective:
        self.attributes(element, _ID, foreign=False)
        first_is_description = len(element) > 0 and element[0].tag == f"{_PREFIX}description"
        either_order = (_DESCRIPTION, _TITLE) if first_is_description else (_TITLE, _DESCRIPTION)
        content = self.content(element, either_order, extensions=False)
        objective_id = self.unique_id(element, "objective")
        self.objective_ids.add(objective_id)
        return Objective(objective_id, self.texts(content, "title"), self.texts(content, "description"))

    def nodes(self, elements: list[etree._Element], depth: int) -> tuple[Node, ...]:
        return tuple(
            self.au(element) if element.tag == f"{_PREFIX}au" else self.block(element, depth) for element in elements
        )

    def block(self, element: etree._Element, depth: int) -> Block:
        self.attributes(element, _ID)
        content = self.content(element, _BLOCK)
        block_id = self.unique_id(element, "block")
        if depth > MAX_BLOCK_DEPTH:
            self.fault(element, _CONFORMANCE, f"blocks are nested deeper than {MAX_BLOCK_DEPTH}, which is our limit")
            content["nodes"] = []
        return Block(
            id=block_id,
            title=self.texts(content, "title"),
            description=self.texts(content, "description"),
            objectives=self.references(content),
            children=self.nodes(content["nodes"], depth + 1),
        )

    def au(self, element: etree._Element) -> AssignableUnit:
        index = self.au_count
        self.au_count += 1
        self.attributes(element, _AU_ATTRIBUTES)
        content = self.content(element, _AU)
        return AssignableUnit(
            index=index,
            id=self.unique_id(element, "au"),
            title=self.texts(content, "title"),
            description=self.texts(content, "description"),
            url=self.url(content),
            launch_method=self.choice(element, "launchMethod", vocabulary.LAUNCH_METHODS),
            move_on=self.choice(element, "moveOn", vocabulary.MOVE_ON_VALUES),
            mastery_score=self.mastery_score(element),
            launch_parameters=self.any_text(content, "launchParameters"),
            entitlement_key=self.any_text(content, "entitlementKey"),
            activity_type=self.activity_type(element),
            objectives=self.references(content),
        )

    # --- attributes -------------------------------------------------------------------------------------------------

    def attributes(self, element: etree._Element, allowed: frozenset[str], *, foreign: bool = True) -> None:
        """Faults for every attribute that the schema does not allow on this element."""
        for name in map(str, element.keys()):
            if name in allowed or name in _XSI_HINTS:
                continue
            is_foreign = name.startswith("{") and not name.startswith((_PREFIX, _XSI))
            if not (foreign and is_foreign):
                self.fault(element, _SCHEMA, f"{_shown(element)} has no attribute {name}")

    def iri(self, element: etree._Element, name: str) -> str:
        value = element.get(name)
        if value is None:
            self.fault(element, _SCHEMA, f"{_shown(element)} must have the attribute {name}")
            return ""
        iri = value.strip(_SPACE)  # 13.1.0.0-1
        if not urls.is_absolute_iri(iri):
            self.fault(element, _IRI, f"{name} must be a fully qualified IRI, not {_quoted(iri)}")
        return iri

    def unique_id(self, element: etree._Element, kind: str) -> str:
        iri = self.iri(element, "id")
        # One space of ids for all kinds: "unique within the course structure" (13.1.2, 13.1.3, 13.1.4).
        if iri in self.ids:
            detail = f"the id {_quoted(iri)} is already that of the element on line {self.ids[iri]}"
            self.fault(element, _UNIQUE[kind], detail)
        elif iri:
            self.ids[iri] = _line(element)
        return iri

    def choice(self, element: etree._Element, name: str, values: tuple[str, ...]) -> str:
        """The attribute, one of the values; the first is the default. Spaces around it are not allowed (13.2)."""
        value = element.get(name, values[0])
        if value not in values:
            self.fault(element, _SCHEMA, f"{name} must be one of {', '.join(values)}, not {_quoted(value)}")
        return value

    def mastery_score(self, element: etree._Element) -> Decimal | None:
        value = element.get("masteryScore")
        if value is None:
            return None
        text = value.strip(_SPACE)
        if len(text) > _MAX_DECIMAL_LENGTH or not _DECIMAL.fullmatch(text) or not 0 <= Decimal(text) <= 1:
            self.fault(element, _SCHEMA, f"masteryScore must be a decimal from 0 to 1, not {_quoted(text)}")
            return None
        score = abs(Decimal(text))  # "-0" is a zero
        if score != round(score, 4):
            self.warn(element, f"masteryScore {text} has more than 4 decimal places (13.1.4)")
        return score

    def activity_type(self, element: etree._Element) -> str | None:
        return None if element.get("activityType") is None else self.iri(element, "activityType")

    # --- texts ------------------------------------------------------------------------------------------------------

    def texts(self, content: dict[str, list[etree._Element]], name: str) -> LangMap:
        """The language map of a title or description; the first of two texts in one language."""
        texts: dict[str, str] = {}
        for element in content.get(name, []):
            self.attributes(element, _NONE)
            for child in self.content(element, _TEXTS).get("langstring", []):
                language = self.language(child)
                if language in texts:
                    self.warn(child, f"a second text in the language {language} is left out")
                texts.setdefault(language, self.simple_text(child))
        return tuple(texts.items())

    def language(self, element: etree._Element) -> str:
        self.attributes(element, frozenset({"lang"}))
        value = element.get("lang")
        if value is None:
            return UNDETERMINED
        tag = value.strip(_SPACE)
        if not _LANGUAGE.fullmatch(tag):
            self.fault(element, _SCHEMA, f"lang must be a language tag, not {_quoted(tag)}")
        return tag

    def simple_text(self, element: etree._Element) -> str:
        if len(element):
            self.fault(element, _SCHEMA, f"{_shown(element)} holds text only, no elements")
        return (element.text or "").strip(_SPACE)  # 13.1.0.0-1

    def any_text(self, content: dict[str, list[etree._Element]], name: str) -> str | None:
        """launchParameters or entitlementKey: the schema lets anything in, 13.1.4 calls it a string."""
        for element in content.get(name, []):
            if len(element):
                self.warn(element, f"<{name}> holds elements; only their text is kept")
            return "".join(map(str, element.itertext())).strip(_SPACE)
        return None

    def references(self, content: dict[str, list[etree._Element]]) -> tuple[str, ...]:
        """The objectives that a block or an AU refers to, each of them one of the course's."""
        found: dict[str, None] = {}
        for element in content.get("objectives", []):
            self.attributes(element, _NONE)
            for child in self.content(element, _OBJECTIVE_LIST).get("objective", []):
                found[self.reference(child)] = None
        return tuple(found)

    def reference(self, element: etree._Element) -> str:
        self.attributes(element, frozenset({"idref"}), foreign=False)
        self.content(element, (), extensions=False)
        idref = (element.get("idref") or "").strip(_SPACE)
        if idref not in self.objective_ids:
            self.fault(element, _CONFORMANCE, f"idref {_quoted(idref)} is no objective of this course")
        return idref

    # --- urls -------------------------------------------------------------------------------------------------------

    def url(self, content: dict[str, list[etree._Element]]) -> str:
        for element in content.get("url", []):
            self.attributes(element, _NONE, foreign=False)
            url = self.simple_text(element)
            self.check_url(element, url)
            return url
        return ""

    def check_url(self, element: etree._Element, url: str) -> None:
        if not url:
            self.fault(element, _SCHEMA, "url must not be empty")
            return
        reason = urls.url_fault(url)
        if reason:
            self.fault(element, "cmi5 13.1.4.0-2 (d)", f"the url {_quoted(url)} {reason}")
        elif not urls.scheme(url):
            self.check_relative(element, url)
        names = urls.query_names(url)
        taken = [name for name in vocabulary.LAUNCH_PARAMETERS if name in names]
        if taken:
            detail = f"the url's query has {', '.join(taken)}, which the launch adds itself; give it another name"
            self.fault(element, "cmi5 8.1.0.0-6 (d)", detail)
        if any(name in names for name in vocabulary.IPC_PARAMETERS):
            self.warn(element, "the url's query has ipc-service, which a launch on a device adds itself")

    def check_relative(self, element: etree._Element, url: str) -> None:
        if self.entries is None:
            detail = f"the url {_quoted(url)} must be fully qualified, since no package comes with the XML"
            self.fault(element, "cmi5 14.2.0.0-1 (d)", detail)
        elif urls.package_path(url) not in self.entries:
            detail = f"the url {_quoted(url)} is no file of the package; what is not in it must be fully qualified"
            self.fault(element, "cmi5 14.1.0.0-4 (d)", detail)

    # --- children ---------------------------------------------------------------------------------------------------

    def content(
        self, element: etree._Element, steps: tuple[_Step, ...], *, extensions: bool = True
    ) -> dict[str, list[etree._Element]]:
        """The children by name, with AUs and blocks together under `nodes`; faults for what is missing or misplaced."""
        found: dict[str, list[etree._Element]] = {"nodes": []}
        self.no_text_in(element)
        at, used = 0, False
        for child in element:
            name = _cmi5_name(child)
            step = len(steps) if name is None else _next_step(steps, at, used, name)
            if step is None or (name is None and not (extensions and _is_extension(child))):
                self.fault(child, _SCHEMA, f"{_shown(child)} is not allowed here in {_shown(element)}")
                continue
            self.skipped(element, steps[at + used : step])
            at, used = step, step < len(steps)
            if name is None:
                self.note_extension(child)
            else:
                found.setdefault("nodes" if name in _NODES.names else name, []).append(child)
        self.skipped(element, steps[at + used :])
        return found

    def skipped(self, element: etree._Element, steps: tuple[_Step, ...]) -> None:
        for step in steps:
            if step.required:
                self.fault(element, _SCHEMA, f"{_shown(element)} must have {step} in its place")

    def no_text_in(self, element: etree._Element) -> None:
        texts = [element.text, *(child.tail for child in element)]
        if any(text and text.strip(_SPACE) for text in texts):
            self.fault(element, _SCHEMA, f"{_shown(element)} holds elements only, no text")

    def note_extension(self, element: etree._Element) -> None:
        namespace = str(element.tag)[1:].partition("}")[0]
        self.namespaces[namespace] = min(_line(element), self.namespaces.get(namespace, _line(element)))


_NO_TEXT: LangMap = ()


def _next_step(steps: tuple[_Step, ...], at: int, used: bool, name: str) -> int | None:
    for number in range(at, len(steps)):
        step = steps[number]
        if name in step.names and (step.repeated or not (used and number == at)):
            return number
    return None


def _cmi5_name(element: etree._Element) -> str | None:
    tag = str(element.tag)
    return tag[len(_PREFIX) :] if tag.startswith(_PREFIX) else None


def _is_extension(element: etree._Element) -> bool:
    return str(element.tag).startswith("{")  # ##other leaves out elements without a namespace


def _line(element: etree._Element) -> int:
    line: Any = element.sourceline  # the stubs do not say what it is
    return line or 0


def _shown(element: etree._Element) -> str:
    tag = str(element.tag)
    return f"<{tag.removeprefix(_PREFIX)}>"


def _quoted(text: str) -> str:
    return f'"{text[:100]}{"…" if len(text) > 100 else ""}"'
