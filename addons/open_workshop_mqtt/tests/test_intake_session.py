# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from itertools import permutations

from odoo.tests import tagged

from .common import IntakeCase, at, example, example_names, new_uid

FIGURES = (
    "duration_s",
    "standby_duration_s",
    "working_duration_s",
    "interruption_duration_s",
    "energy_kwh",
    "energy_source",
    "message_count",
    "power_w",
    "avg_power_w",
    "max_power_w",
)


@tagged("post_install", "-at_install")
class TestIntakeSession(IntakeCase):
    def assert_figures(self, session, payload):
        for name in FIGURES:
            self.assertEqual(session[name], payload[name], name)

    def test_every_example_is_processed(self):
        names = example_names()
        self.assertGreaterEqual(len(names), 11)
        for name in names:
            with self.subTest(name), self.env.cr.savepoint():
                self.receive(example(name, event_uid=new_uid()))
            event = self.env["mqtt.event"].search([], limit=1, order="id desc")
            self.assertEqual(event.state, "processed", name)
            self.assertEqual(event.device_id, self.device)
            self.assertEqual(event.company_id, self.company)

    def test_started_opens_a_session(self):
        body = example("session_started")
        self.assertEqual(self.receive(body), ["ok"])
        session = self.session_of(body)
        self.assertEqual(session.state, "open")
        self.assertEqual(session.device_id, self.device)
        self.assertEqual(session.device_identifier, self.device.device_id)
        self.assertEqual(session.machine_name, "CNC Mill (Workshop)")
        self.assertEqual(session.company_id, self.company)
        self.assertEqual(session.start, at("2026-01-31T10:30:15.500Z"))
        self.assertFalse(session.end)
        self.assertEqual(self.event_of(body).session_id, session)

    def test_any_order_gives_the_same_session(self):
        bodies = [
            example("session_started"),
            example("session_heartbeat"),
            example("session_stopped"),
        ]
        for order in permutations(range(3)):
            for at_once in (True, False):
                with self.subTest(order=order, at_once=at_once):
                    session_id = new_uid()
                    uids = [new_uid() for _body in bodies]
                    for body, uid in zip(bodies, uids, strict=True):
                        body["event_uid"] = uid
                        body["payload"]["session_id"] = session_id
                    turn = [bodies[index] for index in order]
                    if at_once:
                        self.receive(*turn)
                    else:
                        for body in turn:
                            self.receive(body)
                    session = self.session_of(bodies[0])
                    self.assertEqual(session.state, "closed")
                    self.assertEqual(session.reason, "normal")
                    self.assertEqual(session.start, at("2026-01-31T10:30:15.500Z"))
                    self.assertEqual(session.end, at("2026-01-31T11:02:47.000Z"))
                    self.assert_figures(session, bodies[2]["payload"])
                    self.assertEqual(len(session.event_ids), 3)

    def test_both_dialects_say_the_same(self):
        pairs = (
            ("session_started", "run_start"),
            ("session_stopped", "run_stop"),
            ("session_timeout", "run_stop_timeout"),
        )
        read = (*FIGURES, "start", "end", "state", "reason", "machine_name")
        for pair in pairs:
            sessions = []
            for name in pair:
                body = example(name, event_uid=new_uid(), session_id=new_uid())
                self.receive(body)
                sessions.append(self.session_of(body).read(read)[0])
            for session in sessions:
                del session["id"]
            self.assertEqual(*sessions, pair)

    def test_timeout_and_gap(self):
        for reason in ("timeout", "gap"):
            body = example(
                "session_timeout",
                event_uid=new_uid(),
                session_id=new_uid(),
                reason=reason,
            )
            self.receive(body)
            self.assertEqual(self.session_of(body).reason, reason)

    def test_heartbeat_opens_and_updates(self):
        body = example("session_heartbeat")
        self.receive(body)
        session = self.session_of(body)
        self.assertEqual(session.state, "open")
        self.assertEqual(session.start, at("2026-01-31T10:30:15.500Z"))
        self.assertEqual(session.min_power_w, 1.2)
        self.assert_figures(session, body["payload"])
        later = example(
            "session_heartbeat",
            event_uid=new_uid(),
            interval_end="2026-01-31T10:40:18.500Z",
            energy_kwh=0.1,
        )
        self.receive(later)
        self.assertEqual(session.energy_kwh, 0.1)

    def test_older_heartbeat_changes_nothing(self):
        self.receive(example("session_heartbeat"))
        older = example(
            "session_heartbeat",
            event_uid=new_uid(),
            interval_end="2026-01-31T10:35:18.499Z",
            energy_kwh=0.01,
        )
        self.receive(older)
        self.assertEqual(self.session_of(older).energy_kwh, 0.0515)
        self.assertEqual(self.event_of(older).state, "processed")

    def test_repeat_is_a_duplicate(self):
        body = example("session_stopped")
        self.assertEqual(self.receive(body), ["ok"])
        self.assertEqual(self.receive(body), ["duplicate"])
        self.assertEqual(self.receive(body, body), ["duplicate", "duplicate"])
        upper = example("session_stopped", event_uid=body["event_uid"].upper())
        self.assertEqual(self.receive(upper), ["duplicate"])
        again = example("session_started")
        self.assertEqual(self.receive(again, again), ["ok", "duplicate"])

    def test_second_end_changes_nothing(self):
        self.receive(example("session_stopped"))
        second = example("session_stopped", event_uid=new_uid(), energy_kwh=9)
        self.receive(second)
        self.assertEqual(self.session_of(second).energy_kwh, 0.3552)

    def test_hours_and_customer(self):
        self.device.partner_id = self.env["res.partner"].create({"name": "Customer"})
        body = example("session_stopped", standby_duration_s=1800, duration_s=5400)
        self.receive(body)
        session = self.session_of(body)
        self.assertEqual(session.standby_duration_h, 0.5)
        self.assertEqual(session.duration_h, 1.5)
        self.assertEqual(session.partner_id, self.device.partner_id)

    def test_end_of_a_session_of_a_deleted_device(self):
        started = example("session_started")
        self.receive(started)
        session = self.session_of(started)
        self.device.unlink()
        stopped = example("session_stopped", reason="device_removed")
        self.receive(stopped)
        self.assertEqual(session.state, "closed")
        self.assertFalse(session.device_id)
        self.assertEqual(session.device_identifier, "shelly-pm-workshop")
        self.assertEqual(self.event_of(stopped).state, "processed")

    def test_end_of_a_session_of_an_archived_device(self):
        self.receive(example("session_started"))
        self.device.active = False
        stopped = example("session_stopped", reason="device_removed")
        self.receive(stopped)
        self.assertEqual(self.session_of(stopped).state, "closed")
        self.assertEqual(self.session_of(stopped).reason, "device_removed")
        self.assertEqual(self.device.state, "idle")
        other = example("session_started", event_uid=new_uid(), session_id=new_uid())
        self.receive(other)
        self.assertEqual(self.event_of(other).reason, "unknown_device")

    def test_count_beyond_the_column(self):
        body = example("session_stopped", message_count=9007199254740991)
        self.receive(body)
        self.assertEqual(self.event_of(body).state, "processed")
        self.assertEqual(self.session_of(body).message_count, 2**31 - 1)
