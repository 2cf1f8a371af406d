# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from odoo import api, models

from .mqtt_bridge import BridgeFault
from .mqtt_push import CRON_LOCK_TIMEOUT_S, run_push

_logger = logging.getLogger(__name__)

NAMES_MAX = 5


class MqttPush(models.Model):
    """What the bridge has by itself, and what it has lost."""

    _inherit = "mqtt.push"

    @api.model
    def _check_strangers(self, configuration):
        """Before the first push to a bridge: does it have devices that Odoo has not?

        A push replaces them all, and ends their open sessions.

        :raise BridgeFault: it has some; a person then decides
        """
        known = {device["device_id"] for device in configuration["devices"]}
        there = self.env["mqtt.bridge"]._call("GET", "/config").get("devices") or []
        strangers = [
            str(device.get("device_id"))
            for device in there
            if isinstance(device, dict) and device.get("device_id") not in known
        ]
        if strangers:
            names = ", ".join(strangers[:NAMES_MAX])
            raise BridgeFault(
                self.env._(
                    "The bridge has devices that Odoo does not have: %(count)s "
                    "(%(names)s). A push would remove them. Make them here with the "
                    "same IDs, or press Push Configuration to Bridge to replace them.",
                    count=len(strangers),
                    names=names if len(strangers) <= NAMES_MAX else f"{names} …",
                ),
                kind="strangers",
            )

    @api.model
    def _is_forgotten(self):
        """Whether the bridge has another configuration than it was sent, by accident.

        It is older, or none, when a back-up was put back or its volume was lost; it is
        of a file when the bridge began anew with one. Another newer one was made by a
        person at the bridge and stays.
        """
        push = self._current()
        bridge = self.env["mqtt.bridge"]
        try:
            health = bridge._call("GET", "/health")
            if "last_config_update" not in health or not push.bridge_time:
                return False
            # Both are of the bridge's clock, ISO 8601 in UTC of one length.
            update = health["last_config_update"] or ""
            if update <= push.bridge_time:
                return update < push.bridge_time
            page = bridge._call("GET", "/api/configurations", params={"limit": 1})
        except BridgeFault as fault:
            _logger.info("push_bridge_config: the bridge was not asked: %s", fault)
            return False
        return any(
            one.get("source") == "file" for one in page.get("configurations") or []
        )

    @api.model
    def _cron_push(self):
        """Push what waits or failed, and what the bridge has lost."""
        registry = self.env.registry
        outcome = run_push(registry, lock_timeout_s=CRON_LOCK_TIMEOUT_S)
        if outcome == "unchanged" and self._is_forgotten():
            _logger.warning("push_bridge_config: the bridge has lost it, sent again")
            run_push(registry, force=True, lock_timeout_s=CRON_LOCK_TIMEOUT_S)
