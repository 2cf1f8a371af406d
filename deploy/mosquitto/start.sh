#!/bin/sh
# Starts Mosquitto with the users `bridge` and `devices`, whose passwords are in the environment.
#
#   start.sh [FOLDER]    FOLDER: where config/ and data/ are; /mosquitto when not given
set -eu

folder=${1:-/mosquitto}
passwords=$folder/data/passwords
case $MQTT_PASSWORD$MQTT_DEVICE_PASSWORD in
*:*)
  echo 'MQTT_PASSWORD and MQTT_DEVICE_PASSWORD must not contain a colon' >&2
  exit 1
  ;;
esac
umask 077
# Not by the command line of mosquitto_passwd, where others could read them.
printf 'bridge:%s\ndevices:%s\n' "$MQTT_PASSWORD" "$MQTT_DEVICE_PASSWORD" >"$passwords"
mosquitto_passwd -U "$passwords"
# As root, Mosquitto becomes the user of its own name.
[ "$(id -u)" != 0 ] || chown -R mosquitto:mosquitto "$folder/data"
exec mosquitto -c "$folder/config/mosquitto.conf"
