"""The learning management system: courses, people, launches, sessions, progress. See README.md in this folder."""
