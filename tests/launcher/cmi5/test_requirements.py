"""The requirement ids that we name are those of the standard's list."""

from __future__ import annotations

import re
from pathlib import Path

import launcher.cmi5
from tests.launcher.cmi5.specs import spec_file

_ID = re.compile(r"\b\d+\.\d+\.\d+\.\d+-\d+(?: \(d\d?\))?")


def test_every_id_we_name_exists() -> None:
    """Each numbered requirement in the package's source is a row of requirements.tsv."""
    rows = {line.split("\t")[0] for line in spec_file("requirements.tsv").read_text(encoding="utf-8").splitlines()}
    folder = Path(launcher.cmi5.__file__).parent
    named = {name for source in folder.glob("*.py") for name in _ID.findall(source.read_text(encoding="utf-8"))}
    assert set() == named - rows
    assert len(named) > 60
