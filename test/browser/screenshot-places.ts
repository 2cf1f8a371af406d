/** A page to be shown: where it is, what is opened on it, and what it shows in a sentence. */
export type Place = { name: string; path: string; open?: string; says: string };

export const PLACES: readonly Place[] = [
  {
    name: 'overview',
    path: '/',
    says: 'A tile for each machine: state, power now, time in the state, the running session and the last half hour.',
  },
  {
    name: 'machine-chart',
    path: '/machines/cnc-mill',
    says: 'One machine: its power with the thresholds as lines and the sessions as bands.',
  },
  {
    name: 'machine-configuration',
    path: '/machines/cnc-mill?tab=configuration',
    says: 'What each field of a machine means, what holds, and which values are doubtful.',
  },
  {
    name: 'machine-tune',
    path: '/machines/cnc-mill?tab=tune',
    says: 'Thresholds are dragged on the chart; which sessions the last days would have had is shown at once.',
  },
  {
    name: 'machine-why',
    path: '/machines/cnc-mill?tab=why',
    says: 'Why a session is as it is: readings, transitions, deadlines, events and answers on one time axis.',
  },
  {
    name: 'sessions',
    path: '/sessions',
    says: 'The sessions of all machines, with sums and CSV.',
  },
  {
    name: 'messages',
    path: '/messages',
    says: 'What was sent and received, live and by topic.',
  },
  {
    name: 'messages-new',
    path: '/messages',
    open: 'main [class*="actions"] button:last-child',
    says: 'A message is written, checked and sent.',
  },
  {
    name: 'service',
    path: '/service',
    says: 'Receiving and sending is started and stopped; brokers and subscriptions.',
  },
  {
    name: 'devices',
    path: '/devices?id=cnc-mill',
    says: 'All devices, where they come from, and one of them.',
  },
  {
    name: 'devices-heard',
    path: '/devices?tab=heard',
    says: 'Meters that are heard and no device yet: one click makes them one.',
  },
  {
    name: 'devices-templates',
    path: '/devices?tab=templates',
    says: 'Templates under which devices register themselves.',
  },
  {
    name: 'delivery',
    path: '/delivery?state=delivered',
    says: 'What waits for Odoo, what Odoo answered, and what to do when something is wrong.',
  },
  {
    name: 'flows',
    path: '/flows',
    open: 'main li button',
    says: 'Small rules: when this happens, do that.',
  },
  {
    name: 'configuration',
    path: '/configuration',
    open: 'main table tbody tr:last-child button',
    says: 'Who changed the configuration when, what it changed, and the way back.',
  },
  { name: 'log', path: '/log', says: 'What the bridge tells of its work, live.' },
  {
    name: 'about',
    path: '/about',
    says: 'Version, health, and the common faults as checks that the page runs and explains.',
  },
];
