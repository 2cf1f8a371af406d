# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.open_workshop_mqtt.tests.common import IntakeCase, example, new_uid

SESSION_LOG = "odoo.addons.open_workshop_mqtt.models.mqtt_session"
HOURS = (412 + 1504.5) / 3600


@tagged("post_install", "-at_install")
class TestTimesheet(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.mqtt_timesheets = True
        cls.user = new_test_user(
            cls.env, "mqtt-user", "open_workshop_mqtt.group_user", tz="Asia/Ho_Chi_Minh"
        )
        cls.manager = new_test_user(
            cls.env, "mqtt-manager", "open_workshop_mqtt.group_manager"
        )
        cls.employee = cls.env["hr.employee"].create(
            {"name": "Anna", "user_id": cls.user.id, "company_id": cls.company.id}
        )
        cls.project, cls.other = cls.env["project.project"].create(
            [
                {"name": name, "allow_timesheets": True, "company_id": cls.company.id}
                for name in ("Workshop", "Other")
            ]
        )
        cls.task = cls.env["project.task"].create(
            {"name": "Milling", "project_id": cls.project.id}
        )
        cls.device.write({"project_id": cls.project.id, "task_id": cls.task.id})

    def run_once(self, user=None, **changes):
        """Return a session that was opened, given to ``user``, and closed."""
        uid = new_uid()
        started = example("session_started", event_uid=new_uid(), session_id=uid)
        self.receive(started)
        session = self.session_of(started)
        if user:
            session.user_id = user
        self.receive(
            example("session_stopped", event_uid=new_uid(), session_id=uid, **changes)
        )
        self.assertEqual(session.state, "closed")
        return session

    def test_closed_session_is_recorded(self):
        session = self.run_once(self.user)
        line = session.timesheet_ids
        self.assertEqual(len(line), 1)
        self.assertAlmostEqual(line.unit_amount, HOURS)
        self.assertEqual(line.employee_id, self.employee)
        self.assertEqual(line.user_id, self.user)
        self.assertEqual((line.project_id, line.task_id), (self.project, self.task))
        self.assertEqual(line.company_id, self.company)
        self.assertEqual(line.date, date(2026, 1, 31))
        # The user's time zone: UTC+7.
        self.assertRegex(line.name, r"^CNC Mill \(Workshop\), 5:30.PM to 6:02.PM$")
        self.assertTrue(session.is_recorded)

    def test_date_where_the_user_is(self):
        late = {
            "started_at": "2026-01-31T17:30:00.000Z",
            "ended_at": "2026-01-31T18:30:00.000Z",
        }
        session = self.run_once(self.user, **late)
        self.assertEqual(session.timesheet_ids.date, date(2026, 2, 1))
        user = new_test_user(self.env, "no-zone", "open_workshop_mqtt.group_user")
        user.tz = False
        self.env["hr.employee"].create(
            {"name": "Ben", "user_id": user.id, "tz": "Europe/Berlin"}
        )
        session = self.run_once(user, **late)
        self.assertEqual(session.timesheet_ids.date, date(2026, 1, 31))

    def test_later_assignment(self):
        session = self.run_once()
        self.assertFalse(session.is_recorded)
        session.with_user(self.user).user_id = self.user
        self.assertAlmostEqual(session.timesheet_ids.unit_amount, HOURS)
        with self.assertRaisesRegex(UserError, "is in the timesheet of mqtt-user"):
            session.with_user(self.user).user_id = self.manager
        session.with_user(self.user).user_id = self.user
        self.assertEqual(len(session.timesheet_ids), 1)
        session.timesheet_ids.unlink()
        session.user_id = False
        session.user_id = self.user
        self.assertEqual(len(session.timesheet_ids), 1)

    def test_nothing_to_record(self):
        def turned_off():
            self.company.mqtt_timesheets = False

        def no_project():
            self.device.project_id = False

        def no_employee():
            self.employee.active = False

        def open_session():
            body = example("session_started", event_uid=new_uid(), session_id=new_uid())
            self.receive(body)
            session = self.session_of(body)
            session.user_id = self.user
            return session

        def no_time():
            return self.run_once(self.user, standby_duration_s=0, working_duration_s=0)

        for case in (turned_off, no_project, no_employee, open_session, no_time):
            with self.subTest(case.__name__), self.env.cr.savepoint() as savepoint:
                session = case() or self.run_once(self.user)
                self.assertFalse(session.is_recorded)
                self.assertFalse(session.closing_fault)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_employee_of_the_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.employee.company_id = other
        self.user.company_ids += other
        self.assertFalse(self.run_once(self.user).is_recorded)

    def test_failure_loses_nothing(self):
        self.project.allow_timesheets = False
        self.project.account_id.active = False
        with mute_logger(SESSION_LOG):
            session = self.run_once(self.user)
        self.assertTrue(session.closing_fault)
        self.assertFalse(session.is_recorded)
        failed = session.event_ids.filtered(lambda event: event.reason == "failed")
        self.assertEqual(failed.event_type, "session_stopped")
        self.project.account_id.active = True
        self.project.allow_timesheets = True
        session.with_user(self.manager).action_run_closed_hook()
        self.assertTrue(session.is_recorded)
        self.assertFalse(session.closing_fault)
        self.assertEqual(failed.state, "processed")

    def test_once_by_the_database(self):
        session = self.run_once(self.user)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.env["account.analytic.line"].create(
                {"name": "Twice", "mqtt_session_id": session.id}
            )
        self.assertFalse(session.timesheet_ids.copy().mqtt_session_id)

    def test_task_goes_with_its_project(self):
        with Form(self.device.with_user(self.manager)) as form:
            form.project_id = self.other
            self.assertFalse(form.task_id)
        self.assertFalse(self.device.task_id)
        with self.assertRaisesRegex(ValidationError, "is not of the project"):
            self.device.task_id = self.task

    def test_search(self):
        recorded, other = self.run_once(self.user), self.run_once()
        both = [("id", "in", (recorded | other).ids)]
        sessions = self.env["mqtt.session"].with_user(self.user)
        for operator, value, found in (
            ("=", True, recorded),
            ("!=", True, other),
            ("=", False, other),
        ):
            with self.subTest(operator=operator, value=value):
                domain = [*both, ("is_recorded", operator, value)]
                self.assertEqual(sessions.search(domain), found)

    def test_views(self):
        session = self.run_once(self.user)
        with Form(session.with_user(self.user)) as form:
            self.assertTrue(form.is_recorded)
        reader = new_test_user(self.env, "reader", "open_workshop_mqtt.group_user")
        self.assertNotIn("timesheet_ids", session.with_user(reader).fields_get())
        with self.assertRaises(AccessError):
            session.with_user(reader).read(["timesheet_ids"])
        form = Form(self.env["res.config.settings"])
        form.mqtt_timesheets = False
        form.save().execute()
        self.assertFalse(self.company.mqtt_timesheets)
