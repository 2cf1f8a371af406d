import type { Message } from '../model/message.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { Discovery, type DiscoveryDeps } from './discovery.ts';

/**
 * A discovery that is told what to hear.
 * @param deps how it recognises; whatever else is given takes the place of the usual
 */
export function discovering(deps: Pick<DiscoveryDeps, 'sightingOf'> & Partial<DiscoveryDeps>) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const taken = new Set<string>();
  const ids = new Set<string>();
  const looks: string[] = [];
  const discovery = new Discovery({
    isTaken: ({ mqttTopic }) => taken.has(mqttTopic),
    isIdTaken: (id) => ids.has(id),
    titleOf: (type) => type,
    isSound: () => true,
    log: logTo({ write: (line) => lines.push(line) }, 'INFO'),
    ...deps,
    sightingOf: (message) => {
      looks.push(message.topic);
      return deps.sightingOf(message);
    },
  });
  const hear = (
    topic: string,
    payload: string,
    how: Partial<Message> & { configured?: boolean; brokerId?: string } = {},
  ) => {
    const { configured = false, brokerId = 'main', ...rest } = how;
    const at = { receivedAt: clock.wallMs(), steadyAt: clock.steadyMs() };
    const fixed = { retained: false, qos: 0 as const, done: () => {} };
    discovery.heard({ topic, payload: Buffer.from(payload), ...at, ...fixed, ...rest }, brokerId, configured);
  };
  const list = (search?: string) => discovery.list({ search, limit: 5000 });
  return { discovery, clock, lines, taken, ids, looks, hear, list };
}
