# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    mqtt_timesheets = fields.Boolean(
        "Machine Sessions as Timesheets",
        help="A closed session whose user is an employee becomes a timesheet on the "
        "project of its device.",
    )
