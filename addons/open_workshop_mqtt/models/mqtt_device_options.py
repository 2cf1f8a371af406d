# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Checks of a device's settings, as the bridge makes them.

One setting that the bridge refuses would make it refuse the whole configuration.
Each check returns None, or a sentence for people in the language of ``env``.
"""

import json
import math
import re

TOPIC_BYTES_MAX = 1024
TOPIC_LEVELS_MAX = 32
NAME_LENGTH_MAX = 256
CHANNEL_MAX = 255
PHASES = ("total", "a", "b", "c")
MAPPED_VALUES = ("power", "energy", "voltage", "current", "frequency", "relay")
MAPPING_TEXTS = {"path": 256, "topic": 1024, "unit": 16}
TIME_FORMATS = ("epoch_ms", "epoch_s", "iso")
ON_VALUES_MAX = 16
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def text_length(text):
    """Return the length of ``text`` as the bridge counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def has_control_characters(text):
    """Return whether ``text`` has characters that cannot be seen, as a line break."""
    return bool(_CONTROL.search(text))


def topic_filter_problem(env, topic):
    """Return why ``topic`` is no MQTT topic filter, or None when it is one."""
    if not topic:
        return env._("The topic is empty.")
    if len(topic.encode()) > TOPIC_BYTES_MAX:
        return env._("The topic is longer than %s bytes.", TOPIC_BYTES_MAX)
    levels = topic.split("/")
    if len(levels) > TOPIC_LEVELS_MAX:
        return env._("The topic has more than %s levels.", TOPIC_LEVELS_MAX)
    for index, level in enumerate(levels):
        if "#" in level and (level != "#" or index != len(levels) - 1):
            return env._("In a topic, # must be a level of its own, and the last one.")
        if "+" in level and level != "+":
            return env._("In a topic, + must be a level of its own.")
    return None


def channel_problem(env, channel):
    """Return why ``channel`` (text) is neither a component nor a phase, or None."""
    if channel in PHASES or (
        re.fullmatch(r"[0-9]{1,3}", channel) and int(channel) <= CHANNEL_MAX
    ):
        return None
    return env._(
        "The channel must be a number from 0 to %(maximum)s, or one of %(phases)s.",
        maximum=CHANNEL_MAX,
        phases=", ".join(PHASES),
    )


def channel_value(channel):
    """Return the channel as the bridge takes it: a number, or the name of a phase."""
    return channel if channel in PHASES else int(channel)


def parser_options_problem(env, text):
    """Return why ``text`` does not tell a parser where the values are, or None."""
    try:
        options = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return env._("The parser options are not valid JSON: %s", error)
    if not isinstance(options, dict):
        return env._('The parser options must be a JSON object: {"power": {…}}.')
    for name in MAPPED_VALUES:
        if name in options and not _is_mapping(options[name], name):
            return env._(
                "Parser options, %(name)s: give an object of path, topic, unit and "
                'scale, as {"path": "$.meter.p", "unit": "kW"}.',
                name=name,
            )
    if "ts" in options and not _is_time(options["ts"]):
        return env._(
            "Parser options, ts: give an object with a path, and a format of %s.",
            ", ".join(TIME_FORMATS),
        )
    if not isinstance(options.get("decimal_comma", False), bool):
        return env._("Parser options, decimal_comma: it must be true or false.")
    return None


def _refuse_constant(name):
    raise ValueError(name)


def _is_text(value, length_max):
    return isinstance(value, str) and text_length(value) <= length_max


def _is_number(value):
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300 and math.isfinite(value)


def _is_mapping(value, name):
    """Return whether ``value`` says where the value called ``name`` is found."""
    if not isinstance(value, dict):
        return False
    for key, length_max in MAPPING_TEXTS.items():
        if key not in value or (name == "relay" and key == "unit"):
            continue
        if not _is_text(value[key], length_max) or (key != "unit" and not value[key]):
            return False
    if name == "relay":
        on_values = value.get("on", [])
        return (
            isinstance(on_values, list)
            and len(on_values) <= ON_VALUES_MAX
            and all(isinstance(on, str | bool) or _is_number(on) for on in on_values)
        )
    return "scale" not in value or _is_number(value["scale"])


def _is_time(value):
    return (
        isinstance(value, dict)
        and bool(value.get("path"))
        and _is_text(value["path"], MAPPING_TEXTS["path"])
        and value.get("format", TIME_FORMATS[0]) in TIME_FORMATS
    )
