# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from .mqtt_session import ASSIGNMENT_FIELDS


class MqttSession(models.Model):
    _inherit = "mqtt.session"

    def write(self, vals):
        """Run the hook of closed sessions whose customer or user becomes another."""
        names = sorted(ASSIGNMENT_FIELDS & vals.keys())
        before = {}
        if names:
            closed = self.filtered(lambda session: session.state == "closed")
            before = {session: [session[name] for name in names] for session in closed}
        result = super().write(vals)
        for session, values in before.items():
            changed = [
                name
                for name, value in zip(names, values, strict=True)
                if session[name] != value
            ]
            if changed:
                session.with_context(mqtt_assigned=changed)._run_assigned_hook()
        return result

    def _run_assigned_hook(self):
        was_faulty = bool(self.closing_fault)
        if not self._run_closed_hook("_on_assigned") and was_faulty:
            self.sudo().event_ids._set_processed()

    def _on_assigned(self):
        """Do what follows when a closed session gets another customer or user.

        Called like ``_on_closed``, and by the same rules, whenever ``partner_id`` or
        ``user_id`` of a closed session was changed: by a person, or by what its device
        said. Where ``_on_closed`` had failed, that is called again instead.
        ``_is_assigned`` says which of the two it was.
        """
        self.ensure_one()

    def _is_assigned(self, name):
        """Whether ``_on_assigned`` is about this field; run again, it is about both."""
        return name in self.env.context.get("mqtt_assigned", ASSIGNMENT_FIELDS)

    def _claim(self):
        """Hold these sessions until the end of the transaction, to make something once.

        Where another transaction changed or held one since this one began, PostgreSQL
        reports a serialization failure; Odoo then tries again and sees what was made.
        """
        self.env.cr.execute(
            "UPDATE mqtt_session SET write_date = write_date WHERE id IN %s",
            [tuple(self.ids)],
            log_exceptions=False,
        )
