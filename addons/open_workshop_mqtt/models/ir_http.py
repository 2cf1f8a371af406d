# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import psycopg2
from werkzeug.exceptions import HTTPException

from odoo import models
from odoo.http import request

from ..controllers.answers import answer_error

BRIDGE_PATH = "/ows/iot/"
RETRY_AFTER_S = 5


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _handle_error(cls, exception):
        """Answer the bridge in JSON: to it, a page means that Odoo is not there."""
        if not request.httprequest.path.startswith(BRIDGE_PATH):
            return super()._handle_error(exception)
        if isinstance(exception, HTTPException):
            return answer_error(exception.code or 500, exception.description or "")
        if isinstance(exception, psycopg2.OperationalError):
            return answer_error(
                503,
                "The database is busy. Try again.",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        return answer_error(500, "Odoo failed on this request: see its log.")
