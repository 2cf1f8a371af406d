# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools.misc import clean_context

from .event_fault import fault_text
from .mqtt_price import SECONDS_PER_HOUR

_logger = logging.getLogger(__name__)

# What a user who is not a manager may say about a session.
ASSIGNMENT_FIELDS = {"partner_id", "user_id"}


class MqttSession(models.Model):
    """One use of a machine, from switching on to switching off."""

    _name = "mqtt.session"
    _description = "Machine Session"
    _order = "start desc, id desc"
    _rec_name = "machine_name"
    _check_company_auto = True

    session_uid = fields.Char("Session ID", required=True, readonly=True, copy=False)
    device_id = fields.Many2one(
        "mqtt.device", "Device", readonly=True, index=True, ondelete="set null"
    )
    device_identifier = fields.Char(
        "Device ID", readonly=True, help="Kept when the device is deleted."
    )
    machine_name = fields.Char("Machine", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    user_id = fields.Many2one(
        "res.users", "User", index="btree_not_null", help="Who used the machine."
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        index="btree_not_null",
        check_company=True,
        help="Who pays for the session.",
    )
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed")],
        required=True,
        default="open",
        readonly=True,
        index=True,
    )
    start = fields.Datetime(required=True, readonly=True, index=True)
    end = fields.Datetime(readonly=True)
    figures_until = fields.Datetime(
        readonly=True, help="The time up to which the figures are counted."
    )
    duration_s = fields.Float("Duration (s)", readonly=True)
    standby_duration_s = fields.Float("Standby (s)", readonly=True)
    working_duration_s = fields.Float("Working (s)", readonly=True)
    interruption_duration_s = fields.Float("Interruption (s)", readonly=True)
    duration_h = fields.Float("Duration", compute="_compute_hours", store=True)
    standby_duration_h = fields.Float(
        "Standby Time", compute="_compute_hours", store=True
    )
    working_duration_h = fields.Float(
        "Working Time", compute="_compute_hours", store=True
    )
    energy_kwh = fields.Float("Energy (kWh)", readonly=True)
    energy_source = fields.Selection(
        [("counter", "Counter of the device"), ("integrated", "Sum of its powers")],
        readonly=True,
        help="Whether the energy was counted by the device or added up from powers.",
    )
    power_w = fields.Float("Last Power (W)", readonly=True, aggregator=None)
    avg_power_w = fields.Float("Average Power (W)", readonly=True, aggregator="avg")
    min_power_w = fields.Float("Lowest Power (W)", readonly=True, aggregator="min")
    max_power_w = fields.Float("Highest Power (W)", readonly=True, aggregator="max")
    message_count = fields.Integer("Readings", readonly=True)
    reason = fields.Selection(
        [
            ("normal", "Switched off"),
            ("timeout", "No more messages"),
            ("gap", "Long gap"),
            ("device_removed", "Device removed"),
        ],
        "Ended By",
        readonly=True,
    )
    price_id = fields.Many2one(
        "mqtt.price", "Price", readonly=True, ondelete="set null", check_company=False
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    cost = fields.Monetary(
        readonly=True,
        help="By the price that was valid when the session began. "
        "A later change of prices does not change it.",
    )
    closing_fault = fields.Text(
        readonly=True,
        copy=False,
        help="Why what follows the end of the session, as its invoice, failed.",
    )
    failed_hook = fields.Char(readonly=True, copy=False)
    event_ids = fields.One2many("mqtt.event", "session_id", "Events")

    _sql_constraints = [
        (
            "session_uid_unique",
            "UNIQUE (session_uid)",
            "There is a session with this ID already.",
        )
    ]

    @api.depends("duration_s", "standby_duration_s", "working_duration_s")
    def _compute_hours(self):
        for session in self:
            session.duration_h = session.duration_s / SECONDS_PER_HOUR
            session.standby_duration_h = session.standby_duration_s / SECONDS_PER_HOUR
            session.working_duration_h = session.working_duration_s / SECONDS_PER_HOUR

    @api.depends("machine_name", "start")
    def _compute_display_name(self):
        for session in self:
            start = session.start and fields.Datetime.context_timestamp(
                session, session.start
            )
            session.display_name = " ".join(
                filter(
                    None,
                    (session.machine_name, start and start.strftime("%Y-%m-%d %H:%M")),
                )
            )

    def write(self, vals):
        self._check_assignment(vals)
        return super().write(vals)

    @api.model
    def _check_assignment(self, vals):
        if self.env.su or ASSIGNMENT_FIELDS.issuperset(vals):
            return
        if not self.env.user.has_group("open_workshop_mqtt.group_manager"):
            raise AccessError(
                self.env._(
                    "You may say whose a session is. "
                    "Its figures are changed by an administrator of MQTT only."
                )
            )

    def _update_cost(self, price=None):
        """Compute the cost by the price that is valid at the session's start.

        :param price: mqtt.price, may be empty; None: it is looked up
        """
        prices = self.env["mqtt.price"]
        for session in self:
            device, company = session.device_id, session.company_id
            found = price
            if found is None:
                found = prices._candidates(device)._price_of(
                    device, company, session.start
                )
            session.write(
                {
                    "price_id": found.id,
                    "currency_id": (found.currency_id or company.currency_id).id,
                    "cost": found
                    and found._cost(
                        session.standby_duration_s,
                        session.working_duration_s,
                        session.energy_kwh,
                    ),
                }
            )

    def action_recompute_cost(self):
        """Compute the cost again, by the prices as they are now."""
        self.check_access("write")
        self._check_assignment({"cost": 0})
        self.sudo()._update_cost()

    def _on_closed(self):
        """Do what follows the end of a session; for glue modules and integrators.

        Extend it with ``_inherit = "mqtt.session"`` and call ``super()``. It is called
        once for each session when it becomes closed, with one record, as superuser, in
        the company of the session, and in the transaction that stores the event; also
        when the event of the end is the only one of the session that arrived. All
        figures and the cost are there, and the customer if known by then: see
        ``_on_assigned``.

        An exception undoes what this call did, and nothing else: the session is closed
        all the same, keeps the fault, and a button runs this again. Do not commit, and
        keep it short: the bridge waits for the answer (30 s).
        """
        self.ensure_one()

    def _run_closed_hook(self, hook="_on_closed"):
        """Run a hook of one session, or again the one that failed; keep its fault.

        :return: text of the fault, False when there was none
        """
        self.ensure_one()
        # Defaults that the caller's context brings must not reach what hooks make.
        session = self.sudo().with_context(clean_context(self.env.context))
        if session.closing_fault:
            hook = session.failed_hook or hook
        if session.company_id:
            session = session.with_company(session.company_id)
        fault = False
        try:
            with self.env.cr.savepoint():
                getattr(session, hook)()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            _logger.warning(
                "What follows the end of session %s failed",
                self.session_uid,
                exc_info=True,
            )
            fault = fault_text(error)
        if session.closing_fault != fault:
            session.write({"closing_fault": fault, "failed_hook": fault and hook})
        return fault

    def action_run_closed_hook(self):
        """Run again what failed after the end of these sessions."""
        self.check_access("write")
        self._check_assignment({"closing_fault": False})
        for session in self.sudo().filtered("closing_fault"):
            if not session._run_closed_hook():
                session.event_ids._set_processed()
