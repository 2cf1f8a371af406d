# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import socket
import ssl

import requests

from odoo.exceptions import UserError
from odoo.http import serialize_exception
from odoo.tests import tagged

from ..models.mqtt_bridge import TOKEN_PARAMETER, URL_PARAMETER, BridgeFault
from ..models.mqtt_bridge_http import _connection_fault, address_problem
from .fake_bridge import TOKEN, error_body
from .fake_bridge_case import FakeBridgeCase


def free_port():
    """Return a port at which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def raised_from(cause, error):
    """Return ``error`` as it is when it was raised because of ``cause``."""
    try:
        try:
            raise cause
        except type(cause):
            raise error  # noqa: B904 - requests wraps without "from" too
    except type(error) as wrapped:
        return wrapped


@tagged("post_install", "-at_install")
class TestBridge(FakeBridgeCase):
    def call(self, method="GET", path="/api/thing", **kwargs):
        return self.env["mqtt.bridge"]._call(method, path, **kwargs)

    def fault(self, method="GET", path="/api/thing", **kwargs):
        with self.assertRaises(BridgeFault) as caught:
            self.call(method, path, **kwargs)
        self.assertIsInstance(caught.exception, UserError)
        return caught.exception

    def test_answer(self):
        self.bridge.script["POST /api/thing"] = (201, {"broker_id": "a"})
        query = {"a": "1", "b": None}
        answer = self.call("POST", body={"x": "ü"}, params=query)
        self.assertEqual(answer, {"broker_id": "a"})
        [request] = self.bridge.requests
        self.assertEqual(request["body"], {"x": "ü"})
        self.assertEqual(request["query"], {"a": "1"})
        self.assertEqual(request["authorization"], f"Bearer {TOKEN}")

    def test_slash_and_path_in_the_address(self):
        self.set_parameter(URL_PARAMETER, f" {self.bridge.url}/behind/proxy/ ")
        self.bridge.script["GET /behind/proxy/api/thing"] = (200, {})
        self.assertEqual(self.call(), {})

    def test_no_answer(self):
        table = [
            ("close", "closed", "broke off"),
            ("html", "not_the_bridge", "status 200"),
            ("redirect", "redirect", "redirects"),
            ("large", "too_large", "too large"),
            ("hang", "timeout", "did not answer in time"),
        ]
        for word, kind, words in table:
            with self.subTest(word):
                self.bridge.script["GET /api/thing"] = word
                fault = self.fault(read_timeout_s=0.3)
                self.assertEqual(fault.kind, kind)
                self.assertIn(words, str(fault))
        # The token went to no other path, as of the redirect.
        routes = {request["route"] for request in self.bridge.requests}
        self.assertEqual(routes, {"GET /api/thing"})

    def test_nothing_listens(self):
        self.set_parameter(URL_PARAMETER, f"http://127.0.0.1:{free_port()}")
        self.assertEqual(self.fault().kind, "refused")

    def test_kinds_of_connection_faults(self):
        error = requests.exceptions.ConnectionError
        table = [
            (socket.gaierror(-2, "unknown"), error("x"), "unknown_name"),
            (ConnectionRefusedError(111, "no"), error("x"), "refused"),
            (OSError(113, "no route"), error("x"), "refused"),
            (ssl.SSLCertVerificationError("bad"), error("x"), "certificate"),
            (ssl.SSLError("bad"), error("x"), "tls"),
            (TimeoutError(), error("x"), "timeout"),
            (ConnectionResetError(), error("x"), "closed"),
        ]
        for cause, wrapping, kind in table:
            with self.subTest(kind):
                fault = _connection_fault(raised_from(cause, wrapping))
                self.assertEqual(fault.kind, kind)

    def test_addresses(self):
        table = [
            ("http://bridge:8080", None),
            ("https://bridge.local/iot", None),
            ("http://[::1]:8080", None),
            ("bridge:8080", "not_a_url"),
            ("ftp://bridge", "not_a_url"),
            ("http://", "not_a_url"),
            ("http://bridge:port", "not_a_url"),
            ("http://bri dge", "not_a_url"),
            ("http://a:b@bridge", "credentials"),
            ("http://bridge?x=1", "query"),
            ("http://bridge#x", "query"),
        ]
        for url, problem in table:
            with self.subTest(url):
                self.assertEqual(address_problem(url), problem)
                if problem:
                    self.assertEqual(self.fault(url=url).kind, "bad_address")

    def test_not_set(self):
        self.set_parameter(URL_PARAMETER, False)
        self.assertEqual(self.fault().kind, "no_address")
        self.assertFalse(self.bridge.requests)

    def test_token_that_no_header_can_hold(self):
        for token in ("two words", "line\nbreak", "schlüssel"):
            with self.subTest(token):
                fault = self.fault(token=token)
                self.assertEqual(fault.kind, "bad_token")
                self.assertNotIn(token, str(fault))

    def test_token_refused(self):
        self.set_parameter(TOKEN_PARAMETER, "another")
        fault = self.fault()
        self.assertEqual((fault.kind, fault.status), ("token", 401))
        self.assertIn("DATA_DIR/api-token", str(fault))

    def test_refusals(self):
        errors = [("devices[0].x", "must be a number"), ("", "is too much")]
        for status in (400, 409, 422, 500, 503):
            with self.subTest(status):
                body = error_body("It has faults", *errors)
                self.bridge.script["GET /api/thing"] = (status, body)
                fault = self.fault()
                self.assertEqual(fault.status, status)
                self.assertEqual(
                    str(fault),
                    "It has faults\n• devices[0].x: must be a number\n• is too much",
                )
                self.assertEqual(fault.errors[0]["path"], "devices[0].x")

    def test_web_client_shows_the_sentence(self):
        self.bridge.script["GET /api/thing"] = (409, error_body("The name is taken"))
        shown = serialize_exception(self.fault())
        self.assertEqual(shown["name"], "odoo.exceptions.UserError")
        self.assertEqual(shown["message"], "The name is taken")

    def test_many_errors_are_cut(self):
        errors = [(f"devices[{n}]", "bad") for n in range(30)]
        self.bridge.script["GET /api/thing"] = (422, error_body("Faults", *errors))
        fault = self.fault()
        self.assertEqual(len(str(fault).splitlines()), 22)
        self.assertIn("10 more", str(fault))
        self.assertEqual(len(fault.errors), 30)

    def test_text_that_the_database_cannot_store(self):
        self.bridge.script["GET /api/thing"] = (200, {"a": ["x\x00y", {"b": "\ud800"}]})
        self.assertEqual(self.call(), {"a": ["x\u2400y", {"b": "?"}]})

    def test_token_is_in_no_log_and_no_sentence(self):
        with self.assertLogs(level=logging.DEBUG) as logs:
            logging.getLogger(__name__).debug("something")
            for word in ("close", "html", (422, error_body("Faults"))):
                self.bridge.script["GET /api/thing"] = word
                self.assertNotIn(TOKEN, str(self.fault()))
        self.assertFalse([line for line in logs.output if TOKEN in line])

    def test_quoted_path(self):
        path = self.env["mqtt.bridge"]._path("a/b?c#ü", "test")
        self.assertEqual(path, "/a%2Fb%3Fc%23%C3%BC/test")
