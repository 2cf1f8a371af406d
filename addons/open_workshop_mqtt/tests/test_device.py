# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import psycopg2

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DEVICE_ID, IntakeCase, example, new_uid

# Field, values that are taken, values that are refused.
SETTINGS = (
    ("name", ("x", "é" * 256), ("x" * 257, "🙂" * 129)),
    ("device_id", ("x", "a b", "é" * 128), ("x" * 129, "🙂" * 65, "a\nb", "a\x85b")),
    (
        "mqtt_topic",
        (False, "a", "a/b", "+/b/#", "#", "/", "a/+/c", "$SYS/x", "a" * 1024),
        ("a#", "a/#/b", "a+/b", "#/", "a" * 1025, "é" * 513, "/" * 32),
    ),
    ("standby_threshold_w", (0, 50), (-1, 50.1)),
    ("working_threshold_w", (5, 1_000_000), (-1, 4.9, 1_000_001)),
    ("start_debounce_s", (0, 3600), (-1, 3601)),
    ("stop_debounce_s", (0, 3600), (-1, 3601)),
    ("message_timeout_s", (0, 1, 86_400), (-1, 0.5, 86_401)),
    ("heartbeat_interval_s", (0, 1, 86_400), (-1, 0.5, 86_401)),
    ("rated_power_w", (0, 0.1, 10_000_000), (-1, 10_000_001)),
    ("offline_timeout_s", (0, 1, 604_800), (-1, 0.5, 604_801)),
    ("channel", (False, "0", "255", "total", "a", "c"), ("256", "d", "-1", "1.0", "²")),
    (
        "parser_options",
        (
            False,
            "{}",
            '{"power": {"path": "$.p", "unit": "kW", "scale": 0.1}}',
            '{"relay": {"path": "/r", "on": ["ON", 1, true]}, "other": 1}',
            '{"ts": {"path": "$.t"}, "decimal_comma": true}',
            '{"energy": {"topic": "a/b"}}',
        ),
        (
            "x",
            "[]",
            "null",
            '{"power": "$.p"}',
            '{"power": {"path": ""}}',
            '{"power": {"path": 7}}',
            '{"power": {"scale": "2"}}',
            '{"power": {"scale": true}}',
            '{"power": {"scale": NaN}}',
            '{"power": {"scale": 1e400}}',
            '{"relay": {"on": "ON"}}',
            '{"relay": {"on": [null]}}',
            '{"ts": {}}',
            '{"ts": {"path": "$.t", "format": "epoch"}}',
            '{"ts": {"path": "$.t", "format": []}}',
            '{"decimal_comma": 1}',
            "[" * 100_000,
        ),
    ),
)


@tagged("post_install", "-at_install")
class TestDevice(IntakeCase):
    def test_defaults_are_those_of_the_bridge(self):
        device = self.env["mqtt.device"].create({"name": "Saw", "device_id": "saw"})
        self.assertEqual(device.parser_type, "auto")
        self.assertEqual(device.strategy, "power_threshold")
        self.assertEqual(device.standby_threshold_w, 5)
        self.assertEqual(device.working_threshold_w, 50)
        self.assertEqual(device.start_debounce_s, 3)
        self.assertEqual(device.stop_debounce_s, 15)
        self.assertEqual(device.message_timeout_s, 0)
        self.assertEqual(device.heartbeat_interval_s, 300)
        self.assertEqual(device.state, "idle")
        self.assertEqual(device.company_id, self.env.company)

    def test_settings(self):
        for name, good, bad in SETTINGS:
            start = self.device[name]
            for value in good:
                with self.subTest(field=name, good=str(value)[:40]):
                    self.device[name] = value
                    self.env.flush_all()
            self.device[name] = start
            for value in bad:
                with (
                    self.subTest(field=name, bad=str(value)[:40]),
                    self.assertRaises(ValidationError) as caught,
                    self.env.cr.savepoint(),
                ):
                    self.device[name] = value
                    self.env.flush_all()
                self.assertGreater(len(str(caught.exception)), 20)

    def test_device_id_is_unique(self):
        self.device.active = False
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.env["mqtt.device"].create(self.device_values())

    def test_copy(self):
        copy = self.device.copy()
        self.assertEqual(copy.device_id, f"{DEVICE_ID}-copy")
        self.assertEqual(copy.name, "CNC Mill (Workshop) (copy)")
        self.assertEqual(self.device.copy({"device_id": "x"}).device_id, "x")
        self.device.device_id = "🙂" * 64
        self.assertEqual(self.device.copy().device_id, "🙂" * 60 + "-copy")

    def flush_tracking(self):
        """Write the messages that mail keeps until the commit."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def test_settings_are_tracked(self):
        self.flush_tracking()
        before = self.device.message_ids
        self.device.standby_threshold_w = 7
        self.flush_tracking()
        messages = self.device.message_ids - before
        self.assertEqual(
            messages.tracking_value_ids.field_id.name, "standby_threshold_w"
        )

    def test_sessions_of_the_device(self):
        self.receive(
            example("session_started"),
            example("session_stopped", event_uid=new_uid(), session_id=new_uid()),
        )
        self.assertEqual(self.device.session_count, 2)
        action = self.device.action_view_sessions()
        self.assertEqual(action["res_model"], "mqtt.session")
        sessions = self.env["mqtt.session"].search(action["domain"])
        self.assertEqual(sessions, self.device.session_ids)

    def test_form(self):
        with Form(self.env["mqtt.device"]) as form:
            form.name = "Lathe"
            form.device_id = "lathe"
            form.mqtt_topic = "lathe/power"
            form.channel = "1"
        self.assertEqual(form.record.channel, "1")
