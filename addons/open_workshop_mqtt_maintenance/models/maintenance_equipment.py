# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

# The state that is told of several devices: the first of these that one of them has.
STATES_BY_WEIGHT = ("working", "starting", "stopping", "standby", "idle")


class MaintenanceEquipment(models.Model):
    _inherit = "maintenance.equipment"

    mqtt_device_ids = fields.One2many(
        "mqtt.device",
        "equipment_id",
        "MQTT Devices",
        groups="open_workshop_mqtt.group_user",
    )
    mqtt_session_ids = fields.One2many(
        "mqtt.session",
        "equipment_id",
        "Machine Sessions",
        groups="open_workshop_mqtt.group_user",
    )
    mqtt_session_count = fields.Integer(
        "Session Count",
        compute="_compute_mqtt_sessions",
        groups="open_workshop_mqtt.group_user",
    )
    mqtt_working_h = fields.Float(
        "Hours Worked",
        compute="_compute_mqtt_sessions",
        groups="open_workshop_mqtt.group_user",
        help="Sum of the working time of its sessions, without standby.",
    )
    mqtt_state = fields.Selection(
        selection=lambda self: self.env["mqtt.device"]._fields["state"].selection,
        string="Machine State",
        compute="_compute_mqtt_state",
        groups="open_workshop_mqtt.group_user",
        help="State of its device; of several, that of the busiest.",
    )
    mqtt_online = fields.Boolean(
        "Machine Online",
        compute="_compute_mqtt_state",
        groups="open_workshop_mqtt.group_user",
        help="One of its devices sends messages.",
    )

    @api.depends("mqtt_session_ids.working_duration_h")
    def _compute_mqtt_sessions(self):
        sums = {
            equipment: (count, hours)
            for equipment, count, hours in self.env["mqtt.session"]._read_group(
                [("equipment_id", "in", self.ids)],
                ["equipment_id"],
                ["__count", "working_duration_h:sum"],
            )
        }
        for equipment in self:
            count, hours = sums.get(equipment._origin, (0, 0.0))
            equipment.mqtt_session_count = count
            equipment.mqtt_working_h = hours

    @api.depends("mqtt_device_ids.state", "mqtt_device_ids.online")
    def _compute_mqtt_state(self):
        for equipment in self:
            devices = equipment.mqtt_device_ids
            states = set(devices.mapped("state"))
            equipment.mqtt_online = any(devices.mapped("online"))
            equipment.mqtt_state = next(
                (state for state in STATES_BY_WEIGHT if state in states), False
            )

    def action_view_mqtt_sessions(self):
        """Open the sessions of this equipment."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "open_workshop_mqtt.mqtt_session_action"
        )
        action["domain"] = [("equipment_id", "=", self.id)]
        action["context"] = {}
        return action
