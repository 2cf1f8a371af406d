# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

from odoo.sql_db import db_connect
from odoo.tests import tagged

from ..models import mqtt_push
from ..models.mqtt_push_lock import LOCK_KEY, push_lock
from .fake_bridge_case import FakeBridgeCase


@tagged("post_install", "-at_install")
class TestPushLock(FakeBridgeCase):
    def test_another_push_is_under_way(self):
        cron = self.env.ref("open_workshop_mqtt.ir_cron_push")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        with db_connect(self.cr.dbname).cursor() as other:
            other.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
            with patch.object(mqtt_push.run_push, "__defaults__", (False, 0.2)):
                device = self.make_device()
                self.commit()
                answer = self.env["mqtt.device"].action_push_bridge_config()
            other.execute("SELECT pg_advisory_unlock(%s)", [LOCK_KEY])
        self.assertEqual(answer["params"]["type"], "info")
        self.assertEqual(device.push_state, "waiting")
        self.assertFalse(self.bridge.requests)
        now = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertTrue(now - triggers)
        self.env["mqtt.push"]._cron_push()
        self.env.invalidate_all()
        self.assertEqual(device.push_state, "pushed")

    def test_lock_is_given_back(self):
        def is_free():
            with db_connect(self.cr.dbname).cursor() as other:
                other.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY])
                [free] = other.fetchone()
                if free:
                    other.execute("SELECT pg_advisory_unlock(%s)", [LOCK_KEY])
                return free

        with push_lock(self.registry, 1) as cr:
            self.assertTrue(cr)
            self.assertFalse(is_free())
        self.assertTrue(is_free())
        with self.assertRaises(ZeroDivisionError), push_lock(self.registry, 1):
            raise ZeroDivisionError
        self.assertTrue(is_free())
