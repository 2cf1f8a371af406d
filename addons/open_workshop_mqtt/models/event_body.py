# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reads the body of an event of the bridge; needs no database.

Times are ISO 8601 in UTC with milliseconds and become naive datetimes in UTC; seconds,
W and kWh become floats. Fields that are not known are ignored: more may be added.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime

UID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    r"|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff",
    re.IGNORECASE,
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
# Beyond these PostgreSQL's integer and anything a meter can mean are left behind.
COUNT_MAX = 2**31 - 1
NUMBER_MAX = 1e16


class Wrong(ValueError):
    """A value is not what is wanted; the text is the end of "the field …"."""


@dataclass(frozen=True)
class Event:
    """One event. ``kind`` is what it does here; None: its type is not known."""

    uid: str
    event_type: str
    kind: str | None
    device_id: str
    ts: datetime
    payload: dict
    body: str


def _text(value, length_max=None):
    if not isinstance(value, str):
        raise Wrong("must be text")
    if length_max is not None and not 1 <= len(value) <= length_max:
        raise Wrong(f"must be text of 1 to {length_max} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Wrong("must be well-formed Unicode") from None
    if "\x00" in value:
        raise Wrong("must not contain a NUL character")
    return value


def _identifier(value):
    return _text(value, 128)


def _uid(value):
    if not isinstance(value, str) or not UID.fullmatch(value):
        raise Wrong("must be a UUID")
    return value.lower()


def _time(value):
    if isinstance(value, str) and TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value[:-1])
        except ValueError:
            pass
    raise Wrong("must be a time in UTC like 2026-01-31T10:30:18.500Z")


def _time_or_null(value):
    return None if value is None else _time(value)


def _any_number(value):
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong("must be a number")
    if not -NUMBER_MAX <= value <= NUMBER_MAX:
        raise Wrong(f"must be a number from -{NUMBER_MAX:.0e} to {NUMBER_MAX:.0e}")
    return float(value)


def _number(value):
    if _any_number(value) < 0:
        raise Wrong("must be a number from 0")
    return float(value)


def _count(value):
    number = _number(value)
    if not number.is_integer():
        raise Wrong("must be a whole number")
    return min(int(number), COUNT_MAX)


def _object(value):
    if not isinstance(value, dict):
        raise Wrong("must be an object")
    return value


def _one_of(*names):
    def check(value):
        if value not in names:
            raise Wrong(f"must be {' or '.join(names)}")
        return value

    return check


_SUMS = {
    "duration_s": _number,
    "standby_duration_s": _number,
    "working_duration_s": _number,
    "interruption_duration_s": _number,
    "energy_kwh": _number,
    "energy_source": _one_of("counter", "integrated"),
    "message_count": _count,
    "power_w": _number,
    "avg_power_w": _number,
    "max_power_w": _number,
}
_STARTED = {
    "session_id": _uid,
    "machine_name": _text,
    "started_at": _time,
    "state": _one_of("standby", "working"),
    "power_w": _number,
    "reason": _one_of("power_threshold"),
}
_HEARTBEAT = {
    "session_id": _uid,
    "started_at": _time,
    "state": _one_of("starting", "standby", "working", "stopping"),
    "interval_start": _time,
    "interval_end": _time,
    **_SUMS,
    "min_power_w": _number,
    "interval_energy_kwh": _number,
}
_ENDED = {
    "session_id": _uid,
    "machine_name": _text,
    "started_at": _time,
    "ended_at": _time,
    **_SUMS,
}
_STOPPED = {**_ENDED, "reason": _one_of("normal", "device_removed")}
_TIMED_OUT = {
    **_ENDED,
    "reason": _one_of("timeout", "gap"),
    "last_message_at": _time,
}
_PRESENCE = {
    "machine_name": _text,
    "last_message_at": _time_or_null,
    "reason": _one_of("message", "last_will", "silence"),
}
_MEASUREMENT_NAMES = ("apower", "voltage", "current", "frequency", "total_energy_kwh")
_MEASUREMENT = dict.fromkeys(_MEASUREMENT_NAMES, _any_number)
_FLOW = {"flow_id": _text, "flow": _text, "name": _text, "data": _object}

# Event type: (kind, checks of the payload's fields).
TYPES = {
    "session_started": ("started", _STARTED),
    "run_start": ("started", _STARTED),
    "session_heartbeat": ("heartbeat", _HEARTBEAT),
    "session_stopped": ("ended", _STOPPED),
    "session_timeout": ("ended", _TIMED_OUT),
    "run_stop": ("ended", None),
    "device_online": ("online", _PRESENCE),
    "device_offline": ("offline", _PRESENCE),
    "power_measurement": ("measurement", _MEASUREMENT),
    "flow_event": ("flow", _FLOW),
}
_ENVELOPE = {
    "schema_version": _one_of("v1"),
    "event_uid": _uid,
    "event_type": _identifier,
    "device_id": _identifier,
    "ts": _time,
    "payload": _object,
}


def _read(value, checks, path, faults, optional=False):
    """Return the fields of ``value`` that pass; what does not goes to ``faults``."""
    fields = {}
    for name, check in checks.items():
        if name not in value:
            if not optional:
                faults.append({"path": f"{path}{name}", "message": "is missing"})
            continue
        try:
            fields[name] = check(value[name])
        except Wrong as wrong:
            faults.append({"path": f"{path}{name}", "message": str(wrong)})
    return fields


def _payload_checks(event_type, payload):
    kind, checks = TYPES.get(event_type, (None, {}))
    if event_type != "run_stop":
        return kind, checks
    # In the run dialect the reason tells a timeout from a stop.
    is_timeout = payload.get("reason") in ("timeout", "gap")
    reason = _one_of("normal", "device_removed", "timeout", "gap")
    return kind, {**(_TIMED_OUT if is_timeout else _STOPPED), "reason": reason}


def read_event(value, body=None):
    """Check a parsed body and return it as an event.

    :param value: what ``json.loads`` made of the body
    :param body: text of the body; None: it is written again from ``value``
    :return: (Event or None, list of faults, each a dict of ``path`` and ``message``)
    """
    if not isinstance(value, dict):
        return None, [{"path": "", "message": "must be an object"}]
    faults = []
    envelope = _read(value, _ENVELOPE, "", faults)
    payload, kind = {}, None
    if "event_type" in envelope and "payload" in envelope:
        raw = envelope["payload"]
        kind, checks = _payload_checks(envelope["event_type"], raw)
        optional = kind == "measurement"
        payload = _read(raw, checks, "payload.", faults, optional)
    if body is None and not faults:
        body = _written(value, faults)
    if faults:
        return None, faults
    return (
        Event(
            uid=envelope["event_uid"],
            event_type=envelope["event_type"],
            kind=kind,
            device_id=envelope["device_id"],
            ts=envelope["ts"],
            payload=payload,
            body=body,
        ),
        [],
    )


def _written(value, faults):
    """Return ``value`` as JSON, in characters where they are well-formed."""
    try:
        body = json.dumps(value, ensure_ascii=False)
        body.encode()
    except UnicodeEncodeError:
        body = json.dumps(value)
    except RecursionError:
        faults.append({"path": "payload", "message": "is nested too deeply"})
        body = None
    return body


def load_json(text):
    """Parse JSON as its standard has it: no NaN, no Infinity.

    :raise ValueError: with a sentence that says what is wrong
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse_constant(name):
    raise ValueError(f"{name} is not a JSON value")
