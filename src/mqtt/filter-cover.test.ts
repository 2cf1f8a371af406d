import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WantedSubscription } from '../model/subscription.ts';
import { topicFilterProblem, topicMatches } from '../model/topic.ts';
import { type BrokerAbility, FilterPlanner, type MadeFilter } from './filter-cover.ts';

const ABLE: BrokerAbility = { protocolVersion: 5, identifiers: true, refused: new Set() };
const OLD: BrokerAbility = { protocolVersion: 4, identifiers: false, refused: new Set() };
const FIRST_OWN = 268_435_455;
const of = (filter: string, more: Partial<WantedSubscription> = {}): WantedSubscription => ({
  filter,
  qos: 1,
  ...more,
});

/** What was made, in short: `filter q1 nl rap rh2 #7 ~`, the last for overlapping. */
function short({
  filter,
  qos,
  noLocal,
  retainAsPublished,
  retainHandling,
  identifier,
  overlapping,
}: MadeFilter) {
  return [
    filter,
    `q${qos}`,
    noLocal && 'nl',
    retainAsPublished && 'rap',
    retainHandling > 0 && `rh${retainHandling}`,
    identifier !== null && `#${identifier}`,
    overlapping && '~',
  ]
    .filter((word) => word !== false)
    .join(' ');
}

const rows: {
  name: string;
  wanted: WantedSubscription[];
  ability?: BrokerAbility;
  made: string[];
  notes?: Record<string, RegExp>;
}[] = [
  { name: 'equal filters are one', wanted: [of('a'), of('a', { qos: 2 })], made: ['a q2'] },
  {
    name: 'a wider one covers others, and gets the highest QoS',
    wanted: [of('a/b'), of('a/#', { qos: 0 }), of('a/+/c', { qos: 2 }), of('b')],
    made: ['a/# q2', 'b q1'],
  },
  {
    name: 'no local only if all want it',
    wanted: [
      of('a/#', { noLocal: true }),
      of('a/b'),
      of('c/#', { noLocal: true }),
      of('c', { noLocal: true }),
    ],
    made: ['a/# q1', 'c/# q1 nl'],
    notes: { 'a/#': /our own messages come back/ },
  },
  {
    name: 'the least retain handling',
    wanted: [of('a/#', { retainHandling: 2 }), of('a/b', { retainHandling: 1 })],
    made: ['a/# q1 rh1'],
    notes: { 'a/#': /stored messages come as another/ },
  },
  {
    name: 'retain as published when nothing else overlaps it',
    wanted: [of('a/+', { retainAsPublished: true }), of('b/+')],
    made: ['a/+ q1 rap', 'b/+ q1'],
  },
  {
    name: 'not when a device hears the same topic',
    wanted: [of('a', { retainAsPublished: true }), of('a')],
    made: ['a q1'],
    notes: { a: /without "retain as published"/ },
  },
  {
    name: 'not when a covered one does not want it',
    wanted: [of('a/+', { retainAsPublished: true }), of('a/b')],
    made: ['a/+ q1'],
    notes: { 'a/+': /without "retain as published"/ },
  },
  {
    name: 'not when an overlapping one does not want it',
    wanted: [of('a/+', { retainAsPublished: true }), of('+/b')],
    made: [`a/+ q1 #${FIRST_OWN} ~`, `+/b q1 #${FIRST_OWN - 1} ~`],
    notes: { 'a/+': /without "retain as published"/ },
  },
  {
    name: 'overlapping ones all want it',
    wanted: [of('a/+', { retainAsPublished: true }), of('+/b', { retainAsPublished: true, qos: 2 })],
    made: [`a/+ q2 rap #${FIRST_OWN} ~`, `+/b q2 rap #${FIRST_OWN - 1} ~`],
  },
  {
    name: 'identifiers of people are kept, and those of overlapping filters differ',
    wanted: [of('a/+', { identifier: 7 }), of('+/b', { identifier: 7 }), of('c', { identifier: 7 })],
    made: ['a/+ q1 #7 ~', `+/b q1 #${FIRST_OWN} ~`, 'c q1 #7'],
  },
  {
    name: 'a broker without identifiers',
    ability: { ...ABLE, identifiers: false },
    wanted: [of('a/+', { identifier: 7, retainAsPublished: true }), of('+/b', { retainAsPublished: true })],
    made: ['a/+ q1 ~', '+/b q1 ~'],
    notes: { 'a/+': /without "retain as published".*without identifier/, '+/b': /retain as published/ },
  },
  {
    name: 'MQTT 3.1.1 knows the QoS only',
    ability: OLD,
    wanted: [of('a', { noLocal: true, retainHandling: 2, identifier: 3 }), of('b')],
    made: ['a q1', 'b q1'],
    notes: { a: /^not possible with MQTT 3\.1\.1: no local, retain handling, the identifier$/ },
  },
  {
    name: 'a refused filter covers nothing and overlaps nothing',
    ability: { ...ABLE, refused: new Set(['#', '+/b']) },
    wanted: [of('#'), of('a/b'), of('+/b'), of('c/+')],
    made: ['# q1', 'a/b q1', '+/b q1', 'c/+ q1'],
  },
];

for (const { name, wanted, ability = ABLE, made, notes = {} } of rows) {
  test(`filters: ${name}`, () => {
    const plan = new FilterPlanner().plan(wanted, ability);
    assert.deepEqual(Array.from(plan.made.values(), short).sort(), made.sort());
    for (const { filter, note } of plan.wanted.values()) {
      if (notes[filter]) assert.match(note ?? '', notes[filter]);
      else assert.equal(note, null, `${filter}: ${note}`);
    }
  });
}

test('an identifier stays with its filter', () => {
  const planner = new FilterPlanner();
  const idOf = (filter: string, wanted: WantedSubscription[]) =>
    planner.plan(wanted, ABLE).made.get(filter)?.identifier;
  assert.equal(idOf('+/b', [of('a/+'), of('+/b')]), FIRST_OWN - 1);
  assert.equal(idOf('+/b', [of('+/b'), of('c/+')]), FIRST_OWN - 1);
});

const level = fc.constantFrom('a', 'b', '+');
const filter = fc
  .tuple(fc.array(level, { maxLength: 3 }), fc.constantFrom('a', '#', '+'))
  .map(([levels, last]) => [...levels, last].join('/'))
  .filter((text) => topicFilterProblem(text) === null);
const topic = fc
  .array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/'));

test('what is made brings just what is wanted, and nothing twice but where it overlaps', () => {
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 8 }), topic, (filters, text) => {
      const plan = new FilterPlanner().plan(
        filters.map((one) => of(one)),
        ABLE,
      );
      const bringing = [...plan.made.values()].filter((one) => topicMatches(one.filter, text));
      const wanted = filters.some((one) => topicMatches(one, text));
      assert.equal(bringing.length > 0, wanted);
      if (bringing.length < 2) return;
      for (const one of bringing) assert.ok(one.overlapping);
      assert.equal(new Set(bringing.map(({ identifier }) => identifier)).size, bringing.length);
    }),
  );
});

test('each wanted filter is brought by one that is made and matches', () => {
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 8 }), topic, (filters, text) => {
      const plan = new FilterPlanner().plan(
        filters.map((one) => of(one)),
        ABLE,
      );
      for (const [one, { by }] of plan.wanted) {
        assert.equal(plan.made.get(by.filter), by);
        if (topicMatches(one, text)) assert.ok(topicMatches(by.filter, text));
      }
    }),
  );
});

test('a plan after others is the same as the first one', () => {
  const planner = new FilterPlanner();
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 6 }), fc.array(topic, { maxLength: 4 }), (filters, topics) => {
      const wanted = [...filters, ...topics].map((one) => of(one));
      const shapeOf = ({ made, wanted: planned }: ReturnType<FilterPlanner['plan']>) => [
        [...made.keys()],
        Array.from(planned.values(), ({ filter: one, by }) => `${one} ${by.filter} ${by.overlapping}`),
      ];
      assert.deepEqual(shapeOf(planner.plan(wanted, ABLE)), shapeOf(new FilterPlanner().plan(wanted, ABLE)));
    }),
  );
});
