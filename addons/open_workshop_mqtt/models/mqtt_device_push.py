# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from .mqtt_push import entry_digests

PUSH_STATES = [
    ("off", "Off"),
    ("excluded", "Not Configured"),
    ("sending", "Being Sent"),
    ("waiting", "Waiting"),
    ("pushed", "Pushed"),
    ("failed", "Failed"),
]


class MqttDevice(models.Model):
    _inherit = "mqtt.device"

    push_state = fields.Selection(
        PUSH_STATES,
        string="Push",
        compute="_compute_push",
        search="_search_push_state",
        help="Whether the bridge has the configuration of this device.",
    )
    push_message = fields.Text(string="About the Push", compute="_compute_push")
    pushed_at = fields.Datetime(string="Last Push", compute="_compute_push")

    @api.model_create_multi
    def create(self, vals_list):
        """Push the configuration after the commit."""
        devices = super().create(vals_list)
        self._push_bridge_config()
        return devices

    def write(self, vals):
        """Push the configuration after the commit, when it is another one."""
        result = super().write(vals)
        if self._bridge_fields() & vals.keys():
            self._push_bridge_config()
        return result

    def unlink(self):
        """Push the configuration after the commit."""
        result = super().unlink()
        self._push_bridge_config()
        return result

    @api.model
    def _push_bridge_config(self):
        self.env["mqtt.push"]._schedule()

    @api.depends(lambda self: tuple(sorted(self._bridge_fields())))
    def _compute_push(self):
        push = self.env["mqtt.push"]._current()
        url = self.env["mqtt.bridge"]._url()
        wanted = entry_digests(self.sudo()._bridge_configuration()) if url else {}
        had = push.pushed_digests or {} if push.pushed_url == url else {}
        for device in self:
            device_id = device._origin.device_id
            state = self._push_state_of(
                url, wanted.get(device_id), had.get(device_id), push.outcome
            )
            device.push_state = state if device._origin else False
            device.pushed_at = push.last_success if state == "pushed" else False
            device.push_message = device._push_sentence(state, push)

    @api.model
    def _push_state_of(self, url, wanted, had, outcome):
        """Return the state of one device from its digests there and here."""
        if not url:
            return "off"
        if wanted == had:
            return "pushed" if wanted else "excluded"
        if self.env["mqtt.push"]._is_scheduled():
            return "sending"
        return "failed" if outcome == "failed" else "waiting"

    def _push_sentence(self, state, push):
        """Say what a person should know about the push of this device."""
        device_id = self._origin.device_id
        if state == "off":
            return self.env._(
                "No address of the bridge is set in MQTT → Settings: nothing is sent."
            )
        if state == "excluded":
            return self.env._(
                "The bridge does not know this device: it is archived or has no topic."
            )
        if state == "sending":
            return self.env._("The changes go to the bridge when they are saved.")
        if state == "waiting":
            return self.env._("The bridge does not have the last changes yet.")
        if state == "pushed":
            return "\n".join((push.device_warnings or {}).get(device_id, []))
        faults = (push.device_faults or {}).get(device_id)
        if faults:
            return self.env._(
                "The bridge refused the configuration of this device:\n%s",
                "\n".join(faults),
            )
        return self.env._(
            "The bridge does not have the last changes; it is tried again every "
            "five minutes. %s",
            push.message or "",
        )

    def _search_push_state(self, operator, value):
        if operator not in ("=", "!=", "in", "not in"):
            raise ValueError(f"Operator {operator} is not supported by push_state")
        values = value if isinstance(value, list | tuple | set) else [value]
        negative = operator in ("!=", "not in")
        devices = self.sudo().with_context(active_test=False).search([])
        found = devices.filtered(lambda one: (one.push_state in values) != negative)
        return [("id", "in", found.ids)]

    def action_push_bridge_config(self):
        """Push the whole configuration now and tell how it went."""
        self.browse().check_access("write")
        outcome, sentence = self.env["mqtt.push"]._push_now()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": {"pushed": "success", "failed": "danger"}.get(outcome, "info"),
                "title": self.env._("Push Configuration to Bridge"),
                "message": sentence,
                "sticky": outcome == "failed",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
