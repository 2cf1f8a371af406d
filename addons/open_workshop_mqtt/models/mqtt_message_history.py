# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from .mqtt_bridge import BridgeFault
from .mqtt_bridge_mirror import utc_datetime

PREVIEW_LENGTH = 200
# The largest page of the bridge.
PAGE = 500


class MqttHistory(models.TransientModel):
    """Messages of the bridge's history, as long as somebody looks at them."""

    _name = "mqtt.history"
    _description = "MQTT History"
    _order = "at desc, message_number desc"
    _rec_name = "topic"

    search_id = fields.Many2one("mqtt.history.search", ondelete="cascade", index=True)
    message_number = fields.Float(digits=(20, 0), readonly=True)
    at = fields.Datetime(string="Time", readonly=True)
    direction = fields.Selection([("in", "Received"), ("out", "Sent")], readonly=True)
    broker = fields.Char(readonly=True)
    topic = fields.Char(readonly=True)
    device = fields.Char(string="Device ID", readonly=True)
    qos = fields.Integer(string="QoS", readonly=True, aggregator=None)
    retain = fields.Boolean(readonly=True)
    size = fields.Integer(string="Bytes", readonly=True)
    payload = fields.Text(readonly=True)
    preview = fields.Char(string="Beginning of the Payload", readonly=True)
    payload_format = fields.Selection(
        [("text", "Text"), ("hex", "Hex")], string="Format", readonly=True
    )
    truncated = fields.Boolean(
        readonly=True, help="The bridge kept only the beginning of the payload."
    )

    @api.model
    def _load(self, query, limit, search=None):
        """Read messages from the bridge, newest first.

        :param query: query of ``GET /api/messages``; None: not narrowed
        :return: records for this user alone, at most ``limit``
        :raises BridgeFault: the bridge was not reached or refused
        """
        found, before = [], None
        # A page of a narrow search may be short, and not the last one.
        for _page in range(20):
            params = {**query, "limit": min(limit - len(found), PAGE), "before": before}
            answer = self.env["mqtt.bridge"]._call(
                "GET", "/api/messages", params=params
            )
            found += answer.get("messages") or []
            before = answer.get("next_before")
            if before is None or len(found) >= limit:
                break
        names = dict(
            self.env["mqtt.broker"]
            .sudo()
            .search([])
            .mapped(lambda broker: (broker.bridge_id, broker.name))
        )
        return self.sudo().create(
            [
                {**self._values(one, names), "search_id": search and search.id}
                for one in found
            ]
        )

    @api.model
    def _values(self, one, broker_names):
        payload = one.get("payload") or ""
        broker_id = one.get("broker_id") or False
        preview = " ".join(payload[: 2 * PREVIEW_LENGTH].split())
        return {
            "message_number": one.get("id") or 0,
            "at": utc_datetime(one.get("at")),
            "direction": one.get("direction"),
            "broker": broker_names.get(broker_id, broker_id),
            "topic": one.get("topic") or False,
            "device": one.get("device_id") or False,
            "qos": one.get("qos") or 0,
            "retain": bool(one.get("retain")),
            "size": one.get("bytes") or 0,
            "payload": payload,
            "preview": preview[:PREVIEW_LENGTH],
            "payload_format": one.get("payload_format") or False,
            "truncated": bool(one.get("truncated")),
        }


class MqttHistorySearch(models.TransientModel):
    _name = "mqtt.history.search"
    _description = "Search the MQTT History"

    topic = fields.Char(help="A topic filter; + and # as in MQTT. Empty: all topics.")
    text = fields.Char(help="Part of the topic or of the payload.")
    direction = fields.Selection([("in", "Received"), ("out", "Sent")])
    broker_id = fields.Many2one("mqtt.broker")
    device_id = fields.Many2one("mqtt.device")
    date_from = fields.Datetime(string="From")
    date_to = fields.Datetime(string="Until")
    payload_format = fields.Selection(
        [("auto", "Text, else hex"), ("text", "Text"), ("hex", "Hex")],
        string="Show Payloads As",
        default="auto",
        required=True,
    )
    limit = fields.Selection(
        [("100", "100"), ("500", "500"), ("2000", "2000")],
        string="At Most",
        default="500",
        required=True,
        help="The newest are shown.",
    )

    def _query(self):
        """Return the query of ``GET /api/messages``."""
        self.ensure_one()
        return {
            "topic": self.topic or None,
            "text": self.text or None,
            "direction": self.direction or None,
            "broker_id": self.broker_id.bridge_id or None,
            "device": self.device_id.device_id or None,
            "from": self._iso(self.date_from),
            "to": self._iso(self.date_to),
            "format": self.payload_format,
        }

    @api.model
    def _iso(self, moment):
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None

    def action_search(self):
        """Read the messages from the bridge and open them."""
        self.ensure_one()
        self.env["mqtt.history"]._load(self._query(), int(self.limit), self)
        return self._opened()

    def _opened(self):
        action = self.env["ir.actions.actions"]._for_xml_id(
            "open_workshop_mqtt.mqtt_history_action"
        )
        action["domain"] = [("search_id", "=", self.id)]
        action["context"] = {"history_search_id": self.id}
        if self.topic:
            action["name"] = self.env._("History of %s", self.topic)
        return action

    @api.model
    def action_open(self):
        """Open the newest messages of all topics."""
        search = self.create({})
        try:
            return search.action_search()
        except BridgeFault as fault:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "warning",
                    "message": str(fault),
                    "sticky": True,
                    # Of an action inside another, the client shows tags as they are.
                    "next": {**search._opened(), "help": str(fault)},
                },
            }
