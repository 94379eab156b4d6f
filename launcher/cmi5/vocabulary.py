"""Every IRI and fixed name of cmi5, spelt once.

Plain constants: what they mean is said where they are used. Section numbers are those of cmi5 (Quartz, 1st edition).
"""

from __future__ import annotations

from typing import Final

# --- verbs (9.3) ----------------------------------------------------------------------------------------------------

LAUNCHED: Final = "http://adlnet.gov/expapi/verbs/launched"
INITIALIZED: Final = "http://adlnet.gov/expapi/verbs/initialized"
COMPLETED: Final = "http://adlnet.gov/expapi/verbs/completed"
PASSED: Final = "http://adlnet.gov/expapi/verbs/passed"
FAILED: Final = "http://adlnet.gov/expapi/verbs/failed"
ABANDONED: Final = "https://w3id.org/xapi/adl/verbs/abandoned"
WAIVED: Final = "https://w3id.org/xapi/adl/verbs/waived"
TERMINATED: Final = "http://adlnet.gov/expapi/verbs/terminated"
SATISFIED: Final = "https://w3id.org/xapi/adl/verbs/satisfied"

AU_VERBS: Final = frozenset({INITIALIZED, COMPLETED, PASSED, FAILED, TERMINATED})
LMS_VERBS: Final = frozenset({LAUNCHED, ABANDONED, WAIVED, SATISFIED})

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
"""xAPI's own verb; an AU never gets the right to use it (6.3)."""

PROGRESSED: Final = "http://adlnet.gov/expapi/verbs/progressed"
"""Not a cmi5 verb; what AUs report progress with by cmi5's best practices."""

# --- categories (9.6.2) ---------------------------------------------------------------------------------------------

CATEGORY_CMI5: Final = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
CATEGORY_MOVE_ON: Final = "https://w3id.org/xapi/cmi5/context/categories/moveon"

# --- extensions (9.5.5, 9.6.3) --------------------------------------------------------------------------------------

EXT_PROGRESS: Final = "https://w3id.org/xapi/cmi5/result/extensions/progress"
EXT_REASON: Final = "https://w3id.org/xapi/cmi5/result/extensions/reason"

EXT_SESSION_ID: Final = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
EXT_MASTERY_SCORE: Final = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
EXT_LAUNCH_MODE: Final = "https://w3id.org/xapi/cmi5/context/extensions/launchmode"
EXT_LAUNCH_URL: Final = "https://w3id.org/xapi/cmi5/context/extensions/launchurl"
EXT_MOVE_ON: Final = "https://w3id.org/xapi/cmi5/context/extensions/moveon"
EXT_LAUNCH_PARAMETERS: Final = "https://w3id.org/xapi/cmi5/context/extensions/launchparameters"

# --- activity types (9.4) -------------------------------------------------------------------------------------------

TYPE_BLOCK: Final = "https://w3id.org/xapi/cmi5/activitytype/block"
TYPE_COURSE: Final = "https://w3id.org/xapi/cmi5/activitytype/course"

# --- launch mode (10.2.2), moveOn and launchMethod (13.1.4) ---------------------------------------------------------

NORMAL: Final = "Normal"
BROWSE: Final = "Browse"
REVIEW: Final = "Review"
LAUNCH_MODES: Final = (NORMAL, BROWSE, REVIEW)

NOT_APPLICABLE: Final = "NotApplicable"
MOVE_ON_PASSED: Final = "Passed"
MOVE_ON_COMPLETED: Final = "Completed"
COMPLETED_AND_PASSED: Final = "CompletedAndPassed"
COMPLETED_OR_PASSED: Final = "CompletedOrPassed"
MOVE_ON_VALUES: Final = (
    NOT_APPLICABLE,
    MOVE_ON_PASSED,
    MOVE_ON_COMPLETED,
    COMPLETED_AND_PASSED,
    COMPLETED_OR_PASSED,
)

ANY_WINDOW: Final = "AnyWindow"
OWN_WINDOW: Final = "OwnWindow"
LAUNCH_METHODS: Final = (ANY_WINDOW, OWN_WINDOW)

# --- reasons for waiving that the LMS should use (9.5.5.2) ----------------------------------------------------------

WAIVE_REASONS: Final = ("Tested Out", "Equivalent AU", "Equivalent Outside Activity", "Administrative")

# --- documents (10.1, 11) -------------------------------------------------------------------------------------------

STATE_LAUNCH_DATA: Final = "LMS.LaunchData"
PROFILE_LEARNER_PREFERENCES: Final = "cmi5LearnerPreferences"

# --- launch parameters (8.1) and ours -------------------------------------------------------------------------------

PARAM_ENDPOINT: Final = "endpoint"
PARAM_FETCH: Final = "fetch"
PARAM_ACTOR: Final = "actor"
PARAM_REGISTRATION: Final = "registration"
PARAM_ACTIVITY_ID: Final = "activityId"
LAUNCH_PARAMETERS: Final = (PARAM_ENDPOINT, PARAM_FETCH, PARAM_ACTOR, PARAM_REGISTRATION, PARAM_ACTIVITY_ID)

PARAM_IPC_SERVICE: Final = "ipc-service"
"""Ours: the local service that stands behind `endpoint` and `fetch`."""
IPC_PARAMETERS: Final = (PARAM_IPC_SERVICE, "ipc-server")
"""Both spellings that lessons understand; we write the first."""

# --- fetch URL (8.2) ------------------------------------------------------------------------------------------------

AUTH_TOKEN: Final = "auth-token"
ERROR_CODE: Final = "error-code"
ERROR_TEXT: Final = "error-text"
FETCH_USED_OR_EXPIRED: Final = "1"
FETCH_SECURITY_ERROR: Final = "2"
FETCH_APPLICATION_ERROR: Final = "3"

# --- course structure (13.2) ----------------------------------------------------------------------------------------

COURSE_STRUCTURE_NAMESPACE: Final = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"
COURSE_STRUCTURE_FILE: Final = "cmi5.xml"
