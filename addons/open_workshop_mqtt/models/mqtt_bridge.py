# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from urllib.parse import quote

from odoo import api, models
from odoo.exceptions import UserError

from .mqtt_bridge_http import READ_TIMEOUT_S, HttpFault, address_problem, request_json

URL_PARAMETER = "open_workshop_mqtt.bridge_url"
TOKEN_PARAMETER = "open_workshop_mqtt.bridge_token"
# For what the bridge itself has to wait: a broker's answer.
LONG_READ_TIMEOUT_S = 10
ERRORS_SHOWN_MAX = 20


class BridgeFault(UserError):
    """The bridge did not do it: a sentence for people, and what a program needs.

    ``kind`` is a word (``no_address``, ``refused``, ``status`` …), ``status`` the
    HTTP status or None, ``errors`` the bridge's list of ``{"path", "message"}``.
    """

    def __init__(self, message, kind, status=None, errors=()):
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.errors = list(errors)


# The web client knows exceptions by name; under this one it shows the sentence.
BridgeFault.__module__ = UserError.__module__
BridgeFault.__name__ = UserError.__name__


class MqttBridge(models.AbstractModel):
    _name = "mqtt.bridge"
    _description = "Connection to the IoT Bridge"

    @api.model
    def _url(self):
        """Return the address of the bridge without a slash at its end, or ''."""
        url = self.env["ir.config_parameter"].sudo().get_param(URL_PARAMETER)
        return (url or "").strip().rstrip("/")

    @api.model
    def _token(self):
        token = self.env["ir.config_parameter"].sudo().get_param(TOKEN_PARAMETER)
        return (token or "").strip()

    @api.model
    def _path(self, *parts):
        """Join the parts of a path, each quoted as a whole."""
        return "/" + "/".join(quote(str(part), safe="") for part in parts)

    @api.model
    def _call(
        self,
        method,
        path,
        body=None,
        params=None,
        read_timeout_s=READ_TIMEOUT_S,
        url=None,
        token=None,
    ):
        """Ask the bridge.

        :param path: path after the address, such as ``/api/brokers``
        :param body: sent as JSON; None: nothing
        :param params: query; what is None is left out
        :param url: another address than the one of the settings, to try it
        :param token: another token than the one of the settings
        :return: the answer, a dict
        :raises BridgeFault: with a sentence for people
        """
        url = self._url() if url is None else url.strip().rstrip("/")
        token = self._token() if token is None else token.strip()
        self._check_address(url, token)
        try:
            status, answer = request_json(
                method, url + path, token, body, params, read_timeout_s
            )
        except HttpFault as fault:
            raise self._no_answer(fault, url) from None
        if 200 <= status < 300:
            return answer
        raise self._refusal(status, answer)

    @api.model
    def _check_address(self, url, token):
        """Raise when a request cannot even be made."""
        if not url:
            raise BridgeFault(
                self.env._(
                    "No address of the bridge is set. Enter it in MQTT → Settings."
                ),
                "no_address",
            )
        problem = address_problem(url)
        if problem:
            raise BridgeFault(self._address_sentence(problem, url), "bad_address")
        # Header lines are latin-1 without control characters.
        if any(not 32 < ord(char) < 127 for char in token):
            raise BridgeFault(
                self.env._(
                    "The bridge token has characters that no token has. Copy it "
                    "again, without spaces or line breaks."
                ),
                "bad_token",
            )

    @api.model
    def _address_sentence(self, problem, url):
        if problem == "credentials":
            return self.env._(
                "The address of the bridge must not hold a user name or password. "
                "Enter the token in its own field."
            )
        if problem == "query":
            return self.env._(
                "The address of the bridge must not hold “?” or “#”: %s", url
            )
        return self.env._(
            "“%s” is no address of a bridge. It looks like http://iot-bridge:8080.",
            url,
        )

    @api.model
    def _no_answer(self, fault, url):
        """Make a sentence of why there was no answer."""
        _ = self.env._
        sentences = {
            "unknown_name": _(
                "The bridge was not found: the name in %s is unknown. Check the "
                "address in MQTT → Settings.",
                url,
            ),
            "refused": _(
                "Nothing answers at %s. Check that the bridge is running and that "
                "the port is right.",
                url,
            ),
            "timeout": _(
                "The bridge at %s did not answer in time. Check that it is running "
                "and that no firewall is in between.",
                url,
            ),
            "certificate": _(
                "The certificate of %s cannot be trusted. If it is of your own "
                "authority, name its file in REQUESTS_CA_BUNDLE of the Odoo server.",
                url,
            ),
            "tls": _(
                "No secure connection to %s came about. If the bridge has no TLS, "
                "the address begins with http://.",
                url,
            ),
            "redirect": _(
                "%s redirects to another address. Enter the one it redirects to.",
                url,
            ),
            "too_large": _("The answer of %s is too large.", url),
            "not_the_bridge": _(
                "What answers at %(url)s is not the bridge (status %(status)s, no "
                "JSON). Check the address and the proxy in between.",
                url=url,
                status=fault.detail,
            ),
        }
        closed = _("The connection to the bridge at %s broke off. Try again.", url)
        return BridgeFault(sentences.get(fault.kind, closed), fault.kind)

    @api.model
    def _refusal(self, status, answer):
        """Make a sentence of a fault that the bridge answered."""
        errors = [one for one in answer.get("errors") or [] if isinstance(one, dict)]
        if status == 401:
            message = self.env._(
                "The bridge refused the token. Copy the one in DATA_DIR/api-token of "
                "the bridge (or its BRIDGE_API_TOKEN) to MQTT → Settings."
            )
            return BridgeFault(message, "token", status)
        if status == 403:
            message = self.env._(
                "The bridge refused: this token may only look. Enter the full token "
                "in MQTT → Settings."
            )
            return BridgeFault(message, "token", status)
        lines = [str(answer.get("message") or self.env._("The bridge refused."))]
        lines += [f"• {self._error_line(one)}" for one in errors[:ERRORS_SHOWN_MAX]]
        if len(errors) > ERRORS_SHOWN_MAX:
            lines.append(self.env._("… %s more", len(errors) - ERRORS_SHOWN_MAX))
        return BridgeFault("\n".join(lines), "status", status, errors)

    @api.model
    def _error_line(self, error):
        path, message = error.get("path"), error.get("message")
        return f"{path}: {message}" if path else str(message)
