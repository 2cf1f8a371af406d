# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import IntakeCase, example, new_uid

MODELS = ("mqtt.device", "mqtt.session", "mqtt.event", "mqtt.price")


@tagged("post_install", "-at_install")
class TestSecurity(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        module = "open_workshop_mqtt"
        cls.user = new_test_user(cls.env, "mqtt-user", f"{module}.group_user")
        cls.manager = new_test_user(cls.env, "mqtt-manager", f"{module}.group_manager")
        cls.bridge = new_test_user(
            cls.env, "mqtt-bridge", f"base.group_user,{module}.group_bridge"
        )
        cls.plain = new_test_user(cls.env, "plain", "base.group_user")

    def setUp(self):
        super().setUp()
        body = example("session_stopped")
        self.receive(body)
        self.session = self.session_of(body)
        self.event = self.event_of(body)
        self.price = self.env["mqtt.price"].create({"working_price": 1})

    def test_who_may_do_what(self):
        rights = {
            self.plain: {},
            self.bridge: {},
            self.user: {model: {"read"} for model in MODELS},
            self.manager: {
                model: {"read", "write", "create", "unlink"} for model in MODELS
            },
        }
        rights[self.user]["mqtt.session"] = {"read", "write"}
        for user, expected in rights.items():
            for model in MODELS:
                for operation in ("read", "write", "create", "unlink"):
                    with self.subTest(user=user.login, model=model, op=operation):
                        may = self.env[model].with_user(user).has_access(operation)
                        self.assertEqual(may, operation in expected.get(model, ()))

    def test_user_says_whose_a_session_is(self):
        session = self.session.with_user(self.user)
        partner = self.env["res.partner"].create({"name": "Customer"})
        session.write({"partner_id": partner.id, "user_id": self.user.id})
        self.assertEqual(self.session.partner_id, partner)
        for vals in ({"energy_kwh": 0}, {"partner_id": False, "cost": 0}):
            with self.assertRaises(AccessError):
                session.write(vals)
        with self.assertRaises(AccessError):
            session.action_recompute_cost()
        with self.assertRaises(AccessError):
            session.action_run_closed_hook()
        self.session.with_user(self.manager).action_recompute_cost()
        self.session.with_user(self.manager).energy_kwh = 1

    def test_event_buttons_are_the_managers(self):
        body = example("device_online", device_id="new", event_uid=new_uid())
        self.receive(body)
        event = self.event_of(body)
        for action in ("action_process", "action_make_device"):
            with self.assertRaises(AccessError):
                getattr(event.with_user(self.user), action)()
        event.with_user(self.manager).action_make_device()
        self.assertEqual(event.state, "processed")

    def test_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        for record in (self.device, self.session, self.event, self.price):
            record.sudo().company_id = other
            with self.subTest(record._name):
                model = record.with_user(self.manager)
                self.assertFalse(model.search([("id", "=", record.id)]))
                if record._name != "mqtt.price":
                    record.sudo().company_id = False
                    self.assertTrue(model.search([("id", "=", record.id)]))
        self.manager.company_ids += other
        price = self.price.with_user(self.manager).with_context(
            allowed_company_ids=other.ids
        )
        self.assertTrue(price.search([("id", "=", self.price.id)]))

    def test_events_take_the_company_of_their_device(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.device.company_id = other
        body = example("session_started", event_uid=new_uid(), session_id=new_uid())
        self.receive(body)
        self.assertEqual(self.event_of(body).company_id, other)
        self.assertEqual(self.session_of(body).company_id, other)
