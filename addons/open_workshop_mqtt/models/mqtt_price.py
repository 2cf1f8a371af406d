# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError

SECONDS_PER_HOUR = 3600
PRICE_FIELDS = (
    "company_id",
    "device_id",
    "date_from",
    "date_to",
    "standby_price",
    "working_price",
    "energy_price",
)
PRICE_DIGITS = (16, 4)


class MqttPrice(models.Model):
    """What the use of a machine costs, for a time, on one device or on all."""

    _name = "mqtt.price"
    _description = "Machine Price"
    _order = "company_id, device_id, date_from desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    device_id = fields.Many2one(
        "mqtt.device",
        "Device",
        index=True,
        ondelete="cascade",
        check_company=True,
        help="Empty: all devices of the company that have no price of their own.",
    )
    date_from = fields.Date(
        "Valid From", required=True, default=fields.Date.context_today
    )
    date_to = fields.Date(
        "Valid Until", help="The last day. Empty: until further notice."
    )
    standby_price = fields.Float(
        "Standby, per Hour", digits=PRICE_DIGITS, help="Per hour in standby."
    )
    working_price = fields.Float(
        "Working, per Hour", digits=PRICE_DIGITS, help="Per hour of work."
    )
    energy_price = fields.Float("Energy, per kWh", digits=PRICE_DIGITS)

    _sql_constraints = [
        (
            "dates_in_order",
            "CHECK (date_to IS NULL OR date_to >= date_from)",
            "A price cannot end before it begins.",
        ),
        (
            "prices_not_negative",
            "CHECK (standby_price >= 0 AND working_price >= 0 AND energy_price >= 0)",
            "A price cannot be negative.",
        ),
    ]

    @api.depends("device_id", "company_id", "date_from")
    def _compute_display_name(self):
        for price in self:
            whose = price.device_id.display_name or price.company_id.display_name
            price.display_name = f"{whose or ''} ({price.date_from or ''})"

    @api.constrains("company_id", "device_id", "date_from", "date_to")
    def _check_overlap(self):
        for price in self:
            domain = [("id", "!=", price.id), ("device_id", "=", price.device_id.id)]
            if not price.device_id:
                domain.append(("company_id", "=", price.company_id.id))
            if price.date_to:
                domain.append(("date_from", "<=", price.date_to))
            domain += ["|", ("date_to", "=", False), ("date_to", ">=", price.date_from)]
            other = self.sudo().search(domain, limit=1)
            if other:
                raise ValidationError(
                    self.env._(
                        "%(price)s and %(other)s are valid on the same days. "
                        "End the one before the other begins.",
                        price=price.display_name,
                        other=other.display_name,
                    )
                )

    @api.model
    def _candidates(self, devices):
        """Return the prices that sessions of these devices may have."""
        return self.search_fetch(
            ["|", ("device_id", "=", False), ("device_id", "in", devices.ids)],
            list(PRICE_FIELDS),
            order="id",
        )

    def _price_of(self, device, company, start):
        """Return the price, among these, of a session; its device's own wins.

        :param device: mqtt.device, may be empty
        :param company: res.company, may be empty: then only the device's own price
        :param start: datetime, naive UTC; the day is that of the company's time zone
        """
        day = self._day_of(company, start)
        valid = self.filtered(
            lambda price: price.date_from <= day
            and (not price.date_to or price.date_to >= day)
        )
        own = valid.filtered(lambda price: device and price.device_id == device)
        return (
            own
            or valid.filtered(
                lambda price: not price.device_id and price.company_id == company
            )
        )[:1]

    @api.model
    def _day_of(self, company, moment):
        """Return the date of ``moment`` (naive UTC) where the company is."""
        zone = ZoneInfo(company.partner_id.tz or "UTC")
        return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()

    def _cost(self, standby_s, working_s, energy_kwh):
        """Return the cost in the price's currency, rounded as its amounts are."""
        self.ensure_one()
        return self.currency_id.round(
            standby_s / SECONDS_PER_HOUR * self.standby_price
            + working_s / SECONDS_PER_HOUR * self.working_price
            + energy_kwh * self.energy_price
        )
