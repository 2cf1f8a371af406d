# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.api import call_kw
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.mqtt_bridge import BridgeFault
from .fake_bridge import error_body
from .fake_bridge_case import FakeBridgeCase

MIRROR_LOGGER = "odoo.addons.open_workshop_mqtt.models.mqtt_bridge_mirror"


def broker_body(broker_id="hall-2", source="api", **changed):
    """Return a broker as the bridge shows it."""
    return {
        "broker_id": broker_id,
        "source": source,
        "name": broker_id.capitalize(),
        "url": "mqtt://hall2.local:1883",
        "username": None,
        "has_password": False,
        "client_id": "iot_bridge_hall-2",
        "protocol_version": "auto",
        "keep_alive_s": 30,
        "clean_session": False,
        "tls": {"ca": None, "cert": None, "has_key": False, "insecure": False},
        "note": "",
        "enabled": True,
        "state": {
            "connection": "disconnected",
            "since": "2026-01-31T10:30:15.500Z",
            "last_fault": {
                "at": "2026-01-31T10:30:16.000Z",
                "reason": "refused",
                "message": "nothing listens there",
            },
        },
        "devices": 0,
        "subscriptions": 0,
        "warnings": [],
        "created_at": None,
        **changed,
    }


EMBEDDED = broker_body(
    "embedded",
    "embedded",
    url=None,
    client_id=None,
    protocol_version=4,
    keep_alive_s=None,
    clean_session=None,
)


@tagged("post_install", "-at_install")
class TestBroker(FakeBridgeCase):
    def setUp(self):
        super().setUp()
        self.kept = [EMBEDDED, broker_body()]
        self.bridge.script.update(
            {
                "GET /api/brokers": lambda request: (200, {"brokers": self.kept}),
                "POST /api/brokers": self.create,
                "PATCH /api/brokers/hall-2": self.patch,
                "DELETE /api/brokers/hall-2": (200, {"status": "success"}),
            }
        )
        self.brokers = self.env["mqtt.broker"].with_user(self.manager)

    def create(self, request):
        body = {**request["body"]}
        secret = body.pop("password", None)
        tls = {**EMBEDDED["tls"], **body.pop("tls", {})}
        has_key = bool(tls.pop("key", None))
        made = broker_body("hall-3", has_password=bool(secret), **body)
        made["tls"] = {**tls, "has_key": has_key}
        return 201, made

    def patch(self, request):
        return 200, broker_body(
            has_password="password" in request["body"],
            **{key: value for key, value in request["body"].items() if key == "note"},
        )

    def last(self):
        return self.bridge.requests[-1]

    def test_open_refreshes(self):
        action = self.brokers.with_user(self.user).action_open()
        self.assertEqual(action["res_model"], "mqtt.broker")
        brokers = self.brokers.search([])
        self.assertEqual(brokers.mapped("bridge_id"), ["embedded", "hall-2"])
        embedded, hall = brokers
        self.assertEqual(
            (embedded.source, embedded.protocol_version), ("embedded", "4")
        )
        self.assertEqual(
            (hall.connection, hall.last_fault),
            ("disconnected", "nothing listens there"),
        )
        self.assertEqual(str(hall.connection_since), "2026-01-31 10:30:15")
        self.kept = [broker_body(name="Hall Two", enabled=False)]
        call_kw(self.brokers, "action_refresh", [[]], {})
        self.assertEqual(self.brokers.search([]), hall)
        self.assertEqual(
            (hall.name, hall.enabled, hall.sequence), ("Hall Two", False, 0)
        )

    def test_refresh_without_change_writes_nothing(self):
        self.brokers._refresh()
        self.env.flush_all()
        count = self.cr.sql_log_count
        self.brokers._refresh()
        self.env.flush_all()
        # A search and a savepoint at most.
        self.assertLess(self.cr.sql_log_count - count, 8)

    def test_open_while_the_bridge_is_away(self):
        self.brokers._refresh()
        self.bridge.script["GET /api/brokers"] = "close"
        action = self.brokers.action_open()
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("broke off", action["params"]["message"])
        opened = self.env["ir.actions.act_window"].browse(action["params"]["next"])
        self.assertEqual(opened.res_model, "mqtt.broker")
        self.assertEqual(len(self.brokers.search([])), 2)

    def test_create(self):
        with Form(self.brokers) as form:
            form.name = "Hall 3"
            form.url = "mqtts://hall3.local"
            form.username = "bridge"
            form.password = "geheim"
            form.tls_insecure = True
        broker = form.record
        body = self.last()["body"]
        self.assertEqual(body["password"], "geheim")
        self.assertEqual((body["protocol_version"], body["client_id"]), ("auto", None))
        self.assertTrue(body["tls"]["insecure"])
        self.assertEqual((broker.bridge_id, broker.has_password), ("hall-3", True))
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(broker.password)
        self.cr.execute("SELECT * FROM mqtt_broker WHERE id = %s", [broker.id])
        self.assertNotIn("geheim", str(self.cr.fetchall()))

    def test_refusal_makes_nothing(self):
        self.bridge.script["POST /api/brokers"] = 422, error_body(
            "The broker has faults; nothing was changed", ("url", "names no host")
        )
        with self.assertRaisesRegex(BridgeFault, "url: names no host"):
            self.brokers.create({"name": "x", "url": "mqtt://"})
        self.assertFalse(self.brokers.search([]))

    def test_rollback_takes_it_back(self):
        self.bridge.script["DELETE /api/brokers/hall-3"] = (200, {})
        self.brokers.create({"name": "Hall 3", "url": "mqtt://hall3.local"})
        self.env.cr.postrollback.run()
        self.assertTrue(self.bridge.sent("DELETE /api/brokers/hall-3"))
        self.brokers.search([])._mirror_unlink()
        self.bridge.script["DELETE /api/brokers/hall-3"] = "close"
        self.brokers.create({"name": "Hall 3", "url": "mqtt://hall3.local"})
        with self.assertLogs(MIRROR_LOGGER, "WARNING"):
            self.env.cr.postrollback.run()

    def test_write(self):
        self.brokers._refresh()
        hall = self.brokers.search([("bridge_id", "=", "hall-2")])
        hall.write({"note": "behind the door"})
        self.assertEqual(self.last()["body"], {"note": "behind the door"})
        self.assertEqual(hall.note, "behind the door")
        hall.password = "neu"
        self.assertEqual(self.last()["body"], {"password": "neu"})
        self.assertTrue(hall.has_password)
        hall.action_remove_password()
        self.assertEqual(self.last()["body"], {"password": None})
        hall.action_remove_key()
        self.assertEqual(self.last()["body"], {"tls": {"cert": None, "key": None}})
        # An empty password field leaves the password as it is.
        count = len(self.bridge.requests)
        hall.password = False
        self.assertEqual(len(self.bridge.requests), count)

    def test_read_only(self):
        self.brokers._refresh()
        words = "This broker is part of the environment: change it there"
        for method in ("PATCH", "DELETE"):
            self.bridge.script[f"{method} /api/brokers/embedded"] = 409, error_body(
                words
            )
        embedded = self.brokers.search([("source", "=", "embedded")])
        with self.assertRaisesRegex(BridgeFault, "part of the environment"):
            embedded.note = "x"
        self.env.invalidate_all()
        with self.assertRaisesRegex(BridgeFault, "part of the environment"):
            embedded.unlink()
        self.assertFalse(embedded.note)

    def test_unlink(self):
        self.brokers._refresh()
        hall = self.brokers.search([("bridge_id", "=", "hall-2")])
        in_use = error_body("Devices that name this broker: 2.")
        self.bridge.script["DELETE /api/brokers/hall-2"] = (409, in_use)
        with self.assertRaisesRegex(BridgeFault, "Devices that name this broker: 2"):
            hall.unlink()
        self.assertTrue(hall.exists())
        self.bridge.script["DELETE /api/brokers/hall-2"] = (
            404,
            error_body("No broker"),
        )
        hall.unlink()
        self.assertFalse(hall.exists())

    def test_connection_test(self):
        self.brokers._refresh()
        hall = self.brokers.search([("bridge_id", "=", "hall-2")])
        for is_ok, kind in ((True, "success"), (False, "danger")):
            answer = {"ok": is_ok, "message": "a plain sentence", "reason": None}
            self.bridge.script["POST /api/brokers/hall-2/test"] = (200, answer)
            params = hall.action_test_connection()["params"]
            self.assertEqual(params["type"], kind)
            self.assertEqual(params["message"], "a plain sentence")

    def test_who_may(self):
        self.brokers._refresh()
        broker = self.brokers.search([], limit=1).with_user(self.user)
        self.assertTrue(broker.name)
        count = len(self.bridge.requests)
        for action in (
            lambda: broker.create({"name": "x"}),
            lambda: broker.write({"name": "x"}),
            broker.unlink,
            broker.action_test_connection,
            broker.action_remove_password,
        ):
            with self.assertRaises(AccessError):
                action()
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            broker.with_user(self.stranger).action_refresh()
        self.assertEqual(len(self.bridge.requests), count)
