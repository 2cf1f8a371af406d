# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.mqtt_session import MqttSession
from .common import IntakeCase, example, new_uid

SESSION_LOG = "odoo.addons.open_workshop_mqtt.models.mqtt_session"


@tagged("post_install", "-at_install")
class TestSessionAssign(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "mqtt-user", "open_workshop_mqtt.group_user")
        cls.partner = cls.env["res.partner"].create({"name": "Customer"})

    def setUp(self):
        super().setUp()
        self.body = example("session_stopped")
        self.called = []

        def record(session):
            self.called.append((session.partner_id, session.user_id))
            self.assertTrue(session.env.su)
            self.assertEqual(session.env.company, session.company_id)

        self.record = record

    def close(self):
        """Return the session of the example, closed."""
        self.receive(self.body)
        return self.session_of(self.body)

    def test_hook_after_a_change_only(self):
        session = self.close()
        with patch.object(type(session), "_on_assigned", self.record):
            # By the form, as someone who sees no more than sessions.
            with Form(session.with_user(self.user)) as form:
                form.partner_id = self.partner
                form.user_id = self.user
            self.assertEqual(self.called, [(self.partner, self.user)])
            session.partner_id = self.partner
            session.write({"machine_name": "Another"})
            self.assertEqual(len(self.called), 1)
            session.user_id = False
            self.assertEqual(len(self.called), 2)

    def test_no_hook_while_open(self):
        body = example("session_started", event_uid=new_uid())
        self.receive(body)
        session = self.session_of(body)
        with (
            patch.object(type(session), "_on_assigned", self.record),
            patch.object(type(session), "_on_closed", self.record),
        ):
            session.partner_id = self.partner
            self.assertFalse(self.called)
            self.close()
        self.assertEqual(self.called, [(self.partner, self.env["res.users"])])

    def test_failed_hook_is_run_again(self):
        def fails(session):
            session.machine_name = "half done"
            session.flush_recordset()
            raise UserError("No product is set.")

        session = self.close()
        model = type(session)
        with mute_logger(SESSION_LOG), patch.object(model, "_on_assigned", fails):
            session.with_user(self.user).partner_id = self.partner
        self.assertEqual(session.partner_id, self.partner)
        self.assertEqual(session.machine_name, "CNC Mill (Workshop)")
        self.assertEqual(session.closing_fault, "No product is set.")
        closed = []
        with (
            patch.object(model, "_on_assigned", self.record),
            patch.object(model, "_on_closed", closed.append),
        ):
            session.action_run_closed_hook()
        self.assertEqual(len(self.called), 1)
        self.assertFalse(closed, "it had not failed")
        self.assertFalse(session.closing_fault or session.failed_hook)

    def test_failed_end_is_made_up_for(self):
        def fails(session):
            if not session.partner_id:
                raise UserError("No customer.")
            self.record(session)

        model = self.env.registry["mqtt.session"]
        with mute_logger(SESSION_LOG), patch.object(model, "_on_closed", fails):
            session = self.close()
            event = self.event_of(self.body)
            self.assertEqual(event.state, "unprocessed")
            with patch.object(model, "_on_assigned", lambda session: 1 / 0):
                session.partner_id = self.partner
        self.assertEqual(len(self.called), 1)
        self.assertFalse(session.closing_fault)
        self.assertEqual(event.state, "processed")

    def test_conflict_is_not_swallowed(self):
        def conflict(session):
            raise psycopg2.errors.SerializationFailure

        session = self.close()
        with (
            patch.object(MqttSession, "_on_closed", conflict),
            patch.object(type(session), "_on_assigned", conflict),
            self.assertRaises(psycopg2.errors.SerializationFailure),
        ):
            session.partner_id = self.partner

    def test_stored_fields_of_other_modules(self):
        """Sessions are opened by SQL: what is computed from it must be all the same."""
        model = self.env.registry["mqtt.session"]
        names = []
        original = model.modified

        def modified(sessions, fnames, *args, **kwargs):
            names.extend(fnames)
            return original(sessions, fnames, *args, **kwargs)

        with patch.object(model, "modified", modified):
            self.receive(example("session_started", event_uid=new_uid()))
        self.assertIn("device_id", names)
