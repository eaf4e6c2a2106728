"""Session files (``.latents``): what the person had in hand, as readable JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.document.bounded import read_bounded
from latentstudio.document.document import Document, State
from latentstudio.document.versioned import VersionedDecoder

SUFFIX = ".latents"
VERSION = 2  # 2: a timeline
MAX_BYTES = 256 << 20


class SessionError(ValueError):
    """A session that cannot be opened: one sentence with the file, the field and what to do."""


class Session(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One session.

    Attributes
    ----------
    state
        Recipe, active point, gallery and timeline.
    view
        What the window wants to find again, such as the axes of the pad: JSON values only.
    checkpoints
        Where each checkpoint of the session was last seen: content hash to path. Hints only;
        the hash says which file is meant.
    """

    state: State = State()
    view: dict[str, Any] = {}
    checkpoints: dict[str, str] = {}


class _File(Session, frozen=True, forbid_unknown_fields=True, kw_only=True):
    format: Literal["latentstudio session"]
    version: int


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = VersionedDecoder(_File, "session", VERSION, SessionError)


def session_to_json(session: Session) -> bytes:
    """Write a session as UTF-8 JSON: equal sessions give equal bytes.

    Raises
    ------
    SaveError
        If ``view`` or a title holds what JSON cannot, or the session is above 256 MiB.
    """
    try:
        data = _encoder.encode(
            _File(
                format="latentstudio session",
                version=VERSION,
                state=session.state,
                view=session.view,
                checkpoints=session.checkpoints,
            )
        )
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise SaveError(f"the session holds what JSON cannot: {error}") from error
    if len(data) > MAX_BYTES:
        raise SaveError(
            f"the session has {len(data) >> 20} MiB; {MAX_BYTES >> 20} MiB are the most: remove"
            " kept points from the gallery"
        )
    return data


def session_from_json(data: bytes, source: str = "the session") -> Session:
    """Read a session.

    Parameters
    ----------
    data
        UTF-8 JSON from anywhere; untrusted.
    source
        What to call it in the sentence of an error, such as a file's name.

    Raises
    ------
    SessionError
        One sentence: not a session, damaged (with the field), or from a newer version.
    """
    file = _decoder.decode(data, source)
    if file.version < 1:
        raise SessionError(f"{source} is damaged: its version is {file.version}")
    return Session(state=file.state, view=file.view, checkpoints=file.checkpoints)


def save_session(
    path: str | os.PathLike[str],
    document: Document | State,
    view: Mapping[str, Any] | None = None,
    checkpoints: Mapping[str, str | os.PathLike[str]] | None = None,
) -> None:
    """Save a session whole or not at all.

    Parameters
    ----------
    path
        Where to; by convention it ends in ``.latents``.
    document
        The document, or its state.
    view, checkpoints
        As in :class:`Session`.

    Raises
    ------
    latentstudio.atomic.SaveError
        One sentence; what was on the disk is as it was.
    """
    state = document.state if isinstance(document, Document) else document
    hints = {key: os.fspath(hint) for key, hint in (checkpoints or {}).items()}
    write_atomic(path, session_to_json(Session(state, dict(view or {}), hints)))


def load_session(path: str | os.PathLike[str]) -> Session:
    """Open a session file.

    Raises
    ------
    SessionError
        One sentence: the file is missing, unreadable, too large, damaged or newer.
    """
    data = read_bounded(path, MAX_BYTES, "session", SessionError)
    return session_from_json(data, str(Path(path)))
