# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MqttDevice(models.Model):
    _inherit = "mqtt.device"

    project_id = fields.Many2one(
        "project.project",
        "Project",
        tracking=True,
        check_company=True,
        domain=[("allow_timesheets", "=", True)],
        help="Timesheets of its sessions go there. Empty: there are none.",
    )
    task_id = fields.Many2one(
        "project.task",
        "Task",
        tracking=True,
        check_company=True,
        compute="_compute_task_id",
        store=True,
        readonly=False,
        domain="[('project_id', '=', project_id), ('project_id', '!=', False)]",
    )

    @api.depends("project_id")
    def _compute_task_id(self):
        for device in self:
            if device.task_id.project_id != device.project_id:
                device.task_id = False

    @api.constrains("project_id", "task_id")
    def _check_task(self):
        for device in self:
            if device.task_id and device.task_id.project_id != device.project_id:
                raise ValidationError(
                    self.env._(
                        "The task %(task)s is not of the project %(project)s.",
                        task=device.task_id.display_name,
                        project=device.project_id.display_name or "–",
                    )
                )
