import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkMode, LinkStatus } from '../mqtt/link.ts';
import { isMqttConnected } from './health.ts';

const linkIn = (mode: LinkMode): LinkStatus => ({
  mode,
  since: 0,
  fault: null,
  lastFault: null,
  refusedFilters: [],
});

type Row = { main?: LinkMode; embedded?: boolean; further?: LinkMode[]; connected: boolean };

const rows: Row[] = [
  { connected: false },
  { main: 'connected', connected: true },
  { main: 'waiting', embedded: true, further: ['connected'], connected: false },
  { embedded: true, further: ['waiting'], connected: true },
  { embedded: false, further: ['connected'], connected: false },
  { further: ['waiting', 'connecting'], connected: false },
  { further: ['waiting', 'connected'], connected: true },
];

for (const { main, embedded, further = [], connected } of rows) {
  const words = `main ${main ?? 'none'}, embedded ${embedded ?? 'none'}, further ${further.join(' ') || 'none'}`;
  test(`${words}: ${connected ? 'connected' : 'not connected'}`, () => {
    const condition = {
      link: main === undefined ? null : linkIn(main),
      embedded: embedded === undefined ? null : { listening: embedded },
      further: new Map(further.map((mode, i) => [`further-${i}`, linkIn(mode)])),
    };
    assert.equal(isMqttConnected(condition), connected);
  });
}
