#!/bin/bash
# Brings an Odoo database to where the bridge needs it; run again, it changes only what differs.
set -euo pipefail

addon=open_workshop_mqtt
addons=${ADDONS:-/mnt/extra-addons}
database=${DATABASE:-odoo}
# psql and Odoo both read these; a command line could be read by others.
export PGHOST=$HOST PGUSER=$USER PGPASSWORD=$PASSWORD
options=(--database="$database" --no-http)

version_of() {
  python3 -c 'import ast, sys; print(ast.literal_eval(open(sys.argv[1]).read())["version"])' "$addons/$1/__manifest__.py"
}

# Ours, with their versions; nothing when there is no such database yet.
installed=$(psql --dbname="$database" --no-align --tuples-only --field-separator=' ' --command="
  SELECT name, latest_version FROM ir_module_module WHERE name LIKE '$addon%' AND state = 'installed'" 2>/dev/null || true)

outdated=()
while read -r name version; do
  if [ -n "$name" ] && [ "$version" != "$(version_of "$name")" ]; then outdated+=("$name"); fi
done <<<"$installed"

if ! grep -q "^$addon " <<<"$installed"; then
  odoo "${options[@]}" --init="$addon" --without-demo=all --stop-after-init
elif [ ${#outdated[@]} -gt 0 ]; then
  odoo "${options[@]}" --update="$(IFS=,; echo "${outdated[*]}")" --stop-after-init
fi
odoo shell "${options[@]}" --log-level=warn <"$(dirname "$0")/parameters.py"
echo "odoo-setup: $addon $(version_of "$addon") is installed, and knows the bridge at $BRIDGE_URL"
