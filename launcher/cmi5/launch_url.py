"""The launch URL (cmi5 8.1): the AU's url with the launch parameters merged into its query.

`build` makes what is opened, `recorded` what the "launched" statement keeps of it. Neither opens anything.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote_plus

from launcher.cmi5 import urls, vocabulary
from lrs.errors import Fault, Invalid

_OURS = frozenset(vocabulary.LAUNCH_PARAMETERS + vocabulary.IPC_PARAMETERS)


def build(
    au_url: str,
    *,
    endpoint: str,
    fetch: str,
    actor: dict[str, Any],
    registration: str,
    activity_id: str,
    ipc_service: str | None,
) -> str:
    """The URL that launches the AU: its own query first and unchanged, then ours, the fragment last (8.1).

    `au_url` is fully qualified, of any scheme. A name of its query that collides with a launch parameter is refused
    here too, since an administrator may have changed the url after the import.
    """
    _refuse_collisions(au_url)
    parameters = {
        vocabulary.PARAM_ENDPOINT: endpoint,  # 8.1.1
        vocabulary.PARAM_FETCH: fetch,  # 8.1.2
        vocabulary.PARAM_ACTOR: json.dumps(actor, ensure_ascii=False, separators=(",", ":")),  # 8.1.3
        vocabulary.PARAM_REGISTRATION: registration,  # 8.1.4
        vocabulary.PARAM_ACTIVITY_ID: activity_id,  # 8.1.5
    }
    if ipc_service is not None:
        parameters[vocabulary.PARAM_IPC_SERVICE] = ipc_service
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())  # 8.1.0.0-8
    base, hash_, fragment = au_url.partition("#")
    return f"{base}{_separator(base)}{query}{hash_}{fragment}"


def recorded(au_url: str) -> str:
    """The `launchurl` extension: the URL with its own query but without the launch parameters (9.6.3.4)."""
    base, hash_, fragment = au_url.partition("#")
    path, mark, query = base.partition("?")
    pairs = query.split("&")
    kept = [pair for pair in pairs if unquote_plus(pair.partition("=")[0]) not in _OURS]
    if len(kept) == len(pairs):
        return au_url
    return f"{path}{mark if kept else ''}{'&'.join(kept)}{hash_}{fragment}"


def _refuse_collisions(au_url: str) -> None:
    taken = sorted(set(urls.query_names(au_url)) & set(vocabulary.LAUNCH_PARAMETERS))
    if taken:
        detail = f"the AU's url already has the query parameter {', '.join(taken)}, which belongs to the launch"
        raise Invalid.of([Fault("url", "cmi5 8.1.0.0-6 (d)", detail)])


def _separator(base: str) -> str:
    if "?" not in base:
        return "?"
    return "" if base.endswith(("?", "&")) else "&"
