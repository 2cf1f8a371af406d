# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
import uuid
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path

from odoo.tests import HttpCase, TransactionCase

from ..models.event_body import read_event

DEVICE_ID = "shelly-pm-workshop"
TOKEN = "a-token-of-the-tests"
TOKEN_PARAMETER = "open_workshop_mqtt.event_token"


def examples_directory():
    """Return ``contract/examples``, in a directory above this file."""
    for parent in Path(__file__).resolve().parents:
        if (parent / "contract" / "examples").is_dir():
            return parent / "contract" / "examples"
    raise FileNotFoundError("contract/examples is not in a directory above the tests")


def example_names():
    """Return the names of all examples of the contract."""
    return sorted(path.stem for path in examples_directory().glob("*.json"))


def example(name, **changes):
    """Return an example of the contract, parsed.

    :param changes: fields to replace; those that are not of the envelope are put into
        the payload
    """
    body = json.loads((examples_directory() / f"{name}.json").read_text("utf-8"))
    body = deepcopy(body)
    for key, value in changes.items():
        target = body if key in ("event_uid", "device_id", "ts") else body["payload"]
        target[key] = value
    return body


def new_uid():
    """Return a new UUID as text."""
    return str(uuid.uuid4())


def at(text, seconds=0):
    """Return a time of an event as Odoo keeps it: naive, in UTC."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    return moment + timedelta(seconds=seconds)


class IntakeMixin:
    """A device of the contract's examples, and ways to hand in events."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.device = cls.env["mqtt.device"].create(cls.device_values())

    @classmethod
    def device_values(cls, **changes):
        """Return values of a device that the bridge takes."""
        return {
            "name": "CNC Mill (Workshop)",
            "device_id": DEVICE_ID,
            "mqtt_topic": "shellypmminig3-48f6eeb73a1c/status/pm1:0",
            "parser_type": "shelly_pm",
            **changes,
        }

    def receive(self, *bodies):
        """Hand in bodies as the bridge does, all at once; return their statuses."""
        events = []
        for body in bodies:
            event, faults = read_event(body)
            self.assertFalse(faults, body)
            events.append(event)
        return self.env["mqtt.event"].sudo()._receive(events)

    def session_of(self, body):
        """Return the session of an event, at most one."""
        uid = body["payload"]["session_id"]
        session = self.env["mqtt.session"].search([("session_uid", "=", uid)])
        self.assertLessEqual(len(session), 1)
        return session

    def event_of(self, body):
        """Return the record of an event, at most one."""
        uid = body["event_uid"]
        event = self.env["mqtt.event"].search([("event_uid", "=", uid)])
        self.assertLessEqual(len(event), 1)
        return event


class IntakeCase(IntakeMixin, TransactionCase):
    """Base of the tests without HTTP."""


class IntakeHttpCase(IntakeMixin, HttpCase):
    """Base of the tests over HTTP."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param(TOKEN_PARAMETER, TOKEN)

    def post(self, path, body, token=TOKEN, headers=None):
        """Post ``body``: bytes and text as they are, else as JSON."""
        sent = {"Content-Type": "application/json"}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        sent.update(headers or {})
        if not isinstance(body, str | bytes):
            body = json.dumps(body)
        return self.url_open(path, data=body, headers=sent)

    def get_config(self, token=TOKEN):
        """Ask for the configuration as the bridge does."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return self.url_open("/ows/iot/config", headers=headers)
