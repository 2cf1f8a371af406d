# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

import psycopg2

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import IntakeCase, example, new_uid


@tagged("post_install", "-at_install")
class TestPrice(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.price = cls.make_price(date_to=date(2026, 12, 31))

    @classmethod
    def make_price(cls, **changes):
        """Return a price of the company, valid from 2026 on."""
        values = {
            "company_id": cls.company.id,
            "date_from": date(2026, 1, 1),
            "standby_price": 6,
            "working_price": 24,
            "energy_price": 0.3125,
            **changes,
        }
        return cls.env["mqtt.price"].create(values)

    def stop(self, **changes):
        """Hand in a whole session by its stop; return it."""
        body = example(
            "session_stopped", event_uid=new_uid(), session_id=new_uid(), **changes
        )
        self.receive(body)
        return self.session_of(body)

    def test_cost(self):
        session = self.stop(
            standby_duration_s=600, working_duration_s=5400, energy_kwh=2
        )
        self.assertEqual(session.price_id, self.price)
        self.assertEqual(session.currency_id, self.company.currency_id)
        # 1/6 h × 6 + 1.5 h × 24 + 2 kWh × 0.3125, rounded to cents
        self.assertAlmostEqual(session.cost, 37.63, 9)

    def test_no_price(self):
        session = self.stop(started_at="2025-06-01T10:00:00.000Z")
        self.assertFalse(session.price_id)
        self.assertEqual(session.cost, 0)

    def test_the_start_decides_and_own_price_wins(self):
        own = self.make_price(
            device_id=self.device.id,
            date_from=date(2026, 2, 1),
            date_to=date(2026, 2, 28),
        )
        for start, price in (
            ("2026-01-31T23:59:59.000Z", self.price),
            ("2026-02-01T00:00:00.000Z", own),
            ("2026-02-28T23:59:59.000Z", own),
            ("2026-03-01T00:00:00.000Z", self.price),
        ):
            with self.subTest(start):
                self.assertEqual(self.stop(started_at=start).price_id, price)

    def test_the_day_is_the_company_s(self):
        self.company.partner_id.tz = "Europe/Berlin"
        own = self.make_price(device_id=self.device.id, date_from=date(2026, 7, 1))
        self.assertEqual(self.stop(started_at="2026-06-30T22:00:00.000Z").price_id, own)
        session = self.stop(started_at="2026-06-30T21:59:59.000Z")
        self.assertEqual(session.price_id, self.price)

    def test_price_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.make_price(company_id=other.id, working_price=99)
        self.assertEqual(self.stop().price_id, self.price)
        self.device.company_id = False
        self.assertFalse(self.stop().price_id, "a shared device has its own or none")
        own = self.make_price(device_id=self.device.id)
        self.assertEqual(self.stop().price_id, own)

    def test_open_session_has_a_cost_too(self):
        body = example("session_heartbeat")
        self.receive(body)
        session = self.session_of(body)
        self.assertGreater(session.cost, 0)
        first = session.cost
        self.price.working_price = 48
        later = example(
            "session_heartbeat",
            event_uid=new_uid(),
            interval_end="2026-01-31T10:40:18.500Z",
        )
        self.receive(later)
        self.assertGreater(session.cost, first)

    def test_old_bills_change_on_request_only(self):
        session = self.stop()
        before = session.cost
        self.price.working_price = 48
        self.env.flush_all()
        session.invalidate_recordset()
        self.assertEqual(session.cost, before)
        session.action_recompute_cost()
        self.assertGreater(session.cost, before)
        self.price.unlink()
        session.invalidate_recordset()
        self.assertGreater(session.cost, before)
        self.assertFalse(session.price_id)
        session.action_recompute_cost()
        self.assertEqual(session.cost, 0)

    def test_overlaps(self):
        year = {"date_from": date(2026, 1, 1), "date_to": date(2026, 12, 31)}
        for changes in (
            year,
            {"date_from": date(2026, 12, 31)},
            {"date_from": date(2025, 1, 1)},
            {"date_from": date(2026, 6, 1), "date_to": date(2026, 6, 1)},
        ):
            with (
                self.subTest(changes),
                self.assertRaisesRegex(ValidationError, "same days"),
                self.env.cr.savepoint(),
            ):
                self.make_price(**changes)
        self.make_price(date_from=date(2027, 1, 1))
        self.make_price(device_id=self.device.id, **year)
        with self.assertRaisesRegex(ValidationError, "same days"):
            self.make_price(device_id=self.device.id, date_from=date(2026, 5, 1))

    def test_impossible_prices(self):
        for changes in (
            {"date_from": date(2030, 1, 2), "date_to": date(2030, 1, 1)},
            {"date_from": date(2030, 1, 1), "working_price": -1},
        ):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.make_price(**changes)
