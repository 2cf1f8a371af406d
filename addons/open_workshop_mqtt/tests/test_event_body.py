# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime

from odoo.tests import BaseCase, tagged

from ..models.event_body import load_json, read_event
from .common import example, example_names

# Example, field (a path), value, what is said of it; DROP: the field is left out.
DROP = object()
FAULTS = (
    ("session_started", "schema_version", "v2", "must be v1"),
    ("session_started", "event_uid", "7", "must be a UUID"),
    ("session_started", "event_uid", None, "must be a UUID"),
    ("session_started", "event_type", "", "must be text of 1 to 128 characters"),
    ("session_started", "device_id", "x" * 129, "must be text of 1 to 128 characters"),
    ("session_started", "device_id", "a\x00b", "must not contain a NUL character"),
    ("session_started", "device_id", "\ud800", "must be well-formed Unicode"),
    ("session_started", "device_id", 7, "must be text"),
    ("session_started", "ts", "2026-01-31 10:30:18", "must be a time in UTC like"),
    ("session_started", "ts", "2026-02-30T10:30:18.500Z", "must be a time in UTC like"),
    ("session_started", "ts", "٢٠٢٦-01-31T10:30:18.500Z", "must be a time in UTC like"),
    ("session_started", "payload", [], "must be an object"),
    ("session_started", "payload", DROP, "is missing"),
    ("session_started", "payload.session_id", DROP, "is missing"),
    ("session_started", "payload.state", "idle", "must be standby or working"),
    ("session_started", "payload.state", [], "must be standby or working"),
    ("session_started", "payload.power_w", -1, "must be a number from 0"),
    ("session_started", "payload.power_w", True, "must be a number"),
    ("session_started", "payload.power_w", 10**400, "must be a number from -1e+16"),
    ("session_started", "payload.machine_name", "\ud800", "must be well-formed"),
    ("session_heartbeat", "payload.interval_end", None, "must be a time in UTC like"),
    ("session_stopped", "payload.energy_kwh", "1", "must be a number"),
    ("session_stopped", "payload.message_count", 1.5, "must be a whole number"),
    ("session_stopped", "payload.reason", "timeout", "must be normal or"),
    ("session_timeout", "payload.last_message_at", DROP, "is missing"),
    ("run_stop_timeout", "payload.last_message_at", DROP, "is missing"),
    ("run_stop", "payload.reason", "broken", "must be normal or device_removed or"),
    ("device_online", "payload.last_message_at", DROP, "is missing"),
    ("power_measurement", "payload.apower", None, "must be a number"),
    ("flow_event", "payload.data", "x", "must be an object"),
)


@tagged("post_install", "-at_install")
class TestEventBody(BaseCase):
    def test_examples_are_read(self):
        kinds = set()
        for name in example_names():
            with self.subTest(name):
                body = example(name)
                event, faults = read_event(body)
                self.assertEqual(faults, [])
                self.assertEqual(event.uid, body["event_uid"])
                self.assertEqual(set(event.payload), set(body["payload"]))
                self.assertEqual(load_json(event.body), body)
                kinds.add(event.kind)
        self.assertEqual(len(kinds), 7)

    def test_times_become_naive_utc_with_milliseconds(self):
        event, _faults = read_event(example("session_started"))
        self.assertEqual(event.ts, datetime(2026, 1, 31, 10, 30, 18, 500_000))

    def test_faults(self):
        for name, path, value, message in FAULTS:
            with self.subTest(name=name, path=path, value=repr(value)[:40]):
                body = example(name)
                *parents, key = path.split(".")
                target = body
                for parent in parents:
                    target = target[parent]
                if value is DROP:
                    del target[key]
                else:
                    target[key] = value
                event, faults = read_event(body)
                self.assertIsNone(event)
                self.assertEqual([fault["path"] for fault in faults], [path])
                self.assertTrue(
                    faults[0]["message"].startswith(message), faults[0]["message"]
                )

    def test_all_faults_at_once(self):
        body = example("session_stopped", device_id="", energy_kwh=-1, ended_at="x")
        _event, faults = read_event(body)
        self.assertEqual(
            {fault["path"] for fault in faults},
            {"device_id", "payload.energy_kwh", "payload.ended_at"},
        )

    def test_not_an_object(self):
        for value in (None, [], "x", 7, True):
            self.assertEqual(read_event(value)[1][0]["message"], "must be an object")

    def test_unknown_fields_and_types(self):
        body = example("session_started", colour="red")
        body["more"] = 1
        event, faults = read_event(body)
        self.assertEqual(faults, [])
        self.assertNotIn("colour", event.payload)
        body["event_type"] = "new_thing"
        self.assertIsNone(read_event(body)[0].kind)

    def test_json_of_the_standard_only(self):
        for text in ("NaN", "[Infinity]", "[" * 100_000, "{", ""):
            with self.assertRaises(ValueError):
                load_json(text)
        deep = '{"payload":' * 900 + "1" + "}" * 900
        self.assertTrue(read_event(load_json(deep))[1])

    def test_half_of_a_pair_in_data_that_is_only_kept(self):
        body = example("flow_event")
        body["payload"]["data"]["text"] = "\ud83d"
        event, faults = read_event(body)
        self.assertEqual(faults, [])
        event.body.encode()
        self.assertEqual(load_json(event.body), body)
