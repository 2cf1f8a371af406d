# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reads what the bridge posts: faults are values, never exceptions."""

from ..models.event_body import load_json, read_event

BATCH_MAX = 200
EVENT_BYTES_MAX = 1024 * 1024
BATCH_BYTES_MAX = 4 * 1024 * 1024
UID_LENGTH = 36
# The bridge takes an answer of 64 KiB, whatever is wrong with all events of a batch.
MESSAGE_LENGTH_MAX = 200


class Refused(Exception):
    """The request is refused; says with which status, and why."""

    def __init__(self, status, message, errors=(), headers=None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers


def read_body(httprequest, bytes_max):
    """Return the body of a request as (parsed JSON, text).

    :raise Refused: when it is too large, or no JSON in UTF-8
    """
    mimetype = httprequest.mimetype
    if mimetype != "application/json" and not mimetype.endswith("+json"):
        raise Refused(415, "Send JSON, with Content-Type: application/json.")
    if (httprequest.content_length or 0) > bytes_max:
        raise Refused(413, f"The body is larger than {bytes_max} bytes.")
    data = httprequest.get_data()
    if len(data) > bytes_max:
        raise Refused(413, f"The body is larger than {bytes_max} bytes.")
    try:
        text = data.decode("utf-8-sig")
        return load_json(text), text
    except UnicodeDecodeError:
        raise Refused(400, "The body is not UTF-8.") from None
    except ValueError as error:
        raise Refused(400, f"The body is not JSON: {error}.") from None


def summary(faults):
    """Return one sentence for a list of faults of an event."""
    said = "; ".join(f"{fault['path']} {fault['message']}".strip() for fault in faults)
    return f"The event was not accepted: {said}."


def read_batch(body):
    """Return the events of a batch and what is known of each by now.

    :return: (list of event_body.Event, list of dict of ``event_uid``, ``status`` and
        ``message``, one for each element of the batch; those of the events have no
        ``status`` yet)
    :raise Refused: when it is no batch
    """
    batch = body.get("events") if isinstance(body, dict) else None
    if not isinstance(batch, list):
        fault = {"path": "events", "message": "must be a list of events"}
        raise Refused(422, 'Send an object {"events": […]}.', [fault])
    if len(batch) > BATCH_MAX:
        fault = {"path": "events", "message": f"has more than {BATCH_MAX} events"}
        raise Refused(422, f"Send at most {BATCH_MAX} events at once.", [fault])
    events, results, refused_devices = [], [], set()
    for value in batch:
        fields = value if isinstance(value, dict) else {}
        uid = fields.get("event_uid")
        is_short = isinstance(uid, str) and len(uid) <= UID_LENGTH
        result = {"event_uid": uid if is_short else None}
        results.append(result)
        device = fields.get("device_id")
        device = device if isinstance(device, str) else None
        if device in refused_devices:
            result["status"] = "held"
            result["message"] = "An earlier event of the device was refused."
            continue
        event, faults = read_event(value)
        if event:
            events.append(event)
            continue
        message = summary(faults)
        if len(message) > MESSAGE_LENGTH_MAX:
            message = message[: MESSAGE_LENGTH_MAX - 1] + "…"
        result.update(status="error", message=message)
        if device is not None:
            refused_devices.add(device)
    return events, results
