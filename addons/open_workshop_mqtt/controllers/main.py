# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hmac
import re

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..models.event_body import read_event
from .answers import answer, answer_error
from .intake import (
    BATCH_BYTES_MAX,
    BATCH_MAX,
    EVENT_BYTES_MAX,
    Refused,
    read_batch,
    read_body,
    summary,
)

TOKEN_PARAMETER = "open_workshop_mqtt.event_token"
GROUP = "open_workshop_mqtt.group_bridge"
BATCH_OFFER = {"X-IoT-Batch-Max": str(BATCH_MAX)}
BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


def bridge_route(path, method):
    """Declare a route of the bridge: JSON in and out, and a key in the header."""

    def decorate(function):
        def endpoint(self, **_params):
            try:
                authorize()
                return function(self)
            except Refused as refused:
                return answer_error(
                    refused.status, refused.message, refused.errors, refused.headers
                )

        endpoint.__name__ = function.__name__
        endpoint.__doc__ = function.__doc__
        # Not readonly: a route without a user is, by default, and events are written.
        return http.route(
            path,
            type="http",
            auth="none",
            methods=[method],
            csrf=False,
            save_session=False,
            readonly=False,
        )(endpoint)

    return decorate


def authorize():
    """Make the request act as the owner of the key in its header.

    The key is the shared token of the system parameter, or the API key of a user of the
    bridges' group.

    :raise Refused: 401 for a wrong key, 403 for one that may not do this
    """
    header = request.httprequest.headers.get("Authorization", "")
    found = BEARER.fullmatch(header)
    key = found.group(1) if found else ""
    if not key:
        raise _wrong_key("Send the key in the header: Authorization: Bearer <key>.")
    parameters = request.env["ir.config_parameter"].with_user(SUPERUSER_ID)
    token = (parameters.get_param(TOKEN_PARAMETER) or "").strip()
    # A header is bytes that WSGI shows as Latin-1.
    if token and hmac.compare_digest(token.encode(), key.encode("latin-1", "replace")):
        request.update_env(user=SUPERUSER_ID)
        return
    uid = None
    if key.isascii() and key.isprintable():
        api_keys = request.env["res.users.apikeys"]
        uid = api_keys._check_credentials(scope="rpc", key=key)
    if not uid:
        raise _wrong_key("The key is not valid.")
    request.update_env(user=uid)
    # Whoever delivers events writes sessions of all companies: no other group will do.
    if not request.env.user.has_group(GROUP):
        raise Refused(
            403,
            "The user of this key may not deliver events: give them the group "
            '"MQTT: IoT Bridge".',
        )


def _wrong_key(message):
    return Refused(401, message, headers={"WWW-Authenticate": 'Bearer realm="Odoo"'})


class IotController(http.Controller):
    """What the bridge talks to."""

    @bridge_route("/ows/iot/event", "POST")
    def event(self):
        """Store one event and apply it; a repeat is answered and changes nothing."""
        body, text = read_body(request.httprequest, EVENT_BYTES_MAX)
        event, faults = read_event(body, text)
        if faults:
            raise Refused(422, summary(faults), faults)
        [status] = request.env["mqtt.event"].sudo()._receive([event])
        return answer({"status": status}, headers=BATCH_OFFER)

    @bridge_route("/ows/iot/events", "POST")
    def events(self):
        """Store a batch of events and apply them in order, with a status for each."""
        body, _text = read_body(request.httprequest, BATCH_BYTES_MAX)
        events, results = read_batch(body)
        statuses = iter(request.env["mqtt.event"].sudo()._receive(events))
        for result in results:
            if "status" not in result:
                result["status"] = next(statuses)
        return answer({"status": "ok", "results": results}, headers=BATCH_OFFER)

    @bridge_route("/ows/iot/config", "GET")
    def config(self):
        """Answer the configuration of the bridge, for its pull mode."""
        return answer(request.env["mqtt.device"]._bridge_configuration())
