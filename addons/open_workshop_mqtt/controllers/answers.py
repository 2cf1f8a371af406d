# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Answers to the bridge: always JSON, whatever happened."""

import json

from odoo.http import Response


def answer(body, status=200, headers=None):
    """Return ``body`` as a JSON response.

    Not ``make_json_response``: it counts characters where HTTP counts bytes, so that
    an answer with an umlaut arrives cut off.
    """
    data = json.dumps(body, ensure_ascii=False).encode()
    response = Response(data, status=status, headers=headers)
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    return response


def answer_error(status, message, errors=(), headers=None):
    """Return a fault: ``message`` says in a sentence what is wrong and what to do.

    :param errors: list of dict with ``path`` and ``message``, when the body is at fault
    """
    body = {"status": "error", "message": message}
    if errors:
        body["errors"] = errors
    return answer(body, status, headers)
