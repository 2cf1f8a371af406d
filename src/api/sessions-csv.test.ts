import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvCell, zonedTime } from './sessions-csv.ts';
import { createTestApi, FULL_TOKEN, stopped, uuid } from './test-api.ts';

const CELLS: [value: string | number | null, cell: string][] = [
  ['Mill', 'Mill'],
  ['Mill, old', '"Mill, old"'],
  ['12" saw', '"12"" saw"'],
  ['two\nlines', '"two\nlines"'],
  ['=1+1', "'=1+1"],
  ['=cmd|"/c calc"!A1', `"'=cmd|""/c calc""!A1"`],
  ['+49', "'+49"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', `"'\r=1"`],
  ['a=1', 'a=1'],
  ['', ''],
  [null, ''],
  [-1.5, '-1.5'],
  [0, '0'],
];

test('a cell is quoted when it must be, and never a formula', () => {
  for (const [value, cell] of CELLS) assert.equal(csvCell(value), cell);
});

const TIMES: [zone: string, utc: string, local: string][] = [
  ['UTC', '2026-01-31T10:30:18.500Z', '2026-01-31T10:30:18.500Z'],
  ['Europe/Berlin', '2026-03-29T00:59:59.999Z', '2026-03-29T01:59:59.999+01:00'],
  ['Europe/Berlin', '2026-03-29T01:00:00.000Z', '2026-03-29T03:00:00.000+02:00'],
  ['Europe/Berlin', '2026-10-25T00:30:00.000Z', '2026-10-25T02:30:00.000+02:00'],
  ['Europe/Berlin', '2026-10-25T01:30:00.000Z', '2026-10-25T02:30:00.000+01:00'],
  ['Asia/Ho_Chi_Minh', '2026-12-31T17:00:00.000Z', '2027-01-01T00:00:00.000+07:00'],
  ['Asia/Kolkata', '2026-06-30T18:30:00.000Z', '2026-07-01T00:00:00.000+05:30'],
  ['America/New_York', '2026-01-01T00:00:00.000Z', '2025-12-31T19:00:00.000-05:00'],
];

test('a time says what the clock on the wall showed, and its offset', () => {
  for (const [zone, utc, local] of TIMES) {
    assert.equal(zonedTime(zone)(utc), local);
    assert.equal(Date.parse(local), Date.parse(utc));
  }
});

const authorization = `Bearer ${FULL_TOKEN}`;

test('the file holds every session once, newest first, over many pages', async () => {
  const { app, sessions, deps } = createTestApi();
  const count = 1203;
  // Several begin at the same instant, also where a page ends.
  for (let n = 0; n < count; n += 1)
    sessions.record(stopped(n, Date.UTC(2026, 0, 1) + Math.floor(n / 7) * 1000));
  const limits: number[] = [];
  deps.sessions = {
    sums: () => sessions.sums({}),
    one: () => null,
    list: (filter, limit, after) => {
      limits.push(limit);
      return sessions.list(filter, limit, after);
    },
  };
  const { body, headers } = await app.inject({ url: '/api/sessions.csv', headers: { authorization } });
  const [head, ...rows] = body.split('\r\n');
  assert.match(head ?? '', /^session_id,device_id,machine_name,/);
  assert.equal(rows.pop(), '');
  assert.deepEqual(
    rows.map((row) => row.split(',')[0]),
    Array.from({ length: count }, (_, n) => uuid(count - 1 - n)),
  );
  assert.deepEqual(limits, [500, 500, 500]);
  assert.equal(headers['content-type'], 'text/csv; charset=utf-8');
  await app.close();
});

test('a machine name that is a formula stays text, times are in the zone asked for', async () => {
  const { app, sessions } = createTestApi();
  sessions.record(stopped(1, Date.UTC(2026, 9, 25, 0, 59, 30), { name: '=HYPERLINK("http://x","y")' }));
  const url = '/api/sessions.csv?time_zone=Europe/Berlin';
  const { body } = await app.inject({ url, headers: { authorization } });
  assert.equal(
    body.split('\r\n')[1],
    `${uuid(1)},mill,"'=HYPERLINK(""http://x"",""y"")",closed,2026-10-25T02:59:30.000+02:00,` +
      '2026-10-25T02:00:30.000+01:00,normal,60,0,60,0,0.125,counter,100,120,61',
  );
  await app.close();
});

test('a database that fails in the middle cuts the download and says so in the log', async () => {
  const { app, deps, lines, sessions } = createTestApi();
  deps.sessions = {
    sums: () => sessions.sums({}),
    one: () => null,
    list: () => {
      throw new Error('disk I/O error');
    },
  };
  await assert.rejects(app.inject({ url: '/api/sessions.csv', headers: { authorization } }));
  assert.equal(lines.filter((line) => line.includes('sessions_csv_failed')).length, 1);
  await app.close();
});
