# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mqtt_billing = fields.Selection(
        related="company_id.mqtt_billing", readonly=False, required=True
    )
    mqtt_billing_product_id = fields.Many2one(
        related="company_id.mqtt_billing_product_id", readonly=False
    )
    mqtt_billing_free = fields.Boolean(
        related="company_id.mqtt_billing_free", readonly=False
    )
