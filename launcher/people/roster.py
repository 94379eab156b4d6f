"""People of the school, in OneRoster's words. Their names live here and nowhere else: statements carry an account whose
name is the person's id, which says nothing about them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from msgspec import Struct

from lrs.errors import Conflict, Fault, Invalid, NotFound
from lrs.store.promises import Reader, Transaction

if TYPE_CHECKING:  # the ORM is loaded where people are read or written: most commands have no time for it
    from launcher.store.tables import Person

ROLES = ("student", "teacher", "administrator")
LONGEST = 200
DOTS = frozenset({".", ".."})  # no address can end in these: browsers take them for folders
UNFIT = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})  # Unicode 4.5
JOINERS = frozenset("\u200c\u200d")


class Somebody(Struct, frozen=True):
    """A person as the rest of the launcher reads it."""

    id: str
    given_name: str
    family_name: str
    role: str

    @property
    def name(self) -> str:
        """The name as a list shows it."""
        return " ".join(part for part in (self.given_name, self.family_name) if part)


def add(transaction: Transaction, store: int, person: Somebody) -> Somebody:
    """Add a person; the same one again changes nothing. Raises `Conflict` where the id is somebody else's."""
    _check(person)
    known = find(transaction, store, person.id)
    if known is not None:
        if known != person:
            raise Conflict(f"person {person.id} is there already with another name or role")
        return known
    from launcher.store.tables import Person

    with transaction.session() as session:
        session.add(
            Person(
                store=store,
                id=person.id,
                given_name=person.given_name,
                family_name=person.family_name,
                role=person.role,
                status="active",
                revision=transaction.next_revision(store),
                created_us=transaction.now_us,
            )
        )
        session.flush()
    return person


def _is_unfit(character: str) -> bool:
    """Whether it has no place in a name. Persian, Sinhala and many others are written with joiners, which Python does
    not call printable; what turns the direction of a line round, or ends it, would spoil the page around it."""
    return unicodedata.category(character) in UNFIT and character not in JOINERS


def _check(person: Somebody) -> None:
    faults = []
    if not 0 < len(person.id) <= LONGEST or not person.id.isprintable() or " " in person.id or person.id in DOTS:
        detail = f"an id is 1 to {LONGEST} characters without white space, and neither `.` nor `..`"
        faults.append(Fault("id", "OneRoster 1.2 sourcedId", detail))
    if not person.name.strip() or len(person.name) > LONGEST or any(map(_is_unfit, person.name)):
        detail = f"a name is 1 to {LONGEST} characters on one line, without control characters"
        faults.append(Fault("givenName", "OneRoster 1.2 user", detail))
    if person.role not in ROLES:
        faults.append(Fault("role", "OneRoster 1.2 role", f"a role is one of {', '.join(ROLES)}"))
    if faults:
        raise Invalid.of(faults)


def find(reader: Reader, store: int, person_id: str) -> Somebody | None:
    """A person by id, or None."""
    from launcher.store.tables import Person

    with reader.session() as session:
        found = session.get(Person, (store, person_id))
        return None if found is None else _somebody(found)


def get(reader: Reader, store: int, person_id: str) -> Somebody:
    """A person by id."""
    found = find(reader, store, person_id)
    if found is None:
        raise NotFound(f"there is no person {person_id}; `offline-lrs people list` shows them")
    return found


def listed(reader: Reader, store: int) -> list[Somebody]:
    """Everybody, by name."""
    from sqlmodel import col, select

    from launcher.store.tables import Person

    with reader.session() as session:
        wanted = select(Person).where(Person.store == store).order_by(col(Person.family_name), col(Person.given_name))
        return [_somebody(person) for person in session.exec(wanted)]


def ids(reader: Reader, store: int) -> list[str]:
    """The id of everybody."""
    return [str(row[0]) for row in reader.execute("SELECT id FROM person WHERE store = ?", (store,))]


def _somebody(person: Person) -> Somebody:
    return Somebody(person.id, person.given_name, person.family_name, person.role)
