#!/bin/sh
# Pushes a configuration to a running bridge as Odoo does, shows the answer and asks /health.
#
#   push-config.sh [FILE]    FILE: JSON as in docs/configuration.md; without it configuration.json beside this script
#
#   BRIDGE_URL               http://localhost:8080 when not set
#   BRIDGE_API_TOKEN         what the bridge was given, or what stands in DATA_DIR/api-token
#
# A push replaces all devices of the configuration, so the example goes only to a bridge that has none.
# Exit code: 0 applied, 1 refused, 2 the bridge was not reached or this was used wrongly.
set -u

url=${BRIDGE_URL:-http://localhost:8080}
token=${BRIDGE_API_TOKEN:-}
file=${1:-$(dirname "$0")/configuration.json}

stop() {
  code=$1
  shift
  echo "$*" >&2
  exit "$code"
}

# A number of a JSON answer on standard input: number NAME
number() {
  tr -d '\n' | sed -n "s/.*\"$1\" *: *\([0-9][0-9]*\).*/\1/p"
}

command -v curl >/dev/null || stop 2 'curl is needed: apt-get install curl'
[ $# -le 1 ] || stop 2 "usage: $0 [FILE]"
[ -r "$file" ] || stop 2 "$file cannot be read"
[ -n "$token" ] || stop 2 'BRIDGE_API_TOKEN is not set'

health=$(curl -sS -f --max-time 10 "$url/health") || stop 2 "no bridge answers at $url/health"
before=$(echo "$health" | number devices_configured)
[ -n "$before" ] || stop 2 "what answers at $url/health is no bridge"
if [ $# -eq 0 ] && [ "$before" -gt 0 ]; then
  stop 2 "the bridge has $before devices, which the example would replace; name a FILE"
fi

# The token goes in by standard input: a command line can be read by everybody on the machine.
answer=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
  curl -sS --max-time 60 --config - -H 'Content-Type: application/json' --data-binary "@$file" \
    -w '\n%{http_code}' "$url/config") || stop 2 "the push to $url/config broke off"
status=$(echo "$answer" | tail -n 1)
body=$(echo "$answer" | sed '$d')
echo "$body"
[ "$status" = 200 ] || stop 1 "refused with status $status"

pushed=$(echo "$body" | number devices_configured)
after=$(curl -sS -f --max-time 10 "$url/health" | number devices_configured)
[ -n "$pushed" ] && [ "$after" = "$pushed" ] ||
  stop 1 "the bridge says $pushed devices were configured, its health says $after"
echo "applied: $after devices"
