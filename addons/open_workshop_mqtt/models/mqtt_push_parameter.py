# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from .mqtt_bridge import TOKEN_PARAMETER, URL_PARAMETER


class IrConfigParameter(models.Model):
    _inherit = "ir.config_parameter"

    @api.model_create_multi
    def create(self, vals_list):
        """Push when the address or the token of the bridge is set."""
        parameters = super().create(vals_list)
        parameters._push_bridge_config()
        return parameters

    def write(self, vals):
        """Push when the address or the token of the bridge is changed."""
        result = super().write(vals)
        self._push_bridge_config()
        return result

    def _push_bridge_config(self):
        keys = (URL_PARAMETER, TOKEN_PARAMETER)
        # The key is empty while a parameter is made by web forms in several steps.
        if any(parameter.key in keys for parameter in self):
            self.env["mqtt.push"]._schedule()
