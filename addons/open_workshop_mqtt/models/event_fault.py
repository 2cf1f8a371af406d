# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import UserError

FAULT_LENGTH_MAX = 2000


def fault_text(error):
    """Return an exception as text that is kept with a record and shown to people."""
    # PostgreSQL takes no NUL, and no half of a surrogate pair.
    said = str(error).replace("\x00", "").encode(errors="replace").decode().strip()
    if not isinstance(error, UserError):
        said = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return said[:FAULT_LENGTH_MAX] or type(error).__name__
