"""The requirement ids that refusals name are those of the standard's list."""

from __future__ import annotations

import re
from pathlib import Path

import launcher.learning
from tests.launcher.cmi5.specs import spec_file

ID = re.compile(r"\b\d+\.\d+\.\d+\.\d+-\d+(?: \(d\d?\))?")


def test_every_id_we_name_exists() -> None:
    """Whoever looks a refusal up finds the row."""
    rows = {line.split("\t")[0] for line in spec_file("requirements.tsv").read_text(encoding="utf-8").splitlines()}
    folder = Path(launcher.learning.__file__).parent
    named = {name for source in folder.glob("*.py") for name in ID.findall(source.read_text(encoding="utf-8"))}
    assert (named - rows, len(named) > 5) == (set(), True)
