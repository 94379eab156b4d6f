"""Ids that are equal on every device of a school (decision 6: "ids are equal on every device").

An activity id follows from the school's identity, the publisher's id and the course's version, and from nothing of the
machine: two tablets that never met give the same AU the same id, so their statements meet at the school without
translation. An id once given out is in people's records, so the derivation below can never change.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from typing import Any

from launcher.cmi5 import urls
from lrs.errors import Fault, Invalid

_LOCAL_SUFFIXES = ("localhost", "local", "localdomain", "invalid")
_LABEL = re.compile(r"[^\W_]([\w-]{0,61}[^\W_])?", re.UNICODE)


# --- the school -----------------------------------------------------------------------------------------------------


def school_iri(text: str) -> str:
    """The school's identity in the one spelling that is stored, or `Invalid` saying what is wrong with it.

    Scheme and host are lower-cased, the text is NFC, and a trailing slash is dropped, so that two people who type the
    same address get the same ids.
    """
    iri = unicodedata.normalize("NFC", text.strip())
    reason = _school_fault(iri)
    if reason:
        detail = f"{reason}; give an address the school owns, such as https://school.example"
        raise Invalid.of([Fault("school", "", detail)])
    scheme, rest = iri.split("://", 1)
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{host.lower()}{slash}{path}".rstrip("/")


def _school_fault(iri: str) -> str | None:
    if not urls.is_absolute_iri(iri) or not iri.lower().startswith(("http://", "https://")):
        return "the school's identity must be an absolute http or https IRI"
    if "?" in iri or "#" in iri:
        return "the school's identity must have no query and no fragment"
    host, _, path = iri.split("://", 1)[1].partition("/")
    if "@" in host or ":" in host.rpartition("]")[2]:
        return "the school's identity must have no user and no port"
    if path and any(segment in {".", "..", ""} for segment in path.rstrip("/").split("/")):
        return "the school's identity must have no empty and no dot segments in its path"
    return _host_fault(host.lower())


def _host_fault(host: str) -> str | None:
    labels = host.split(".")
    # A last label of digits only (or hexadecimal, as in 0x7f000001) is read as an IPv4 address by every resolver.
    if host.startswith("[") or re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        return "the school's identity must not be an IP address"
    if labels[-1] in _LOCAL_SUFFIXES or len(labels) == 1:
        return "the school's identity must not be the name of one machine or of a local network"
    if not all(_LABEL.fullmatch(label) for label in labels):
        return "the school's identity must name a host"
    return None


# --- activities -----------------------------------------------------------------------------------------------------


def course_activity_id(school: str, course_publisher_id: str, version: str) -> str:
    """The LMS's id for the course (cmi5 9.4): unique, and never the publisher's."""
    return _activity_id(school, "course", course_publisher_id, version)


def block_activity_id(school: str, course_publisher_id: str, version: str, block_publisher_id: str) -> str:
    """The LMS's id for a block (cmi5 9.4)."""
    return _activity_id(school, "block", course_publisher_id, version, block_publisher_id)


def au_activity_id(school: str, course_publisher_id: str, version: str, au_publisher_id: str) -> str:
    """The `activityId` of an AU: the same on each launch, in each registration, on each device (cmi5 8.1.5)."""
    return _activity_id(school, "au", course_publisher_id, version, au_publisher_id)


def _activity_id(school: str, kind: str, *names: str) -> str:
    # No IRI and no version holds a line feed, so different names never join to one text.
    name = uuid.uuid5(uuid.NAMESPACE_URL, "\n".join((school, kind, *names)))
    return f"{school}/cmi5/{kind}/{name}"


# --- people and content ---------------------------------------------------------------------------------------------


def actor(school: str, person_id: str) -> dict[str, Any]:
    """The Agent of a learner: an account of the school, with a random id in it and no personal data (8.1.3, 9.2)."""
    return {"objectType": "Agent", "account": {"homePage": school, "name": person_id}}


def content_address(school: str, course: str, url: str) -> str:
    """The canonical address of an AU's entry point, for what is stored; never where it happens to be served from.

    A fully qualified `url` stays as it is. A relative one is inside the package of `course` (the course's version, or
    any other text that names one import the same way on every device).
    """
    if urls.scheme(url):
        return url
    return f"{school}/cmi5/content/{course}/{urls.normal_relative(url)}"
