# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..models.mqtt_message_payload import PAYLOAD_BYTES_MAX, payload_problem
from .fake_bridge import error_body
from .fake_bridge_case import FakeBridgeCase
from .test_broker import EMBEDDED
from .test_subscription import subscription_body

MARKUP = "<script>alert(1)</script> & <b>x</b>"


def message_body(number, **changed):
    """Return a message of the history as the bridge shows it."""
    return {
        "id": number,
        "at": "2026-01-31T10:30:15.500Z",
        "broker_id": "embedded",
        "direction": "in",
        "topic": "hall/light",
        "device_id": None,
        "qos": 1,
        "retain": False,
        "bytes": 2,
        "payload": "on",
        "payload_format": "text",
        "truncated": False,
        "properties": None,
        **changed,
    }


@tagged("post_install", "-at_install")
class TestMessage(FakeBridgeCase):
    def setUp(self):
        super().setUp()
        self.kept = [message_body(2), message_body(1, direction="out", payload=MARKUP)]
        listed = {"subscriptions": [subscription_body(topic="hall/light/set")]}
        sent = {
            "status": "success",
            "message": "The broker has the message",
            "id": 3,
            "at": "2026-01-31T11:00:00.250Z",
            "broker_id": "embedded",
            "topic": "hall/light/set",
            "note": "nobody listens",
        }
        self.bridge.script.update(
            {
                "GET /api/brokers": (200, {"brokers": [EMBEDDED]}),
                "GET /api/subscriptions": (200, listed),
                "POST /api/messages": (200, sent),
                "GET /api/messages": self.history,
            }
        )
        self.messages = self.env["mqtt.message"].with_user(self.manager)

    def history(self, request):
        return 200, {"messages": self.kept, "next_before": None}

    def test_compose_and_send(self):
        self.env["mqtt.subscription"]._refresh()
        with Form(self.messages) as form:
            form.subscription_id = self.env["mqtt.subscription"].search([])
            self.assertEqual(form.topic, "hall/light/set")
            self.assertEqual(form.broker_id.bridge_id, "embedded")
            form.payload = '{"on": true}'
            form.payload_format = "json"
            form.qos = "1"
            form.retain = True
        message = form.record
        self.assertEqual(message.state, "draft")
        answer = message.action_send()
        self.assertEqual(answer["params"]["type"], "success")
        [request] = self.bridge.sent("POST /api/messages")
        self.assertEqual(
            request["body"],
            {
                "broker_id": "embedded",
                "subscription_id": "s1",
                "topic": "hall/light/set",
                "payload": '{"on": true}',
                "payload_format": "json",
                "qos": 1,
                "retain": True,
            },
        )
        self.assertEqual((message.state, message.sent_to), ("sent", "embedded"))
        self.assertEqual(str(message.sent_at), "2026-01-31 11:00:00")
        self.assertEqual(message.sent_by_id, self.manager)
        self.assertIn("nobody listens", message.result)
        with self.assertRaises(UserError):
            message.action_send()
        again = message.action_send_again()
        self.assertNotEqual(again["res_id"], message.id)
        self.assertEqual(len(self.bridge.sent("POST /api/messages")), 2)

    def test_not_sent(self):
        message = self.messages.create({"topic": "hall/light/set", "payload": "on"})
        sent = self.bridge.script["POST /api/messages"]
        words = "The message was not sent: the broker is not connected"
        self.bridge.script["POST /api/messages"] = (503, error_body(words))
        answer = message.action_send()
        self.assertEqual(answer["params"]["type"], "danger")
        self.assertEqual((message.state, message.result), ("failed", words))
        self.assertFalse(message.sent_at)
        self.bridge.script["POST /api/messages"] = sent
        message.action_send()
        self.assertEqual(message.state, "sent")

    def test_faults_that_are_found_here(self):
        table = [
            (
                {"topic": "a", "payload": "{", "payload_format": "json"},
                "line 1, column 2",
            ),
            ({"topic": "a", "payload": "abc", "payload_format": "hex"}, "not hex"),
            ({"payload": "x"}, "Fill in a topic"),
        ]
        for values, words in table:
            with self.subTest(words):
                message = self.messages.create(values)
                message.action_send()
                self.assertEqual(message.state, "failed")
                self.assertIn(words, message.result)
        self.assertFalse(self.bridge.sent("POST /api/messages"))

    def test_payloads(self):
        table = [
            ("{}", "json", False),
            ('{"a": NaN}', "json", "number"),
            ("[" * 100_000, "json", "JSON"),
            ("", "json", "line 1"),
            ("00 ff", "hex", False),
            ("0", "hex", "hex"),
            ("zz", "hex", "hex"),
            ("AAEC\nAw==", "base64", False),
            ("AAE", "base64", "Base64"),
            ("ä!", "base64", "Base64"),
            ("{", "text", False),
            ("ä" * (PAYLOAD_BYTES_MAX // 2), "text", False),
            ("ä" * (PAYLOAD_BYTES_MAX // 2) + "x", "text", str(PAYLOAD_BYTES_MAX)),
        ]
        for payload, payload_format, words in table:
            with self.subTest(payload=payload[:10], payload_format=payload_format):
                problem = payload_problem(self.env, payload, payload_format)
                self.assertIn(words or "", problem or "")
                self.assertEqual(bool(problem), bool(words))

    def test_history_in_the_form(self):
        with Form(self.messages) as form:
            form.topic = "hall/light"
            self.assertEqual(len(form.history_ids), 2)
        received, sent = form.record.history_ids
        self.assertEqual((received.direction, sent.direction), ("in", "out"))
        self.assertEqual((sent.payload, sent.preview), (MARKUP, MARKUP))
        self.assertEqual(sent.broker, "embedded")
        request = self.bridge.sent("GET /api/messages")[-1]
        self.assertEqual(request["query"]["topic"], "hall/light")
        self.bridge.script["GET /api/messages"] = "close"
        form.record.invalidate_recordset()
        self.assertFalse(form.record.history_ids)
        self.assertIn("broke off", form.record.history_problem)

    def test_history_is_of_one_user(self):
        search = self.env["mqtt.history.search"].with_user(self.user).create({})
        search.action_search()
        lines = self.env["mqtt.history"].search([("search_id", "=", search.id)])
        self.assertEqual(lines.create_uid, self.user)
        mine = lines.with_user(self.manager).search([("id", "in", lines.ids)])
        self.assertFalse(mine)

    def test_history_names_the_broker(self):
        self.env["mqtt.broker"]._refresh()
        lines = self.env["mqtt.history"]._load({}, 10)
        self.assertEqual(set(lines.mapped("broker")), {EMBEDDED["name"]})

    def test_search_of_the_history(self):
        device = self.make_device()
        search = self.env["mqtt.history.search"].create(
            {
                "topic": "hall/#",
                "direction": "in",
                "device_id": device.id,
                "date_from": "2026-01-31 08:00:00",
                "payload_format": "hex",
                "limit": "100",
            }
        )
        action = search.action_search()
        query = self.bridge.sent("GET /api/messages")[-1]["query"]
        self.assertEqual(
            query,
            {
                "topic": "hall/#",
                "direction": "in",
                "device": "mill",
                "from": "2026-01-31T08:00:00Z",
                "format": "hex",
                "limit": "100",
            },
        )
        self.assertEqual(self.env["mqtt.history"].search_count(action["domain"]), 2)

    def test_pages(self):
        def page(request):
            before = int(request["query"].get("before", 1200))
            first = max(before - int(request["query"]["limit"]), 1)
            found = [message_body(one) for one in range(before - 1, first - 1, -1)]
            # The second page is short, as that of a narrow search may be.
            if before == 700:
                found = found[:10]
            next_before = first if first > 1 else None
            return 200, {"messages": found, "next_before": next_before}

        self.bridge.script["GET /api/messages"] = page
        lines = self.env["mqtt.history"]._load({}, 2000)
        self.assertEqual(len(lines), 500 + 10 + 199)
        numbers = lines.mapped("message_number")
        self.assertEqual(numbers, sorted(numbers, reverse=True))

    def test_open_the_history(self):
        action = self.env["mqtt.history.search"].with_user(self.user).action_open()
        self.assertEqual(action["res_model"], "mqtt.history")
        self.bridge.script["GET /api/messages"] = "close"
        action = self.env["mqtt.history.search"].with_user(self.user).action_open()
        self.assertEqual(action["params"]["next"]["res_model"], "mqtt.history")
        # The client would show its tags.
        self.assertEqual(action["params"]["next"]["help"], action["params"]["message"])

    def test_who_may(self):
        message = self.messages.create({"topic": "a", "payload": "x"})
        for action in (
            lambda one: one.action_send(),
            lambda one: one.action_send_again(),
            lambda one: one.create({"topic": "a"}),
        ):
            with self.assertRaises(AccessError):
                action(message.with_user(self.user))
        self.assertEqual(message.with_user(self.user).payload, "x")
        with self.assertRaises(AccessError):
            message.with_user(self.stranger).read(["payload"])
        self.assertFalse(self.bridge.sent("POST /api/messages"))
