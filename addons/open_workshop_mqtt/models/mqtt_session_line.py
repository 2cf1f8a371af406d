# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class MqttSessionLine(models.AbstractModel):
    """For models whose lines are made of sessions: at most one line of a session."""

    _name = "mqtt.session.line"
    _description = "Line Made of a Machine Session"

    mqtt_session_id = fields.Many2one(
        "mqtt.session",
        "Machine Session",
        readonly=True,
        copy=False,
        ondelete="set null",
    )

    _sql_constraints = [
        (
            "mqtt_session_unique",
            "UNIQUE (mqtt_session_id)",
            "There is a line of this machine session already.",
        )
    ]
