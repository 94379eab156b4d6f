"""Courses, registrations, launches and sessions: the LMS at work. See README.md in this folder."""
