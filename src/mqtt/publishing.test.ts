import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IClientPublishOptions, MqttClient, PacketCallback } from 'mqtt';
import type { OutgoingMessage, PublishResult } from '../model/message.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import type { BrokerLimits } from './broker-limits.ts';
import { Publishing } from './publishing.ts';

const LIMITS: BrokerLimits = {
  protocolVersion: 5,
  packetBytesMax: null,
  qosMax: 2,
  retain: true,
  identifiers: true,
  inFlightMax: 2,
};

type Sent = { topic: string; options: IClientPublishOptions; done: PacketCallback };

/** A client that notes what is sent; QoS 0 is done at once, as with MQTT.js. */
function notedClient() {
  const sent: Sent[] = [];
  const client = {
    publish(topic: string, _payload: Buffer, options: IClientPublishOptions, done: PacketCallback) {
      sent.push({ topic, options, done });
      if (options.qos === 0) done();
    },
  };
  return { client: client as unknown as MqttClient, sent };
}

const message = (topic: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  topic,
  payload: Buffer.from('x'),
  qos: 1,
  retain: false,
  ...more,
});

const published = (messageId = 1) => ({ cmd: 'publish', messageId }) as Parameters<PacketCallback>[1];
const refusal = (code: number) => Object.assign(new Error('Publish error'), { code });

function connectedTo(limits: Partial<BrokerLimits> = {}) {
  const clock = new ManualClock(0);
  const publishing = new Publishing(clock);
  const { client, sent } = notedClient();
  publishing.connected(client, { ...LIMITS, ...limits });
  return { clock, publishing, client, sent };
}

const answers: { name: string; done: Parameters<PacketCallback>; unheard?: true; expected: PublishResult }[] =
  [
    { name: 'confirmed', done: [undefined, published()], expected: { sent: true } },
    {
      name: 'confirmed, and nobody listens',
      done: [undefined, published()],
      unheard: true,
      expected: { sent: true, note: 'nobody is subscribed to this topic' },
    },
    {
      name: 'not authorised',
      done: [refusal(0x87)],
      expected: { sent: false, reason: 'not authorised to publish to this topic' },
    },
    {
      name: 'the broker says more',
      done: [
        refusal(0x97),
        {
          cmd: 'puback',
          messageId: 1,
          properties: { reasonString: '5 a day' },
        } as Parameters<PacketCallback>[1],
      ],
      expected: { sent: false, reason: 'a quota of the broker is used up (5 a day)' },
    },
    {
      name: 'a code nobody knows',
      done: [refusal(0xee)],
      expected: { sent: false, reason: 'the broker refuses it (code 238)' },
    },
  ];

for (const { name, done, unheard, expected } of answers) {
  test(`publishing: ${name}`, async () => {
    const { publishing, sent } = connectedTo();
    const result = publishing.publish(message('a'));
    if (unheard) publishing.heard({ cmd: 'puback', messageId: 1, reasonCode: 16 });
    sent[0]?.done(...done);
    assert.deepEqual(await result, expected);
  });
}

const refusedHere: {
  name: string;
  limits?: Partial<BrokerLimits>;
  message: OutgoingMessage;
  reason: RegExp;
}[] = [
  { name: 'a wildcard', message: message('a/+'), reason: /^the topic must not contain \+ or #$/ },
  {
    name: 'a QoS that is too high',
    limits: { qosMax: 1 },
    message: message('a', { qos: 2 }),
    reason: /up to QoS 1 only/,
  },
  {
    name: 'retain',
    limits: { retain: false },
    message: message('a', { retain: true }),
    reason: /does not store \(retain\)/,
  },
  {
    name: 'size',
    limits: { packetBytesMax: 9 },
    message: message('a', { payload: Buffer.alloc(2) }),
    reason: /takes 10 bytes; the broker takes 9$/,
  },
  {
    name: 'a response topic with a wildcard',
    message: message('a', { properties: { responseTopic: 'b/#' } }),
    reason: /^response topic: must not contain/,
  },
  {
    name: 'correlation data that is not hex',
    message: message('a', { properties: { correlationDataHex: 'abc' } }),
    reason: /^correlation data: not hex/,
  },
  {
    name: 'an expiry out of range',
    message: message('a', { properties: { expiryS: 2 ** 32 } }),
    reason: /^expiry:/,
  },
  {
    name: 'text that is not well-formed',
    message: message('a', { properties: { userProperties: { k: ['fine', '\ud800'] } } }),
    reason: /^user properties: not well-formed/,
  },
];

for (const { name, limits, message: refused, reason } of refusedHere) {
  test(`not sent at all: ${name}`, async () => {
    const { publishing, sent } = connectedTo(limits);
    const result = await publishing.publish(refused);
    assert.equal(result.sent, false);
    assert.match(result.reason, reason);
    assert.equal(sent.length, 0);
  });
}

test('MQTT 3.1.1 sends without properties and says what is missing', async () => {
  const { publishing, sent } = connectedTo({ protocolVersion: 4 });
  const properties = { contentType: 'text/plain', userProperties: { a: 'b' } };
  const result = await publishing.publish(message('a', { qos: 0, properties }));
  assert.deepEqual(result, {
    sent: true,
    note: 'left out, as MQTT 3.1.1 cannot carry it: user properties, content type',
  });
  assert.equal(sent[0]?.options.properties, undefined);
});

test('not more are under way than the broker takes, and the others follow in their order', async () => {
  const { publishing, sent } = connectedTo();
  const results = ['a', 'b', 'c', 'd'].map((topic) => publishing.publish(message(topic)));
  const topics = () => sent.map(({ topic }) => topic).join('');
  assert.equal(topics(), 'ab');
  sent[1]?.done(undefined, published(2));
  assert.equal(topics(), 'abc');
  sent[0]?.done(undefined, published(1));
  sent[2]?.done(undefined, published(3));
  assert.equal(topics(), 'abcd');
  sent[3]?.done(undefined, published(4));
  assert.ok((await Promise.all(results)).every(({ sent: isSent }) => isSent));
});

test('thousands of QoS 0 that waited are sent in one go', async () => {
  const { publishing, sent } = connectedTo({ inFlightMax: 1 });
  const first = publishing.publish(message('first'));
  const rest = Array.from({ length: 9000 }, () => publishing.publish(message('rest', { qos: 0 })));
  sent[0]?.done(undefined, published());
  const results = await Promise.all([first, ...rest]);
  assert.ok(results.every((result) => result.sent));
  assert.equal(sent.length, 9001);
});

test('no answer within 10 s; a late one still makes room', async () => {
  const { publishing, clock, sent } = connectedTo({ inFlightMax: 1 });
  const asked = publishing.publish(message('a'));
  const behind = publishing.publish(message('b'));
  clock.advance(10_000);
  const [result, waited] = await Promise.all([asked, behind]);
  assert.ok(!result.sent && !waited.sent);
  assert.match(result.reason, /did not answer within 10 s; it is not known whether the message arrived/);
  assert.match(waited.reason, /^not sent: the broker did not get through/);
  const next = publishing.publish(message('c'));
  assert.equal(sent.length, 1);
  sent[0]?.done(undefined, published());
  sent[1]?.done(undefined, published());
  assert.deepEqual(await next, { sent: true });
});

test('a lost connection ends what was under way and what waited; the next one begins afresh', async () => {
  const { publishing, client, sent } = connectedTo({ inFlightMax: 1 });
  const underWay = publishing.publish(message('a'));
  const waiting = publishing.publish(message('b'));
  publishing.lost();
  const results = await Promise.all([underWay, waiting]);
  assert.deepEqual(
    results.map((result) => !result.sent && result.reason),
    [
      'the connection to the broker was lost; it is not known whether the message arrived',
      'the connection to the broker was lost before it was sent',
    ],
  );
  const away = await publishing.publish(message('c'), 'nothing listens there');
  assert.deepEqual(away, { sent: false, reason: 'the broker is not connected: nothing listens there' });
  publishing.connected(client, { ...LIMITS, inFlightMax: 1 });
  sent[0]?.done(undefined, published());
  const again = publishing.publish(message('d'));
  sent[1]?.done(undefined, published());
  assert.deepEqual(await again, { sent: true });
});

test('a connection that is being closed may still confirm, and sends nothing more', async () => {
  const { publishing, sent } = connectedTo({ inFlightMax: 1 });
  const underWay = publishing.publish(message('a'));
  const waiting = publishing.publish(message('b'));
  publishing.leaving();
  sent[0]?.done(undefined, published());
  assert.deepEqual(await underWay, { sent: true });
  assert.deepEqual(await waiting, {
    sent: false,
    reason: 'the connection to the broker is being closed',
  });
  assert.equal(sent.length, 1);
});
