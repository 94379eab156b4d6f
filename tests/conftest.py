"""What holds for every test: how hypothesis searches, and that CI skips nothing.

With `OFFLINE_LRS_NO_SKIP` set, as `.ci/run` does, a skipped test fails the run: on a machine where everything can be
installed, a skip means that something is not tested any more. Elsewhere a skip is fine, with its reason.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.support.browser import chromium
from tests.support.installed import installed_bin, wheel

__all__ = ["chromium", "installed_bin", "wheel"]

NO_SKIP = "OFFLINE_LRS_NO_SKIP"

# No deadline: a slow moment of the machine is no fault of the code. In CI the same examples every time.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") or os.environ.get(NO_SKIP) else "here")


def _skipped(config: pytest.Config) -> list[str]:
    """`place: reason` of every test, or whole module, that was skipped."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    return [f"{report.nodeid}: {report.longrepr[2]}" for report in reports if not hasattr(report, "wasxfail")]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a run with skips red."""
    if os.environ.get(NO_SKIP) and session.exitstatus == pytest.ExitCode.OK and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which skips they were."""
    skips = _skipped(config) if os.environ.get(NO_SKIP) else []
    if skips:
        terminalreporter.section(f"{len(skips)} skipped, and {NO_SKIP} is set: the run has failed", red=True)
        for skip in skips:
            terminalreporter.line(skip)
