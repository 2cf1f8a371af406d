# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class MqttDevice(models.Model):
    _inherit = "mqtt.device"

    billing_product_id = fields.Many2one(
        "product.product",
        "Billed As",
        tracking=True,
        check_company=True,
        domain=[("type", "=", "service"), ("sale_ok", "=", True)],
        help="Product of the lines that bill sessions of this device. "
        "Empty: the one of the settings.",
    )
