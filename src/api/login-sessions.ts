import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';

/** What somebody may do: everything, or look. */
export type Role = 'full' | 'view';

export const LOGIN_MS_MAX = 12 * 3_600_000;
const LOGINS_MAX = 1000;

const digest = (id: string) => createHash('sha256').update(id).digest('base64');

/** Who logged in with a browser: kept in memory, so a restart logs everybody out. */
export class LoginSessions {
  readonly #clock: Pick<Clock, 'steadyMs'>;
  /** By digest of the id, oldest first. */
  readonly #logins = new Map<string, { role: Role; endsAt: number }>();

  constructor(clock: Pick<Clock, 'steadyMs'>) {
    this.#clock = clock;
  }

  /** Begins a session of 12 hours; of more than 1000 the oldest ends. @returns its id, 256 random bits */
  begin(role: Role): string {
    const id = randomBytes(32).toString('base64url');
    this.#logins.set(digest(id), { role, endsAt: this.#clock.steadyMs() + LOGIN_MS_MAX });
    for (const oldest of this.#logins.keys()) {
      if (this.#logins.size <= LOGINS_MAX) break;
      this.#logins.delete(oldest);
    }
    return id;
  }

  /** What the session may do, or null when there is none (any more). */
  role(id: string): Role | null {
    const login = this.#logins.get(digest(id));
    if (!login) return null;
    if (login.endsAt > this.#clock.steadyMs()) return login.role;
    this.end(id);
    return null;
  }

  end(id: string): void {
    this.#logins.delete(digest(id));
  }
}
