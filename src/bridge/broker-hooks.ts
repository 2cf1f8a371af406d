import type { Settings } from '../config/settings.ts';
import type { Identities } from './identities.ts';

/** What the hooks of a broker of one's own need; null: they are off. */
export function hooksOf({ brokerHookToken, mqtt }: Settings, { tokens, registry }: Identities) {
  if (brokerHookToken === undefined) return null;
  const { username, password } = mqtt ?? {};
  return {
    token: brokerHookToken,
    own: username !== undefined && password !== undefined ? { username, password } : null,
    deviceOf: (token: string) => tokens.deviceOf(token),
    access: (deviceId: string) => registry.access(deviceId),
  };
}
