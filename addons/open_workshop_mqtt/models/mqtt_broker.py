# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from .mqtt_bridge import LONG_READ_TIMEOUT_S
from .mqtt_bridge_mirror import utc_datetime

# Fields that the bridge has under the same name; empty ones become null.
TEXTS = ("url", "username", "client_id")
PLAIN = ("keep_alive_s", "clean_session", "enabled")
TLS = {"tls_ca": "ca", "tls_cert": "cert"}


class MqttBroker(models.Model):
    _name = "mqtt.broker"
    _inherit = "mqtt.bridge.mirror"
    _description = "MQTT Broker"

    _bridge_path = "/api/brokers"
    _bridge_list = "brokers"
    _bridge_key = "broker_id"
    _bridge_action = "open_workshop_mqtt.mqtt_broker_action"

    name = fields.Char(required=True)
    source = fields.Selection(
        [
            ("environment", "Settings of the bridge"),
            ("embedded", "Inside the bridge"),
            ("api", "Made here"),
        ],
        default="api",
        readonly=True,
        copy=False,
        help="Only brokers that were made here can be changed here.",
    )
    url = fields.Char(
        string="Address", help="mqtt://, mqtts://, ws:// or wss://, host and port."
    )
    username = fields.Char(string="Username")
    # Never stored: what is typed goes to the bridge, which seals it.
    password = fields.Char(store=False, copy=False)
    has_password = fields.Boolean(readonly=True, copy=False)
    client_id = fields.Char(
        string="Client ID", copy=False, help="The bridge makes one when it is empty."
    )
    protocol_version = fields.Selection(
        [("auto", "Automatic"), ("4", "MQTT 3.1.1"), ("5", "MQTT 5")], default="auto"
    )
    keep_alive_s = fields.Integer(string="Keep Alive (s)", default=30)
    clean_session = fields.Boolean(
        help="The broker keeps nothing for the bridge while it is away."
    )
    tls_ca = fields.Text(
        string="Authority (PEM)", help="Whom to trust. Empty: those of the system."
    )
    tls_cert = fields.Text(string="Client Certificate (PEM)")
    tls_key = fields.Text(string="Private Key (PEM)", store=False, copy=False)
    has_key = fields.Boolean(readonly=True, copy=False)
    tls_insecure = fields.Boolean(
        string="Do Not Verify the Broker",
        help="Anybody in between can read and change the messages then.",
    )
    note = fields.Text()
    enabled = fields.Boolean(default=True)
    connection = fields.Selection(
        [
            ("connecting", "Connecting"),
            ("connected", "Connected"),
            ("disconnected", "Disconnected"),
        ],
        readonly=True,
        copy=False,
    )
    connection_since = fields.Datetime(string="Since", readonly=True, copy=False)
    last_fault = fields.Text(readonly=True, copy=False)
    last_fault_at = fields.Datetime(readonly=True, copy=False)
    device_count = fields.Integer(
        string="Devices",
        readonly=True,
        copy=False,
        help="Devices that are heard at this broker.",
    )
    subscription_count = fields.Integer(
        string="Number of Subscriptions", readonly=True, copy=False
    )
    subscription_ids = fields.One2many(
        "mqtt.subscription", "broker_id", string="Subscriptions", readonly=True
    )
    warnings = fields.Text(readonly=True, copy=False)

    _sql_constraints = [
        (
            "bridge_id_unique",
            "unique(bridge_id)",
            "There is already a broker with this ID.",
        )
    ]

    @api.model
    def _bridge_values(self, answer):
        """Return the values of fields for what the bridge shows of a broker."""
        tls, state = answer.get("tls") or {}, answer.get("state") or {}
        fault = state.get("last_fault") or {}
        return {
            "bridge_id": answer["broker_id"],
            "name": answer["name"],
            "source": answer["source"],
            "url": answer.get("url") or False,
            "username": answer.get("username") or False,
            "has_password": bool(answer.get("has_password")),
            "client_id": answer.get("client_id") or False,
            "protocol_version": str(answer.get("protocol_version") or "auto"),
            "keep_alive_s": answer.get("keep_alive_s") or 0,
            "clean_session": bool(answer.get("clean_session")),
            "tls_ca": tls.get("ca") or False,
            "tls_cert": tls.get("cert") or False,
            "has_key": bool(tls.get("has_key")),
            "tls_insecure": bool(tls.get("insecure")),
            "note": answer.get("note") or False,
            "enabled": bool(answer.get("enabled")),
            "connection": state.get("connection") or False,
            "connection_since": utc_datetime(state.get("since")),
            "last_fault": fault.get("message") or False,
            "last_fault_at": utc_datetime(fault.get("at")),
            "device_count": answer.get("devices") or 0,
            "subscription_count": answer.get("subscriptions") or 0,
            "warnings": "\n".join(answer.get("warnings") or []) or False,
        }

    @api.model
    def _bridge_body(self, vals):
        """Return what the bridge is sent; a secret only when one was typed."""
        body = {name: vals[name] or None for name in TEXTS if name in vals}
        body.update({name: vals[name] for name in PLAIN if name in vals})
        if "name" in vals:
            body["name"] = vals["name"] or ""
        if "note" in vals:
            body["note"] = vals["note"] or ""
        if vals.get("protocol_version"):
            version = vals["protocol_version"]
            body["protocol_version"] = version if version == "auto" else int(version)
        if vals.get("password"):
            body["password"] = vals["password"]
        tls = {key: vals[name] or None for name, key in TLS.items() if name in vals}
        if vals.get("tls_key"):
            tls["key"] = vals["tls_key"]
        if "tls_insecure" in vals:
            tls["insecure"] = bool(vals["tls_insecure"])
        if tls:
            body["tls"] = tls
        return body

    def action_remove_password(self):
        """Remove the password in the bridge."""
        return self._remove_secret({"password": None})

    def action_remove_key(self):
        """Remove the client certificate and its private key in the bridge."""
        return self._remove_secret({"tls": {"cert": None, "key": None}})

    def _remove_secret(self, body):
        self.ensure_one().check_access("write")
        path = self._bridge_path + self.env["mqtt.bridge"]._path(self.bridge_id)
        answer = self.env["mqtt.bridge"]._call("PATCH", path, body)
        return self._mirror_write(self._bridge_values(answer))

    def action_test_connection(self):
        """Let the bridge try the connection, and tell what came of it."""
        self.ensure_one().check_access("write")
        bridge = self.env["mqtt.bridge"]
        path = self._bridge_path + bridge._path(self.bridge_id, "test")
        answer = bridge._call("POST", path, read_timeout_s=LONG_READ_TIMEOUT_S)
        is_ok = bool(answer.get("ok"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if is_ok else "danger",
                "title": self.name,
                "message": str(answer.get("message") or ""),
                "sticky": not is_ok,
            },
        }
