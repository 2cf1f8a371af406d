import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { parserOptionsSchema } from '../model/device.ts';
import type { Message } from '../model/message.ts';
import { UNUSABLE_REASONS } from '../model/reading.ts';
import { parserOf } from './index.ts';
import type { Parser } from './parser.ts';

const CASES = join(import.meta.dirname, 'cases');
const BASE_MS = 1_769_855_415_000;

const number = z.number().optional();
const readingSchema = z.strictObject({
  deviceTime: number,
  deviceTimePrecisionMs: number,
  powerW: number,
  voltageV: number,
  currentA: number,
  frequencyHz: number,
  energyTotalKwh: number,
  energyReturnedKwh: number,
  apparentVa: number,
  reactiveVar: number,
  powerFactor: number,
  relay: z.enum(['on', 'off']).optional(),
  presence: z.enum(['online', 'offline']).optional(),
  /** Only where a live message is given on as retained: a bridge that sends again what it had stored. */
  retained: z.literal(true).optional(),
});

/** A case: messages of one device in order, and what each of them must give. */
const caseSchema = z
  .strictObject({
    description: z.string().min(1),
    source: z.string().min(1),
    device: z.strictObject({
      mqtt_topic: z.string(),
      channel: z.union([z.int(), z.enum(['total', 'a', 'b', 'c'])]).optional(),
      parser_options: parserOptionsSchema.strict().optional(),
    }),
    messages: z.array(
      z.strictObject({
        topic: z.string(),
        payload: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
        payload_hex: z.string().optional(),
        at_ms: z.int().optional(),
        retained: z.boolean().optional(),
        qos: z.literal([0, 1, 2]).optional(),
      }),
    ),
    expected: z.array(
      z.union([
        z.strictObject({ readings: z.array(readingSchema), problems: z.array(z.string()).optional() }),
        z.strictObject({ unusable: z.enum(UNUSABLE_REASONS) }),
      ]),
    ),
  })
  .refine((c) => c.messages.length === c.expected.length && c.messages.length > 0, 'one result per message');

type Case = z.infer<typeof caseSchema>;

function messageOf(sent: Case['messages'][number]): Message {
  const { payload } = sent;
  const text = typeof payload === 'object' ? JSON.stringify(payload) : payload;
  const atMs = sent.at_ms ?? 0;
  return {
    topic: sent.topic,
    payload: text === undefined ? Buffer.from(sent.payload_hex ?? '', 'hex') : Buffer.from(text),
    receivedAt: BASE_MS + atMs,
    steadyAt: 1000 + atMs,
    retained: sent.retained ?? false,
    qos: sent.qos ?? 0,
    done: () => {},
  };
}

function runCase(parser: Parser, { device, messages, expected }: Case): void {
  const parserDevice = {
    deviceId: 'device',
    mqttTopic: device.mqtt_topic,
    channel: device.channel ?? null,
    options: device.parser_options ?? {},
  };
  let memory = parser.initialMemory();
  for (const [index, sent] of messages.entries()) {
    const message = messageOf(sent);
    const outcome = parser.parse(message, parserDevice, memory);
    memory = JSON.parse(JSON.stringify(outcome.memory));
    assert.deepEqual(memory, outcome.memory, 'the memory survives as JSON');
    if (outcome.status === 'unusable') {
      assert.deepEqual({ unusable: outcome.reason }, expected[index], `message ${index}: ${outcome.detail}`);
      continue;
    }
    const { receivedAt, steadyAt, retained, qos } = message;
    const readings = outcome.readings.map((reading) => {
      const { receivedAt: arrived, steadyAt: steady, retained: replayed, qos: level, ...values } = reading;
      const origin = [arrived, steady, level];
      assert.deepEqual(origin, [receivedAt, steadyAt, qos], `message ${index}: where it came from`);
      return replayed === retained ? values : { ...values, retained: replayed };
    });
    const problems = outcome.problems?.map(({ field }) => field);
    assert.deepEqual({ readings, ...(problems && { problems }) }, expected[index], `message ${index}`);
  }
}

const files = readdirSync(CASES, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.json'),
);

test('there are cases', () => {
  assert.ok(files.length >= 60, `${files.length} cases found`);
});

for (const file of files.sort()) {
  test(file, () => {
    const parser = parserOf(dirname(file).replaceAll('-', '_'));
    assert.ok(parser, `${dirname(file)} names a parser; ${basename(file)} is in the wrong folder`);
    runCase(parser, caseSchema.parse(JSON.parse(readFileSync(join(CASES, file), 'utf8'))));
  });
}
