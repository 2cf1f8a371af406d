import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ProvisionAnswer } from '../src/model/provisioning.ts';
import { templateInputSchema } from '../src/model/template.ts';
import { configured, IdentitiesStage } from './identities-stage.ts';

type TemplateChanges = Record<string, unknown>;

function stageWith(template: TemplateChanges = {}) {
  const stage = new IdentitiesStage();
  const { templates, provisioning } = stage.identities;
  const made = templates.create(templateInputSchema.parse({ name: 'fleet', ...template }));
  const keys = { provision_key: made.template.provisionKey, provision_secret: made.secret };
  const ask = (request: object, address = '10.0.0.1') =>
    provisioning.answer({ device_name: 'lathe', ...keys, ...request }, address);
  return { stage, keys, ask, template: made.template };
}

const outcome = (answer: ProvisionAnswer) => (answer.status === 'SUCCESS' ? 'SUCCESS' : answer.error);
const tokenOf = (answer: ProvisionAnswer) => (answer.status === 'SUCCESS' ? answer.token : '');

/** What is asked one after the other, and what comes of it. */
const CASES: { name: string; template?: TemplateChanges; asked: [request: object, expected: string][] }[] = [
  {
    name: 'a name is taken once',
    asked: [
      [{}, 'SUCCESS'],
      [{}, 'NAME_TAKEN'],
      [{ device_name: 'saw' }, 'SUCCESS'],
    ],
  },
  {
    name: "ThingsBoard's names are understood",
    asked: [[{ device_name: undefined, deviceName: 'saw' }, 'SUCCESS']],
  },
  {
    name: 'requests that lack something',
    asked: [
      [{ device_name: undefined }, 'INVALID_REQUEST'],
      [{ device_name: '' }, 'INVALID_REQUEST'],
      [{ device_name: 7 }, 'INVALID_REQUEST'],
      [{ device_name: 'x'.repeat(257) }, 'INVALID_REQUEST'],
      [{ provision_key: undefined }, 'INVALID_REQUEST'],
      [{ provision_secret: { a: 1 } }, 'INVALID_REQUEST'],
      [{ device_key: 'a/b' }, 'INVALID_REQUEST'],
      [{ device_key: '#' }, 'INVALID_REQUEST'],
      [{ device_key: '+' }, 'INVALID_REQUEST'],
    ],
  },
  {
    name: 'wrong keys',
    asked: [
      [{ provision_key: 'x' }, 'INVALID_KEY'],
      [{ provision_secret: 'x' }, 'INVALID_KEY'],
    ],
  },
  { name: 'a disabled template', template: { enabled: false }, asked: [[{}, 'DISABLED']] },
  {
    name: 'only keys on the list',
    template: { allowed_keys: ['a'] },
    asked: [
      [{}, 'INVALID_KEY'],
      [{ device_key: 'b' }, 'INVALID_KEY'],
      [{ device_key: 'a' }, 'SUCCESS'],
    ],
  },
  {
    name: 'a key that has a device: refused',
    asked: [
      [{ device_key: 'a' }, 'SUCCESS'],
      [{ device_key: 'a' }, 'ALREADY_PROVISIONED'],
      [{ device_key: 'a', device_name: 'other' }, 'ALREADY_PROVISIONED'],
      [{ device_key: 'b', device_name: 'other' }, 'SUCCESS'],
    ],
  },
  {
    name: 'a pattern that needs a key',
    template: { defaults: { mqtt_topic: 'plug-{device_key}/status/pm1:0', parser_type: 'shelly_pm' } },
    asked: [
      [{}, 'INVALID_REQUEST'],
      [{ device_key: 'a1' }, 'SUCCESS'],
    ],
  },
  {
    name: "another device's topics",
    template: { defaults: { mqtt_topic: 'm/{device_key}' } },
    asked: [
      [{ device_key: 'mill' }, 'INVALID_REQUEST'],
      [{ device_key: 'saw' }, 'SUCCESS'],
    ],
  },
  { name: 'a name of the configuration', asked: [[{ device_name: 'mill' }, 'NAME_TAKEN']] },
];

for (const { name, template, asked } of CASES) {
  test(name, () => {
    const { stage, ask } = stageWith(template);
    stage.push(configured('mill'));
    assert.deepEqual(
      asked.map(([request]) => outcome(ask(request))),
      asked.map(([, expected]) => expected),
    );
    stage.end();
  });
}

test('the answer is in the form of the document', () => {
  const { stage, ask } = stageWith();
  const answer = ask({});
  assert.ok(answer.status === 'SUCCESS');
  assert.match(answer.device_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(answer.token, /^[\w-]{32}$/);
  assert.deepEqual(ask({}), {
    status: 'FAILURE',
    error: 'NAME_TAKEN',
    errorMsg: 'another device has this device_name',
  });
  const bytes = Buffer.from('{"device_name": ');
  assert.equal(outcome(stage.identities.provisioning.answerBytes(bytes, 'a')), 'INVALID_REQUEST');
  stage.end();
});

for (const policy of ['new_token', 'same_token'] as const) {
  test(`asking again with the same device_key: ${policy}`, () => {
    const { stage, ask } = stageWith({ key_policy: policy });
    const first = ask({ device_key: 'a' });
    const second = ask({ device_key: 'a' });
    assert.ok(first.status === 'SUCCESS' && second.status === 'SUCCESS');
    assert.equal(first.device_id, second.device_id);
    assert.equal(first.token === second.token, policy === 'same_token');
    const { tokens } = stage.identities;
    assert.equal(tokens.deviceOf(second.token), second.device_id);
    assert.equal(tokens.deviceOf(first.token), policy === 'same_token' ? first.device_id : null);
    assert.deepEqual(stage.disconnected, policy === 'same_token' ? [] : [first.device_id]);
    stage.identities.administration.patch(first.device_id, { enabled: false });
    assert.equal(outcome(ask({ device_key: 'a' })), 'DISABLED');
    stage.end();
  });
}

for (const device_key of ['a', undefined]) {
  test(`a hundred at once are one device ${device_key ? 'with' : 'without'} a device_key`, async () => {
    const { stage, ask } = stageWith();
    const answers = await Promise.all(Array.from({ length: 100 }, async () => ask({ device_key })));
    const counts = Map.groupBy(answers, outcome);
    assert.equal(counts.get('SUCCESS')?.length, 1);
    assert.equal(counts.get(device_key ? 'ALREADY_PROVISIONED' : 'NAME_TAKEN')?.length, 99);
    await stage.settled();
    assert.equal(stage.changes.length, 1);
    stage.end();
  });
}

test('of ten thousand wrong keys none is accepted, and few are looked at', () => {
  const { stage, keys, ask } = stageWith();
  const seen = new Map<string, number>();
  for (let i = 0; i < 10_000; i++) {
    const wrong = { ...keys, provision_secret: `wrong-${i}`, device_name: `d${i}` };
    const said = outcome(ask(wrong, `10.${i % 2}.${Math.floor(i / 200)}.${i % 200}`));
    seen.set(said, (seen.get(said) ?? 0) + 1);
  }
  assert.deepEqual(Object.fromEntries(seen), { INVALID_KEY: 300, RATE_LIMITED: 9700 });
  assert.equal(outcome(ask({})), 'RATE_LIMITED');
  stage.clock.advance(60_000);
  assert.equal(outcome(ask({})), 'SUCCESS');
  stage.end();
});

test('one address with wrong keys is held off alone, however its IPv6 address ends', () => {
  const { stage, ask } = stageWith();
  const wrong = { provision_secret: 'wrong' };
  const said = Array.from({ length: 12 }, (_, i) => outcome(ask(wrong, `2001:db8::${i + 1}`)));
  assert.deepEqual(said.slice(9), ['INVALID_KEY', 'RATE_LIMITED', 'RATE_LIMITED']);
  assert.equal(outcome(ask({}, '2001:db8::77')), 'RATE_LIMITED');
  assert.equal(outcome(ask({}, '2001:db8:0:1::1')), 'SUCCESS');
  stage.end();
});

test('approval comes before the first use', () => {
  const { stage, ask } = stageWith({ approval_required: true });
  const answer = ask({ device_key: 'a' });
  assert.ok(answer.status === 'SUCCESS');
  const { administration, authenticate } = stage.identities;
  const login = { clientId: 'c', username: 'u', password: answer.token, address: '10.0.0.9' };
  assert.equal(authenticate(login).status, 'refused');
  assert.deepEqual(
    administration.waiting().map(({ device_id }) => device_id),
    [answer.device_id],
  );
  administration.decide(answer.device_id, 'approved');
  assert.equal(authenticate(login).status, 'accepted');
  administration.decide(answer.device_id, 'rejected');
  assert.equal(authenticate(login).status, 'refused');
  assert.deepEqual(stage.disconnected, [answer.device_id]);
  stage.end();
});

test('a secret that was rotated ends', () => {
  const { stage, ask, template } = stageWith();
  const { secret } = stage.identities.templates.rotate(template);
  assert.equal(outcome(ask({})), 'INVALID_KEY');
  assert.equal(outcome(ask({ provision_secret: secret })), 'SUCCESS');
  stage.end();
});

test('whatever is asked: names and keys are used once, and every token opens its own device', () => {
  const request = fc.record({
    device_name: fc.constantFrom('a', 'b', 'c'),
    device_key: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
  });
  const policies = fc.constantFrom('refuse', 'new_token', 'same_token');
  fc.assert(
    fc.property(policies, fc.array(request, { maxLength: 12 }), (key_policy, requests) => {
      const { stage, ask } = stageWith({ key_policy });
      const current = new Map<string, string>();
      for (const one of requests) {
        const answer = ask(one);
        if (answer.status === 'SUCCESS') current.set(answer.device_id, tokenOf(answer));
      }
      const { registry, tokens } = stage.identities;
      const made = registry.list();
      assert.equal(new Set(made.map(({ config }) => config.machine_name)).size, made.length);
      const keys = made.flatMap(({ own }) => own?.deviceKey ?? []);
      assert.equal(new Set(keys).size, keys.length);
      for (const [deviceId, token] of current) assert.equal(tokens.deviceOf(token), deviceId);
      assert.equal(current.size, made.length);
      stage.end();
    }),
    { numRuns: 60 },
  );
});
