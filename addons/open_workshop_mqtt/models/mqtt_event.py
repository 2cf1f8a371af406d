# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models, tools
from odoo.exceptions import UserError

from .event_body import load_json
from .mqtt_device_options import NAME_LENGTH_MAX, text_length

KEEP_DAYS_PARAMETER = "open_workshop_mqtt.keep_events_days"
KEEP_DAYS_DEFAULT = 90
DELETE_BATCH = 10_000


class MqttEvent(models.Model):
    """An event as it came from the bridge, and what became of it."""

    _name = "mqtt.event"
    _description = "MQTT Event"
    # Unprocessed ones first: "unprocessed" comes after "processed".
    _order = "state desc, ts desc, id desc"
    _rec_name = "event_type"

    event_uid = fields.Char("Event ID", required=True, readonly=True)
    event_type = fields.Char("Type", required=True, readonly=True)
    device_identifier = fields.Char("Device ID", required=True, readonly=True)
    device_id = fields.Many2one(
        "mqtt.device", "Device", readonly=True, index=True, ondelete="set null"
    )
    session_id = fields.Many2one(
        "mqtt.session",
        "Session",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    company_id = fields.Many2one("res.company", readonly=True)
    ts = fields.Datetime(
        "Time", required=True, readonly=True, help="When it happened, by the bridge."
    )
    received_at = fields.Datetime("Received", required=True, readonly=True)
    body = fields.Text(required=True, readonly=True, help="The event as it came.")
    state = fields.Selection(
        [("processed", "Processed"), ("unprocessed", "Unprocessed")],
        required=True,
        default="unprocessed",
        readonly=True,
    )
    reason = fields.Selection(
        [
            ("unknown_device", "No active device has this ID"),
            ("unknown_type", "This type is not known here"),
            ("failed", "Failed"),
        ],
        "Reason",
        readonly=True,
    )
    fault = fields.Text(readonly=True)

    _sql_constraints = [
        (
            "event_uid_unique",
            "UNIQUE (event_uid)",
            "There is an event with this ID already.",
        )
    ]

    def init(self):
        for name, columns, where in (
            ("list_index", ["state DESC", "ts DESC", "id DESC"], ""),
            ("old_index", ["received_at"], "state = 'processed'"),
            ("waiting_index", ["device_identifier"], "state = 'unprocessed'"),
        ):
            tools.create_index(
                self.env.cr, f"{self._table}_{name}", self._table, columns, where=where
            )

    @api.depends("event_type", "ts")
    def _compute_display_name(self):
        for event in self:
            ts = event.ts and fields.Datetime.context_timestamp(event, event.ts)
            event.display_name = " ".join(
                filter(None, (event.event_type, ts and ts.strftime("%Y-%m-%d %H:%M")))
            )

    def action_process(self):
        """Process these events again, those that are unprocessed, in order of time."""
        self.check_access("write")
        waiting = self.sudo().filtered(lambda event: event.state == "unprocessed")
        waiting._process()
        done = len(waiting.filtered(lambda event: event.state == "processed"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if done == len(waiting) else "warning",
                "message": self.env._(
                    "%(done)s processed, %(kept)s still unprocessed.",
                    done=done,
                    kept=len(waiting) - done,
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_make_device(self):
        """Make the device that these events name, and process what waited for it."""
        self.check_access("write")
        identifiers = set(self.mapped("device_identifier"))
        if len(identifiers) != 1:
            raise UserError(self.env._("Choose events of one device."))
        identifier = identifiers.pop()
        devices = self.env["mqtt.device"]
        device = devices.with_context(active_test=False).search(
            [("device_id", "=", identifier)], limit=1
        )
        if device and not device.active:
            raise UserError(
                self.env._(
                    "The device %s is archived. Unarchive it: its events are "
                    "then processed.",
                    device.display_name,
                )
            )
        if not device:
            device = devices.create(
                {"device_id": identifier, "name": self._machine_name() or identifier}
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": "mqtt.device",
            "res_id": device.id,
            "views": [(False, "form")],
        }

    def _machine_name(self):
        """Return the machine's name in the newest of these events that has one."""
        for event in self.sorted("ts", reverse=True):
            payload = load_json(event.body).get("payload")
            name = payload.get("machine_name") if isinstance(payload, dict) else None
            if isinstance(name, str) and name.strip():
                name = name.strip()
                while text_length(name) > NAME_LENGTH_MAX:
                    name = name[:-1]
                return name
        return None

    def _on_flow_event(self, name, data):
        """Do what a flow of the bridge asks for; for glue modules and integrators.

        Extend it with ``_inherit = "mqtt.event"`` and call ``super()``. It is called
        once for each ``flow_event``, with one record, as superuser and in the
        transaction that stores the event. An exception undoes what this call did; the
        event is kept as unprocessed with the fault and can be processed again.

        :param str name: what the flow calls its event
        :param dict data: what the flow gives with it; anything may be missing in it
        """
        self.ensure_one()

    @api.model
    def _cron_delete_old(self):
        """Delete processed events that were received long ago; more in the next run."""
        days = self._keep_days()
        self.env.cr.execute(
            """
            DELETE FROM mqtt_event
            WHERE id IN (
                SELECT id FROM mqtt_event
                WHERE state = 'processed'
                    AND received_at < now() AT TIME ZONE 'UTC' - %s * interval '1 day'
                LIMIT %s
            )
            """,
            [days, DELETE_BATCH],
        )
        done = self.env.cr.rowcount
        self.invalidate_model()
        # Whether more is left shows at the next run; a full batch says there may be.
        self.env["ir.cron"]._notify_progress(
            done=done, remaining=DELETE_BATCH if done == DELETE_BATCH else 0
        )

    @api.model
    def _keep_days(self):
        """Return for how many days processed events are kept."""
        value = self.env["ir.config_parameter"].sudo().get_param(KEEP_DAYS_PARAMETER)
        try:
            days = int(value or KEEP_DAYS_DEFAULT)
        except ValueError:
            return KEEP_DAYS_DEFAULT
        return days if 0 < days < 100_000 else KEEP_DAYS_DEFAULT
