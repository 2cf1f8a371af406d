# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_time

UTC = ZoneInfo("UTC")


class MqttSession(models.Model):
    _inherit = "mqtt.session"

    timesheet_ids = fields.One2many(
        "account.analytic.line",
        "mqtt_session_id",
        "Timesheets",
        groups="hr_timesheet.group_hr_timesheet_user",
    )
    is_recorded = fields.Boolean(
        "In Timesheet",
        compute="_compute_is_recorded",
        search="_search_is_recorded",
        compute_sudo=True,
    )

    @api.depends("timesheet_ids")
    def _compute_is_recorded(self):
        for session in self:
            session.is_recorded = bool(session.timesheet_ids)

    def _search_is_recorded(self, operator, value):
        if operator not in ("=", "!="):
            raise ValueError(f"Operator {operator} is not supported by is_recorded")
        recorded = self.sudo()._search([("timesheet_ids", "!=", False)])
        positive = (operator == "=") == bool(value)
        return [("id", "in" if positive else "not in", recorded)]

    def write(self, vals):
        """Refuse another user for what is in a timesheet already."""
        if "user_id" in vals:
            for session in self:
                changed = session.user_id.id != (vals["user_id"] or False)
                if changed and session.is_recorded:
                    raise UserError(
                        self.env._(
                            "%(session)s is in the timesheet of %(user)s. Delete it "
                            "there before you change the user.",
                            session=session.display_name,
                            user=session.sudo().user_id.display_name,
                        )
                    )
        return super().write(vals)

    def _on_closed(self):
        super()._on_closed()
        self._record_if_due()

    def _on_assigned(self):
        super()._on_assigned()
        if self._is_assigned("user_id"):
            self._record_if_due()

    def _timesheet_company(self):
        """Return the company whose setting and employee count; may be empty."""
        self.ensure_one()
        return self.company_id or self.device_id.project_id.company_id

    def _timesheet_hours(self):
        """Return the hours to record: standby and working, without interruptions."""
        self.ensure_one()
        return self.standby_duration_h + self.working_duration_h

    def _timesheet_employee(self, company):
        """Return the active employee of the session's user in a company, or nothing."""
        self.ensure_one()
        return self.env["hr.employee"].search(
            [("user_id", "=", self.user_id.id), ("company_id", "=", company.id)],
            limit=1,
        )

    def _record_if_due(self):
        """Make this session a timesheet, as superuser, unless that is done already.

        :raises ValidationError: the project takes no timesheets
        """
        self.ensure_one()
        company = self._timesheet_company()
        if not (
            company.mqtt_timesheets
            and self.state == "closed"
            and self.user_id
            and self.device_id.project_id
            and self._timesheet_hours() > 0
            and not self.is_recorded
        ):
            return
        employee = self._timesheet_employee(company)
        if not employee:
            return
        self._claim()
        lines = self.env["account.analytic.line"].with_company(company)
        lines.create(self._timesheet_values(company, employee))

    def _timesheet_values(self, company, employee):
        """Return the values of the timesheet; day and times are those of the user."""
        device = self.device_id
        tz = self.user_id.tz or employee.tz
        hour = self.env.ref("uom.product_uom_hour")
        return {
            "name": self._timesheet_text(tz),
            "date": self.start.replace(tzinfo=UTC).astimezone(ZoneInfo(tz)).date(),
            "employee_id": employee.id,
            "company_id": company.id,
            "project_id": device.project_id.id,
            "task_id": device.task_id.id,
            "unit_amount": hour._compute_quantity(
                self._timesheet_hours(), company.project_time_mode_id, round=False
            ),
            "mqtt_session_id": self.id,
        }

    def _timesheet_text(self, tz):
        """Return what the timesheet is named, in the language of the user."""
        session = self.with_context(lang=self.user_id.lang)
        start, end = (
            format_time(session.env, moment, tz=tz, time_format="short")
            for moment in (self.start, self.end)
        )
        return session.env._(
            "%(machine)s, %(start)s to %(end)s",
            machine=self.machine_name,
            start=start,
            end=end,
        )
