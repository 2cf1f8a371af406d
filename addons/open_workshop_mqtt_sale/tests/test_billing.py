# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import psycopg2

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.open_workshop_mqtt.tests.common import example, new_uid

from .common import COST, SESSION_LOG, BillingCase


@tagged("post_install", "-at_install")
class TestBilling(BillingCase):
    def test_closed_session_becomes_a_line(self):
        session = self.run_once(self.partner)
        line = session.sale_line_ids
        self.assertEqual(len(line), 1)
        self.assertEqual(line.order_id.state, "draft")
        self.assertEqual(line.order_id.partner_id, self.partner)
        self.assertEqual(line.order_id.company_id, self.company)
        self.assertEqual(line.order_id.currency_id, session.currency_id)
        self.assertFalse(line.order_id.user_id)
        self.assertEqual(line.product_id, self.product)
        self.assertEqual((line.product_uom_qty, line.discount), (1, 0))
        self.assertEqual((session.cost, line.price_unit), (COST, COST))
        self.assertTrue(session.is_billed)
        self.assertEqual(session.billed_in, line.order_id.display_name)
        self.assertFalse(session.closing_fault)

    def test_text(self):
        table = [
            ("en_US", r"^CNC Mill \(Workshop\), 1/31/26, 11:30.AM, 0:33 h, 0.355 kWh$"),
            ("de_DE", r"^CNC Mill \(Workshop\), 31.01.26, 11:30, 0:33 h, 0,355 kWh$"),
        ]
        # The viewer's own language and time zone do not matter.
        env = self.env(context={"lang": "fr_FR", "tz": "Asia/Tokyo"})
        for code, text in table:
            with self.subTest(code):
                self.env["res.lang"]._activate_lang(code)
                self.partner.lang = code
                session = self.run_once(self.partner)
                self.assertRegex(session.sale_line_ids.name, text)
                shown = session.with_env(env)._billing_text(self.company)
                self.assertRegex(shown, text)

    def test_sessions_of_a_customer_share_a_draft(self):
        first, second = self.run_once(self.partner), self.run_once(self.partner)
        order = first.sale_line_ids.order_id
        self.assertEqual(second.sale_line_ids.order_id, order)
        self.assertEqual(len(order.order_line), 2)
        self.assertAlmostEqual(order.amount_untaxed, 2 * COST)
        ben = self.run_once(self.other)
        self.assertNotEqual(ben.sale_line_ids.order_id, order)
        order.action_quotation_sent()
        third = self.run_once(self.partner)
        self.assertNotEqual(third.sale_line_ids.order_id, order)
        order._action_cancel()
        self.assertTrue(first.is_billed)
        order.unlink()
        self.env.invalidate_all()
        self.assertFalse((first | second).filtered("is_billed"))
        self.assertTrue(third.is_billed)

    def test_draft_of_another_currency_is_not_taken(self):
        usd, eur = self.env.ref("base.USD"), self.env.ref("base.EUR")
        foreign = eur if self.company.currency_id == usd else usd
        foreign.active = True
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": foreign.id}
        )
        self.partner.property_product_pricelist = pricelist
        order = self.run_once(self.partner).sale_line_ids.order_id
        self.assertEqual(order.currency_id, self.company.currency_id)
        self.assertEqual(order.order_line.price_unit, COST)
        order.pricelist_id = pricelist
        session = self.run_once(self.partner)
        self.assertNotEqual(session.sale_line_ids.order_id, order)

    def test_pricelist_changes_no_price(self):
        self.env.user.groups_id += self.env.ref("sale.group_discount_per_so_line")
        self.partner.property_product_pricelist = self.env["product.pricelist"].create(
            {
                "name": "Half",
                "item_ids": [
                    Command.create({"compute_price": "percentage", "percent_price": 50})
                ],
            }
        )
        line = self.run_once(self.partner).sale_line_ids
        self.assertEqual(
            line.order_id.pricelist_id, self.partner.property_product_pricelist
        )
        self.assertEqual((line.price_unit, line.discount), (COST, 0))

    def test_not_due(self):
        def turned_off():
            self.company.mqtt_billing = "none"

        def free():
            self.env["mqtt.price"].search([]).unlink()

        for case in (turned_off, free):
            with self.subTest(case.__name__), self.env.cr.savepoint() as savepoint:
                case()
                session = self.run_once(self.partner)
                self.assertFalse(session.is_billed)
                self.assertFalse(session.closing_fault)
                with self.assertRaisesRegex(UserError, "None of these sessions is due"):
                    session.action_bill()
                savepoint.rollback()
                self.env.invalidate_all()

    def test_free_sessions_when_wanted(self):
        self.env["mqtt.price"].search([]).unlink()
        self.company.mqtt_billing_free = True
        session = self.run_once(self.partner)
        self.assertEqual(session.sale_line_ids.price_unit, 0)

    def test_product_of_the_device(self):
        own = self.make_product(name="Mill")
        self.device.billing_product_id = own
        self.assertEqual(self.run_once(self.partner).sale_line_ids.product_id, own)

    def test_default_customer(self):
        self.device.partner_id = self.partner
        body = example("session_stopped", event_uid=new_uid(), session_id=new_uid())
        self.receive(body)
        self.assertTrue(self.session_of(body).is_billed)

    def test_customer_by_hand(self):
        session = self.run_once()
        self.assertFalse(session.is_billed)
        session.with_user(self.user).partner_id = self.partner
        self.assertTrue(session.is_billed)
        with self.assertRaisesRegex(UserError, "is billed to Anna in S"):
            session.with_user(self.user).partner_id = self.other
        session.with_user(self.user).partner_id = self.partner
        session.sale_line_ids.unlink()
        self.assertFalse(session.is_billed)
        session.with_user(self.user).partner_id = self.other
        self.assertEqual(session.sale_line_ids.order_id.partner_id, self.other)
        self.assertEqual(len(session.sale_line_ids), 1)

    def test_only_the_customer_bills(self):
        self.company.mqtt_billing = "none"
        session = self.run_once(self.partner)
        self.company.mqtt_billing = "order"
        session.with_user(self.manager).user_id = self.user
        self.assertFalse(session.is_billed)
        session.with_user(self.manager).partner_id = self.other
        self.assertTrue(session.is_billed)

    def test_context_of_the_caller_shapes_nothing(self):
        session = self.run_once()
        session.with_user(self.user).with_context(
            default_partner_invoice_id=self.other.id, default_state="sale"
        ).partner_id = self.partner
        order = session.sale_line_ids.order_id
        self.assertEqual(order.partner_invoice_id, self.partner)
        self.assertEqual(order.state, "draft")

    def test_failing_configuration_loses_nothing(self):
        self.company.mqtt_billing_product_id = False
        with mute_logger(SESSION_LOG):
            session = self.run_once(self.partner)
        self.assertIn("no product to bill", session.closing_fault)
        self.assertFalse(session.is_billed)
        self.assertFalse(self.env["mqtt.billing"].search([]))
        failed = session.event_ids.filtered(lambda event: event.reason == "failed")
        self.assertEqual(failed.event_type, "session_stopped")
        self.company.mqtt_billing_product_id = self.product
        session.with_user(self.manager).action_run_closed_hook()
        self.assertTrue(session.is_billed)
        self.assertFalse(session.closing_fault)
        self.assertEqual(failed.state, "processed")

    def test_once(self):
        session = self.run_once(self.partner)
        line = session.sale_line_ids
        with self.assertRaisesRegex(UserError, "None of these"):
            session.action_bill()
        session._on_closed()
        self.assertEqual(session.sale_line_ids, line)
        self.assertFalse(line.copy({"order_id": line.order_id.id}).mqtt_session_id)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            line.copy({"order_id": line.order_id.id, "mqtt_session_id": session.id})

    def test_other_company(self):
        company = self.env["res.company"].create(
            {"name": "Other", "mqtt_billing": "order"}
        )
        product = self.make_product(company_id=company.id)
        company.mqtt_billing_product_id = product
        self.env["mqtt.price"].create(
            {"company_id": company.id, "date_from": "2026-01-01", "working_price": 24}
        )
        self.device.company_id = company
        line = self.run_once(self.partner).sale_line_ids
        self.assertEqual(line.order_id.company_id, company)
        self.assertEqual(line.product_id, product)
        self.assertEqual(line.price_unit, 10.03)

    def test_deleted_session_leaves_its_line(self):
        session = self.run_once(self.partner)
        line = session.sale_line_ids
        session.unlink()
        self.env.invalidate_all()
        self.assertTrue(line.exists())
        self.assertFalse(line.mqtt_session_id)
