# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import new_test_user

from odoo.addons.open_workshop_mqtt.tests.common import IntakeCase, example, new_uid

SESSION_LOG = "odoo.addons.open_workshop_mqtt.models.mqtt_session"
# 412 s of standby at 6, 1504.5 s of work at 24 an hour, 0.3552 kWh at 0.5.
COST = 10.89


class BillingCase(IntakeCase):
    """A device whose sessions have a price and a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Europe/Berlin"
        cls.product = cls.make_product()
        cls.company.write(
            {"mqtt_billing": "order", "mqtt_billing_product_id": cls.product.id}
        )
        cls.env["mqtt.price"].create(
            {
                "company_id": cls.company.id,
                "date_from": "2026-01-01",
                "standby_price": 6,
                "working_price": 24,
                "energy_price": 0.5,
            }
        )
        cls.partner, cls.other = cls.env["res.partner"].create(
            [{"name": "Anna"}, {"name": "Ben"}]
        )
        cls.user = new_test_user(cls.env, "mqtt-user", "open_workshop_mqtt.group_user")
        cls.manager = new_test_user(
            cls.env, "mqtt-manager", "open_workshop_mqtt.group_manager"
        )

    @classmethod
    def make_product(cls, **changes):
        """Return a service whose own price is none of the session's."""
        values = {"name": "Machine session", "type": "service", "list_price": 99}
        return cls.env["product.product"].create({**values, **changes})

    def run_once(self, partner=None, **changes):
        """Return a session that was opened, given to ``partner``, and closed."""
        uid = new_uid()
        started = example("session_started", event_uid=new_uid(), session_id=uid)
        self.receive(started)
        session = self.session_of(started)
        if partner:
            session.partner_id = partner
        self.assertFalse(session.is_billed, "it is open")
        self.receive(
            example("session_stopped", event_uid=new_uid(), session_id=uid, **changes)
        )
        self.assertEqual(session.state, "closed")
        return session
