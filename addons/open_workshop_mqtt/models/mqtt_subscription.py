# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

FLAGS = ("no_local", "retain_as_published", "enabled")


class MqttSubscription(models.Model):
    _name = "mqtt.subscription"
    _inherit = "mqtt.bridge.mirror"
    _description = "MQTT Subscription"
    _rec_name = "topic"

    _bridge_path = "/api/subscriptions"
    _bridge_list = "subscriptions"
    _bridge_key = "subscription_id"
    _bridge_action = "open_workshop_mqtt.mqtt_subscription_action"

    broker_id = fields.Many2one(
        "mqtt.broker",
        ondelete="cascade",
        help="The main broker when it is empty, else the one inside the bridge.",
    )
    topic = fields.Char(required=True, help="A topic filter; + and # as in MQTT.")
    qos = fields.Selection(
        [("0", "0: at most once"), ("1", "1: at least once"), ("2", "2: exactly once")],
        string="QoS",
        default="1",
        required=True,
    )
    no_local = fields.Boolean(
        string="Not Our Own Messages",
        help="What the bridge publishes itself does not come back (MQTT 5).",
    )
    retain_as_published = fields.Boolean(
        string="Keep the Retain Flag", help="Of live messages (MQTT 5)."
    )
    retain_handling = fields.Selection(
        [
            ("0", "At every subscribe"),
            ("1", "When the subscription is new"),
            ("2", "Never"),
        ],
        string="Retained Messages",
        default="0",
        required=True,
        help="When they are sent (MQTT 5).",
    )
    identifier = fields.Integer(
        copy=False, help="Comes back with every message of it (MQTT 5). 0: none."
    )
    enabled = fields.Boolean(default=True)
    note = fields.Text()
    state = fields.Selection(
        [
            ("active", "Active"),
            ("covered", "Covered"),
            ("refused", "Refused"),
            ("waiting", "Waiting"),
            ("off", "Off"),
        ],
        readonly=True,
        copy=False,
        help="Covered: a wider subscription brings its messages. "
        "Waiting: for a connection to the broker.",
    )
    state_reason = fields.Text(string="Why", readonly=True, copy=False)
    warnings = fields.Text(readonly=True, copy=False)

    _sql_constraints = [
        (
            "bridge_id_unique",
            "unique(bridge_id)",
            "There is already a subscription with this ID.",
        )
    ]

    @api.model
    def _bridge_values(self, answer):
        """Return the values of fields for what the bridge shows of a subscription."""
        broker = self.env["mqtt.broker"].sudo()
        state = answer.get("state") or {}
        reasons = [state.get("by"), state.get("reason"), state.get("note")]
        return {
            "bridge_id": answer["subscription_id"],
            "broker_id": broker.search([("bridge_id", "=", answer["broker_id"])]).id,
            "topic": answer["topic"],
            "qos": str(answer.get("qos", 1)),
            "no_local": bool(answer.get("no_local")),
            "retain_as_published": bool(answer.get("retain_as_published")),
            "retain_handling": str(answer.get("retain_handling") or 0),
            "identifier": answer.get("identifier") or 0,
            "enabled": bool(answer.get("enabled")),
            "note": answer.get("note") or False,
            "state": state.get("state") or False,
            "state_reason": "\n".join(one for one in reasons if one) or False,
            "warnings": "\n".join(answer.get("warnings") or []) or False,
        }

    @api.model
    def _bridge_body(self, vals):
        """Return what the bridge is sent."""
        body = {name: bool(vals[name]) for name in FLAGS if name in vals}
        for name in ("qos", "retain_handling"):
            if vals.get(name):
                body[name] = int(vals[name])
        if "broker_id" in vals:
            broker = self.env["mqtt.broker"].browse(vals["broker_id"] or ())
            body["broker_id"] = broker.bridge_id or None
        if "identifier" in vals:
            body["identifier"] = vals["identifier"] or None
        for name in ("topic", "note"):
            if name in vals:
                body[name] = vals[name] or ""
        return body

    @api.model
    def _refresh(self):
        """Refresh the brokers too: subscriptions name them."""
        self.env["mqtt.broker"]._refresh()
        return super()._refresh()

    def action_history(self):
        """Open the newest messages of this topic."""
        self.ensure_one()
        search = self.env["mqtt.history.search"].create(
            {"topic": self.topic, "broker_id": self.broker_id.id}
        )
        return search.action_search()
