# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mqtt_timesheets = fields.Boolean(
        related="company_id.mqtt_timesheets", readonly=False
    )
