# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from .mqtt_bridge import LONG_READ_TIMEOUT_S, BridgeFault
from .mqtt_bridge_mirror import utc_datetime
from .mqtt_message_payload import payload_problem

HISTORY_LINES = 40
WILDCARDS = ("+", "#")


class MqttMessage(models.Model):
    _name = "mqtt.message"
    _description = "MQTT Message"
    _order = "sent_at desc, id desc"
    _rec_name = "topic"

    broker_id = fields.Many2one(
        "mqtt.broker",
        compute="_compute_from_subscription",
        store=True,
        readonly=False,
        ondelete="set null",
        help="The main broker when it is empty, else the one inside the bridge.",
    )
    subscription_id = fields.Many2one(
        "mqtt.subscription",
        domain="[('broker_id', '=?', broker_id)]",
        ondelete="set null",
        help="Send to the topic of this subscription.",
    )
    topic = fields.Char(
        compute="_compute_from_subscription",
        store=True,
        readonly=False,
        help="Where the message goes: a topic without + and #.",
    )
    payload = fields.Text()
    payload_format = fields.Selection(
        [("text", "Text"), ("json", "JSON"), ("hex", "Hex"), ("base64", "Base64")],
        string="Format",
        default="text",
        required=True,
        help="Hex and Base64: the bytes they stand for are sent.",
    )
    payload_problem = fields.Char(compute="_compute_payload_problem")
    qos = fields.Selection(
        [("0", "0: at most once"), ("1", "1: at least once"), ("2", "2: exactly once")],
        string="QoS",
        default="0",
        required=True,
    )
    retain = fields.Boolean(
        help="The broker keeps the message for those who come later."
    )
    state = fields.Selection(
        [("draft", "Draft"), ("sent", "Sent"), ("failed", "Not Sent")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    sent_at = fields.Datetime(string="Sent", readonly=True, copy=False)
    sent_by_id = fields.Many2one(
        "res.users", string="Sent By", readonly=True, copy=False
    )
    sent_to = fields.Char(
        string="Sent To", readonly=True, copy=False, help="The ID of the broker."
    )
    result = fields.Text(string="Result", readonly=True, copy=False)
    history_ids = fields.Many2many(
        "mqtt.history",
        string="Send/Receive History",
        compute="_compute_history_ids",
    )
    history_problem = fields.Char(compute="_compute_history_ids")

    @api.depends("subscription_id")
    def _compute_from_subscription(self):
        for message in self:
            subscription = message.subscription_id
            message.broker_id = subscription.broker_id or message.broker_id
            filled = subscription.topic and not any(
                char in subscription.topic for char in WILDCARDS
            )
            message.topic = subscription.topic if filled else message.topic

    @api.depends("payload", "payload_format")
    def _compute_payload_problem(self):
        for message in self:
            payload = message.payload or ""
            checked = bool(payload) and message.payload_format != "text"
            message.payload_problem = checked and payload_problem(
                self.env, payload, message.payload_format
            )

    @api.depends("topic", "broker_id", "subscription_id")
    def _compute_history_ids(self):
        history = self.env["mqtt.history"]
        for message in self:
            topic = message.topic or message.subscription_id.topic
            message.history_ids, message.history_problem = history, False
            if not topic:
                continue
            try:
                lines = history._load(
                    {"topic": topic, "broker_id": message.broker_id.bridge_id or None},
                    HISTORY_LINES,
                )
                message.history_ids = lines
            except BridgeFault as fault:
                message.history_problem = str(fault)

    def action_send(self):
        """Send through the bridge, and write down when it was sent or why not."""
        self.check_access("write")
        for message in self:
            if message.state == "sent":
                raise UserError(
                    self.env._("This message was sent. Use “Send Again” for another.")
                )
            message._send()
        failed = self.filtered(lambda one: one.state == "failed")
        if failed:
            return self._notification("danger", failed[0].result)
        return self._notification("success", self[:1].result)

    def action_send_again(self):
        """Send a copy, and open it."""
        self.ensure_one().check_access("create")
        message = self.copy()
        message._send()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": message.id,
            "view_mode": "form",
        }

    def action_refresh(self):
        """Read the history anew; the form does so by itself after a button."""
        return True

    def _send_body(self):
        """Return what the bridge is sent."""
        self.ensure_one()
        return {
            "broker_id": self.broker_id.bridge_id or None,
            "subscription_id": self.subscription_id.bridge_id or None,
            "topic": self.topic or None,
            "payload": self.payload or "",
            "payload_format": self.payload_format,
            "qos": int(self.qos),
            "retain": self.retain,
        }

    def _send(self):
        """Send one message. A refusal is written down, so nothing is raised."""
        self.ensure_one()
        problem = payload_problem(self.env, self.payload or "", self.payload_format)
        if not self.topic and not self.subscription_id:
            problem = self.env._("Fill in a topic or choose a subscription.")
        values = {"state": "failed", "sent_by_id": self.env.uid, "result": problem}
        if not problem:
            try:
                answer = self.env["mqtt.bridge"]._call(
                    "POST",
                    "/api/messages",
                    self._send_body(),
                    read_timeout_s=LONG_READ_TIMEOUT_S,
                )
                texts = [answer.get("message"), answer.get("note")]
                values.update(
                    state="sent",
                    result="\n".join(str(text) for text in texts if text),
                    sent_at=utc_datetime(answer.get("at")) or fields.Datetime.now(),
                    sent_to=str(answer.get("broker_id") or ""),
                    topic=str(answer.get("topic") or self.topic or ""),
                )
            except BridgeFault as fault:
                values["result"] = str(fault)
        self.write(values)

    def _notification(self, kind, text):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": text or "",
                "sticky": kind == "danger",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
