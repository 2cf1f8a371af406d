import type { CheckId } from '../model/diagnosis.ts';

type Result = { explanation: string; remedy: string };
type CheckWords = { title: string; cases: Record<string, Result> };

const fine = (explanation: string): Result => ({ explanation, remedy: '' });
const wrong = (explanation: string, remedy: string): Result => ({ explanation, remedy });
const nothing = { not_applicable: fine('There is nothing to check here now.') };

const CONNECTION_WORDS = {
  service: {
    title: 'The service runs',
    cases: {
      ok: fine('It runs: messages are received and sent.'),
      stopped: wrong(
        'It is stopped: nothing is received or sent. {{detail}}',
        'Start it on the page Service.',
      ),
    },
  },
  broker: {
    title: 'The broker is connected',
    cases: {
      ...nothing,
      ok: fine('The bridge is connected.'),
      embedded: fine('The embedded broker listens; no other one is set.'),
      connecting: wrong('The bridge is just connecting.', 'Look again in a few seconds.'),
      none: wrong('No broker is set.', 'Set MQTT_BROKER, or EMBEDDED_BROKER=on.'),
      not_listening: wrong(
        'The embedded broker does not listen.',
        'Start the service; the log says what is in its way.',
      ),
      login: wrong(
        'The broker refuses the login: {{detail}}.',
        'Compare user name and password with the broker. Token devices use their token as the password.',
      ),
      tls: wrong(
        'No secure connection could be made: {{detail}}.',
        'Check the port (8883 is usual with TLS, 1883 without), the certificate of the authority, and both clocks.',
      ),
      address: wrong(
        'The broker is not reached: {{detail}}.',
        'Check host and port, that the broker runs, and firewalls between. In Docker both must share a network.',
      ),
      other: wrong(
        'The broker is not connected: {{detail}}.',
        "Look into the broker's own log at this time.",
      ),
    },
  },
  client_id: {
    title: 'Nobody else uses our client id',
    cases: {
      ...nothing,
      ok: fine('The connection was not taken away by another client.'),
      clash: wrong(
        'Another client with the same client id takes the connection, and so they throw each other out.',
        'Look for a second bridge, perhaps a forgotten container, and give each its own MQTT_CLIENT_ID.',
      ),
    },
  },
  subscriptions: {
    title: 'The broker allows our subscriptions',
    cases: {
      ...nothing,
      ok: fine('No subscription was refused.'),
      refused: wrong(
        'Refused subscriptions: {{number}}.',
        "Allow the bridge's user these topics in the broker's access list.",
      ),
    },
  },
  further_brokers: {
    title: 'Further brokers are connected',
    cases: {
      ...nothing,
      ok: fine('All of them are connected.'),
      away: wrong(
        'Brokers without a connection: {{number}}.',
        'Open the broker on the page Service and test it there.',
      ),
    },
  },
  messages: {
    title: 'Messages arrive',
    cases: {
      ...nothing,
      ok: fine('One arrived within the last 5 minutes.'),
      starting: fine('The bridge has just started: too early to tell.'),
      never: wrong(
        'The broker is connected, but no message has ever arrived.',
        "Check that the devices send to this broker: MQTT switched on, its address, their login. Watch with: mosquitto_sub -h BROKER -t '#' -v",
      ),
      silent: wrong(
        'The last message arrived {{minutes}} minutes ago.',
        'If machines should be running: check the power and WLAN of the devices, and that they still send to this broker.',
      ),
    },
  },
} satisfies Partial<Record<CheckId, CheckWords>>;

const MACHINE_WORDS = {
  configuration: {
    title: 'Devices are set up',
    cases: {
      ok: fine('Devices: {{devices}}, of them read as machines: {{machines}}.'),
      none: wrong(
        'The bridge has no devices.',
        'Set one up on the page Devices, or let Odoo push: check that Odoo reaches this address, knows BRIDGE_API_TOKEN, and press its push button.',
      ),
      none_runs: wrong(
        'Devices: {{devices}}, but none is read as a machine.',
        'Enable them, approve them, and give each a topic.',
      ),
    },
  },
  never_heard: {
    title: 'Every device was heard',
    cases: {
      ...nothing,
      ok: fine('Each has sent something.'),
      silent: wrong(
        'Devices that were never heard: {{number}}.',
        'Compare the topic with what the device really sends (page Messages), letter by letter, and its broker.',
      ),
      similar: wrong(
        'Devices that were never heard: {{number}}. Topics like theirs are heard, so the topic is perhaps misspelt.',
        'If the other topic is meant, correct the topic of the device.',
      ),
    },
  },
  retained_only: {
    title: 'Devices speak for themselves',
    cases: {
      ...nothing,
      ok: fine('None is known by a retained message only.'),
      retained: wrong(
        'Devices known only by an old message that the broker has retained: {{number}}. It decides nothing.',
        'The device is off, or sends elsewhere now. Switch it on; a topic that is not used any more can be emptied with a retained empty message.',
      ),
    },
  },
  unusable: {
    title: 'Messages are understood',
    cases: {
      ...nothing,
      ok: fine('The last message of every device could be read.'),
      unusable: wrong(
        'Devices whose last message could not be read: {{number}}.',
        'Check parser and topic of the device; the parser auto finds the family by itself.',
      ),
    },
  },
  thresholds: {
    title: 'Thresholds fit the machines',
    cases: {
      ...nothing,
      ok: fine('No machine has drawn power without a session, and none has a session without end.'),
      no_session: wrong(
        'Machines without a session in {{days}} days although they drew more than the standby threshold: {{number}}.',
        'Open the machine and tune: a start debounce that is too long, a message timeout that is too short, or start_on: working with a high threshold keeps sessions away.',
      ),
      always_on: wrong(
        'Machines with a session open for more than {{days}} days: {{number}}. Their standby threshold may lie below what they draw when off.',
        'Open the machine, tune, and take the suggested thresholds.',
      ),
    },
  },
  message_timeout: {
    title: 'Message timeouts fit the devices',
    cases: {
      ...nothing,
      ok: fine('No device is given up between two of its reports.'),
      too_short: wrong(
        'Devices whose message timeout is shorter than the time that may lie between two of their reports: {{number}}. Their sessions may time out while the power is steady.',
        'Leave the message timeout out, or let the device report more often.',
      ),
      often: wrong(
        'Machines most of whose sessions end by a timeout: {{number}}.',
        'The device is out of reach now and then, or its message timeout is too short: check its WLAN, then the timeout.',
      ),
    },
  },
} satisfies Partial<Record<CheckId, CheckWords>>;

const SURROUNDINGS_WORDS = {
  odoo: {
    title: 'Odoo takes events',
    cases: {
      ok: fine('The last event was taken.'),
      not_set: wrong('No Odoo is set. Events wait: {{pending}}.', 'Set ODOO_BASE_URL and ODOO_API_KEY.'),
      not_asked: fine('There was no event to send yet.'),
      key: wrong(
        'Odoo refuses the key. Events wait: {{pending}}. {{detail}}',
        "Check ODOO_API_KEY and that the key's user still exists in Odoo and may use the IoT module.",
      ),
      address: wrong(
        'Odoo answers, but does not know the address. Events wait: {{pending}}. {{detail}}',
        'Check ODOO_BASE_URL and ODOO_DATABASE, and that the IoT module is installed there.',
      ),
      away: wrong(
        'Odoo is not reached. Events wait: {{pending}}; none is lost. {{detail}}',
        'Check that Odoo runs and ODOO_BASE_URL is right from here: in a container localhost is the container itself.',
      ),
    },
  },
  parked: {
    title: 'No event was refused',
    cases: {
      ...nothing,
      ok: fine('No event is parked.'),
      parked: wrong(
        'Events that Odoo refused and that are parked: {{number}}.',
        'The page Delivery shows what Odoo said. Often a device is missing in Odoo: add it there, then send again.',
      ),
    },
  },
  clock: {
    title: "The machine's clock is right",
    cases: {
      ok: fine('Nothing suggests that it is off.'),
      past: wrong(
        'It shows a time before this program was made.',
        'Set it, and switch time synchronisation (NTP) on.',
      ),
      behind: wrong(
        'The newest session began {{minutes}} minutes in the future: the clock is behind, or was ahead before.',
        'Switch time synchronisation (NTP) on and look again.',
      ),
      stepped: wrong(
        'It was set by {{minutes}} minutes since the bridge started. Durations are right, times before may not be.',
        'Nothing, if it is right now. A computer without a battery clock should wait for NTP before the bridge starts.',
      ),
    },
  },
  disk: {
    title: 'The disk has room',
    cases: {
      ...nothing,
      ok: fine('Free: {{megabytes}} MB.'),
      low: wrong(
        'Only {{megabytes}} MB are free. When the disk is full, events cannot be kept.',
        'Make room, or keep less: KEEP_READINGS_DAYS and KEEP_MESSAGES_DAYS.',
      ),
    },
  },
  data_directory: {
    title: 'The data directory is writable',
    cases: {
      ok: fine('{{folder}} can be written.'),
      not_writable: wrong(
        '{{folder}} cannot be written: after a restart the bridge would know no devices.',
        "Check its owner and rights, and the container's volume.",
      ),
      not_written: wrong(
        'The last write to {{folder}} failed.',
        'Check the space and rights; the log says what the system answered.',
      ),
    },
  },
  history: {
    title: 'The history is written',
    cases: {
      ok: fine('Its worker has run without a fault since the start.'),
      restarts: wrong(
        'Its worker had to be started again: {{restarts}} times. Entries left out: {{dropped}}.',
        'Look in the log for history_worker; often the disk is slow, full or failing.',
      ),
      dropped: wrong(
        'Entries left out since the start: {{dropped}}. More came than the disk takes.',
        'Subscribe to fewer topics, or use a faster disk. Sessions and events are not affected.',
      ),
    },
  },
} satisfies Partial<Record<CheckId, CheckWords>>;

/** What the checks say, in English; `{{name}}` is a parameter. The console has the same in its languages. */
export const CHECK_WORDS: Record<CheckId, CheckWords> = {
  ...CONNECTION_WORDS,
  ...MACHINE_WORDS,
  ...SURROUNDINGS_WORDS,
};

/** `text` with its parameters put in. */
export function worded(text: string, parameters: Record<string, string | number>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => String(parameters[name] ?? '')).trim();
}
