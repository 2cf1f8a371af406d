import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readSettings } from '../config/environment.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { configurationsTable } from '../store/configurations.ts';
import { openMemoryDatabase } from '../store/database.ts';
import { createConfiguration } from './configuration.ts';

/** What the log says first of a pull of `bytes` bytes of configuration. */
async function pulled(t: TestContext, bytes: number, environment: Record<string, string>): Promise<string> {
  const body = '{"devices":[]}'.padEnd(bytes);
  const server = createServer((_request, response) => void response.end(body));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const dataDir = mkdtempSync(join(tmpdir(), 'iot-bridge-pull-'));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const result = readSettings({ ODOO_URL: url, DATA_DIR: dataDir, ...environment }, {}, {});
  assert.ok('settings' in result);
  const database = openMemoryDatabase();
  const said = Promise.withResolvers<string>();
  const configuration = createConfiguration(
    result.settings,
    null,
    configurationsTable(database),
    () => true,
    () => undefined,
    {
      clock: new ManualClock(),
      random: () => 0,
      log: logTo({ write: said.resolve }, 'INFO'),
      metrics: createMetrics(),
    },
  );
  t.after(async () => {
    await configuration.stop();
    database.close();
    server.closeAllConnections();
    server.close();
    rmSync(dataDir, { recursive: true });
  });
  configuration.startPull();
  return said.promise;
}

test('a configuration that is pulled may have as many bytes as BODY_BYTES_MAX says', async (t) => {
  const environment = { BODY_BYTES_MAX: '2000' };
  assert.match(await pulled(t, 2001, environment), /with more than 2000 bytes.*config_pull_failed/);
  assert.match(await pulled(t, 2000, environment), /config_persist/);
});
