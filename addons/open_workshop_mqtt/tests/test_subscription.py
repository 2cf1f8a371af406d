# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from ..models.mqtt_bridge import BridgeFault
from .fake_bridge import error_body
from .fake_bridge_case import FakeBridgeCase
from .test_broker import EMBEDDED, broker_body


def subscription_body(subscription_id="s1", **changed):
    """Return a subscription as the bridge shows it."""
    return {
        "subscription_id": subscription_id,
        "broker_id": "embedded",
        "topic": "hall/#",
        "qos": 1,
        "no_local": False,
        "retain_as_published": False,
        "retain_handling": 0,
        "identifier": None,
        "enabled": True,
        "note": "",
        "state": {"state": "active", "by": None, "reason": None, "note": None},
        "warnings": [],
        "created_at": "2026-01-31T10:30:15.500Z",
        **changed,
    }


@tagged("post_install", "-at_install")
class TestSubscription(FakeBridgeCase):
    def setUp(self):
        super().setUp()
        refused = {
            "state": "refused",
            "by": None,
            "reason": "not allowed",
            "note": None,
        }
        self.kept = [
            subscription_body(),
            subscription_body("s2", topic="door/+", qos=2, state=refused),
        ]
        brokers = {"brokers": [EMBEDDED, broker_body()]}
        self.bridge.script.update(
            {
                "GET /api/brokers": (200, brokers),
                "GET /api/subscriptions": lambda request: (
                    200,
                    {"subscriptions": self.kept},
                ),
                "POST /api/subscriptions": self.create,
                "PATCH /api/subscriptions/s1": self.patch,
                "DELETE /api/subscriptions/s1": (200, {"status": "success"}),
            }
        )
        self.subscriptions = self.env["mqtt.subscription"].with_user(self.manager)

    def create(self, request):
        body = request["body"]
        broker_id = body.get("broker_id") or "embedded"
        return 201, subscription_body("s3", **{**body, "broker_id": broker_id})

    def patch(self, request):
        return 200, subscription_body(**request["body"])

    def test_open_refreshes(self):
        self.subscriptions.with_user(self.user).action_open()
        first, second = self.subscriptions.search([])
        self.assertEqual((first.topic, first.state), ("hall/#", "active"))
        self.assertEqual(first.broker_id.bridge_id, "embedded")
        self.assertEqual((second.qos, second.state), ("2", "refused"))
        self.assertEqual(second.state_reason, "not allowed")
        self.kept = self.kept[1:]
        self.subscriptions._refresh()
        self.assertEqual(self.subscriptions.search([]), second)

    def test_create(self):
        self.env["mqtt.broker"]._refresh()
        broker = self.env["mqtt.broker"].search([("bridge_id", "=", "hall-2")])
        with Form(self.subscriptions) as form:
            form.topic = "saw/+/temperature"
            form.broker_id = broker
            form.qos = "2"
            form.identifier = 7
        body = self.bridge.requests[-1]["body"]
        self.assertEqual((body["broker_id"], body["qos"]), ("hall-2", 2))
        self.assertEqual((body["retain_handling"], body["identifier"]), (0, 7))
        self.assertEqual(form.record.bridge_id, "s3")
        self.assertEqual(form.record.broker_id, broker)

    def test_write_and_unlink(self):
        self.subscriptions._refresh()
        one = self.subscriptions.search([("bridge_id", "=", "s1")])
        one.write({"enabled": False, "identifier": 0})
        body = self.bridge.requests[-1]["body"]
        self.assertEqual(body, {"enabled": False, "identifier": None})
        self.assertFalse(one.enabled)
        one.unlink()
        self.assertTrue(self.bridge.sent("DELETE /api/subscriptions/s1"))

    def test_refusals(self):
        body = error_body("Faults", ("topic", "# must be the last level"))
        self.bridge.script["POST /api/subscriptions"] = (422, body)
        with self.assertRaisesRegex(BridgeFault, "# must be the last level"):
            self.subscriptions.create({"topic": "#/x"})
        taken = error_body("There is a subscription to this topic at this broker")
        self.bridge.script["POST /api/subscriptions"] = (409, taken)
        with self.assertRaisesRegex(BridgeFault, "There is a subscription"):
            self.subscriptions.create({"topic": "hall/#"})
        self.assertFalse(self.subscriptions.search([]))

    def test_gone_with_its_broker(self):
        self.subscriptions._refresh()
        self.bridge.script["GET /api/brokers"] = (200, {"brokers": []})
        self.kept = []
        self.subscriptions._refresh()
        self.assertFalse(self.subscriptions.search([]))

    def test_who_may(self):
        self.subscriptions._refresh()
        one = self.subscriptions.search([], limit=1).with_user(self.user)
        count = len(self.bridge.requests)
        for action in (
            lambda: one.create({"topic": "x"}),
            lambda: one.write({"topic": "x"}),
            one.unlink,
        ):
            with self.assertRaises(AccessError):
                action()
        self.assertEqual(len(self.bridge.requests), count)
