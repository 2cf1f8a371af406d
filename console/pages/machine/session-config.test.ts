import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedFields, thresholdsOf, tunedConfig, withThreshold } from './session-config.ts';

const CONFIG = tunedConfig({ session_config: { standby_threshold_w: 20, working_threshold_w: 300 } });

test('what is not given is the default', () => {
  assert.deepEqual(CONFIG, {
    standby_threshold_w: 20,
    working_threshold_w: 300,
    start_debounce_s: 3,
    stop_debounce_s: 15,
    message_timeout_s: null,
  });
  assert.deepEqual(thresholdsOf({}), { standbyW: 5, workingW: 50 });
});

test('only what is changed is told, a field that is taken back as null', () => {
  assert.deepEqual(changedFields(CONFIG, CONFIG), {});
  const timed = { ...CONFIG, message_timeout_s: 90 };
  assert.deepEqual(changedFields(CONFIG, timed), { message_timeout_s: 90 });
  assert.deepEqual(changedFields(timed, CONFIG), { message_timeout_s: null });
});

test('a threshold that is dragged past the other one takes it along', () => {
  const dragged = withThreshold(CONFIG, 'standby', 400);
  assert.deepEqual([dragged.standby_threshold_w, dragged.working_threshold_w], [400, 400]);
  const lowered = withThreshold(CONFIG, 'working', 10);
  assert.deepEqual([lowered.standby_threshold_w, lowered.working_threshold_w], [10, 10]);
  assert.equal(withThreshold(CONFIG, 'working', 250).standby_threshold_w, 20);
});
