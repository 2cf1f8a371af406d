# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .mqtt_bridge import TOKEN_PARAMETER, URL_PARAMETER, BridgeFault
from .mqtt_bridge_http import address_problem

EVENT_TOKEN_PARAMETER = "open_workshop_mqtt.event_token"
EVENT_TOKEN_BYTES = 32


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mqtt_bridge_url = fields.Char(
        string="Address of the Bridge",
        config_parameter=URL_PARAMETER,
        help="Such as http://iot-bridge:8080. Empty: nothing is sent to a bridge.",
    )
    # What is kept is never read back; an empty field leaves it as it is.
    mqtt_bridge_token = fields.Char(string="Bridge Token")
    mqtt_has_bridge_token = fields.Boolean(readonly=True)
    mqtt_event_token = fields.Char(
        string="Event Token",
        compute="_compute_mqtt_event_token",
        help="The bridge sends it with every event: its ODOO_API_KEY.",
    )

    # Without a dependency a new record, which is what the page shows, has no value.
    @api.depends("mqtt_has_bridge_token")
    def _compute_mqtt_event_token(self):
        parameters = self.env["ir.config_parameter"].sudo()
        token = parameters.get_param(EVENT_TOKEN_PARAMETER) or False
        is_system = self.env.user.has_group("base.group_system")
        self.mqtt_event_token = token if is_system else False

    @api.model
    def get_values(self):
        """Tell whether there is a token, not which."""
        values = super().get_values()
        values["mqtt_has_bridge_token"] = bool(self.env["mqtt.bridge"]._token())
        return values

    def set_values(self):
        """Keep the bridge token when one was typed, and forget it here."""
        url = (self.mqtt_bridge_url or "").strip()
        kept = self.env["ir.config_parameter"].sudo().get_param(URL_PARAMETER) or ""
        problem = url and url != kept.strip() and address_problem(url)
        if problem:
            raise UserError(self.env["mqtt.bridge"]._address_sentence(problem, url))
        result = super().set_values()
        token = (self.mqtt_bridge_token or "").strip()
        if token:
            parameters = self.env["ir.config_parameter"].sudo()
            parameters.set_param(TOKEN_PARAMETER, token)
            self.mqtt_bridge_token = False
        return result

    def _check_system(self):
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only administrators change these settings."))

    def action_mqtt_remove_bridge_token(self):
        """Forget the token of the bridge."""
        self._check_system()
        self.env["ir.config_parameter"].sudo().set_param(TOKEN_PARAMETER, False)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_mqtt_generate_event_token(self):
        """Make a new event token; the one before ends at once."""
        self._check_system()
        token = secrets.token_urlsafe(EVENT_TOKEN_BYTES)
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param(EVENT_TOKEN_PARAMETER, token)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_mqtt_test_connection(self):
        """Ask the bridge how it is, with what is typed, and tell it in plain words."""
        self._check_system()
        bridge = self.env["mqtt.bridge"]
        typed = {"url": self.mqtt_bridge_url or "", "token": self.mqtt_bridge_token}
        typed["token"] = typed["token"] or None
        try:
            health = bridge._call("GET", "/health", **typed)
            bridge._call("GET", "/api/service", **typed)
        except BridgeFault as fault:
            return self._mqtt_answer("danger", [str(fault)])
        problems = health.get("problems") or []
        kind = "warning" if problems else "success"
        return self._mqtt_answer(kind, [*self._mqtt_sentences(health), *problems])

    @api.model
    def _mqtt_sentences(self, health):
        """Say what the bridge's health says."""
        _ = self.env._
        reaches = {
            True: _("It reaches Odoo."),
            False: _("It does not reach Odoo."),
        }
        return [
            _("The bridge answers, version %s.", health.get("version") or "?"),
            _("MQTT is connected.")
            if health.get("mqtt_connected")
            else _("MQTT is not connected."),
            reaches.get(
                health.get("odoo_reachable"),
                _("It has no Odoo set, or did not ask it yet."),
            ),
            _("Devices: %s.", health.get("devices") or 0),
        ]

    @api.model
    def _mqtt_answer(self, kind, sentences):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "title": self.env._("Connection to the bridge"),
                "message": " ".join(sentences),
                "sticky": kind != "success",
            },
        }
