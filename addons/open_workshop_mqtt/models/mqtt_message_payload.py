# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Checks of a payload before it goes to the bridge."""

import base64
import binascii
import json

# What the bridge takes at most.
PAYLOAD_BYTES_MAX = 256 * 1024


def payload_bytes(payload, payload_format):
    """Return the bytes that a payload stands for.

    :raises ValueError: it does not have its format
    """
    if payload_format == "hex":
        return bytes.fromhex(payload)
    if payload_format == "base64":
        return base64.b64decode("".join(payload.split()), validate=True)
    if payload_format == "json":
        json.loads(payload, parse_constant=_refuse_constant)
    return payload.encode()


def _refuse_constant(name):
    raise ValueError(name)


def payload_problem(env, payload, payload_format):
    """Return why a payload cannot be sent, a sentence in the language of ``env``."""
    try:
        size = len(payload_bytes(payload, payload_format))
    except json.JSONDecodeError as error:
        return env._(
            "This is not JSON: line %(line)s, column %(column)s: %(fault)s.",
            line=error.lineno,
            column=error.colno,
            fault=error.msg,
        )
    except (ValueError, RecursionError, binascii.Error):
        return {
            "json": env._("This is not JSON: it holds a number that JSON has not."),
            "hex": env._("This is not hex: two of 0–9 and a–f make one byte."),
            "base64": env._("This is not Base64."),
        }.get(payload_format, env._("This text cannot be sent."))
    if size > PAYLOAD_BYTES_MAX:
        return env._(
            "The payload has %(size)s bytes; at most %(maximum)s are sent.",
            size=size,
            maximum=PAYLOAD_BYTES_MAX,
        )
    return False
