import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { device, Stage } from '../test/pipeline-stage.ts';

describe('acknowledgement', () => {
  test('a message that changes something is acknowledged after the commit, others at once', async () => {
    const stage = new Stage().begin(device('a'));
    stage.say('a', 0);
    await turn();
    stage.acknowledged.length = 0;
    stage.say('a', 0);
    assert.deepEqual(stage.acknowledged, ['a:0']);
    stage.say('a', 60);
    assert.deepEqual(stage.acknowledged, ['a:0']);
    await turn();
    assert.deepEqual(stage.acknowledged, ['a:0', 'a:60']);
  });

  test('QoS 0 has nothing to wait for', () => {
    const stage = new Stage().begin(device('a'));
    stage.say('a', 60, stage.link, 0);
    assert.deepEqual(stage.acknowledged, ['a:60']);
  });

  test('while the disk takes nothing, nothing is acknowledged; then all is there, once', async () => {
    const stage = new Stage().begin(device('a'));
    await turn();
    stage.failing = true;
    stage.say('a', 60);
    await turn();
    assert.equal(stage.pipeline.canCommit(), false);
    stage.say('a', 61);
    stage.pass(3000);
    assert.deepEqual(stage.acknowledged, []);
    stage.failing = false;
    stage.pass(1000);
    await turn();
    assert.deepEqual(stage.acknowledged, ['a:60', 'a:61']);
    assert.deepEqual(stage.events(), ['session_started power_threshold']);
    assert.equal(stage.pipeline.canCommit(), true);
  });
});

describe('deadlines wait for a proof that the broker is there', () => {
  test('silence of a dead link ends no session; the proof carries the deadline out at its own time', async () => {
    const stage = new Stage().begin(device('a'));
    stage.say('a', 60);
    stage.pass(3000);
    await turn();
    assert.deepEqual(stage.events(), ['session_started power_threshold']);
    stage.clock.advance(60_000);
    assert.equal(stage.link.proofsAsked > 0, true);
    assert.equal(stage.state(), 'working');
    stage.link.heard = stage.clock.steadyMs();
    stage.pipeline.proven(stage.link);
    await turn();
    assert.deepEqual(stage.events().slice(1), ['session_timeout timeout']);
    const ended = stage.database.prepare("SELECT ts FROM outbox WHERE event_type = 'session_timeout'").get();
    assert.equal(Number(ended?.ts), stage.clock.steadyMs() - 63_000 + 20_000);
  });

  test('no proof: the link counts as lost since it was last heard, and the session goes on', async () => {
    const stage = new Stage().begin(device('a'));
    stage.say('a', 60);
    stage.pass(3000);
    const heard = stage.link.heard;
    stage.clock.advance(60_000);
    stage.pipeline.linkLost(stage.link, heard);
    stage.pipeline.linkUp(stage.link, false);
    stage.say('a', 60);
    await turn();
    assert.equal(stage.state(), 'working');
    assert.deepEqual(stage.events(), ['session_started power_threshold']);
  });

  test('a lost link holds back its own devices only', async () => {
    const stage = new Stage().begin(device('a'), device('b'));
    stage.pipeline.linkUp(stage.other, false);
    stage.say('a', 60);
    stage.say('b', 60, stage.other);
    stage.pass(3000);
    stage.other.heard = stage.clock.steadyMs();
    stage.pipeline.proven(stage.other);
    stage.pipeline.linkLost(stage.link, stage.link.heard);
    stage.other.heard = stage.clock.steadyMs() + 30_000;
    stage.clock.advance(30_000);
    await turn();
    assert.deepEqual(
      stage.pipeline.machines().map(({ device_id, state }) => `${device_id} ${state}`),
      ['a working', 'b idle'],
    );
  });
});

describe('a process that takes over', () => {
  test('goes on with an open session', async () => {
    const first = new Stage().begin(device('a'));
    first.say('a', 60);
    first.pass(3000);
    first.pipeline.linkLost(first.link, first.clock.steadyMs());
    first.pipeline.stop();
    const second = new Stage(first.database);
    second.clock.advance(10_000);
    second.link.heard = second.clock.steadyMs();
    second.begin(device('a'));
    second.say('a', 60);
    second.say('a', 0);
    second.pass(15_000);
    await turn();
    assert.deepEqual(second.events(), ['session_started power_threshold', 'session_stopped normal']);
  });

  test('ends the session of a device that is gone, or is on another meter', async () => {
    const first = new Stage().begin(device('a'), device('b'));
    first.say('a', 60);
    first.say('b', 60);
    first.pass(3000);
    first.pipeline.linkLost(first.link, first.clock.steadyMs());
    first.pipeline.stop();
    const moved = device('b');
    moved.parser.mqttTopic = 'm/elsewhere';
    const second = new Stage(first.database).begin(moved);
    await turn();
    assert.deepEqual(second.events().slice(2), [
      'session_stopped device_removed',
      'session_stopped device_removed',
    ]);
    assert.deepEqual(second.link.filters, ['m/elsewhere']);
  });
});

describe('a change of configuration', () => {
  test('leaves what did not change as it was, and drops what is gone', async () => {
    const stage = new Stage().begin(device('a'), device('b'));
    stage.say('a', 60);
    stage.say('b', 60);
    stage.pass(3000);
    const after = device('a', { stopDebounceMs: 1000 });
    stage.pipeline.change({ added: [], updated: [{ after }], removed: [device('b')] });
    stage.say('a', 0);
    stage.pass(1000);
    await turn();
    assert.deepEqual(stage.events().slice(2), ['session_stopped device_removed', 'session_stopped normal']);
    assert.deepEqual(stage.link.filters, ['m/a']);
    stage.say('b', 60);
    assert.deepEqual(stage.acknowledged.at(-1), 'b:60');
    assert.equal(stage.pipeline.machines().length, 1);
  });
});

test('a device that goes and comes back before the commit begins anew', async () => {
  const stage = new Stage().begin(device('a'));
  stage.say('a', 60);
  stage.pass(3000);
  await turn();
  stage.pipeline.change({ added: [], updated: [], removed: [device('a')] });
  stage.pipeline.change({ added: [device('a')], updated: [], removed: [] });
  assert.equal(stage.state(), 'idle');
  stage.say('a', 60);
  stage.pass(3000);
  stage.say('a', 0);
  stage.pass(15_000);
  await turn();
  const ends = ['session_started power_threshold', 'session_stopped normal'];
  assert.deepEqual(stage.events(), [
    'session_started power_threshold',
    'session_stopped device_removed',
    ...ends,
  ]);
});

test('a stopped pipeline leaves a failing disk alone', async () => {
  const stage = new Stage().begin(device('a'));
  await turn();
  stage.failing = true;
  stage.say('a', 60);
  await turn();
  stage.pipeline.stop();
  const { writesTried } = stage;
  stage.clock.advance(60_000);
  await turn();
  assert.equal(stage.writesTried, writesTried);
});

test('what another broker kept does not pass for new when a device moves there', () => {
  const stage = new Stage().begin(device('a'));
  stage.say('a', 0);
  stage.pipeline.linkUp(stage.other, true);
  stage.say('a', 60, stage.other);
  assert.equal(stage.state(), 'idle');
  stage.say('a', 0, stage.other);
  stage.pass(5000);
  assert.equal(stage.state(), 'idle');
});

describe('backlog', () => {
  test('of an idle device is on disk before it is acknowledged', async () => {
    const stage = new Stage();
    stage.pipeline.change({ added: [device('a')], updated: [], removed: [] });
    stage.pipeline.start();
    stage.pipeline.linkUp(stage.link, true);
    await turn();
    stage.acknowledged.length = 0;
    stage.say('a', 60);
    assert.deepEqual(stage.acknowledged, []);
    await turn();
    assert.deepEqual(stage.acknowledged, ['a:60']);
    const saved = stage.database
      .prepare("SELECT json_extract(state, '$.held.powerW') AS w FROM device_states")
      .get();
    assert.equal(saved?.w, 60);
  });

  test('without dates only the last message of a device counts, when the link has settled', async () => {
    const stage = new Stage();
    stage.pipeline.change({ added: [device('a')], updated: [], removed: [] });
    stage.pipeline.start();
    stage.pipeline.linkUp(stage.link, true);
    for (const powerW of [60, 61, 0, 62, 0]) {
      stage.say('a', powerW);
      stage.pass(10);
    }
    assert.equal(stage.state(), 'idle');
    stage.pass(1000);
    stage.say('a', 0);
    stage.pass(30_000);
    await turn();
    assert.deepEqual(stage.events(), []);
  });

  test('a meter that speaks once a second does not keep the link unsettled', () => {
    const stage = new Stage();
    stage.pipeline.change({ added: [device('a')], updated: [], removed: [] });
    stage.pipeline.start();
    stage.pipeline.linkUp(stage.link, true);
    for (let s = 0; s < 3; s++) {
      stage.say('a', 60);
      stage.pass(1000);
    }
    assert.equal(stage.state(), 'starting');
  });
});
