# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import datetime

import psycopg2.errors

from odoo import api, fields, models, tools

from .mqtt_bridge import BridgeFault
from .mqtt_bridge_http import HttpFault, request_json

_logger = logging.getLogger(__name__)


def utc_datetime(text):
    """Turn the bridge's ISO time into Odoo's naive UTC, or False when there is none."""
    if not text:
        return False
    return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(
        tzinfo=None, microsecond=0
    )


class MqttBridgeMirror(models.AbstractModel):
    """A record that is kept in the bridge; here is a copy to look at and to link to.

    Models that inherit say where it is (``_bridge_path``, ``_bridge_list``,
    ``_bridge_key``) and translate with ``_bridge_values`` and ``_bridge_body``.
    """

    _name = "mqtt.bridge.mirror"
    _description = "Record kept in the IoT Bridge"
    _order = "sequence, id"

    _bridge_path = ""
    _bridge_list = ""
    _bridge_key = ""
    _bridge_action = ""

    bridge_id = fields.Char(
        string="ID in the Bridge", readonly=True, copy=False, index=True
    )
    sequence = fields.Integer(readonly=True, copy=False)

    @api.model
    def _bridge_values(self, answer):
        """Return the values of fields for what the bridge shows of one record."""
        raise NotImplementedError

    @api.model
    def _bridge_body(self, vals):
        """Return what the bridge is sent for values of fields, only those given."""
        raise NotImplementedError

    @api.model_create_multi
    def create(self, vals_list):
        """Make the records in the bridge first; it decides."""
        self.browse().check_access("create")
        mirrored = []
        for vals in vals_list:
            body = self._bridge_body(vals)
            answer = self.env["mqtt.bridge"]._call("POST", self._bridge_path, body)
            self._remove_on_rollback(answer[self._bridge_key])
            mirrored.append(self._bridge_values(answer))
        return self._mirror_create(mirrored)

    def write(self, vals):
        """Change the records in the bridge first; it decides."""
        self.check_access("write")
        body = self._bridge_body(vals)
        for mirror in self if body else ():
            path = self._bridge_path + self.env["mqtt.bridge"]._path(mirror.bridge_id)
            answer = self.env["mqtt.bridge"]._call("PATCH", path, body)
            mirror._mirror_write(self._bridge_values(answer))
        return True

    def unlink(self):
        """Remove the records in the bridge first; what it no longer has is fine."""
        self.check_access("unlink")
        for mirror in self:
            path = self._bridge_path + self.env["mqtt.bridge"]._path(mirror.bridge_id)
            try:
                self.env["mqtt.bridge"]._call("DELETE", path)
            except BridgeFault as fault:
                if fault.status != 404:
                    raise
        return self._mirror_unlink()

    def _mirror_create(self, vals_list):
        return super().create(vals_list)

    def _mirror_write(self, vals):
        return super().write(vals)

    def _mirror_unlink(self):
        return super().unlink()

    @api.model
    def _remove_on_rollback(self, bridge_id):
        """Take back what was made in the bridge when Odoo does not keep it."""
        bridge = self.env["mqtt.bridge"]
        url = bridge._url() + self._bridge_path + bridge._path(bridge_id)
        token = bridge._token()

        def remove():
            try:
                request_json("DELETE", url, token)
            except HttpFault as fault:
                _logger.warning("%s stays in the bridge: %s", bridge_id, fault)

        self.env.cr.postrollback.add(remove)

    @api.model
    def _refresh(self):
        """Make the copies as the bridge has the records.

        :raises BridgeFault: the bridge was not reached; nothing is changed
        """
        answer = self.env["mqtt.bridge"]._call("GET", self._bridge_path)
        mirrors = {mirror.bridge_id: mirror for mirror in self.sudo().search([])}
        made = []
        for sequence, one in enumerate(answer.get(self._bridge_list) or []):
            values = {**self._bridge_values(one), "sequence": sequence}
            mirror = mirrors.pop(one[self._bridge_key], None)
            if mirror is None:
                made.append(values)
            else:
                mirror._mirror_update(values)
        self.sudo().browse([one.id for one in mirrors.values()])._mirror_unlink()
        try:
            with self.env.cr.savepoint(), tools.mute_logger("odoo.sql_db"):
                self.sudo()._mirror_create(made)
        except psycopg2.errors.UniqueViolation:
            _logger.info("%s: another user refreshes them just now", self._name)

    def _mirror_update(self, values):
        """Write what differs, so that nothing is written when nothing changed."""
        changed = {
            name: value
            for name, value in values.items()
            if self._fields[name].convert_to_write(self[name], self) != value
        }
        if changed:
            self._mirror_write(changed)

    @api.model
    def action_open(self):
        """Refresh, then open the list; with the last known records when it fails."""
        self.browse().check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(self._bridge_action)
        try:
            self._refresh()
        except BridgeFault as fault:
            message = self.env._("What is shown may be old. %s", fault)
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "warning",
                    "message": message,
                    "sticky": True,
                    # By its ID: of an action as such the client shows tags as they are.
                    "next": action["id"],
                },
            }
        return action

    def action_refresh(self):
        """Refresh all of them; the view reads anew after a button."""
        self.browse().check_access("read")
        self._refresh()
        return True
