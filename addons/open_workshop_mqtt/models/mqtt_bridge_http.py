# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One HTTP request to the bridge. Knows nothing of Odoo: faults are told by kind."""

import errno
import json
import os
import socket
import ssl
import time
from urllib.parse import urlsplit

import requests

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 5
ANSWER_BYTES_MAX = 5 * 1024 * 1024
CHUNK_BYTES = 16 * 1024
UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL)


class HttpFault(Exception):
    """Why there is no answer: ``kind`` is a word, ``detail`` what is known besides."""

    def __init__(self, kind, detail=""):
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = detail


class _BearerAuth(requests.auth.AuthBase):
    """The token, or nothing; as an ``auth`` of its own it keeps .netrc out."""

    def __init__(self, token):
        self.token = token

    def __call__(self, request):
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def address_problem(url):
    """Say what is wrong with the address of a bridge: a word, or None."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises when it is no port
    except ValueError:
        return "not_a_url"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "not_a_url"
    if any(char.isspace() or ord(char) < 32 for char in url):
        return "not_a_url"
    if parts.username is not None or parts.password is not None:
        return "credentials"
    if parts.query or parts.fragment:
        return "query"
    return None


def _causes(error):
    """Yield an exception and all that it was made of."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        reason = getattr(one, "reason", None)
        waiting += [one.__cause__, one.__context__, reason, *one.args]


def _connection_fault(error):
    """Turn an exception of ``requests`` into a fault with a word for it."""
    causes = list(_causes(error))

    def has(*kinds):
        return any(isinstance(one, kinds) for one in causes)

    if has(socket.gaierror, UnicodeError):
        return HttpFault("unknown_name")
    if has(ssl.SSLCertVerificationError):
        return HttpFault("certificate")
    if has(ssl.SSLError, requests.exceptions.SSLError):
        return HttpFault("tls")
    if has(ConnectionRefusedError):
        return HttpFault("refused")
    if has(requests.exceptions.Timeout, TimeoutError):
        return HttpFault("timeout")
    if any(isinstance(one, OSError) and one.errno in UNREACHABLE for one in causes):
        return HttpFault("refused")
    if has(requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
        return HttpFault("not_a_url")
    return HttpFault("closed")


def _read_body(response, deadline):
    """Read the body, bounded in bytes and in time."""
    chunks, size = [], 0
    for chunk in response.iter_content(CHUNK_BYTES):
        size += len(chunk)
        if size > ANSWER_BYTES_MAX:
            raise HttpFault("too_large")
        if time.monotonic() > deadline:
            raise HttpFault("timeout")
        chunks.append(chunk)
    return b"".join(chunks)


def _storable(value):
    """Return a JSON value whose texts PostgreSQL can store: without NUL."""
    if isinstance(value, str):
        text = value.replace("\x00", "\u2400")
        return text.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(one) for key, one in value.items()}
    return value


def _parsed(response, body):
    """Return the JSON object of an answer of the bridge."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise HttpFault("not_the_bridge", str(response.status_code))
    return _storable(value)


def request_json(
    method, url, token=None, body=None, params=None, read_timeout_s=READ_TIMEOUT_S
):
    """Send one request and read its JSON object.

    :param url: the whole URL, http or https
    :param token: sent as bearer, to the host of ``url`` only
    :param body: what is sent as JSON; None: nothing
    :param read_timeout_s: seconds without a byte after which it is given up; the
        whole answer has twice as long
    :return: ``(status, answer)``
    :raises HttpFault: there is no such answer
    """
    deadline = time.monotonic() + CONNECT_TIMEOUT_S + 2 * read_timeout_s
    try:
        with requests.Session() as session:
            # Without trust_env neither a proxy nor .netrc gets between.
            session.trust_env = False
            session.auth = _BearerAuth(token)
            with session.request(
                method,
                url,
                json=body,
                params=params,
                headers={"Accept": "application/json"},
                timeout=(CONNECT_TIMEOUT_S, read_timeout_s),
                allow_redirects=False,
                stream=True,
                verify=os.environ.get("REQUESTS_CA_BUNDLE") or True,
            ) as response:
                if 300 <= response.status_code < 400:
                    raise HttpFault("redirect")
                return response.status_code, _parsed(
                    response, _read_body(response, deadline)
                )
    except (requests.exceptions.RequestException, OSError, ValueError) as error:
        raise _connection_fault(error) from error
