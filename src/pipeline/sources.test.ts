import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { device, PlayedLink, Stage } from '../../test/pipeline-stage.ts';

/** A stage with a broker besides, which is up, and a device there. */
function withFurther(stage = new Stage()) {
  const further = new PlayedLink('hall-2', stage.clock.steadyMs(), false);
  stage.pipeline.addLink(further);
  stage.begin(device('a'), { ...device('b'), broker: 'hall-2' });
  stage.pipeline.linkUp(further, false);
  return { stage, further };
}

describe('a device that names its broker', () => {
  test('is subscribed and heard there, and nowhere else', () => {
    const { stage, further } = withFurther();
    assert.deepEqual([stage.link.filters, further.filters], [['m/a'], ['m/b']]);
    stage.say('b', 60);
    stage.say('a', 60, further);
    assert.deepEqual(
      stage.pipeline.machines().map(({ state }) => state),
      ['idle', 'idle'],
    );
    stage.say('b', 60, further);
    assert.equal(stage.pipeline.machines()[1]?.state, 'starting');
  });

  test('waits for a broker that is not there yet', () => {
    const stage = new Stage().begin({ ...device('b'), broker: 'hall-2' });
    const further = new PlayedLink('hall-2', stage.clock.steadyMs(), false);
    stage.pipeline.addLink(further);
    stage.pipeline.linkUp(further, false);
    assert.deepEqual(further.filters, ['m/b']);
    stage.say('b', 60, further);
    stage.clock.advance(3000);
    assert.equal(stage.state(), 'starting', 'the broker was not heard since');
    further.heard = stage.clock.steadyMs();
    stage.pipeline.proven(further);
    assert.equal(stage.state(), 'working');
  });

  test('keeps its session while its broker is away for ever', async () => {
    const { stage, further } = withFurther();
    stage.say('b', 60, further);
    stage.clock.advance(1000);
    further.heard = stage.clock.steadyMs() + 5000;
    stage.clock.advance(5000);
    await turn();
    assert.deepEqual(stage.events(), ['session_started power_threshold']);
    stage.pipeline.removeLink(further);
    stage.pass(86_400_000);
    await turn();
    assert.equal(stage.pipeline.machines()[1]?.state, 'working');
    assert.deepEqual(stage.events(), ['session_started power_threshold']);
  });

  test('ends its session when it is moved to another broker', async () => {
    const { stage, further } = withFurther();
    stage.say('b', 60, further);
    further.heard = stage.clock.steadyMs() + 4000;
    stage.clock.advance(4000);
    stage.pipeline.change({ added: [], removed: [], updated: [{ after: device('b') }] });
    await turn();
    assert.deepEqual(stage.events(), ['session_started power_threshold', 'session_stopped device_removed']);
    assert.deepEqual([stage.link.filters, further.filters], [['m/a', 'm/b'], []]);
    stage.say('b', 60);
    assert.equal(stage.pipeline.machines()[1]?.state, 'starting');
  });

  test('a broker that is away for hours does not age the devices of another one when the process dies', async () => {
    const { stage, further } = withFurther();
    const silent = device('silent', { messageTimeoutMs: null });
    stage.pipeline.change({ added: [silent, device('c')], updated: [], removed: [] });
    stage.say('silent', 60);
    stage.pipeline.linkLost(further, further.heardAt());
    for (let i = 0; i < 600; i++) {
      stage.say('c', 60);
      stage.pass(12_000);
      await turn();
    }
    const after = new Stage(stage.database);
    after.clock.advance(stage.clock.steadyMs() - after.clock.steadyMs() + 10_000);
    after.begin(silent);
    after.say('silent', 60);
    await turn();
    assert.equal(after.state(), 'working');
  });
});

describe('a device that is to be probed', () => {
  const plug = () => ({
    ...device('lathe', { messageTimeoutMs: 20_000 }),
    probe: true,
    parserType: 'tasmota',
    parser: { deviceId: 'lathe', mqttTopic: 'tele/lathe/SENSOR', channel: null, options: {} },
  });
  const power = (watts: number) => JSON.stringify({ Time: '2026-01-31T10:00:00', ENERGY: { Power: watts } });

  test('is asked twice before its session times out, and an answer keeps it open', async () => {
    const stage = new Stage().begin(plug());
    stage.hear('tele/lathe/SENSOR', power(60));
    stage.pass(14_000);
    assert.deepEqual(stage.asked, []);
    stage.pass(1000);
    assert.deepEqual(stage.asked, ['cmnd/lathe/Status=10']);
    stage.pass(2500);
    assert.equal(stage.asked.length, 2);
    stage.hear('stat/lathe/STATUS10', JSON.stringify({ StatusSNS: JSON.parse(power(60)) }));
    stage.pass(10_000);
    await turn();
    assert.deepEqual(stage.events(), ['session_started power_threshold']);
    stage.pass(10_000);
    await turn();
    assert.deepEqual(stage.asked.length, 4);
    assert.deepEqual(stage.events(), ['session_started power_threshold', 'session_timeout timeout']);
  });

  test('is left alone while it speaks, without a session, and when it is gone', () => {
    const stage = new Stage().begin(plug());
    stage.hear('tele/lathe/SENSOR', power(0));
    stage.pass(60_000);
    for (let second = 0; second < 60; second++) {
      stage.hear('tele/lathe/SENSOR', power(60));
      stage.pass(1000);
    }
    stage.pipeline.change({ added: [], updated: [], removed: [plug()] });
    stage.pass(60_000);
    assert.deepEqual(stage.asked, []);
  });

  test('is not asked while its link is lost', () => {
    const stage = new Stage().begin(plug());
    stage.hear('tele/lathe/SENSOR', power(60));
    stage.pass(5000);
    stage.pipeline.linkLost(stage.link, stage.link.heardAt());
    stage.pass(60_000);
    assert.deepEqual(stage.asked, []);
  });
});
