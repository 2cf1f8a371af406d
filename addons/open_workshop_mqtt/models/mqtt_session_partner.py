# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models, tools
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from .mqtt_bridge import BridgeFault

_logger = logging.getLogger(__name__)

LOOKED_UP_FOR = timedelta(days=1)
LOOKUP_BATCH = 1000
SHOWN_LENGTH_MAX = 64


class MqttSession(models.Model):
    _inherit = "mqtt.session"

    partner_note = fields.Char(
        "About the Customer",
        readonly=True,
        copy=False,
        help="Why the customer was not found by what the device said.",
    )
    # Someone has said whose it is, or that it is nobody's: it is not looked up again.
    partner_settled = fields.Boolean(readonly=True, copy=False)

    def init(self):
        super().init()
        tools.create_index(
            self.env.cr,
            f"{self._table}_no_partner_index",
            self._table,
            ["create_date"],
            where="partner_id IS NULL",
        )

    def write(self, vals):
        """Leave the customer alone from when it was said by anyone."""
        result = super().write(vals)
        if "partner_id" in vals:
            self.sudo().write({"partner_settled": True, "partner_note": False})
        return result

    @api.model
    def _waiting_for_partner(self):
        """Return the sessions of the last day whose customer their device may say."""
        since = fields.Datetime.now() - LOOKED_UP_FOR
        return self.search(
            [
                ("partner_id", "=", False),
                ("partner_settled", "=", False),
                ("create_date", ">=", since),
                ("device_id.partner_attribute", "not in", (False, "")),
            ],
            order="create_date DESC, id DESC",
            limit=LOOKUP_BATCH,
        )

    @api.model
    def _cron_find_partners(self):
        """Find customers by what devices said, each device in its own transaction."""
        waiting = self._waiting_for_partner()
        by_device = waiting.grouped("device_id")
        for device, sessions in by_device.items():
            try:
                said = device._said_attributes(min(sessions.mapped("start")))
            except BridgeFault as fault:
                if fault.status is None:
                    # It would not answer for the other devices either.
                    waiting._apart("_note_fault", str(fault))
                    return
                sessions._apart("_note_fault", str(fault))
            else:
                sessions._apart("_find_partners", said)
            waiting -= sessions

    def _apart(self, method, argument):
        """Call a method of these sessions, with the hooks, in its own transaction."""
        with self.env.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            try:
                getattr(env["mqtt.session"].browse(self.ids).exists(), method)(argument)
                env.flush_all()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                cr.rollback()
                _logger.info("Sessions changed meanwhile: tried again at the next run")

    def _note_fault(self, text):
        for session in self._in_their_language():
            session._note(
                session.env._("The bridge could not say the customer: %s", text)
            )

    def _find_partners(self, said):
        """Set the customers of these sessions, or note why there is none.

        :param said: list of (datetime, value) of their device, the newest first
        """
        for session in self._in_their_language():
            if session.partner_id or session.partner_settled:
                continue
            in_force = [value for moment, value in said if moment <= session.start]
            value = _as_text(in_force[0]) if in_force else ""
            if not value:
                session._note(session._nothing_said(in_force))
                continue
            partners = session._partners_having(value)
            if len(partners) == 1:
                session.partner_id = partners
            else:
                session._note(session._no_match(value[:SHOWN_LENGTH_MAX], partners))

    def _in_their_language(self):
        """Yield each session in the language and company of who will read its note."""
        for session in self:
            company = session.company_id
            yield session.with_company(company).with_context(
                lang=company.partner_id.lang
            )

    def _note(self, text):
        if self.partner_note != text:
            self.partner_note = text

    def _partners_having(self, value):
        """Return the contacts of the session's company with this value: at most two."""
        return self.env["res.partner"].search(
            [
                (self.device_id.partner_match, "=", value),
                ("company_id", "in", (False, self.company_id.id)),
            ],
            limit=2,
        )

    def _nothing_said(self, in_force):
        """Say why there is no value, from the values in force, which hold none."""
        key = self.device_id.partner_attribute
        if not in_force:
            return self.env._(
                "The device had said no “%s” when the session began. "
                "Choose the customer by hand.",
                key,
            )
        if in_force[0] is None or in_force[0] == "":
            return self.env._(
                "“%s” was empty when the session began. Choose the customer by hand.",
                key,
            )
        return self.env._(
            "“%s” was neither a text nor a whole number when the session began. "
            "Mend what the device sends.",
            key,
        )

    def _no_match(self, value, partners):
        """Say why no contact was chosen."""
        match = self.device_id._fields["partner_match"]
        labels = dict(match._description_selection(self.env))
        wanted = f"{labels[self.device_id.partner_match]} “{value}”"
        if partners:
            return self.env._(
                "Several contacts have this: %s. Leave it to one of them.", wanted
            )
        return self.env._(
            "No contact has this: %s. Give it to the customer, or choose them by hand.",
            wanted,
        )


def _as_text(value):
    """Return the value of an attribute as a contact has it; '' when it is no such."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""
