import type { Login, LoginAnswer } from '../model/client-identity.ts';
import type { Clock } from '../platform/clock.ts';
import type { Tokens } from './tokens.ts';
import { WrongTries } from './wrong-tries.ts';

export const PROVISION_USER = 'provision';
const DELAY_FIRST_MS = 100;
const DELAY_MAX_MS = 5000;
const FORGET_MS = 5 * 60_000;
/** Tokens have 32 characters; what is much longer need not be hashed. */
const PASSWORD_LENGTH_MAX = 256;

export type AuthenticationDeps = {
  tokens: Pick<Tokens, 'deviceOf' | 'markUsed'>;
  /** The device as it may connect, or why it may not. */
  access(deviceId: string): { topics: readonly string[] } | { refusal: string };
  allowAnonymous: boolean;
  clock: Pick<Clock, 'steadyMs'>;
};

/**
 * Decides who a client is: the password is a device's token; the user name `provision` may only ask for one.
 * Wrong ones are answered later and later, by address.
 */
export function createAuthentication({ tokens, access, allowAnonymous, clock }: AuthenticationDeps) {
  const wrong = new WrongTries(clock, { forgetMs: FORGET_MS });

  function refuse(reason: string, address: string): LoginAnswer {
    const tries = wrong.note(address);
    const delayMs = Math.min(DELAY_MAX_MS, DELAY_FIRST_MS * 2 ** Math.min(tries - 1, 10));
    return { status: 'refused', reason, delayMs };
  }

  return function authenticate({ username, password, address }: Login): LoginAnswer {
    if (username === PROVISION_USER) return { status: 'accepted', identity: { kind: 'provision' } };
    if (password === null || password === '') {
      if (allowAnonymous) return { status: 'accepted', identity: { kind: 'anonymous' } };
      return refuse('no token', address);
    }
    const deviceId = password.length > PASSWORD_LENGTH_MAX ? null : tokens.deviceOf(password);
    if (deviceId === null) return refuse('wrong token', address);
    const device = access(deviceId);
    if ('refusal' in device) return refuse(device.refusal, address);
    tokens.markUsed(deviceId);
    return { status: 'accepted', identity: { kind: 'device', deviceId, topics: device.topics } };
  };
}
