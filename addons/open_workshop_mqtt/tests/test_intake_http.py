# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from unittest.mock import patch

import psycopg2

from odoo.service import model as service_model
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..controllers.intake import BATCH_BYTES_MAX, EVENT_BYTES_MAX
from ..models.mqtt_event_intake import MqttEvent
from .common import TOKEN, TOKEN_PARAMETER, IntakeHttpCase, example, new_uid

EVENT = "/ows/iot/event"
BATCH = "/ows/iot/events"


@tagged("post_install", "-at_install")
class TestIntakeHttp(IntakeHttpCase):
    def make_key(self, login, groups):
        user = new_test_user(self.env, login, groups)
        return self.env["res.users.apikeys"].with_user(user).sudo()._generate(
            None, "test", None
        )

    def assert_refused(self, response, status, words):
        self.assertEqual(response.status_code, status, response.text)
        self.assertTrue(response.headers["Content-Type"].startswith("application/json"))
        body = response.json()
        self.assertEqual(body["status"], "error")
        self.assertIn(words, body["message"])
        return body

    def test_event_and_its_repeat(self):
        body = example("session_stopped")
        response = self.post(EVENT, body)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"status": "ok"})
        self.assertEqual(response.headers["X-IoT-Batch-Max"], "200")
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertEqual(self.session_of(body).state, "closed")
        response = self.post(EVENT, body)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"status": "duplicate"})
        self.assertEqual(response.headers["X-IoT-Batch-Max"], "200")

    def test_body_is_kept_as_received(self):
        text = json.dumps(example("session_started"), indent=3, ensure_ascii=False)
        self.post(EVENT, text.encode())
        self.assertEqual(self.event_of(example("session_started")).body, text)

    def test_shared_token(self):
        body = example("device_online")
        for token in (None, "", "wrong", TOKEN + "x", TOKEN[:-1], "ünïcode"):
            headers = {}
            if token == "ünïcode":
                headers = {"Authorization": "Bearer ünïcode".encode()}
            response = self.post(EVENT, body, token, headers)
            self.assert_refused(response, 401, "key")
            challenge = response.headers["WWW-Authenticate"]
            self.assertEqual(challenge, 'Bearer realm="Odoo"')
            self.assertNotIn(TOKEN, response.text)
        response = self.post(EVENT, body, None, {"Authorization": f"Basic {TOKEN}"})
        self.assert_refused(response, 401, "Authorization: Bearer")
        response = self.post(EVENT, body, None, {"Authorization": f"bearer {TOKEN}"})
        self.assertEqual(response.status_code, 200)

    def test_empty_shared_token_lets_nobody_in(self):
        for value in (False, " "):
            self.env["ir.config_parameter"].set_param(TOKEN_PARAMETER, value)
            for token in ("", " ", "False", "None"):
                response = self.post(EVENT, example("device_online"), token)
                self.assert_refused(response, 401, "key")

    def test_shared_token_beyond_ascii(self):
        self.env["ir.config_parameter"].set_param(TOKEN_PARAMETER, "schlüssel")
        headers = {"Authorization": "Bearer schlüssel".encode()}
        response = self.post(EVENT, example("device_online"), None, headers)
        self.assertEqual(response.status_code, 200)

    def test_api_keys(self):
        body = example("device_online")
        module = "open_workshop_mqtt"
        for groups, status in (
            (f"base.group_user,{module}.group_bridge", 200),
            (f"base.group_portal,{module}.group_bridge", 200),
            (f"{module}.group_manager", 403),
            (f"{module}.group_user", 403),
            ("base.group_user", 403),
            ("base.group_system", 403),
        ):
            with self.subTest(groups):
                key = self.make_key(groups, groups)
                response = self.post(EVENT, body, key)
                self.assertEqual(response.status_code, status, response.text)
                if status == 403:
                    self.assert_refused(response, 403, "MQTT: IoT Bridge")
                response = self.get_config(key)
                self.assertEqual(response.status_code, status)

    def test_key_of_an_inactive_user(self):
        key = self.make_key("bridge", "base.group_user,open_workshop_mqtt.group_bridge")
        self.env["res.users"].search([("login", "=", "bridge")]).active = False
        self.assert_refused(self.post(EVENT, example("device_online"), key), 401, "key")

    def test_bodies_that_are_none(self):
        for body, words in (
            (b" ", "not JSON"),
            (b"{", "not JSON"),
            (b"NaN", "NaN is not"),
            (b"[" * 100_000, "nested too deeply"),
            (b'{"a": "\xff"}', "not UTF-8"),
        ):
            with self.subTest(body[:10]):
                self.assert_refused(self.post(EVENT, body), 400, words)

    def test_schema_faults(self):
        body = example("session_stopped", energy_kwh=-1, ended_at="yesterday")
        refused = self.assert_refused(self.post(EVENT, body), 422, "payload.energy_kwh")
        self.assertEqual(
            [fault["path"] for fault in refused["errors"]],
            ["payload.ended_at", "payload.energy_kwh"],
        )
        self.assertFalse(self.event_of(body))
        for body in ([], "x", None):
            self.assert_refused(self.post(EVENT, json.dumps(body)), 422, "an object")

    def test_media_type(self):
        body = json.dumps(example("device_online"))
        for media_type in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ):
            response = self.post(EVENT, body, headers={"Content-Type": media_type})
            self.assert_refused(response, 415, "application/json")
        response = self.post(
            EVENT, body, headers={"Content-Type": "application/json; charset=utf-8"}
        )
        self.assertEqual(response.status_code, 200)

    def test_size(self):
        for path, bytes_max in ((EVENT, EVENT_BYTES_MAX), (BATCH, BATCH_BYTES_MAX)):
            response = self.post(path, b" " * (bytes_max + 1))
            self.assert_refused(response, 413, "larger")
            self.assert_refused(self.post(path, b" " * bytes_max), 400, "not JSON")

    def test_unknown_type_and_device_are_accepted(self):
        body = example("device_online", device_id="nobody")
        self.assertEqual(self.post(EVENT, body).json(), {"status": "ok"})
        self.assertEqual(self.event_of(body).reason, "unknown_device")

    def test_uncaught_exception_is_json(self):
        def fails(*_args):
            raise RuntimeError("secret of the inside")

        with mute_logger("odoo.http"), patch.object(MqttEvent, "_receive", fails):
            response = self.post(EVENT, example("device_online"))
        self.assert_refused(response, 500, "see its log")
        self.assertNotIn("secret", response.text)

    def test_serialization_failure_is_tried_again(self):
        tries = []
        original = MqttEvent._receive

        def conflict(model, events):
            tries.append(1)
            if len(tries) < 3:
                raise psycopg2.errors.SerializationFailure
            return original(model, events)

        body = example("session_started")
        with (
            mute_logger("odoo.service.model"),
            patch.object(service_model.errorcodes, "lookup", return_value="40001"),
            patch.object(service_model.time, "sleep"),
            patch.object(MqttEvent, "_receive", conflict),
        ):
            response = self.post(EVENT, body)
        self.assertEqual(response.json(), {"status": "ok"})
        self.assertEqual(len(tries), 3)

    def test_serialization_failure_at_last(self):
        def conflict(*_args):
            raise psycopg2.errors.SerializationFailure

        with (
            mute_logger("odoo.service.model", "odoo.http"),
            patch.object(service_model.errorcodes, "lookup", return_value="40001"),
            patch.object(service_model.time, "sleep"),
            patch.object(MqttEvent, "_receive", conflict),
        ):
            response = self.post(EVENT, example("session_started"))
        self.assert_refused(response, 503, "Try again")
        self.assertEqual(response.headers["Retry-After"], "5")

    def test_batch(self):
        known = example("device_online")
        self.post(EVENT, known)
        wrong = example("session_started", event_uid=new_uid(), power_w=-1)
        behind = example("session_stopped")
        other = example("device_offline", device_id="other", event_uid=new_uid())
        batch = [known, other, wrong, behind, "x", other]
        response = self.post(BATCH, {"events": batch})
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(response.headers["X-IoT-Batch-Max"], "200")
        body = response.json()
        self.assertEqual(body["status"], "ok")
        self.assertEqual(
            [(result["event_uid"], result["status"]) for result in body["results"]],
            [
                (known["event_uid"], "duplicate"),
                (other["event_uid"], "ok"),
                (wrong["event_uid"], "error"),
                (behind["event_uid"], "held"),
                (None, "error"),
                (other["event_uid"], "duplicate"),
            ],
        )
        self.assertIn("payload.power_w", body["results"][2]["message"])
        self.assertFalse(self.event_of(behind))

    def test_answer_to_a_batch_is_never_too_long(self):
        """The bridge takes 64 KiB; more would be as no answer, again and again."""
        batch = [
            {
                "event_uid": "x" * 2000,
                "event_type": "session_stopped",
                "device_id": str(index),
                "payload": {},
            }
            for index in range(200)
        ]
        response = self.post(BATCH, {"events": batch})
        self.assertEqual(len(response.json()["results"]), 200)
        self.assertLess(len(response.content), 64 * 1024)

    def test_batches_that_are_none(self):
        for body in ([], {}, {"events": {}}, {"events": None}, "x"):
            self.assert_refused(self.post(BATCH, json.dumps(body)), 422, "events")
        many = {"events": [example("device_online")] * 201}
        self.assert_refused(self.post(BATCH, many), 422, "at most 200")
        self.assertEqual(self.post(BATCH, {"events": []}).json()["results"], [])
        self.assert_refused(self.post(BATCH, {"events": []}, "wrong"), 401, "key")

    def test_query_is_ignored(self):
        response = self.post(f"{EVENT}?event=1&body=2", example("device_online"))
        self.assertEqual(response.json(), {"status": "ok"})
