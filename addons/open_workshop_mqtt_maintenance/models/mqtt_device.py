# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class MqttDevice(models.Model):
    _inherit = "mqtt.device"

    equipment_id = fields.Many2one(
        "maintenance.equipment",
        "Equipment",
        index="btree_not_null",
        tracking=True,
        check_company=True,
        copy=False,
        help="The machine behind the device. Its sessions count for this equipment; "
        "those of a former equipment stay with that.",
    )

    def write(self, vals):
        """Let the sessions that have no equipment yet count for the one that is set."""
        result = super().write(vals)
        if vals.get("equipment_id"):
            sessions = self.env["mqtt.session"].sudo()
            for device in self:
                sessions.search(
                    [("device_id", "=", device.id), ("equipment_id", "=", False)]
                ).equipment_id = device.equipment_id
        return result
