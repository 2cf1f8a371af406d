# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime, formatLang

MINUTES_PER_HOUR = 60


class MqttSession(models.Model):
    _inherit = "mqtt.session"

    sale_line_ids = fields.One2many(
        "sale.order.line",
        "mqtt_session_id",
        "Quotation Lines",
        groups="sales_team.group_sale_salesman",
    )
    invoice_line_ids = fields.One2many(
        "account.move.line",
        "mqtt_session_id",
        "Invoice Lines",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    is_billed = fields.Boolean(
        "Billed",
        compute="_compute_billed",
        search="_search_is_billed",
        compute_sudo=True,
    )
    billed_in = fields.Char(
        compute="_compute_billed",
        compute_sudo=True,
        help="The quotation or invoice that has a line of the session.",
    )

    @api.depends("sale_line_ids.order_id.name", "invoice_line_ids.move_id.name")
    def _compute_billed(self):
        for session in self:
            document = session._billing_document()
            session.is_billed = bool(document)
            session.billed_in = document.display_name if document else False

    def _search_is_billed(self, operator, value):
        if operator not in ("=", "!="):
            raise ValueError(f"Operator {operator} is not supported by is_billed")
        billed = self.sudo()._search(
            ["|", ("sale_line_ids", "!=", False), ("invoice_line_ids", "!=", False)]
        )
        positive = (operator == "=") == bool(value)
        return [("id", "in" if positive else "not in", billed)]

    def write(self, vals):
        """Refuse another customer for what is billed already."""
        if "partner_id" in vals:
            for session in self:
                changed = session.partner_id.id != (vals["partner_id"] or False)
                if changed and session.is_billed:
                    raise UserError(
                        self.env._(
                            "%(session)s is billed to %(partner)s in %(document)s. "
                            "Delete its line there before you change the customer.",
                            session=session.display_name,
                            partner=session.sudo().partner_id.display_name,
                            document=session.billed_in,
                        )
                    )
        return super().write(vals)

    def _on_closed(self):
        super()._on_closed()
        self._bill_if_due()

    def _on_assigned(self):
        super()._on_assigned()
        if self._is_assigned("partner_id"):
            self._bill_if_due()

    def _billing_document(self):
        """Return the sale.order or account.move that bills this session, or nothing."""
        self.ensure_one()
        order = self.sale_line_ids.order_id[:1]
        return order or self.invoice_line_ids.move_id[:1]

    def _billing_company(self):
        """Return the company that bills this session; may be empty."""
        self.ensure_one()
        return self.company_id or self.price_id.company_id

    def _is_due(self):
        """Whether this session should be billed, by what it is and by the settings."""
        self.ensure_one()
        company = self._billing_company()
        return (
            self.state == "closed"
            and bool(self.partner_id)
            and company.mqtt_billing in ("order", "invoice")
            and (self.cost > 0 or company.mqtt_billing_free)
            and not self.is_billed
        )

    def _bill_if_due(self):
        """Make this session a line of a draft, as superuser, when it is due."""
        if self._is_due():
            self._claim()
            self.env["mqtt.billing"]._add(self, self._billing_company())

    def _billing_line_values(self, company):
        """Return what the lines of a quotation and of an invoice have in common.

        The quantity is 1 and the price the cost of the session, so that the line is
        what the session costs, whatever the price of the product.
        """
        self.ensure_one()
        product = self.device_id.billing_product_id or company.mqtt_billing_product_id
        if not product:
            raise UserError(
                self.env._(
                    "There is no product to bill machine sessions with. "
                    "Choose one in MQTT → Settings, or for the device."
                )
            )
        return {
            "product_id": product.id,
            "name": self._billing_text(company),
            "price_unit": self.cost,
            "discount": 0,
            "mqtt_session_id": self.id,
        }

    def _billing_text(self, company):
        """Return what the customer reads, in their language.

        Times are in the time zone of the company's contact, whoever causes the line.
        """
        session = self.with_context(
            lang=self.partner_id.lang or company.partner_id.lang
        )
        minutes = round(self.duration_h * MINUTES_PER_HOUR)
        return session.env._(
            "%(machine)s, %(start)s, %(duration)s h, %(energy)s kWh",
            machine=self.machine_name,
            start=format_datetime(
                session.env,
                self.start,
                tz=company.partner_id.tz or "UTC",
                dt_format="short",
            ),
            duration="{}:{:02}".format(*divmod(minutes, MINUTES_PER_HOUR)),
            energy=formatLang(session.env, self.energy_kwh, digits=3),
        )

    def action_bill(self):
        """Bill those of these sessions that are due and tell how many."""
        self.check_access("write")
        self._check_assignment({"is_billed": True})
        due = self.sudo().filtered(lambda session: session._is_due())
        if not due:
            raise UserError(
                self.env._(
                    "None of these sessions is due. A session is when it is closed, "
                    "has a customer and a cost, is not billed yet, and billing is "
                    "turned on in MQTT → Settings."
                )
            )
        for session in due.sorted("start"):
            session._bill_if_due()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Sessions billed: %s", len(due)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_bill(self):
        """Open the quotation or invoice that bills this session."""
        document = self.sudo()._billing_document()
        if not document:
            raise UserError(self.env._("The session is not billed."))
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }
