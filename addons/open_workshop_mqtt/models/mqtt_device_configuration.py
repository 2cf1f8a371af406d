# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from odoo import api, models

from .mqtt_device_options import channel_value, text_length

SESSION_FIELDS = (
    "strategy",
    "standby_threshold_w",
    "working_threshold_w",
    "start_debounce_s",
    "stop_debounce_s",
    "message_timeout_s",
    "heartbeat_interval_s",
)
OPTIONAL_FIELDS = ("rated_power_w", "offline_timeout_s", "forward_measurements")
# As long as an ID may be, so that a copy of a device with a long one can be made.
COPY_ID_LENGTH_MAX = 120


class MqttDevice(models.Model):
    _inherit = "mqtt.device"

    @api.model
    def _bridge_fields(self):
        """Return the names of the fields whose change matters to the bridge."""
        return {
            "active",
            "device_id",
            "name",
            "mqtt_topic",
            "parser_type",
            "parser_options",
            "channel",
            *SESSION_FIELDS,
            *OPTIONAL_FIELDS,
        }

    @api.model
    def _bridge_configuration(self):
        """Return the configuration of the bridge, the body of its ``POST /config``.

        All active devices with a topic, of all companies, by their ID: the bridge
        replaces what it has by what it gets. The same devices give the same answer.

        :return: dict of ``devices``, ``version``, and ``timestamp`` when there is any
            device: the last change of one, ISO 8601 in UTC
        """
        # Not with the caller's companies or language: it is the whole, and the same.
        devices = self.sudo().with_context({})
        configured = devices.search([("mqtt_topic", "not in", (False, ""))])
        configuration = {
            "devices": [
                device._bridge_device()
                for device in configured.sorted(lambda device: device.device_id)
            ],
            "version": "1.0",
        }
        [[changed_at]] = devices.with_context(active_test=False)._read_group(
            [], [], ["write_date:max"]
        )
        if changed_at:
            configuration["timestamp"] = changed_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return configuration

    def _bridge_device(self):
        """Return one device as the bridge takes it, without what is not filled in."""
        self.ensure_one()
        session = {name: self[name] for name in SESSION_FIELDS}
        if not self.message_timeout_s:
            del session["message_timeout_s"]
        values = {
            "device_id": self.device_id,
            "machine_name": self.name,
            "mqtt_topic": self.mqtt_topic,
            "parser_type": self.parser_type,
            "session_config": session,
        }
        if self.parser_options:
            values["parser_options"] = json.loads(self.parser_options)
        if self.channel:
            values["channel"] = channel_value(self.channel)
        values.update({name: self[name] for name in OPTIONAL_FIELDS if self[name]})
        return values

    @api.model_create_multi
    def create(self, vals_list):
        devices = super().create(vals_list)
        devices._process_waiting_events()
        return devices

    def write(self, vals):
        result = super().write(vals)
        if "device_id" in vals or vals.get("active"):
            self._process_waiting_events()
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for device, vals in zip(self, vals_list, strict=True):
            if "device_id" not in (default or {}):
                device_id = device.device_id
                while text_length(device_id) > COPY_ID_LENGTH_MAX:
                    device_id = device_id[:-1]
                vals["device_id"] = f"{device_id}-copy"
            if "name" not in (default or {}):
                vals["name"] = self.env._("%s (copy)", device.name)
        return vals_list

    def _process_waiting_events(self):
        """Process the events that were kept because these devices were not known."""
        active = self.filtered("active")
        if active:
            self.env["mqtt.event"].sudo()._process_waiting(active.mapped("device_id"))

    def action_view_sessions(self):
        """Open the sessions of this device."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "open_workshop_mqtt.mqtt_session_action"
        )
        action["domain"] = [("device_id", "=", self.id)]
        action["context"] = {"search_default_device_id": self.id}
        return action
