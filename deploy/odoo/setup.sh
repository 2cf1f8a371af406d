#!/bin/bash
# Brings an Odoo database to where the bridge needs it; run again, it changes only what differs.
set -euo pipefail

addon=open_workshop_mqtt
addons=${ADDONS:-/mnt/extra-addons}
database=${DATABASE:-odoo}
# psql and Odoo both read these; a command line could be read by others.
export PGHOST=$HOST PGUSER=$USER PGPASSWORD=$PASSWORD
options=(--database="$database" --no-http)

wanted=$(python3 -c 'import ast, sys; print(ast.literal_eval(open(sys.argv[1]).read())["version"])' \
  "$addons/$addon/__manifest__.py")
# Nothing when there is no such database yet.
installed=$(psql --dbname="$database" --no-align --tuples-only --command="
  SELECT latest_version FROM ir_module_module WHERE name = '$addon' AND state = 'installed'" 2>/dev/null || true)

if [ -z "$installed" ]; then
  odoo "${options[@]}" --init="$addon" --without-demo=all --stop-after-init
elif [ "$installed" != "$wanted" ]; then
  odoo "${options[@]}" --update="$addon" --stop-after-init
fi
odoo shell "${options[@]}" --log-level=warn <"$(dirname "$0")/parameters.py"
echo "odoo-setup: $addon $wanted is installed, and knows the bridge at $BRIDGE_URL"
