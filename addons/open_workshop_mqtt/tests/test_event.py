# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.event_body import load_json, read_event
from ..models.mqtt_event import MqttEvent
from ..models.mqtt_session import MqttSession
from .common import IntakeCase, example, new_uid

INTAKE_LOG = "odoo.addons.open_workshop_mqtt.models.mqtt_event_intake"
SESSION_LOG = "odoo.addons.open_workshop_mqtt.models.mqtt_session"


@tagged("post_install", "-at_install")
class TestEvent(IntakeCase):
    def test_uid_is_unique_in_the_database(self):
        self.receive(example("device_online"))
        self.env.cr.execute("SELECT * FROM mqtt_event LIMIT 0")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "INSERT INTO mqtt_event (event_uid, event_type, device_identifier, ts,"
                " received_at, body, state) SELECT event_uid, event_type,"
                " device_identifier, ts, received_at, body, state FROM mqtt_event"
            )

    def test_body_is_kept_as_received(self):
        text = '{ "weird":  1.10, "ü": "\\u00fc",' + (
            '"schema_version": "v1", '
            '"event_uid": "3f0c9a52-6d1e-4b7a-9c58-d2e417a06b94",'
            '"event_type": "device_online", "device_id": "d", '
            '"ts": "2026-01-31T10:36:02.250Z", "payload": {"machine_name": "ü",'
            '"last_message_at": null, "reason": "message"}}'
        )
        event, faults = read_event(load_json(text), text)
        self.assertFalse(faults)
        self.env["mqtt.event"]._receive([event])
        record = self.env["mqtt.event"].search([("event_uid", "=", event.uid)])
        self.assertEqual(record.body, text)

    def test_unknown_type_is_kept(self):
        body = example("device_online")
        body["event_type"] = "filter_clogged"
        self.assertEqual(self.receive(body), ["ok"])
        event = self.event_of(body)
        self.assertEqual((event.state, event.reason), ("unprocessed", "unknown_type"))
        self.assertEqual(event.device_id, self.device)
        event.action_process()
        self.assertEqual(event.reason, "unknown_type")

    def test_unprocessed_come_first(self):
        unknown = example("device_online", device_id="nobody", event_uid=new_uid())
        unknown["ts"] = "2020-01-01T00:00:00.000Z"
        self.receive(unknown, example("device_online"))
        first = self.env["mqtt.event"].search([], limit=1)
        self.assertEqual(first, self.event_of(unknown))

    def test_events_wait_for_their_device(self):
        started = example("session_started", device_id="late")
        beat = example("session_heartbeat", device_id="late")
        stopped = example("session_stopped", device_id="late")
        self.receive(stopped, beat, started)
        self.assertFalse(self.session_of(started))
        self.assertEqual(self.event_of(stopped).reason, "unknown_device")
        order = []
        original = type(self.env["mqtt.event"])._apply

        def record_order(model, rows):
            order.extend(event.event_type for _id, event in rows)
            return original(model, rows)

        with patch.object(type(self.env["mqtt.event"]), "_apply", record_order):
            device = self.env["mqtt.device"].create(
                self.device_values(device_id="late", name="Late")
            )
        self.assertEqual(
            order, ["session_started", "session_heartbeat", "session_stopped"]
        )
        session = self.session_of(started)
        self.assertEqual((session.state, session.device_id), ("closed", device))
        for body in (started, beat, stopped):
            event = self.event_of(body)
            self.assertEqual((event.state, event.reason), ("processed", False))
            self.assertEqual(event.session_id, session)

    def test_renamed_and_unarchived_devices_get_their_events(self):
        for change in ("rename", "unarchive"):
            with self.subTest(change):
                self.device.active = change != "unarchive"
                device_id = "renamed" if change == "rename" else self.device.device_id
                body = example(
                    "device_online", device_id=device_id, event_uid=new_uid()
                )
                self.receive(body)
                self.assertEqual(self.event_of(body).reason, "unknown_device")
                if change == "rename":
                    self.device.device_id = "renamed"
                else:
                    self.device.active = True
                self.assertEqual(self.event_of(body).state, "processed")

    def test_many_waiting_events_are_left_to_the_cron(self):
        bodies = [
            example("device_online", event_uid=new_uid(), device_id="late")
            for _index in range(5)
        ]
        self.receive(*bodies)
        cron = self.env.ref("open_workshop_mqtt.ir_cron_process_waiting")
        triggers = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        module = "odoo.addons.open_workshop_mqtt.models.mqtt_event_intake"
        with patch(f"{module}.PROCESS_BATCH", 3):
            self.env["mqtt.device"].create(
                self.device_values(device_id="late", name="Late")
            )
            waiting = [
                ("state", "=", "unprocessed"),
                ("device_identifier", "=", "late"),
            ]
            self.assertEqual(self.env["mqtt.event"].search_count(waiting), 2)
            now = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
            self.assertEqual(now, triggers + 1)
            self.env["mqtt.event"]._cron_process_waiting()
        self.assertEqual(self.env["mqtt.event"].search_count(waiting), 0)

    def test_make_device(self):
        body = example("session_started", device_id="unknown-1")
        self.receive(body)
        action = self.event_of(body).action_make_device()
        device = self.env["mqtt.device"].browse(action["res_id"])
        self.assertEqual(device.device_id, "unknown-1")
        self.assertEqual(device.name, "CNC Mill (Workshop)")
        self.assertEqual(device.state, "working")
        self.assertEqual(self.event_of(body).state, "processed")
        device.active = False
        with self.assertRaisesRegex(UserError, "archived"):
            self.event_of(body).action_make_device()
        other = example("device_online", device_id="unknown-2")
        self.receive(other)
        with self.assertRaisesRegex(UserError, "one device"):
            (self.event_of(body) | self.event_of(other)).action_make_device()

    def test_closed_hook_runs_once(self):
        closed = []

        def on_closed(session):
            closed.append((session.session_uid, session.energy_kwh, session.state))
            self.assertTrue(session.env.su)
            self.assertEqual(session.env.company, session.company_id)

        body = example("session_stopped")
        with patch.object(MqttSession, "_on_closed", on_closed):
            self.receive(body, example("session_started"))
            self.receive(body)
            self.receive(example("session_stopped", event_uid=new_uid()))
            self.event_of(body).action_process()
        uid = body["payload"]["session_id"]
        self.assertEqual(closed, [(uid, 0.3552, "closed")])

    def test_failing_closed_hook_loses_nothing(self):
        def fails(session):
            session.machine_name = "half done"
            session.flush_recordset()
            raise UserError("No product is set.")

        body = example("session_stopped")
        online = example("device_online")
        with (
            mute_logger(SESSION_LOG),
            patch.object(MqttSession, "_on_closed", fails),
        ):
            self.assertEqual(self.receive(body, online), ["ok", "ok"])
        session, event = self.session_of(body), self.event_of(body)
        self.assertEqual(session.state, "closed")
        self.assertEqual(session.machine_name, "CNC Mill (Workshop)")
        self.assertEqual(session.closing_fault, "No product is set.")
        self.assertEqual((event.state, event.reason), ("unprocessed", "failed"))
        self.assertEqual(event.fault, "No product is set.")
        self.assertEqual(self.event_of(online).state, "processed")

        ran = []
        with patch.object(MqttSession, "_on_closed", lambda session: ran.append(1)):
            session.action_run_closed_hook()
            self.assertEqual((session.closing_fault, event.state), (False, "processed"))
            session.action_run_closed_hook()
            event.action_process()
        self.assertEqual(ran, [1])

    def test_failed_closed_hook_by_the_event(self):
        body = example("session_stopped")

        def fails(session):
            raise KeyError("product")

        with (
            mute_logger(SESSION_LOG),
            patch.object(MqttSession, "_on_closed", fails),
        ):
            self.receive(body)
            self.event_of(body).action_process()
        self.assertEqual(self.session_of(body).closing_fault, "KeyError: 'product'")
        self.event_of(body).action_process()
        self.assertEqual(self.event_of(body).state, "processed")
        self.assertFalse(self.session_of(body).closing_fault)

    def test_flow_hook(self):
        called = []

        def on_flow_event(event, name, data):
            called.append((event.event_uid, name, data["level_percent"]))

        body = example("flow_event")
        with patch.object(MqttEvent, "_on_flow_event", on_flow_event):
            self.receive(body)
        self.assertEqual(called, [(body["event_uid"], "coolant_low", 8)])
        body = example("flow_event", event_uid=new_uid())
        body["payload"]["data"] = {}
        with (
            mute_logger(INTAKE_LOG),
            patch.object(MqttEvent, "_on_flow_event", on_flow_event),
        ):
            self.assertEqual(self.receive(body), ["ok"])
        self.assertEqual(self.event_of(body).fault, "KeyError: 'level_percent'")

    def test_one_bad_event_of_a_batch(self):
        """PostgreSQL refuses it late: the others are applied all the same."""
        bad = example("session_stopped", event_uid=new_uid(), session_id=new_uid())
        good = example("session_stopped")
        original = MqttSession.write

        def write(session, vals):
            if session.session_uid == bad["payload"]["session_id"]:
                session.env.cr.execute("SELECT 1 / 0")
            return original(session, vals)

        with (
            mute_logger(INTAKE_LOG, "odoo.sql_db"),
            patch.object(MqttSession, "write", write),
        ):
            self.assertEqual(self.receive(bad, good), ["ok", "ok"])
        self.assertEqual(self.session_of(good).state, "closed")
        self.assertFalse(self.session_of(bad))
        self.assertIn("division by zero", self.event_of(bad).fault)
        self.event_of(bad).action_process()
        self.assertEqual(self.session_of(bad).state, "closed")

    def test_serialization_failure_is_not_swallowed(self):
        body = example("session_stopped")

        def conflict(session, *args):
            raise psycopg2.errors.SerializationFailure

        for name in ("write", "_on_closed"):
            with (
                self.subTest(name),
                patch.object(MqttSession, name, conflict),
                self.assertRaises(psycopg2.errors.SerializationFailure),
                self.env.cr.savepoint(),
            ):
                self.receive(body)

    def test_old_processed_events_are_deleted(self):
        old = example("device_online")
        new = example("device_offline")
        waiting = example("device_online", event_uid=new_uid(), device_id="nobody")
        self.receive(old, new, waiting)
        for body in (old, waiting):
            self.env.cr.execute(
                "UPDATE mqtt_event SET received_at = now() at time zone 'UTC'"
                " - interval '31 days' WHERE event_uid = %s",
                [body["event_uid"]],
            )
        events = self.env["mqtt.event"]
        events._cron_delete_old()
        self.assertTrue(self.event_of(old), "90 days are kept")
        self.env["ir.config_parameter"].set_param(
            "open_workshop_mqtt.keep_events_days", "30"
        )
        events._cron_delete_old()
        self.assertFalse(self.event_of(old))
        self.assertTrue(self.event_of(new))
        self.assertTrue(self.event_of(waiting))
