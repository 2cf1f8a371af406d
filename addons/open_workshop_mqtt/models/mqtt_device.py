# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .mqtt_device_options import (
    NAME_LENGTH_MAX,
    channel_problem,
    has_control_characters,
    parser_options_problem,
    text_length,
    topic_filter_problem,
)

DEVICE_ID_LENGTH_MAX = 128
THRESHOLD_W_MAX = 1_000_000
DEBOUNCE_S_MAX = 3600
DAY_S = 86_400
WEEK_S = 604_800
RATED_POWER_W_MAX = 10_000_000


class MqttDevice(models.Model):
    """A power meter that the bridge listens to, and the machine behind it."""

    _name = "mqtt.device"
    _description = "MQTT Device"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(
        "Machine", required=True, tracking=True, help="Name of the machine."
    )
    device_id = fields.Char(
        "Device ID",
        required=True,
        tracking=True,
        help="The name of the device in the bridge and in its events; unique.",
    )
    active = fields.Boolean(
        default=True,
        tracking=True,
        help="An archived device is taken out of the bridge's configuration.",
    )
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        index=True,
        help="Empty: all companies share the device.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Default Customer",
        tracking=True,
        check_company=True,
        help="Customer of new sessions of this device.",
    )
    mqtt_topic = fields.Char(
        "MQTT Topic",
        tracking=True,
        help="Topic or topic filter of the readings, for instance "
        "shellypmminig3-48f6eeb73a1c/status/pm1:0. "
        "Empty: the device is not configured in the bridge.",
    )
    parser_type = fields.Selection(
        [
            ("auto", "Recognise automatically"),
            ("shelly_pm", "Shelly Gen2 and later"),
            ("shelly_gen1", "Shelly Gen1"),
            ("tasmota", "Tasmota"),
            ("openbeken", "OpenBeken"),
            ("zigbee2mqtt", "Zigbee2MQTT"),
            ("esphome", "ESPHome"),
            ("ha_statestream", "Home Assistant statestream"),
            ("generic", "Other: JSON or plain numbers"),
        ],
        "Parser",
        required=True,
        default="auto",
        tracking=True,
        help="Family of the device: how its messages are read.",
    )
    strategy = fields.Selection(
        [("power_threshold", "By two power thresholds")],
        "Session Detection",
        required=True,
        default="power_threshold",
        tracking=True,
    )
    standby_threshold_w = fields.Float(
        "Standby Threshold (W)",
        default=5.0,
        tracking=True,
        help="Power from which the machine counts as on.",
    )
    working_threshold_w = fields.Float(
        "Working Threshold (W)",
        default=50.0,
        tracking=True,
        help="Power from which the machine counts as working.",
    )
    start_debounce_s = fields.Float(
        "Start Debounce (s)",
        default=3.0,
        tracking=True,
        help="How long power must be on before a session begins.",
    )
    stop_debounce_s = fields.Float(
        "Stop Debounce (s)",
        default=15.0,
        tracking=True,
        help="How long power must be gone before a session ends.",
    )
    message_timeout_s = fields.Float(
        "Message Timeout (s)",
        tracking=True,
        help="Silence that ends a session. 0: the bridge chooses it by the parser.",
    )
    heartbeat_interval_s = fields.Float(
        "Heartbeat Interval (s)",
        default=300.0,
        tracking=True,
        help="Time between two heartbeats of an open session. 0: none.",
    )
    parser_options = fields.Text(
        tracking=True,
        help="Where a generic parser finds the values, as a JSON object: "
        '{"power": {"path": "$.meter.p", "unit": "kW"}}',
    )
    channel = fields.Char(
        tracking=True,
        help="Component of a device with several (0, 1, …), or phase of a "
        "three-phase meter (total, a, b, c).",
    )
    rated_power_w = fields.Float(
        "Rated Power (W)",
        tracking=True,
        help="The most the machine can draw. 0: not given to the bridge.",
    )
    offline_timeout_s = fields.Float(
        "Offline After (s)",
        tracking=True,
        help="Silence after which the device counts as offline. "
        "0: the bridge chooses it by the parser.",
    )
    forward_measurements = fields.Boolean(
        tracking=True,
        help="The bridge also delivers every single reading to Odoo.",
    )
    state = fields.Selection(
        [
            ("idle", "Idle"),
            ("starting", "Starting"),
            ("standby", "Standby"),
            ("working", "Working"),
            ("stopping", "Stopping"),
        ],
        required=True,
        default="idle",
        readonly=True,
        copy=False,
    )
    state_at = fields.Datetime("State Since", readonly=True, copy=False)
    online = fields.Boolean(readonly=True, copy=False)
    online_at = fields.Datetime("Online or Offline Since", readonly=True, copy=False)
    last_seen = fields.Datetime(
        "Last Message",
        readonly=True,
        copy=False,
        help="As far as an event told it: the readings themselves stay in the bridge.",
    )
    power_w = fields.Float("Power (W)", readonly=True, copy=False, aggregator=None)
    power_at = fields.Datetime("Power Measured", readonly=True, copy=False)
    session_ids = fields.One2many("mqtt.session", "device_id", "Sessions")
    session_count = fields.Integer("Session Count", compute="_compute_session_count")

    _sql_constraints = [
        (
            "device_id_unique",
            "UNIQUE (device_id)",
            "There is a device with this ID already. It may be archived.",
        )
    ]

    @api.depends("session_ids")
    def _compute_session_count(self):
        counts = dict(
            self.env["mqtt.session"]._read_group(
                [("device_id", "in", self.ids)], ["device_id"], ["__count"]
            )
        )
        for device in self:
            device.session_count = counts.get(device._origin, 0)

    @api.constrains("name", "device_id")
    def _check_texts(self):
        for device in self:
            if text_length(device.name) > NAME_LENGTH_MAX:
                raise ValidationError(
                    self.env._(
                        "The name of a machine has at most %s characters.",
                        NAME_LENGTH_MAX,
                    )
                )
            if text_length(device.device_id) > DEVICE_ID_LENGTH_MAX:
                raise ValidationError(
                    self.env._(
                        "A device ID has at most %s characters.", DEVICE_ID_LENGTH_MAX
                    )
                )
            if has_control_characters(device.device_id):
                raise ValidationError(
                    self.env._(
                        "The device ID has characters that cannot be seen, "
                        "as a line break or a tab. Type it again."
                    )
                )

    @api.constrains("mqtt_topic", "channel", "parser_options")
    def _check_options(self):
        for device in self:
            for value, find_problem in (
                (device.mqtt_topic, topic_filter_problem),
                (device.channel, channel_problem),
                (device.parser_options, parser_options_problem),
            ):
                problem = value and find_problem(self.env, value)
                if problem:
                    raise ValidationError(problem)

    @api.model
    def _setting_ranges(self):
        """Return the ranges of the numeric settings.

        :return: dict of field name to (least, most, whether 0 is allowed besides)
        """
        return {
            "standby_threshold_w": (0, THRESHOLD_W_MAX, False),
            "working_threshold_w": (0, THRESHOLD_W_MAX, False),
            "start_debounce_s": (0, DEBOUNCE_S_MAX, False),
            "stop_debounce_s": (0, DEBOUNCE_S_MAX, False),
            "message_timeout_s": (1, DAY_S, True),
            "heartbeat_interval_s": (1, DAY_S, True),
            "rated_power_w": (0, RATED_POWER_W_MAX, True),
            "offline_timeout_s": (1, WEEK_S, True),
        }

    @api.constrains(
        "standby_threshold_w",
        "working_threshold_w",
        "start_debounce_s",
        "stop_debounce_s",
        "message_timeout_s",
        "heartbeat_interval_s",
        "rated_power_w",
        "offline_timeout_s",
    )
    def _check_ranges(self):
        for device in self:
            for name, (least, most, or_zero) in self._setting_ranges().items():
                value = device[name]
                if least <= value <= most or (or_zero and not value):
                    continue
                field = self._fields[name]._description_string(self.env)
                raise ValidationError(
                    self.env._(
                        "%(field)s: it must be from %(least)s to %(most)s, or 0.",
                        field=field,
                        least=least,
                        most=most,
                    )
                    if or_zero
                    else self.env._(
                        "%(field)s: it must be from %(least)s to %(most)s.",
                        field=field,
                        least=least,
                        most=most,
                    )
                )
            if device.standby_threshold_w > device.working_threshold_w:
                raise ValidationError(
                    self.env._(
                        "The standby threshold must not be above the working "
                        "threshold."
                    )
                )
