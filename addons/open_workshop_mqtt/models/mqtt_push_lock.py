# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The lock under which the configuration is read and sent: one sender at a time."""

import logging
from contextlib import contextmanager

import psycopg2.errors

_logger = logging.getLogger(__name__)

# Any fixed number will do; advisory locks are per database.
LOCK_KEY = 7_316_048_211


@contextmanager
def push_lock(registry, timeout_s):
    """Yield a cursor that holds the lock, its transaction not begun; None: no luck.

    Odoo's transactions are REPEATABLE READ: one that waited for the lock would read
    what was committed before it waited. So the lock is one of the session, taken in
    a transaction of its own; what follows reads anew.

    :param timeout_s: how long the lock is waited for
    """
    with registry.cursor() as cr:
        try:
            cr.execute("SET LOCAL lock_timeout = %s", (f"{int(timeout_s * 1000)}ms",))
            cr.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,), log_exceptions=False)
            cr.commit()
        except psycopg2.errors.LockNotAvailable:
            cr.rollback()
            yield None
            return
        try:
            yield cr
        finally:
            _unlock(cr)


def _unlock(cr):
    """Give the lock back, whatever became of the transaction."""
    try:
        cr.rollback()
        cr.execute("SELECT pg_advisory_unlock(%s)", (LOCK_KEY,))
        cr.commit()
    except psycopg2.Error as error:
        # A pooled connection would keep the lock for ever; a closed one cannot.
        _logger.warning("push_bridge_config: the lock was not given back: %s", error)
        cr.connection.close()
