import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { runReplay } from './replay-command.ts';
import { csvCells } from './replay-recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'bridge-replay-'));
after(() => rmSync(folder, { recursive: true }));
const T0 = Date.UTC(2026, 0, 31, 10);
const iso = (second: number) => new Date(T0 + second * 1000).toISOString();

function file(name: string, text: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const CONFIG = file(
  'c.yaml',
  `devices:
  - device_id: saw
    mqtt_topic: tele/saw/SENSOR
    parser_type: tasmota
    session_config: { message_timeout_s: 20, start_debounce_s: 3, stop_debounce_s: 15 }
  - { device_id: mill, mqtt_topic: mill/power, parser_type: generic, enabled: false }
`,
);

function run(name: string, text: string | Buffer, ...options: string[]) {
  const lines: string[] = [];
  const faults: string[] = [];
  const path = file(name, text);
  const device = options.includes('--device') ? [] : ['--device', 'saw'];
  const code = runReplay([path, '--config', CONFIG, ...device, ...options], {
    out: (line) => lines.push(line),
    err: (line) => faults.push(line.replaceAll(folder, '')),
  });
  return { code, lines, faults };
}

/** The sessions and the counts that `--json` tells. */
function told(name: string, text: string | Buffer, ...options: string[]) {
  const { code, lines, faults } = run(name, text, '--json', ...options);
  const { sessions, ...more } = JSON.parse(lines.join('\n'));
  const second = (time: string | null) => (time === null ? 'open' : (Date.parse(time) - T0) / 1000);
  const words = sessions.map((one: { started_at: string; ended_at: string | null; reason: string | null }) =>
    `${second(one.started_at)}-${second(one.ended_at)} ${one.reason ?? ''}`.trim(),
  );
  return { code, faults, words, ...more };
}

const POWERS: [second: number, powerW: number, kwh: number][] = [
  [0, 0, 1],
  [10, 60, 1],
  [20, 60, 1.001],
  [30, 1, 1.002],
  [40, 0, 1.002],
  [50, 0, 1.002],
];
const sensor = (powerW: number, kwh: number) => JSON.stringify({ ENERGY: { Power: powerW, Total: kwh } });
const READINGS_CSV = ['at,power_w,energy_kwh', ...POWERS.map(([s, w, k]) => `${iso(s)},${w},${k}`)];
const MESSAGES = POWERS.map(([s, w, k]) => ({
  at: iso(s),
  direction: 'in',
  topic: 'tele/saw/SENSOR',
  retain: false,
  payload: sensor(w, k),
  payload_format: 'text',
}));
const jsonl = (lines: unknown[]) => lines.map((line) => JSON.stringify(line)).join('\n');
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

describe('the same sessions, whatever the form of the recording', () => {
  const FORMS: [form: string, name: string, text: string | Buffer][] = [
    ['readings as CSV', 'r.csv', READINGS_CSV.join('\n')],
    ['with a byte order mark, CRLF and an empty line', 'b.csv', `\ufeff${READINGS_CSV.join('\r\n')}\r\n\r\n`],
    [
      'quoted cells, in another order',
      'q.csv',
      [
        'note,energy_kwh,at,power_w',
        ...POWERS.map(([s, w, k]) => `"a ""note"",\nof two lines","${k}",${T0 + s * 1000},"${w}"`),
      ].join('\n'),
    ],
    [
      'readings as JSON lines',
      'r.jsonl',
      jsonl(POWERS.map(([s, power_w, energy_kwh]) => ({ at: T0 + s * 1000, power_w, energy_kwh }))),
    ],
    ['messages as JSON lines', 'm.jsonl', jsonl(MESSAGES)],
    ['with the newest on top', 'd.jsonl', jsonl(MESSAGES.toReversed())],
    [
      'as hex',
      'h.jsonl',
      jsonl(
        MESSAGES.map((one) => ({
          ...one,
          payload: Buffer.from(one.payload).toString('hex'),
          payload_format: 'hex',
        })),
      ),
    ],
    [
      'messages as CSV',
      'm.csv',
      ['at,topic,payload', ...MESSAGES.map((one) => `${one.at},${one.topic},${quoted(one.payload)}`)].join(
        '\n',
      ),
    ],
  ];
  for (const [form, name, text] of FORMS) {
    test(form, () => {
      const { code, faults, words, totals, ...counts } = told(name, text);
      assert.deepEqual([code, faults, words], [0, [], ['10-30 normal']]);
      assert.deepEqual(totals, { sessions: 1, duration_s: 20, energy_kwh: 0.002 });
      const none = { partial: false, truncated: false, late_messages: 0, bad_lines: 0, foreign_messages: 0 };
      assert.deepEqual(counts, { ...none, readings: 6 });
    });
  }
});

test('options take the place of what is configured', () => {
  const text = READINGS_CSV.join('\n');
  assert.deepEqual(told('o.csv', text, '--stop-debounce-s', '30').words, ['10-open']);
  assert.deepEqual(told('o.csv', text, '--standby-w', '0.5', '--stop-debounce-s', '5').words, [
    '10-40 normal',
  ]);
  assert.deepEqual(told('o.csv', text, '--message-timeout-s', '9').words, ['10-10 timeout', '20-20 timeout']);
  assert.deepEqual(told('o.csv', text, '--standby-w', '70', '--working-w', '70').words, []);
});

test('a device that is disabled is replayed, with the defaults of its parser', () => {
  const text = jsonl(POWERS.map(([s, w]) => ({ at: iso(s), topic: 'mill/power', payload: String(w) })));
  assert.deepEqual(told('g.jsonl', text, '--device', 'mill').words, ['10-30 normal']);
});

test('messages of others, to the device, and from a store decide nothing', () => {
  const [first] = MESSAGES;
  const more = [
    { ...first, at: iso(1), topic: 'tele/lathe/SENSOR', payload: sensor(900, 1) },
    { ...first, at: iso(2), direction: 'out' },
    { ...first, at: iso(3), retain: true, payload: sensor(900, 1) },
  ];
  const { words, foreign_messages } = told('f.jsonl', jsonl([first, ...more, ...MESSAGES.slice(1)]));
  assert.deepEqual([words, foreign_messages], [['10-30 normal'], 2]);
});

describe('a line that cannot be used is named, and the next is read', () => {
  const LINES: [name: string, lines: string[], faults: string[]][] = [
    [
      'x.csv',
      ['at,power_w', `${iso(0)},x`, 'noon,5', `${iso(0)},1,2`, `${iso(0)},"1`, `${iso(1)},`],
      [
        '/x.csv:2: power_w is not a number',
        '/x.csv:3: at must be a time such as 2026-01-31T10:30:00Z, or milliseconds since 1970',
        '/x.csv:4: has 3 cells, the first line has 2',
        '/x.csv:5: the quotes are not as in RFC 4180',
      ],
    ],
    [
      'y.csv',
      ['at,power_w', '"2026', '01",3', `2026-01-31T10:00:00,4`, `${iso(0)},NaN`, `${iso(1)},7`],
      [
        '/y.csv:2: at must be a time such as 2026-01-31T10:30:00Z, or milliseconds since 1970',
        '/y.csv:4: at must be a time such as 2026-01-31T10:30:00Z, or milliseconds since 1970',
        '/y.csv:5: power_w is not a number',
      ],
    ],
    [
      'z.jsonl',
      [
        '[1]',
        '{"at":true}',
        `{"at":0,"topic":5}`,
        `{"at":0,"topic":"tele/saw/SENSOR","payload":""}`,
        `{"at":0,"topic":"tele/saw/SENSOR","payload":"0","payload_format":"hex"}`,
        `{"at":0,"energy_kwh":"1e"}`,
        '{"at":1,"power_w":5}',
      ],
      [
        '/z.jsonl:1: must be a JSON object',
        '/z.jsonl:2: at must be a time such as 2026-01-31T10:30:00Z, or milliseconds since 1970',
        '/z.jsonl:3: topic must be text',
        '/z.jsonl:4: empty: the payload is empty',
        '/z.jsonl:5: payload is not hex',
        '/z.jsonl:6: energy_kwh is not a number',
      ],
    ],
  ];
  for (const [name, lines, faults] of LINES) {
    test(name, () => {
      const { code, ...found } = told(name, lines.join('\n'));
      assert.deepEqual(found.faults, faults);
      assert.deepEqual([code, found.bad_lines, found.readings], [0, faults.length, 1]);
    });
  }
  test('the first twenty are', () => {
    const { faults } = run('many.jsonl', `${'x\n'.repeat(25)}{"at":1,"power_w":5}`);
    assert.equal(faults.length, 21);
    assert.equal(faults.at(-1), 'and 5 more lines that cannot be used');
  });
});

test('a table for people', () => {
  const { code, lines } = run('t.csv', READINGS_CSV.slice(0, 1).concat(READINGS_CSV.slice(2)).join('\n'));
  assert.equal(code, 0);
  assert.deepEqual(lines, [
    'started                   ended                     reason  time s  standby s  working s    kWh           avg W  max W  messages',
    '2026-01-31T10:00:10.000Z  2026-01-31T10:00:30.000Z  normal      20          0         20  0.002  counter     60     60         2',
    'sessions: 1, time: 20 s, energy: 0.002 kWh',
    'readings: 5, late: 0, lines not used: 0, messages of others: 0',
    'The first session may have begun before the recording.',
  ]);
});

describe('what cannot be done ends with a code and a reason', () => {
  const GOOD = file('good.csv', READINGS_CSV.join('\n'));
  const ROWS: [what: string, argv: string[], code: number, fault: RegExp][] = [
    ['no file', [], 2, /^give one recording\nusage:/],
    ['no configuration', [GOOD], 2, /^--config is missing[^\n]*\nusage:/],
    ['a question', ['--help'], 0, /^$/],
    ['an unknown option', [GOOD, '--config', CONFIG, '--standby', '5'], 2, /Unknown option '--standby'/],
    [
      'no number',
      [GOOD, '--config', CONFIG, '--standby-w', '5W'],
      2,
      /--standby-w must be a number, not "5W"/,
    ],
    ['no such configuration', [GOOD, '--config', '/none.yaml'], 2, /none.yaml: does not exist/],
    ['several devices', [GOOD, '--config', CONFIG], 2, /say which device with --device: saw, mill/],
    ['no such device', [GOOD, '--config', CONFIG, '--device', 'x'], 2, /has no device "x", only saw, mill/],
    [
      'thresholds that cannot be',
      [GOOD, '--config', CONFIG, '--device', 'saw', '--standby-w', '60'],
      2,
      /session_config.working_threshold_w must not be below standby_threshold_w/,
    ],
    [
      'no such recording',
      ['/none.csv', '--config', CONFIG, '--device', 'saw'],
      1,
      /cannot be read \(ENOENT\)/,
    ],
    [
      'another kind of file',
      ['/x.txt', '--config', CONFIG, '--device', 'saw'],
      1,
      /must be a .csv or .jsonl/,
    ],
    [
      'no columns',
      [file('n.csv', '1,2\n'), '--config', CONFIG, '--device', 'saw'],
      1,
      /must name the columns/,
    ],
    ['nothing in it', [file('e.jsonl', ''), '--config', CONFIG, '--device', 'saw'], 1, /^$/],
  ];
  for (const [what, argv, code, fault] of ROWS) {
    test(what, () => {
      const faults: string[] = [];
      assert.equal(runReplay(argv, { out: () => {}, err: (line) => faults.push(line) }), code);
      assert.match(faults.join('\n'), fault);
    });
  }
});

const CELLS: [record: string, cells: string[] | null][] = [
  ['', ['']],
  ['a,b', ['a', 'b']],
  [',', ['', '']],
  ['"a,b","c ""d"""', ['a,b', 'c "d"']],
  ['"two\nlines",', ['two\nlines', '']],
  ['""', ['']],
  ['"a"b', null],
  ['a"b', null],
  ['"a', null],
  ['"a""', null],
];
test('cells are read as RFC 4180 writes them', () => {
  for (const [record, cells] of CELLS) assert.deepEqual(csvCells(record), cells, record);
});

test('a quote that nothing closes costs its line, wherever the file ends', () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => `${iso(i)},5`);
  for (const broken of [2, 7000, 20_001]) {
    const lines = ['at,power_w', ...rows];
    lines[broken - 1] = `"${lines[broken - 1]}`;
    const { faults, readings } = told('u.csv', lines.join('\r\n'));
    assert.deepEqual(faults, [`/u.csv:${broken}: the quotes are not as in RFC 4180`]);
    assert.equal(readings, 19_999);
  }
});
