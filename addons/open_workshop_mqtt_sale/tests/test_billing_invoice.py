# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import COST, SESSION_LOG, BillingCase


@tagged("post_install", "-at_install")
class TestBillingInvoice(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.mqtt_billing = "invoice"
        cls.income, receivable = cls.env["account.account"].create(
            [
                {"name": "Income", "code": "mqtt1", "account_type": "income"},
                {
                    "name": "Receivable",
                    "code": "mqtt2",
                    "account_type": "asset_receivable",
                    "reconcile": True,
                },
            ]
        )
        cls.product.property_account_income_id = cls.income
        (cls.partner | cls.other).property_account_receivable_id = receivable
        cls.journal = cls.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", cls.company.id)], limit=1
        ) or cls.env["account.journal"].create(
            {
                "name": "Sales",
                "type": "sale",
                "code": "MQTT",
                "default_account_id": cls.income.id,
            }
        )

    def test_closed_session_becomes_a_line(self):
        session = self.run_once(self.partner)
        line = session.invoice_line_ids
        self.assertEqual(len(line), 1)
        self.assertFalse(session.sale_line_ids)
        move = line.move_id
        self.assertEqual((move.state, move.move_type), ("draft", "out_invoice"))
        self.assertEqual(move.partner_id, self.partner)
        self.assertEqual(move.currency_id, session.currency_id)
        self.assertFalse(move.invoice_user_id)
        self.assertEqual(line.product_id, self.product)
        self.assertEqual(line.account_id, self.income)
        self.assertEqual((line.quantity, line.price_unit, line.discount), (1, COST, 0))
        self.assertRegex(line.name, r"^CNC Mill \(Workshop\), .*0:33 h, 0.355 kWh$")
        self.assertEqual(session.billed_in, move.display_name)

    def test_sessions_of_a_customer_share_a_draft(self):
        first, second = self.run_once(self.partner), self.run_once(self.partner)
        move = first.invoice_line_ids.move_id
        self.assertEqual(second.invoice_line_ids.move_id, move)
        self.assertAlmostEqual(move.amount_untaxed, 2 * COST)
        self.assertNotEqual(self.run_once(self.other).invoice_line_ids.move_id, move)
        move.action_post()
        third = self.run_once(self.partner)
        self.assertNotEqual(third.invoice_line_ids.move_id, move)
        self.assertEqual(third.invoice_line_ids.move_id.state, "draft")
        refund = move._reverse_moves()
        self.assertFalse(refund.line_ids.mqtt_session_id)
        third.invoice_line_ids.unlink()
        self.assertFalse(third.is_billed)

    def test_taxes_of_the_product(self):
        tax = self.env["account.tax"].create(
            {"name": "MQTT 10%", "amount": 10, "type_tax_use": "sale"}
        )
        self.product.taxes_id = [Command.set(tax.ids)]
        line = self.run_once(self.partner).invoice_line_ids
        self.assertEqual(line.tax_ids, tax)
        self.assertAlmostEqual(line.move_id.amount_total, COST + 1.09)

    def test_once_on_either(self):
        session = self.run_once(self.partner)
        self.company.mqtt_billing = "order"
        with self.assertRaisesRegex(UserError, "None of these"):
            session.action_bill()
        session._on_closed()
        self.assertFalse(session.sale_line_ids)

    def test_failing_configuration_loses_nothing(self):
        self.env["account.journal"].search([("type", "=", "sale")]).active = False
        with mute_logger(SESSION_LOG):
            session = self.run_once(self.partner)
        self.assertIn("No journal", session.closing_fault)
        self.journal.active = True
        session.with_user(self.manager).action_run_closed_hook()
        self.assertTrue(session.is_billed)
