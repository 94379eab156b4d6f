"""What ends a lesson early, in one clear line each."""

from __future__ import annotations


class LessonError(Exception):
    """Base of the lesson's own errors."""


class BadLaunch(LessonError):
    """The launch URL cannot be used. `faults` names every part that is missing or ill-formed."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(f"this launch URL cannot be used: {'; '.join(faults)}")
        self.faults = faults


class Refused(LessonError):
    """The LMS answered, and the answer is no. Asking again would not change it."""


class NotANumber(LessonError):
    """What was typed is no answer to this exercise: the learner is asked again."""


class Stopped(LessonError):
    """The learner, or the system, wants the lesson to end now."""
