import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFields } from '../../../src/config/device-fields.ts';
import { PARSERS } from '../../../src/parse/index.ts';
import de from '../../locales/de/machine.json' with { type: 'json' };
import en from '../../locales/en/machine.json' with { type: 'json' };
import vi from '../../locales/vi/machine.json' with { type: 'json' };
import { doubtsOf, REPORT_INTERVAL_S } from './doubts.ts';
import { fieldValue, GROUPS, patchOf, takenBack, textsOf, wordOf } from './fields.ts';

const FIELDS = GROUPS.flatMap(({ fields }) => fields);
const CONFIG = {
  machine_name: 'Saw',
  enabled: true,
  parser_options: { power: { path: 'P' } },
  session_config: { standby_threshold_w: 20, start_debounce_s: 3 },
};

test('the page has every field that a device has, each with its words in every language', () => {
  const known = describeFields().map(({ path }) => path);
  const left = new Set(['device_id', 'session_config', 'session_config.strategy']);
  assert.deepEqual(FIELDS.map(({ path }) => path).sort(), known.filter((path) => !left.has(path)).sort());
  for (const words of [en, de, vi]) {
    for (const { path } of FIELDS) {
      const { label = '', hint = '' } =
        (words.fields as Record<string, { label?: string; hint?: string }>)[wordOf(path)] ?? {};
      assert.ok(label !== '' && hint !== '', path);
    }
  }
});

test('the page knows every family and how often its devices report', () => {
  const choices = FIELDS.find(({ path }) => path === 'parser_type')?.choices ?? [];
  const types = PARSERS.flatMap(({ type, aliases }) => [type, ...aliases]);
  assert.deepEqual([...choices].sort(), [...new Set([...types, 'auto'])].sort());
  for (const { type, reportIntervalMs } of PARSERS) {
    if (type === 'auto') continue;
    assert.equal(
      REPORT_INTERVAL_S[type] ?? null,
      reportIntervalMs === null ? null : reportIntervalMs / 1000,
      type,
    );
  }
});

test('only what was changed is sent, and an empty field is the default', () => {
  const before = textsOf(CONFIG);
  assert.equal(patchOf(before, before), null);
  const after = {
    ...before,
    enabled: 'false',
    rated_power_w: '2200,5',
    channel: '1',
    parser_options: '',
    'session_config.standby_threshold_w': 'x',
    'session_config.start_debounce_s': '',
  };
  assert.deepEqual(patchOf(before, after), {
    enabled: false,
    rated_power_w: 2200.5,
    channel: 1,
    parser_options: null,
    session_config: { standby_threshold_w: 'x', start_debounce_s: null },
  });
  assert.equal(fieldValue('a', 'channel'), 'a');
  assert.deepEqual(fieldValue('{"a":1}', 'json'), { a: 1 });
  assert.deepEqual(takenBack('session_config.start_debounce_s'), {
    session_config: { start_debounce_s: null },
  });
  assert.deepEqual(takenBack('probe'), { probe: null });
});

test('doubtful values are named', () => {
  const words = (config: Record<string, unknown>, family: string | null) =>
    doubtsOf(textsOf(config), family).map(({ path, word }) => `${wordOf(path)} ${word}`);
  const session = (more: object) => ({ session_config: { standby_threshold_w: 5, ...more } });
  assert.deepEqual(words(CONFIG, 'shelly_pm'), []);
  assert.deepEqual(words(session({ standby_threshold_w: 0 }), null), ['standby_threshold_w doubt_always_on']);
  assert.deepEqual(words(session({ message_timeout_s: 20 }), 'shelly_pm'), [
    'message_timeout_s doubt_timeout',
  ]);
  assert.deepEqual(words(session({ message_timeout_s: 20 }), 'ha_statestream'), []);
  assert.deepEqual(words(session({ start_debounce_s: 90 }), 'shelly_pm'), ['start_debounce_s doubt_start']);
  assert.deepEqual(words({ offline_timeout_s: 59 }, 'shelly_pm'), ['offline_timeout_s doubt_offline']);
});
