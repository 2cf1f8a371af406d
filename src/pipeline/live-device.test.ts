import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { device, Stage } from '../../test/pipeline-stage.ts';

/** How long the machine has been in its state, s; null: not known. */
function inStateS(stage: Stage): number | null {
  const since = stage.pipeline.machines()[0]?.state_since;
  assert.notEqual(since, undefined);
  return since ? (stage.clock.wallMs() - Date.parse(since)) / 1000 : null;
}

test('a machine tells since when it is in its state, at the time of the transition', async () => {
  const stage = new Stage().begin(device('a'));
  assert.equal(inStateS(stage), null);
  stage.say('a', 60);
  stage.pass(2000);
  assert.deepEqual([stage.state(), inStateS(stage)], ['starting', 2]);
  // The start debounce of 3 s was over one second ago.
  stage.pass(2000);
  assert.deepEqual([stage.state(), inStateS(stage)], ['working', 1]);
  stage.say('a', 60);
  assert.equal(inStateS(stage), 1);
  await turn();
});

test('another meter under the same id begins without a past', () => {
  const stage = new Stage().begin(device('a'));
  stage.say('a', 60);
  stage.pass(1000);
  const other = device('a');
  const moved = { ...other, parser: { ...other.parser, mqttTopic: 'elsewhere' } };
  stage.say('a', 0);
  assert.equal(inStateS(stage), 0);
  stage.pipeline.change({ added: [], removed: [], updated: [{ after: moved }] });
  assert.deepEqual([stage.state(), inStateS(stage)], ['idle', null]);
});
