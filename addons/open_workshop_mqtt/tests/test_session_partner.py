# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.mqtt_bridge import URL_PARAMETER
from .common import IntakeMixin, example, new_uid
from .fake_bridge_case import FakeBridgeCase

DEVICE_PATH = "GET /api/devices/shelly-pm-workshop/attributes"
BEFORE = "2026-01-31T10:00:00.000Z"
JUST_BEFORE = "2026-01-31T10:30:00.000Z"
AFTER = "2026-01-31T10:31:00.000Z"


@tagged("post_install", "-at_install")
class TestSessionPartner(IntakeMixin, FakeBridgeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.device.partner_attribute = "badge"
        cls.partner = cls.env["res.partner"].create({"name": "Anna", "ref": "4711"})
        cls.other = cls.env["res.partner"].create({"name": "Ben", "ref": "4712"})

    def setUp(self):
        super().setUp()
        self.attributes()

    def attributes(self, *past, present=()):
        """Let the bridge say these (time, value): its history, and what is now."""

        def entries(said):
            return [
                {"key": "badge", "scope": "device", "at": moment, "value": value}
                for moment, value in said
            ]

        self.bridge.script[f"{DEVICE_PATH}/badge/history"] = (
            200,
            {"key": "badge", "values": entries(past)},
        )
        self.bridge.script[DEVICE_PATH] = (200, {"attributes": entries(present)})

    def start(self, **changes):
        """Return a session that is open since 10:30:15.5."""
        changes.setdefault("session_id", new_uid())
        body = example("session_started", event_uid=new_uid(), **changes)
        self.receive(body)
        return self.session_of(body)

    def find(self):
        """Run the cron."""
        self.env.flush_all()
        self.env["mqtt.session"]._cron_find_partners()
        self.env.invalidate_all()

    def test_value_in_force_at_the_start(self):
        anna, nobody = self.partner, self.env["res.partner"]
        table = [
            ([(AFTER, "4712"), (BEFORE, "4711")], [], anna, ""),
            ([(JUST_BEFORE, 4711), (BEFORE, "4712")], [], anna, ""),
            ([(BEFORE, " 4711 ")], [], anna, ""),
            ([(BEFORE, 4711.0)], [], anna, ""),
            # The history does not go back as far: what is now may.
            ([], [(BEFORE, "4711")], anna, ""),
            ([(AFTER, "4711")], [(AFTER, "4711")], nobody, "had said no “badge”"),
            ([], [], nobody, "had said no “badge”"),
            ([(JUST_BEFORE, None), (BEFORE, "4711")], [], nobody, "was empty"),
            ([(JUST_BEFORE, ""), (BEFORE, "4711")], [], nobody, "was empty"),
            ([(BEFORE, True)], [], nobody, "neither a text nor a whole number"),
            ([(BEFORE, {"id": 4711})], [], nobody, "neither a text nor a whole"),
            ([(BEFORE, "4713")], [], nobody, "No contact has this: Reference “4713”"),
            ([(BEFORE, "04711")], [], nobody, "No contact"),
            ([("yesterday", "4712"), (BEFORE, "4711")], [], anna, ""),
        ]
        for past, present, partner, note in table:
            with self.subTest(past=past, present=present):
                self.attributes(*past, present=present)
                session = self.start()
                self.find()
                self.assertEqual(session.partner_id, partner)
                self.assertIn(note, session.partner_note or "")
                self.assertEqual(bool(note), bool(session.partner_note))
                session.partner_settled = True

    def test_what_is_asked(self):
        self.attributes((BEFORE, "4711"))
        sessions = self.start() | self.start()
        self.find()
        self.assertEqual(sessions.partner_id, self.partner)
        [request] = self.bridge.requests
        self.assertEqual(request["route"], f"{DEVICE_PATH}/badge/history")
        self.assertEqual(request["query"], {"scope": "device", "limit": "500"})
        self.find()
        self.assertEqual(len(self.bridge.requests), 1)

    def test_names_are_quoted(self):
        self.device.write({"partner_attribute": "a/b ü", "device_id": "x/y"})
        self.start(device_id="x/y")
        route = "GET /api/devices/x%2Fy/attributes/a%2Fb%20%C3%BC/history"
        self.bridge.script[route] = (200, {"values": [{"at": BEFORE, "value": "4711"}]})
        self.find()
        self.assertTrue(self.bridge.sent(route))

    def test_by_barcode(self):
        self.device.partner_match = "barcode"
        self.partner.with_company(self.company).barcode = "0815"
        self.attributes((BEFORE, "0815"))
        session = self.start()
        self.find()
        self.assertEqual(session.partner_id, self.partner)

    def test_several_and_other_companies(self):
        self.attributes((BEFORE, "4711"))
        foreign = self.env["res.company"].create({"name": "Foreign"})
        twin = self.other.copy({"ref": "4711", "company_id": foreign.id})
        session = self.start()
        self.find()
        self.assertEqual(session.partner_id, self.partner)
        twin.company_id = False
        session = self.start()
        self.find()
        self.assertFalse(session.partner_id)
        self.assertIn("Several contacts", session.partner_note)
        twin.active = False
        self.find()
        self.assertEqual(session.partner_id, self.partner)
        self.assertFalse(session.partner_note)

    def test_default_customer_comes_first(self):
        self.device.partner_id = self.other
        self.attributes((BEFORE, "4711"))
        session = self.start()
        self.find()
        self.assertEqual(session.partner_id, self.other)
        self.assertFalse(self.bridge.requests)

    def test_what_a_person_said_stays(self):
        self.attributes((BEFORE, "4711"))
        session = self.start()
        self.find()
        session.with_user(self.user).partner_id = False
        self.find()
        self.assertFalse(session.partner_id)
        session = self.start()
        session.with_user(self.user).partner_id = self.other
        self.find()
        self.assertEqual(session.partner_id, self.other)

    def test_for_a_day(self):
        session = self.start()
        self.find()
        self.attributes((BEFORE, "4711"))
        for age, found in ((25, False), (23, True)):
            self.env.cr.execute(
                "UPDATE mqtt_session SET create_date = %s WHERE id = %s",
                [fields.Datetime.now() - timedelta(hours=age), session.id],
            )
            self.env.invalidate_all()
            self.find()
            self.assertEqual(bool(session.partner_id), found)

    def test_bridge_away(self):
        history = f"{DEVICE_PATH}/badge/history"
        second = self.make_device("lathe", partner_attribute="badge")
        sessions = self.start() | self.start(device_id=second.device_id)
        self.assertEqual(len(sessions.device_id), 2)
        lathe = "GET /api/devices/lathe/attributes/badge/history"
        self.bridge.script[history] = self.bridge.script[lathe] = "close"
        self.find()
        self.assertEqual(len(self.bridge.requests), 1, "the next would not answer")
        for session in sessions:
            self.assertIn("could not say the customer", session.partner_note)
            self.assertIn("broke off", session.partner_note)
        # What the bridge refuses is about one device.
        self.bridge.script[lathe] = (404, {"message": "There is no such device"})
        self.attributes((BEFORE, "4711"))
        self.find()
        self.assertEqual(sessions.partner_id, self.partner)
        left = sessions.filtered(lambda session: not session.partner_id)
        self.assertIn("There is no such device", left.partner_note)
        self.set_parameter(URL_PARAMETER, False)
        self.find()
        self.assertIn("No address of the bridge", left.partner_note)

    def test_hook_of_a_closed_session(self):
        self.attributes((BEFORE, "4711"))
        called = []

        def on_assigned(session):
            called.append((session.partner_id.id, session.env.su))

        body = example("session_stopped", event_uid=new_uid())
        self.receive(body)
        with patch.object(
            self.env.registry["mqtt.session"], "_on_assigned", on_assigned
        ):
            self.find()
        self.assertEqual(called, [(self.partner.id, True)])

    def test_conflict_leaves_the_others(self):
        self.attributes((BEFORE, "4711"))
        second = self.make_device("lathe", partner_attribute="badge")
        self.bridge.script["GET /api/devices/lathe/attributes/badge/history"] = (
            200,
            {"values": [{"at": BEFORE, "value": "4712"}]},
        )
        first = self.start()
        later = self.start(device_id=second.device_id)
        model = self.env.registry["mqtt.session"]
        original = model._find_partners

        def conflict(sessions, said):
            if first in sessions:
                raise psycopg2.errors.SerializationFailure
            return original(sessions, said)

        with patch.object(model, "_find_partners", conflict), mute_logger(
            "odoo.sql_db"
        ):
            self.find()
        self.assertFalse(first.partner_id)
        self.assertEqual(later.partner_id, self.other)
        self.find()
        self.assertEqual(first.partner_id, self.partner)
