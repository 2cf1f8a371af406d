# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.mqtt_bridge import BridgeFault
from .fake_bridge import error_body
from .fake_bridge_case import FakeBridgeCase

SINCE = "2026-01-31T10:30:15.500Z"


@tagged("post_install", "-at_install")
class TestService(FakeBridgeCase):
    def setUp(self):
        super().setUp()
        self.status, self.connection = "running", "connected"
        self.bridge.script["GET /api/service"] = lambda request: (200, self.report())
        for word in ("start", "stop", "restart"):
            self.bridge.script[f"POST /api/service/{word}"] = self.switch
        self.service = self.env.ref("open_workshop_mqtt.mqtt_service")

    def report(self):
        return {
            "status": self.status,
            "connection": self.connection,
            "since": SINCE,
            "reason": None if self.status == "running" else "Stopped over the API.",
            "brokers": [],
        }

    def switch(self, request):
        is_stop = request["route"].endswith("/stop")
        self.status = "stopped" if is_stop else "running"
        self.connection = "disconnected" if is_stop else "connecting"
        return 200, self.report()

    def test_report(self):
        health = self.bridge.health(
            devices=7,
            odoo_reachable=True,
            events_pending=3,
            events_parked=2,
            problems=["Odoo refuses events.", "The disk is nearly full."],
        )
        self.make_device()
        self.commit()
        self.bridge.script["GET /health"] = (200, health)
        service = self.service.with_user(self.user)
        self.assertEqual((service.status, service.connection), ("running", "connected"))
        self.assertEqual(str(service.since), "2026-01-31 10:30:15")
        self.assertEqual((service.version, service.device_count), ("0.1.0", 7))
        self.assertEqual((service.events_pending, service.events_parked), (3, 2))
        self.assertEqual(service.odoo_reachable, "yes")
        self.assertEqual(len(service.problems.splitlines()), 2)
        self.assertFalse(service.fault)
        self.assertEqual(service.push_state, "pushed")

    def test_bridge_is_away(self):
        for script in ("close", "html", (503, error_body("Not ready"))):
            with self.subTest(script):
                self.bridge.script["GET /health"] = script
                self.service.invalidate_recordset()
                self.assertEqual(self.service.status, "unknown")
                self.assertEqual(self.service.connection, "unknown")
                self.assertTrue(self.service.fault)

    def test_stop_start_restart(self):
        service = self.service.with_user(self.manager)
        table = [
            (service.action_stop, "stopped", "disconnected"),
            (service.action_start, "running", "connecting"),
            (service.action_restart, "running", "connecting"),
        ]
        for action, status, connection in table:
            with self.subTest(action):
                action()
                service.invalidate_recordset()
                self.assertEqual(service.status, status)
                self.assertEqual(service.connection, connection)

    def test_it_does_not_start(self):
        body = error_body("The service did not start: the port is taken")
        self.bridge.script["POST /api/service/start"] = (503, body)
        with self.assertRaisesRegex(BridgeFault, "the port is taken"):
            self.service.with_user(self.manager).action_start()

    def test_who_may(self):
        for action in ("action_start", "action_stop", "action_restart"):
            with self.subTest(action), self.assertRaises(AccessError):
                getattr(self.service.with_user(self.user), action)()
        with self.assertRaises(AccessError):
            self.service.with_user(self.stranger).read(["status"])
        self.assertFalse(
            [one for one in self.bridge.requests if "POST" in one["route"]]
        )
