# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from .common import IntakeCase, at, example, new_uid


@tagged("post_install", "-at_install")
class TestIntakeDevice(IntakeCase):
    def test_state_follows_the_session(self):
        self.assertEqual(self.device.state, "idle")
        self.receive(example("session_started"))
        self.assertEqual(self.device.state, "working")
        self.assertTrue(self.device.online)
        self.assertEqual(self.device.power_w, 842.3)
        self.receive(example("session_heartbeat", state="standby"))
        self.assertEqual(self.device.state, "standby")
        self.receive(example("session_stopped"))
        self.assertEqual(self.device.state, "idle")
        self.assertEqual(self.device.power_w, 1.1)
        self.assertEqual(self.device.state_at, at("2026-01-31T11:03:02.000Z"))

    def test_older_news_never_overwrite_newer(self):
        self.receive(example("device_online"))
        self.receive(example("session_stopped"))
        self.assertTrue(self.device.online)
        self.receive(example("device_offline"))
        self.assertTrue(self.device.online, "it went offline before it came back")
        self.assertEqual(self.device.last_seen, at("2026-01-31T13:40:05.120Z"))
        self.receive(example("session_started"))
        self.assertEqual(self.device.state, "idle", "it started before it stopped")
        self.assertEqual(self.device.power_w, 1.1)

    def test_older_news_in_one_batch(self):
        self.receive(
            example("session_stopped"),
            example("session_started"),
            example("device_online"),
            example("device_offline"),
        )
        self.assertEqual(self.device.state, "idle")
        self.assertTrue(self.device.online)

    def test_within_a_second_milliseconds_decide(self):
        newer = example("device_offline", ts="2026-01-31T13:00:00.900Z")
        older = example("device_online", ts="2026-01-31T13:00:00.100Z")
        self.receive(newer)
        self.receive(older)
        self.assertFalse(self.device.online)

    def test_offline_without_any_message(self):
        self.receive(example("device_offline", last_message_at=None))
        self.assertFalse(self.device.online)
        self.assertFalse(self.device.last_seen)
        self.assertEqual(self.device.online_at, at("2026-01-31T13:23:10.250Z"))

    def test_measurement(self):
        self.receive(example("power_measurement"))
        self.assertEqual(self.device.power_w, 845.1)
        self.assertEqual(self.device.last_seen, at("2026-01-31T10:35:18.000Z"))
        self.assertTrue(self.device.online)
        body = example("power_measurement", event_uid=new_uid())
        body["payload"] = {}
        body["ts"] = "2026-01-31T10:36:00.000Z"
        self.receive(body)
        self.assertEqual(self.device.power_w, 845.1)
        self.assertEqual(self.device.last_seen, at("2026-01-31T10:36:00.000Z"))

    def test_news_are_no_change_of_the_settings(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mqtt_device SET write_date = '2026-01-01' WHERE id = %s",
            [self.device.id],
        )
        self.device.invalidate_recordset()
        messages = len(self.device.message_ids)
        before = self.env["mqtt.device"]._bridge_configuration()
        self.receive(
            example("session_started"),
            example("session_heartbeat"),
            example("session_stopped"),
            example("device_online"),
        )
        self.env.flush_all()
        self.device.invalidate_recordset()
        self.assertEqual(str(self.device.write_date), "2026-01-01 00:00:00")
        self.assertEqual(len(self.device.message_ids), messages)
        self.assertEqual(self.env["mqtt.device"]._bridge_configuration(), before)

    def test_several_devices_in_one_batch(self):
        other = self.env["mqtt.device"].create(
            self.device_values(device_id="other", name="Other")
        )
        self.receive(
            example("session_started"),
            example("device_offline", event_uid=new_uid(), device_id="other"),
            example(
                "session_started",
                event_uid=new_uid(),
                device_id="other",
                session_id=new_uid(),
                state="standby",
            ),
        )
        self.assertEqual(self.device.state, "working")
        self.assertEqual(other.state, "standby")
        self.assertFalse(other.online)
        self.assertEqual((self.device.session_count, other.session_count), (1, 1))
