# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

from odoo.api import call_kw
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.mqtt_bridge import TOKEN_PARAMETER, URL_PARAMETER
from .fake_bridge import TOKEN, error_body
from .fake_bridge_case import PUSH_LOGGER, FakeBridgeCase


@tagged("post_install", "-at_install")
class TestPush(FakeBridgeCase):
    def pushes(self):
        return self.bridge.sent("POST /config")

    def devices_there(self):
        return [one["device_id"] for one in self.bridge.configuration["devices"]]

    @property
    def push(self):
        return self.env["mqtt.push"]._current()

    def test_create_write_unlink(self):
        device = self.make_device()
        self.assertEqual(device.push_state, "sending")
        self.assertFalse(self.pushes())
        self.commit()
        self.assertEqual(self.devices_there(), ["mill"])
        self.assertEqual(device.push_state, "pushed")
        self.assertTrue(device.pushed_at)
        self.assertEqual(self.push.devices_added, 1)
        device.working_threshold_w = 120
        self.commit()
        [entry] = self.bridge.configuration["devices"]
        self.assertEqual(entry["session_config"]["working_threshold_w"], 120)
        device.unlink()
        self.commit()
        self.assertEqual(self.devices_there(), [])
        self.assertEqual(len(self.pushes()), 3)
        self.assertEqual(self.push.devices_removed, 1)

    def test_once_per_transaction(self):
        mill, saw = self.make_device(), self.make_device("saw")
        mill.name = "Mill 2"
        saw.write({"active": False})
        self.commit()
        self.assertEqual(len(self.pushes()), 1)
        self.assertEqual(self.devices_there(), ["mill"])
        mill.name = "Mill 3"
        self.commit()
        self.assertEqual(len(self.pushes()), 2)

    def test_fields_that_do_not_matter(self):
        device = self.make_device()
        self.commit()
        device.write({"state": "working", "online": True, "power_w": 5})
        self.assertFalse(self.env.cr.postcommit._funcs)
        # One that matters, but has the value that it had: the bridge has it already.
        device.name = device.name
        self.commit()
        self.assertEqual(len(self.pushes()), 1)

    def test_rollback_pushes_nothing(self):
        self.make_device()
        self.env.cr.postcommit.clear()
        self.commit()
        self.assertFalse(self.bridge.requests)

    def test_no_address(self):
        self.set_parameter(URL_PARAMETER, False)
        device = self.make_device()
        self.commit()
        self.assertFalse(self.bridge.requests)
        self.assertEqual((device.push_state, self.push.state), ("off", "off"))
        answer = self.env["mqtt.device"].action_push_bridge_config()
        self.assertEqual(answer["params"]["type"], "info")
        self.assertIn("Settings", answer["params"]["message"])
        self.set_parameter(URL_PARAMETER, self.bridge.url)
        self.commit()
        self.assertEqual(self.devices_there(), ["mill"])

    def test_new_odoo_takes_nothing_away(self):
        self.bridge.configuration = {"devices": [{"device_id": "lathe"}]}
        self.env["mqtt.push"]._schedule()
        self.commit()
        self.env["mqtt.push"]._cron_push()
        self.assertFalse(self.pushes())
        self.assertEqual(self.push.state, "off")
        mill = self.make_device()
        with self.assertLogs(PUSH_LOGGER, "WARNING"):
            self.commit()
        self.assertFalse(self.pushes())
        self.assertEqual(mill.push_state, "failed")
        self.assertIn("1 (lathe)", mill.push_message)
        self.make_device("lathe")
        self.commit()
        self.assertEqual(self.devices_there(), ["lathe", "mill"])

    def test_button_replaces_what_the_bridge_had(self):
        self.bridge.configuration = {"devices": [{"device_id": "lathe"}]}
        self.make_device()
        with self.assertLogs(PUSH_LOGGER, "WARNING"):
            self.commit()
        self.env["mqtt.device"].action_push_bridge_config()
        self.assertEqual(self.devices_there(), ["mill"])

    def test_another_bridge_has_nothing(self):
        device = self.make_device()
        self.commit()
        url = self.bridge.url.replace("127.0.0.1", "localhost")
        self.set_parameter(URL_PARAMETER, url)
        self.env.invalidate_all()
        self.assertEqual(device.push_state, "sending")
        self.commit()
        self.assertEqual((device.push_state, len(self.pushes())), ("pushed", 2))

    def test_failure_keeps_the_work(self):
        for script in (
            "close",
            "html",
            (500, error_body("Oh")),
            (429, error_body("Slow")),
        ):
            with self.subTest(script):
                self.bridge.script["POST /config"] = script
                device = self.make_device(f"saw-{len(self.pushes())}")
                with self.assertLogs(PUSH_LOGGER, "WARNING") as logs:
                    self.commit()
                self.assertIn("push_bridge_config: failed", logs.output[0])
                self.assertTrue(device.exists())
                self.assertEqual((device.push_state, self.push.state), ("failed",) * 2)
                self.assertIn(self.push.message, device.push_message)
                self.assertTrue(self.push.last_try)

    def test_failure_is_told(self):
        self.bridge.script["POST /config"] = 503, error_body("The disk is full")
        model = self.env["mqtt.device"].with_user(self.manager)
        model.create({"name": "Mill", "device_id": "mill", "mqtt_topic": "mill"})
        with patch.object(type(self.manager), "_bus_send", autospec=True) as send:
            self.commit_quietly()
        [[user, kind, notification], _kwargs] = send.call_args
        self.assertEqual((user, kind), (self.manager, "simple_notification"))
        self.assertEqual(notification["message"], "The disk is full")

    def test_wrong_token_then_the_right_one(self):
        self.set_parameter(TOKEN_PARAMETER, "wrong")
        device = self.make_device()
        self.commit_quietly()
        self.assertEqual(device.push_state, "failed")
        self.assertIn("refused the token", device.push_message)
        self.set_parameter(TOKEN_PARAMETER, TOKEN)
        self.commit()
        self.assertEqual((device.push_state, self.push.state), ("pushed", "pushed"))
        self.assertFalse(self.push.message)

    def test_faults_by_device(self):
        drill = self.make_device("drill")
        self.commit()
        apply = self.bridge.script["POST /config"]
        self.bridge.script["POST /config"] = 422, error_body(
            "The configuration has faults; nothing was changed",
            ("devices[1].mqtt_topic", "must not be empty"),
            ("devices[9].x", "is of no device"),
        )
        mill, saw = self.make_device("mill"), self.make_device("saw")
        self.commit_quietly()
        self.assertIn("mqtt_topic: must not be empty", mill.push_message)
        self.assertNotIn("mqtt_topic", saw.push_message.splitlines()[0])
        states = [one.push_state for one in (drill, mill, saw)]
        self.assertEqual(states, ["pushed", "failed", "failed"])
        found = self.env["mqtt.device"].search([("push_state", "=", "failed")])
        self.assertEqual(found, mill + saw)
        self.bridge.script["POST /config"] = apply
        self.env["mqtt.push"]._cron_push()
        self.env.invalidate_all()
        self.assertEqual(mill.push_state, "pushed")

    def test_warnings_by_device(self):
        apply = self.bridge.script["POST /config"]

        def warn(request):
            status, body = apply(request)
            finding = {"path": "devices[0].offline_timeout_s", "message": "is short"}
            return status, {**body, "warnings": [finding]}

        self.bridge.script["POST /config"] = warn
        mill, saw = self.make_device("mill"), self.make_device("saw")
        self.commit()
        self.assertEqual(mill.push_message, "offline_timeout_s: is short")
        self.assertFalse(saw.push_message)
        self.assertEqual(mill.push_state, "pushed")

    def test_not_sent(self):
        device = self.make_device(mqtt_topic=False)
        archived = self.make_device("old", active=False)
        self.commit()
        self.assertEqual(device.push_state, "excluded")
        self.assertEqual(archived.push_state, "excluded")
        found = self.env["mqtt.device"].search([("push_state", "!=", "excluded")])
        self.assertFalse(found & device)
        self.assertFalse(self.env["mqtt.device"].new({"name": "x"}).push_state)

    def test_archived_while_the_bridge_is_away(self):
        device = self.make_device()
        self.commit()
        self.bridge.script["POST /config"] = "close"
        device.active = False
        self.commit_quietly()
        self.assertEqual(device.push_state, "failed")

    def test_button(self):
        self.make_device()
        self.commit()
        model = self.env["mqtt.device"].with_user(self.manager)
        # As the web client calls it when nothing is chosen in the list.
        answer = call_kw(model, "action_push_bridge_config", [[]], {})
        self.assertEqual(answer["params"]["type"], "success")
        self.assertEqual(len(self.pushes()), 2)
        self.bridge.script["POST /config"] = 503, error_body("The disk is full")
        with self.assertLogs(PUSH_LOGGER, "WARNING"):
            answer = model.action_push_bridge_config()
        self.assertEqual(answer["params"]["type"], "danger")
        self.assertEqual(answer["params"]["message"], "The disk is full")
        with self.assertRaises(AccessError):
            model.with_user(self.user).action_push_bridge_config()

    def test_cron(self):
        self.bridge.script["POST /config"], apply = (
            "close",
            self.bridge.script["POST /config"],
        )
        device = self.make_device()
        self.commit_quietly()
        self.bridge.script["POST /config"] = apply
        self.env.ref("open_workshop_mqtt.ir_cron_push").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(device.push_state, "pushed")
        tries = len(self.pushes())
        self.env["mqtt.push"]._cron_push()
        self.assertEqual(len(self.pushes()), tries)
        # What was changed behind the model's back waits, and is found.
        self.env.cr.execute(
            "UPDATE mqtt_device SET name = 'Mill 2' WHERE id = %s", [device.id]
        )
        self.env.invalidate_all()
        self.assertEqual((device.push_state, self.push.state), ("waiting", "waiting"))
        self.env["mqtt.push"]._cron_push()
        self.env.invalidate_all()
        self.assertEqual(device.push_state, "pushed")

    def test_bridge_that_lost_it(self):
        self.make_device()
        self.commit()
        health = self.bridge.health
        table = [
            (None, "push", 1),
            ("2026-01-01T00:00:00.000Z", "push", 1),
            (self.push.bridge_time, "push", 0),
            # Somebody restored an older configuration at the bridge.
            ("2026-12-31T00:00:00.000Z", "restore", 0),
            # It began anew, with the file that it was first set up with.
            ("2026-12-31T00:00:00.000Z", "file", 1),
        ]
        for last_update, source, expected in table:
            with self.subTest(last_update, source=source):
                self.bridge.source = source
                answer = health(last_config_update=last_update)
                self.bridge.script["GET /health"] = (200, answer)
                before = len(self.pushes())
                if expected:
                    with self.assertLogs(f"{PUSH_LOGGER}_watch", "WARNING"):
                        self.env["mqtt.push"]._cron_push()
                else:
                    self.env["mqtt.push"]._cron_push()
                self.assertEqual(len(self.pushes()) - before, expected)
        self.bridge.script["GET /health"] = "close"
        self.env["mqtt.push"]._cron_push()

    def test_a_bug_does_not_fail_the_work(self):
        with patch.object(
            type(self.env["mqtt.device"]),
            "_bridge_configuration",
            side_effect=ZeroDivisionError,
        ):
            device = self.make_device()
            with self.assertLogs(PUSH_LOGGER, "ERROR"):
                self.commit()
        self.assertTrue(device.exists())

    def test_nobody_writes_the_state(self):
        with self.assertRaises(AccessError):
            self.push.with_user(self.manager).sudo(False).write({"outcome": "pushed"})
