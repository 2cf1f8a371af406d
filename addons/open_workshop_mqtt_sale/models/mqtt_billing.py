# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class MqttBilling(models.Model):
    """Where the sessions of a customer are billed: the draft that is open for them."""

    _name = "mqtt.billing"
    _description = "Open Bill of Machine Sessions"
    _rec_name = "partner_id"

    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    currency_id = fields.Many2one("res.currency", required=True, ondelete="cascade")
    order_id = fields.Many2one("sale.order", "Quotation", ondelete="set null")
    move_id = fields.Many2one("account.move", "Invoice", ondelete="set null")

    _sql_constraints = [
        (
            "customer_unique",
            "UNIQUE (partner_id, company_id, currency_id)",
            "A customer has one open bill in a company and currency.",
        )
    ]

    @api.model
    def _add(self, session, company):
        """Make a session a line of the draft that is open for its customer.

        :param session: mqtt.session with a customer, not billed yet
        :param company: res.company that bills it; its setting says on what
        :return: sale.order.line or account.move.line
        :raises UserError: the settings do not let a line be made, with what to do
        """
        billing = self.with_company(company)._claim(
            session.partner_id, company, session.currency_id or company.currency_id
        )
        values = session._billing_line_values(company)
        if company.mqtt_billing == "invoice":
            return billing._add_to_invoice(values)
        return billing._add_to_order(values)

    @api.model
    def _claim(self, partner, company, currency):
        """Return the row of a customer, held until the end of this transaction.

        Where another transaction held it since this one began, PostgreSQL reports a
        serialization failure; Odoo then tries again and sees the draft of the other.
        """
        self.env.cr.execute(
            """
            INSERT INTO mqtt_billing (
                partner_id, company_id, currency_id,
                create_uid, write_uid, create_date, write_date
            )
            VALUES (
                %s, %s, %s, %s, %s,
                now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
            )
            ON CONFLICT (partner_id, company_id, currency_id)
                DO UPDATE SET write_date = EXCLUDED.write_date
            RETURNING id
            """,
            [partner.id, company.id, currency.id, self.env.uid, self.env.uid],
            log_exceptions=False,
        )
        return self.browse(self.env.cr.fetchone()[0])

    def _is_open(self, document):
        """Whether a quotation or invoice still takes lines for this customer."""
        return (
            document.state == "draft"
            and document.partner_id == self.partner_id
            and document.company_id == self.company_id
            and document.currency_id == self.currency_id
        )

    def _salesperson(self):
        """Return the customer's salesperson: who triggers the hook says nothing."""
        partner = self.partner_id
        return partner.user_id or partner.commercial_partner_id.user_id

    def _add_to_order(self, values):
        if not self._is_open(self.order_id):
            self.order_id = self._new_order()
        return self.env["sale.order.line"].create(
            {"order_id": self.order_id.id, "product_uom_qty": 1, **values}
        )

    def _new_order(self):
        pricelist = self.partner_id.property_product_pricelist
        if pricelist.currency_id != self.currency_id:
            pricelist = pricelist.browse()
        orders = self.env["sale.order"].with_context(mail_auto_subscribe_no_notify=True)
        order = orders.create(
            {
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "pricelist_id": pricelist.id,
                "user_id": self._salesperson().id,
            }
        )
        if order.currency_id != self.currency_id:
            raise UserError(
                self.env._(
                    "The session is priced in %(cost)s, quotations of %(company)s "
                    "are in %(order)s. Give the customer a pricelist in %(cost)s.",
                    cost=self.currency_id.name,
                    company=self.company_id.display_name,
                    order=order.currency_id.name,
                )
            )
        return order

    def _add_to_invoice(self, values):
        move = self.move_id
        if move.move_type != "out_invoice" or not self._is_open(move):
            move = self.move_id = self._new_invoice()
        move.write({"invoice_line_ids": [Command.create({"quantity": 1, **values})]})
        return move.invoice_line_ids.filtered(
            lambda line: line.mqtt_session_id.id == values["mqtt_session_id"]
        )

    def _new_invoice(self):
        moves = self.env["account.move"].with_context(
            mail_auto_subscribe_no_notify=True
        )
        return moves.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner_id.id,
                "currency_id": self.currency_id.id,
                "invoice_user_id": self._salesperson().id,
            }
        )
