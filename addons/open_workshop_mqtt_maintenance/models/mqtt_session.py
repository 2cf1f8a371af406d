# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class MqttSession(models.Model):
    _inherit = "mqtt.session"

    # Not related: a meter that moves to another machine leaves its history behind.
    equipment_id = fields.Many2one(
        "maintenance.equipment",
        "Equipment",
        compute="_compute_equipment_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        check_company=True,
    )

    @api.depends("device_id")
    def _compute_equipment_id(self):
        for session in self:
            session.equipment_id = session.device_id.equipment_id
