# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import UTC, datetime

from odoo import fields, models

HISTORY_LIMIT = 500


class MqttDevice(models.Model):
    _inherit = "mqtt.device"

    partner_attribute = fields.Char(
        "Customer Attribute",
        tracking=True,
        help="Attribute of the device that says whose a session is, such as badge. "
        "Its value at the start of the session counts. "
        "Not asked for where the device has a default customer.",
    )
    partner_match = fields.Selection(
        [("ref", "Reference"), ("barcode", "Barcode")],
        "Customer Has It As",
        required=True,
        default="ref",
        tracking=True,
        help="Field of the contact that has the same value.",
    )

    def _said_attributes(self, since):
        """Ask the bridge what the device said under its customer attribute.

        :param since: datetime, naive UTC; what was in force then must be among it
        :return: list of (datetime, value), the newest first; None: it was deleted
        :raises BridgeFault: there is no answer
        """
        self.ensure_one()
        bridge, key = self.env["mqtt.bridge"], self.partner_attribute
        path = bridge._path("api", "devices", self.device_id, "attributes")
        answer = bridge._call(
            "GET",
            path + bridge._path(key, "history"),
            params={"scope": "device", "limit": HISTORY_LIMIT},
        )
        said = self._read_attributes(answer.get("values"))
        if not any(moment <= since for moment, _value in said):
            # A value older than the history is kept as the present one only.
            present = bridge._call("GET", path).get("attributes")
            said += self._read_attributes(present, key)
        return sorted(said, key=lambda one: one[0], reverse=True)

    def _read_attributes(self, entries, key=None):
        """Return (time, value) of entries of the bridge that have both.

        :param key: only those of this key that the device said itself
        """
        said = []
        for entry in entries if isinstance(entries, list) else []:
            if not isinstance(entry, dict):
                continue
            if key and (entry.get("key"), entry.get("scope")) != (key, "device"):
                continue
            try:
                moment = datetime.fromisoformat(entry["at"])
                said.append(
                    (moment.astimezone(UTC).replace(tzinfo=None), entry["value"])
                )
            except (KeyError, TypeError, ValueError):
                continue
        return said
