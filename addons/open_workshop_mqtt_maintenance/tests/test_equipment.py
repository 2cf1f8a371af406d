# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.open_workshop_mqtt.tests.common import IntakeCase, example, new_uid


@tagged("post_install", "-at_install")
class TestEquipment(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mill, cls.lathe = cls.env["maintenance.equipment"].create(
            [{"name": "Mill"}, {"name": "Lathe"}]
        )
        cls.device.equipment_id = cls.mill
        cls.user = new_test_user(cls.env, "mqtt-user", "open_workshop_mqtt.group_user")
        cls.technician = new_test_user(
            cls.env,
            "technician",
            "open_workshop_mqtt.group_user,maintenance.group_equipment_manager",
        )
        cls.manager = new_test_user(
            cls.env, "mqtt-manager", "open_workshop_mqtt.group_manager"
        )
        cls.plain = new_test_user(cls.env, "plain", "base.group_user")

    def run_once(self, name="session_stopped", **changes):
        """Return the session of an example."""
        body = example(name, event_uid=new_uid(), session_id=new_uid(), **changes)
        self.receive(body)
        return self.session_of(body)

    def test_sessions_take_the_equipment(self):
        opened = self.run_once("session_started")
        closed = self.run_once()
        self.env.flush_all()
        self.assertEqual((opened | closed).equipment_id, self.mill)
        groups = self.env["mqtt.session"]._read_group(
            [("id", "in", (opened | closed).ids)], ["equipment_id"], ["__count"]
        )
        self.assertEqual(groups, [(self.mill, 2)])

    def test_history_stays_when_the_meter_moves(self):
        before = self.run_once()
        self.device.equipment_id = self.lathe
        after = self.run_once()
        self.assertEqual(before.equipment_id, self.mill)
        self.assertEqual(after.equipment_id, self.lathe)
        self.device.unlink()
        self.env.invalidate_all()
        self.assertEqual(before.equipment_id, self.mill)

    def test_first_link_takes_what_was_there(self):
        self.device.equipment_id = False
        session = self.run_once()
        self.assertFalse(session.equipment_id)
        self.device.equipment_id = self.lathe
        self.assertEqual(session.equipment_id, self.lathe)
        session.with_user(self.manager).equipment_id = self.mill
        self.assertEqual(session.equipment_id, self.mill)

    def test_sums(self):
        sessions = self.run_once() | self.run_once()
        mill = self.mill.with_user(self.technician)
        self.assertEqual(mill.mqtt_session_count, 2)
        self.assertAlmostEqual(mill.mqtt_working_h, 2 * 1504.5 / 3600)
        self.assertEqual(self.lathe.mqtt_session_count, 0)
        action = mill.action_view_mqtt_sessions()
        self.assertEqual(self.env["mqtt.session"].search(action["domain"]), sessions)

    def test_state_of_its_devices(self):
        mill = self.mill.with_user(self.technician)
        self.assertEqual((mill.mqtt_state, mill.mqtt_online), ("idle", False))
        self.run_once("session_started")
        self.env.invalidate_all()
        self.assertEqual((mill.mqtt_state, mill.mqtt_online), ("working", True))
        self.env["mqtt.device"].create(
            self.device_values(device_id="second", equipment_id=self.mill.id)
        )
        self.env.invalidate_all()
        self.assertEqual(mill.mqtt_state, "working")
        self.assertFalse(self.lathe.mqtt_state)

    def test_who_sees_it(self):
        session = self.run_once()
        with Form(self.mill.with_user(self.technician)) as form:
            self.assertEqual(form.mqtt_session_count, 1)
        # Of those who may not open the equipment, everyone sees its name.
        self.assertFalse(self.mill.with_user(self.user).has_access("read"))
        for record in (session, self.device):
            with Form(record.with_user(self.user)) as form:
                self.assertEqual(form.equipment_id.id, self.mill.id)
        fields = self.mill.with_user(self.plain).fields_get()
        self.assertFalse([name for name in fields if name.startswith("mqtt_")])
        views = self.env["maintenance.equipment"].with_user(self.plain)
        self.assertNotIn("mqtt_", views.get_view(view_type="form")["arch"])

    def test_other_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.lathe.company_id = other
        with self.assertRaises(UserError):
            self.device.equipment_id = self.lathe

    def test_nothing_is_pushed(self):
        self.env["ir.config_parameter"].set_param(
            "open_workshop_mqtt.bridge_url", "http://127.0.0.1:1"
        )
        self.env.cr.postcommit.clear()
        push = self.env["mqtt.push"]
        self.device.equipment_id = self.lathe
        self.assertFalse(push._is_scheduled())
        self.assertNotIn("equipment_id", str(self.device._bridge_configuration()))
        self.device.name = "Renamed"
        self.assertTrue(push._is_scheduled())
