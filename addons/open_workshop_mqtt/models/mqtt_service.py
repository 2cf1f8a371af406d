# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import AccessError

from .mqtt_bridge import LONG_READ_TIMEOUT_S, BridgeFault
from .mqtt_bridge_mirror import utc_datetime
from .mqtt_push import CONFIGURATION_STATES


class MqttService(models.Model):
    """The bridge's service. One record; what it shows is asked at every reading."""

    _name = "mqtt.service"
    _description = "MQTT Service"

    status = fields.Selection(
        [("running", "Running"), ("stopped", "Stopped"), ("unknown", "Unknown")],
        compute="_compute_report",
    )
    connection = fields.Selection(
        [
            ("connecting", "Connecting"),
            ("connected", "Connected"),
            ("disconnected", "Disconnected"),
            ("unknown", "Unknown"),
        ],
        compute="_compute_report",
        help="To the main broker; without one, to the one inside the bridge.",
    )
    since = fields.Datetime(compute="_compute_report")
    reason = fields.Char(string="Why", compute="_compute_report")
    version = fields.Char(compute="_compute_report")
    device_count = fields.Integer(string="Devices", compute="_compute_report")
    session_count = fields.Integer(string="Open Sessions", compute="_compute_report")
    events_pending = fields.Integer(string="Events Waiting", compute="_compute_report")
    events_parked = fields.Integer(
        string="Events Parked",
        compute="_compute_report",
        help="Odoo refused them too often; they are kept in the bridge until somebody "
        "sends them again.",
    )
    odoo_reachable = fields.Selection(
        [("yes", "Yes"), ("no", "No"), ("unknown", "Not asked yet")],
        string="Bridge Reaches Odoo",
        compute="_compute_report",
    )
    problems = fields.Text(compute="_compute_report")
    fault = fields.Text(compute="_compute_report")
    push_state = fields.Selection(
        CONFIGURATION_STATES,
        string="Configuration",
        compute="_compute_push",
    )
    push_message = fields.Text(compute="_compute_push")
    pushed_at = fields.Datetime(string="Last Push", compute="_compute_push")

    def _compute_display_name(self):
        for service in self:
            service.display_name = self.env._("MQTT Service")

    def _compute_push(self):
        push = self.env["mqtt.push"]._current()
        self.push_state = push.state
        self.push_message = push.message
        self.pushed_at = push.last_success

    def _compute_report(self):
        bridge = self.env["mqtt.bridge"]
        health, report, fault = {}, {}, False
        try:
            health = bridge._call("GET", "/health")
            report = bridge._call("GET", "/api/service")
        except BridgeFault as error:
            fault = str(error)
        reachable = {True: "yes", False: "no"}
        self.update(
            {
                "status": report.get("status") or "unknown",
                "connection": report.get("connection") or "unknown",
                "since": utc_datetime(report.get("since")),
                "reason": report.get("reason") or False,
                "version": health.get("version") or False,
                "device_count": health.get("devices") or 0,
                "session_count": health.get("active_sessions") or 0,
                "events_pending": health.get("events_pending") or 0,
                "events_parked": health.get("events_parked") or 0,
                "odoo_reachable": reachable.get(
                    health.get("odoo_reachable"), "unknown"
                ),
                "problems": "\n".join(health.get("problems") or []) or False,
                "fault": fault,
            }
        )

    def action_start(self):
        """Let the bridge connect to its brokers."""
        return self._switch("start")

    def action_stop(self):
        """Let the bridge disconnect from its brokers."""
        return self._switch("stop")

    def action_restart(self):
        """Let the bridge disconnect and connect again."""
        return self._switch("restart")

    def action_refresh(self):
        """Ask anew; the form does so by itself after a button."""
        return True

    def _switch(self, word):
        """Switch the service.

        :param word: ``start``, ``stop`` or ``restart``
        :raises BridgeFault: the bridge did not do it
        """
        if not self.env.user.has_group("open_workshop_mqtt.group_manager"):
            raise AccessError(
                self.env._("Only MQTT administrators start and stop the service.")
            )
        self.env["mqtt.bridge"]._call(
            "POST", f"/api/service/{word}", {}, read_timeout_s=LONG_READ_TIMEOUT_S
        )
        return True
