import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const TOKEN_BYTES = 24;

/** The bearer token of the API, and one sentence that says where it is found. */
export type ApiToken = { token: string; hint: string };

/**
 * The token from the settings, else the one in `DATA_DIR/api-token`, which is made at the first start.
 * @throws when the file can be neither read nor written
 */
export function apiToken(configured: string | undefined, folder: string): ApiToken {
  if (configured !== undefined)
    return { token: configured, hint: 'The token is the one in BRIDGE_API_TOKEN.' };
  const path = join(folder, 'api-token');
  const hint = `The token is in ${path}.`;
  if (existsSync(path)) {
    const token = readFileSync(path, 'utf8').trim();
    if (token !== '') return { token, hint };
  }
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  writeFileSync(path, `${token}\n`, { mode: 0o600 });
  return { token, hint };
}
