import { randomUUID } from 'node:crypto';
import { type SavedMessage, type StoredMessage, savedMessageInputSchema } from '../model/saved-message.ts';
import type { Finding } from '../model/validation.ts';
import { type Clock, isoTime } from '../platform/clock.ts';
import type { SavedMessagesTable } from '../store/saved-messages.ts';
import { checkInput, withPatch } from './input.ts';
import type { Publisher, SendResult } from './publisher.ts';

const SAVED_MESSAGES_MAX = 500;

export type SavedMessagesDeps = {
  table: SavedMessagesTable;
  publisher: Pick<Publisher, 'send' | 'payloadFaults'>;
  clock: Pick<Clock, 'wallMs'>;
};

export type SavedMessageResult =
  | { status: 'saved'; message: SavedMessage }
  | { status: 'invalid'; errors: Finding[] }
  | { status: 'taken' | 'full'; message: string }
  | { status: 'unknown' };

function viewOf({ savedMessageId, createdAt, ...input }: StoredMessage): SavedMessage {
  return { ...input, saved_message_id: savedMessageId, created_at: isoTime(createdAt) };
}

/** Messages that are kept under a name to be sent again. */
export class SavedMessages {
  readonly #deps: SavedMessagesDeps;

  constructor(deps: SavedMessagesDeps) {
    this.#deps = deps;
  }

  /** All of them, oldest first. */
  list(): SavedMessage[] {
    return this.#deps.table.list().map(viewOf);
  }

  one(savedMessageId: string): SavedMessage | null {
    const stored = this.#deps.table.one(savedMessageId);
    return stored && viewOf(stored);
  }

  create(input: unknown): SavedMessageResult {
    const { table, clock } = this.#deps;
    if (table.count() >= SAVED_MESSAGES_MAX) {
      return {
        status: 'full',
        message: `There are ${SAVED_MESSAGES_MAX} saved messages; more are not taken`,
      };
    }
    return this.#keep({ savedMessageId: randomUUID(), createdAt: clock.wallMs() }, input);
  }

  /** Changes the fields that `patch` has; null takes one back to its default. */
  update(savedMessageId: string, patch: unknown): SavedMessageResult {
    const stored = this.#deps.table.one(savedMessageId);
    if (!stored) return { status: 'unknown' };
    const { savedMessageId: _id, createdAt: _at, ...current } = stored;
    return this.#keep(stored, withPatch(current, patch));
  }

  /** @returns whether there was one */
  remove(savedMessageId: string): boolean {
    return this.#deps.table.remove(savedMessageId);
  }

  /** Sends it as it is kept; null: there is none with this id. */
  async send(savedMessageId: string): Promise<SendResult | null> {
    const stored = this.#deps.table.one(savedMessageId);
    if (!stored) return null;
    const { savedMessageId: _id, createdAt: _at, name: _name, ...body } = stored;
    return this.#deps.publisher.send(body);
  }

  #keep(
    { savedMessageId, createdAt }: Pick<StoredMessage, 'savedMessageId' | 'createdAt'>,
    input: unknown,
  ): SavedMessageResult {
    const { table, publisher } = this.#deps;
    const checked = checkInput(savedMessageInputSchema, input);
    if (!checked.ok) return { status: 'invalid', errors: checked.errors };
    const errors = publisher.payloadFaults(checked.value);
    if (errors.length > 0) return { status: 'invalid', errors };
    const same = table.byName(checked.value.name);
    if (same && same.savedMessageId !== savedMessageId) {
      return { status: 'taken', message: 'Another saved message has this name' };
    }
    const stored = { ...checked.value, savedMessageId, createdAt };
    table.save(stored);
    return { status: 'saved', message: viewOf(stored) };
  }
}
