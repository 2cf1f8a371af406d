# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import BillingCase


@tagged("post_install", "-at_install")
class TestBillingViews(BillingCase):
    def test_bill_button(self):
        self.company.mqtt_billing = "none"
        sessions = self.run_once(self.partner) | self.run_once() | self.run_once()
        sessions[2].partner_id = self.other
        self.company.mqtt_billing = "order"
        with self.assertRaises(AccessError):
            sessions.with_user(self.user).action_bill()
        action = sessions.with_user(self.manager).action_bill()
        self.assertIn("2", action["params"]["message"])
        self.assertEqual(sessions.filtered("is_billed"), sessions[0] | sessions[2])
        self.company.mqtt_billing_product_id = False
        self.company.mqtt_billing = "none"
        sessions[1].partner_id = self.other
        self.company.mqtt_billing = "order"
        with self.assertRaisesRegex(UserError, "Choose one in MQTT → Settings"):
            sessions.with_user(self.manager).action_bill()

    def test_search(self):
        billed, other = self.run_once(self.partner), self.run_once()
        both = [("id", "in", (billed | other).ids)]
        sessions = self.env["mqtt.session"].with_user(self.user)
        for operator, value, found in (
            ("=", True, billed),
            ("!=", True, other),
            ("=", False, other),
            ("!=", False, billed),
        ):
            with self.subTest(operator=operator, value=value):
                domain = [*both, ("is_billed", operator, value)]
                self.assertEqual(sessions.search(domain), found)

    def test_who_sees_what(self):
        session = self.run_once(self.partner)
        with Form(session.with_user(self.user)) as form:
            self.assertTrue(form.is_billed)
            self.assertTrue(form.billed_in.startswith("S"))
            with self.assertRaisesRegex(AssertionError, "readonly"):
                form.partner_id = self.other
        for name in ("sale_line_ids", "invoice_line_ids"):
            self.assertNotIn(name, session.with_user(self.user).fields_get())
            with self.assertRaises(AccessError):
                session.with_user(self.user).read([name])
        seller = new_test_user(
            self.env,
            "seller",
            "open_workshop_mqtt.group_user,sales_team.group_sale_salesman",
        )
        action = session.with_user(seller).action_view_bill()
        self.assertEqual(action["res_model"], "sale.order")
        self.assertEqual(action["res_id"], session.sale_line_ids.order_id.id)
        session.sale_line_ids.unlink()
        with self.assertRaisesRegex(UserError, "not billed"):
            session.action_view_bill()

    def test_salesperson_is_the_customers(self):
        seller = new_test_user(self.env, "seller", "sales_team.group_sale_salesman")
        self.partner.user_id = seller
        mails = self.env["mail.mail"].search_count([])
        order = self.run_once(self.partner).sale_line_ids.order_id
        self.assertEqual(order.user_id, seller)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)

    def test_settings(self):
        form = Form(self.env["res.config.settings"])
        self.assertEqual(form.mqtt_billing_product_id, self.product)
        form.mqtt_billing = "invoice"
        form.mqtt_billing_free = True
        form.save().execute()
        self.assertEqual(self.company.mqtt_billing, "invoice")
        self.assertTrue(self.company.mqtt_billing_free)
        form = Form(self.env["res.config.settings"])
        form.mqtt_billing_product_id = self.env["product.product"]
        with self.assertRaisesRegex(AssertionError, "required"):
            form.save()
