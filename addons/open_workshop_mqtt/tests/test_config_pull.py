# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from .common import DEVICE_ID, IntakeHttpCase, example


@tagged("post_install", "-at_install")
class TestConfigPull(IntakeHttpCase):
    def configured(self, device_id=DEVICE_ID):
        """Return one device of the configuration, None when it is not in it."""
        devices = self.env["mqtt.device"]._bridge_configuration()["devices"]
        found = [device for device in devices if device["device_id"] == device_id]
        return found[0] if found else None

    def test_device_as_the_contract_has_it(self):
        self.assertEqual(
            self.configured(),
            {
                "device_id": DEVICE_ID,
                "machine_name": "CNC Mill (Workshop)",
                "mqtt_topic": "shellypmminig3-48f6eeb73a1c/status/pm1:0",
                "parser_type": "shelly_pm",
                "session_config": {
                    "strategy": "power_threshold",
                    "standby_threshold_w": 5.0,
                    "working_threshold_w": 50.0,
                    "start_debounce_s": 3.0,
                    "stop_debounce_s": 15.0,
                    "heartbeat_interval_s": 300.0,
                },
            },
        )

    def test_optional_fields(self):
        self.device.write(
            {
                "message_timeout_s": 20,
                "parser_options": '{"power": {"path": "$.p"}}',
                "channel": "2",
                "rated_power_w": 3000,
                "offline_timeout_s": 60,
                "forward_measurements": True,
            }
        )
        device = self.configured()
        self.assertEqual(device["session_config"]["message_timeout_s"], 20)
        self.assertEqual(device["parser_options"], {"power": {"path": "$.p"}})
        self.assertEqual(device["channel"], 2)
        self.assertEqual(device["rated_power_w"], 3000)
        self.assertEqual(device["offline_timeout_s"], 60)
        self.assertIs(device["forward_measurements"], True)
        self.device.channel = "total"
        self.assertEqual(self.configured()["channel"], "total")

    def test_which_devices(self):
        company = self.env["res.company"].create({"name": "Other"})
        devices = self.env["mqtt.device"]
        make = self.device_values
        devices.create(make(device_id="zz", company_id=company.id))
        devices.create(make(device_id="Aa", company_id=False))
        devices.create(make(device_id="no topic", mqtt_topic=False))
        devices.create(make(device_id="archived", active=False))
        as_user = devices.with_company(self.company).with_context(
            allowed_company_ids=self.company.ids
        )
        answer = as_user._bridge_configuration()
        ids = [device["device_id"] for device in answer["devices"]]
        self.assertEqual(ids, sorted(ids))
        self.assertLessEqual({"Aa", DEVICE_ID, "zz"}, set(ids))
        self.assertFalse({"no topic", "archived"} & set(ids))
        self.assertEqual(answer["version"], "1.0")

    def test_no_device_at_all(self):
        self.env["mqtt.device"].with_context(active_test=False).search([]).unlink()
        self.assertEqual(
            self.env["mqtt.device"]._bridge_configuration(),
            {"devices": [], "version": "1.0"},
        )

    def test_every_bridge_field_changes_the_configuration(self):
        changes = {
            "active": False,
            "device_id": "other",
            "name": "Other",
            "mqtt_topic": "other/topic",
            "parser_type": "generic",
            "parser_options": '{"power": {"path": "$.p"}}',
            "channel": "1",
            "standby_threshold_w": 6,
            "working_threshold_w": 60,
            "start_debounce_s": 4,
            "stop_debounce_s": 16,
            "message_timeout_s": 30,
            "heartbeat_interval_s": 0,
            "rated_power_w": 100,
            "offline_timeout_s": 100,
            "forward_measurements": True,
        }
        fields = self.env["mqtt.device"]._bridge_fields()
        # There is one strategy only.
        self.assertEqual(fields, set(changes) | {"strategy"})
        for name, value in changes.items():
            with self.subTest(name):
                before = self.env["mqtt.device"]._bridge_configuration()["devices"]
                old = self.device[name]
                self.device[name] = value
                after = self.env["mqtt.device"]._bridge_configuration()["devices"]
                self.assertNotEqual(before, after)
                self.device[name] = old

    def test_pull(self):
        self.device.name = "Fräse 加工"
        response = self.get_config()
        self.assertEqual(response.status_code, 200)
        expected = self.env["mqtt.device"]._bridge_configuration()
        self.assertEqual(response.json(), expected)
        self.assertEqual(response.json()["devices"][0]["machine_name"], "Fräse 加工")
        self.assertRegex(expected["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(int(response.headers["Content-Length"]), len(response.content))
        self.receive(example("session_started"), example("device_online"))
        self.assertEqual(self.get_config().content, response.content)

    def test_wrong_key(self):
        for token in (None, "wrong"):
            response = self.get_config(token)
            self.assertEqual(response.status_code, 401)
            self.assertEqual(response.json()["status"], "error")
