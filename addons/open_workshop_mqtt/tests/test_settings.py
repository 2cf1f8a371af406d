# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from ..models.mqtt_bridge import TOKEN_PARAMETER, URL_PARAMETER
from ..models.res_config_settings import EVENT_TOKEN_PARAMETER
from .fake_bridge import TOKEN
from .fake_bridge_case import FakeBridgeCase


@tagged("post_install", "-at_install")
class TestSettings(FakeBridgeCase):
    def setUp(self):
        super().setUp()
        self.admin = new_test_user(
            self.env,
            "mqtt_admin",
            "base.group_system,open_workshop_mqtt.group_manager",
        )
        self.settings = self.env["res.config.settings"].with_user(self.admin)
        service = {"status": "running", "connection": "connected"}
        self.bridge.script["GET /api/service"] = (200, service)

    def parameter(self, key):
        return self.env["ir.config_parameter"].sudo().get_param(key)

    def test_keep(self):
        self.make_device()
        self.set_parameter(URL_PARAMETER, False)
        self.set_parameter(TOKEN_PARAMETER, False)
        self.commit()
        with Form(self.settings) as form:
            form.mqtt_bridge_url = self.bridge.url
            form.mqtt_bridge_token = f" {TOKEN} "
        form.record.execute()
        self.assertEqual(self.parameter(TOKEN_PARAMETER), TOKEN)
        self.assertFalse(form.record.mqtt_bridge_token)
        self.commit()
        self.assertTrue(self.bridge.sent("POST /config"))

    def test_token_is_not_shown_and_stays(self):
        with Form(self.settings) as form:
            self.assertFalse(form.mqtt_bridge_token)
            self.assertTrue(form.mqtt_has_bridge_token)
        form.record.execute()
        self.assertEqual(self.parameter(TOKEN_PARAMETER), TOKEN)
        values = self.settings.default_get(list(self.settings._fields))
        self.assertNotIn(TOKEN, str(values))
        form.record.action_mqtt_remove_bridge_token()
        self.assertFalse(self.parameter(TOKEN_PARAMETER))

    def test_wrong_address(self):
        settings = self.settings.create({"mqtt_bridge_url": "bridge:8080"})
        with self.assertRaisesRegex(UserError, "is no address of a bridge"):
            settings.execute()
        self.assertEqual(self.parameter(URL_PARAMETER), self.bridge.url)

    def test_event_token(self):
        settings = self.settings.create({})
        settings.action_mqtt_generate_event_token()
        first = self.parameter(EVENT_TOKEN_PARAMETER)
        self.assertGreaterEqual(len(first), 43)
        settings.invalidate_recordset()
        self.assertEqual(settings.mqtt_event_token, first)
        settings.action_mqtt_generate_event_token()
        self.assertNotEqual(self.parameter(EVENT_TOKEN_PARAMETER), first)

    def test_page_shows_the_event_token(self):
        """Else the button to make the first one would replace the one in use."""
        self.settings.create({}).action_mqtt_generate_event_token()
        token = self.parameter(EVENT_TOKEN_PARAMETER)
        with Form(self.settings) as form:
            self.assertEqual(form.mqtt_event_token, token)

    def test_connection_test(self):
        self.bridge.script["GET /health"] = (
            200,
            self.bridge.health(odoo_reachable=True, devices=3),
        )
        params = self.settings.create({}).action_mqtt_test_connection()["params"]
        self.assertEqual(params["type"], "success")
        for words in (
            "version 0.1.0",
            "MQTT is connected",
            "reaches Odoo",
            "Devices: 3",
        ):
            self.assertIn(words, params["message"])
        problem = "Odoo refuses the key."
        health = self.bridge.health(odoo_reachable=False, problems=[problem])
        self.bridge.script["GET /health"] = (200, health)
        params = self.settings.create({}).action_mqtt_test_connection()["params"]
        self.assertEqual(params["type"], "warning")
        self.assertIn("does not reach Odoo", params["message"])
        self.assertIn(problem, params["message"])

    def test_connection_test_with_what_is_typed(self):
        table = [
            ({"mqtt_bridge_token": "wrong"}, "refused the token"),
            ({"mqtt_bridge_url": "nonsense"}, "is no address"),
            ({"mqtt_bridge_url": False}, "No address"),
        ]
        for values, words in table:
            with self.subTest(words):
                settings = self.settings.create(values)
                params = settings.action_mqtt_test_connection()["params"]
                self.assertEqual(params["type"], "danger")
                self.assertIn(words, params["message"])
        self.assertEqual(self.parameter(TOKEN_PARAMETER), TOKEN)

    def test_who_may(self):
        settings = self.settings.create({})
        for user in (self.manager, self.user):
            for action in (
                "action_mqtt_test_connection",
                "action_mqtt_generate_event_token",
                "action_mqtt_remove_bridge_token",
            ):
                with self.subTest(action), self.assertRaises(AccessError):
                    getattr(settings.with_user(user), action)()
