# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    mqtt_billing = fields.Selection(
        [
            ("none", "Not at all"),
            ("order", "As lines of a draft quotation"),
            ("invoice", "As lines of a draft invoice"),
        ],
        "Bill Machine Sessions",
        required=True,
        default="none",
    )
    mqtt_billing_product_id = fields.Many2one(
        "product.product",
        "Product of Machine Sessions",
        help="Gives the lines their taxes and account. A device may have another one.",
    )
    mqtt_billing_free = fields.Boolean(
        "Bill Sessions without Cost",
        help="Sessions that cost nothing become lines too.",
    )
