import {
  type Broker,
  type BrokerConnection,
  type BrokerInput,
  type BrokerState,
  brokerIdSchema,
  brokerInputSchema,
  type ConnectionSettings,
  EMBEDDED_BROKER,
  MAIN_BROKER,
} from '../model/broker.ts';
import type { Finding } from '../model/validation.ts';
import type { Clock } from '../platform/clock.ts';
import type { BrokersTable, StoredBroker } from '../store/brokers.ts';
import type { Database } from '../store/database.ts';
import type { SubscriptionsTable } from '../store/subscriptions.ts';
import { embeddedView, mainView, NAMES, type Secrets, settingsOf, storedView } from './broker-views.ts';
import { checkInput, slugOf, touches, withPatch } from './input.ts';

const BROKERS_MAX = 100;
const NO_SECRETS: Secrets = { password: null, key: null };

export type BrokersDeps = {
  table: BrokersTable;
  /** Those of a broker go with it. */
  subscriptions: Pick<SubscriptionsTable, 'countOf' | 'removeOf'>;
  database: Pick<Database, 'transaction'>;
  /** Encrypts; `about` must be the same when it is opened. */
  seal(text: string, about: string): Uint8Array;
  /** What was sealed; null when it cannot be opened any more. */
  unseal(sealed: Uint8Array, about: string): string | null;
  /** The broker of the environment; null: none is named. */
  main: ConnectionSettings | null;
  /** Whether the broker inside the bridge runs. */
  embedded: boolean;
  /** What client ids are made of: MQTT_CLIENT_ID. */
  clientIdBase: string;
  state(brokerId: string): BrokerState;
  /** How many devices name the broker. */
  devicesOf(brokerId: string): number;
  /** A broker was made, changed or removed: `connections` is another one now. */
  onChange(brokerId: string): void;
  clock: Pick<Clock, 'wallMs'>;
};

export type BrokerResult =
  | { status: 'saved'; broker: Broker }
  | { status: 'invalid'; errors: Finding[] }
  | { status: 'taken' | 'full'; message: string }
  | { status: 'unknown' | 'read_only' };
export type BrokerRemoval =
  | { status: 'removed'; subscriptions: number }
  | { status: 'in_use'; devices: number }
  | { status: 'unknown' }
  | { status: 'read_only' };
export type TestSettings = { ok: true; settings: ConnectionSettings } | { ok: false; errors: Finding[] };

const isFixed = (brokerId: string) => brokerId === MAIN_BROKER || brokerId === EMBEDDED_BROKER;
const about = (brokerId: string) => `broker ${brokerId}`;

/** The brokers: that of the environment and the one inside, as they are, and any number of others. */
export class Brokers {
  readonly #deps: BrokersDeps;

  constructor(deps: BrokersDeps) {
    this.#deps = deps;
  }

  /** The main one, the embedded one, then the others, oldest first. */
  list(): Broker[] {
    const fixed = [MAIN_BROKER, EMBEDDED_BROKER].flatMap((id) => this.one(id) ?? []);
    return [...fixed, ...this.#deps.table.list().map((stored) => this.#view(stored))];
  }

  one(brokerId: string): Broker | null {
    const { main, embedded, table } = this.#deps;
    if (brokerId === MAIN_BROKER) return main && mainView(main, this.#facts(MAIN_BROKER));
    if (brokerId === EMBEDDED_BROKER) return embedded ? embeddedView(this.#facts(EMBEDDED_BROKER)) : null;
    const stored = table.one(brokerId);
    return stored && this.#view(stored);
  }

  has(brokerId: string): boolean {
    const { main, embedded, table } = this.#deps;
    if (brokerId === MAIN_BROKER) return main !== null;
    return brokerId === EMBEDDED_BROKER ? embedded : table.one(brokerId) !== null;
  }

  /** The broker that is meant when none is named: the main one, else the embedded one; null: neither is there. */
  defaultId(): string | null {
    return [MAIN_BROKER, EMBEDDED_BROKER].find((id) => this.has(id)) ?? null;
  }

  /** Which version its settings ask for; the embedded broker speaks 3.1.1 only. */
  protocolVersion(brokerId: string): 4 | 5 | 'auto' {
    const { main, table } = this.#deps;
    if (brokerId === EMBEDDED_BROKER) return 4;
    if (brokerId === MAIN_BROKER) return main?.protocolVersion ?? 'auto';
    return table.one(brokerId)?.config.protocol_version ?? 'auto';
  }

  /** Every network broker with what it takes to connect, the main one first. */
  connections(): BrokerConnection[] {
    const { main, table, clientIdBase } = this.#deps;
    const others = table.list().map((stored) => ({
      id: stored.brokerId,
      enabled: stored.config.enabled,
      settings: settingsOf(stored, this.#secretsOf(stored) ?? NO_SECRETS, clientIdBase),
    }));
    return main ? [{ id: MAIN_BROKER, enabled: true, settings: main }, ...others] : others;
  }

  /** Makes a broker out of the fields of `newBrokerSchema`. */
  create(input: unknown): BrokerResult {
    const { table, clock } = this.#deps;
    const { broker_id: given, ...fields } = (input ?? {}) as Record<string, unknown>;
    const id = checkInput(brokerIdSchema.optional(), given);
    const checked = checkInput(brokerInputSchema, Array.isArray(input) ? input : fields);
    if (!id.ok || !checked.ok) {
      const idErrors = id.ok ? [] : id.errors.map(({ message }) => ({ path: 'broker_id', message }));
      return { status: 'invalid', errors: [...idErrors, ...(checked.ok ? [] : checked.errors)] };
    }
    if (table.list().length >= BROKERS_MAX) {
      return { status: 'full', message: `There are ${BROKERS_MAX} brokers; more are not taken` };
    }
    const isTaken = (one: string) => isFixed(one) || table.one(one) !== null;
    if (id.value !== undefined && isTaken(id.value)) {
      return { status: 'taken', message: 'There is a broker with this id' };
    }
    const brokerId = id.value ?? slugOf(checked.value.name, 'broker', isTaken);
    return this.#keep({ brokerId, createdAt: clock.wallMs() }, checked.value);
  }

  /** Changes the fields that `patch` has; null takes one back to its default, or removes it. */
  update(brokerId: string, patch: unknown): BrokerResult {
    if (isFixed(brokerId)) return { status: this.has(brokerId) ? 'read_only' : 'unknown' };
    const stored = this.#deps.table.one(brokerId);
    if (!stored) return { status: 'unknown' };
    const checked = checkInput(brokerInputSchema, this.#patched(stored, patch));
    if (!checked.ok) return { status: 'invalid', errors: checked.errors };
    // Secrets that cannot be read now stay as they are: the right token-key may come back.
    const isLost = this.#secretsOf(stored) === null && !touches(patch, 'password', 'tls');
    return this.#keep(stored, checked.value, isLost ? stored.sealed : undefined);
  }

  /** Removes a broker and its subscriptions, unless devices name it. */
  remove(brokerId: string): BrokerRemoval {
    const { table, database, subscriptions, devicesOf, onChange } = this.#deps;
    if (isFixed(brokerId)) return { status: this.has(brokerId) ? 'read_only' : 'unknown' };
    if (!table.one(brokerId)) return { status: 'unknown' };
    const devices = devicesOf(brokerId);
    if (devices > 0) return { status: 'in_use', devices };
    const removed = database.transaction(() => {
      table.remove(brokerId);
      return subscriptions.removeOf(brokerId);
    });
    onChange(brokerId);
    return { status: 'removed', subscriptions: removed };
  }

  /** What a kept network broker is connected with; null: there is none with this id. */
  settings(brokerId: string): ConnectionSettings | null {
    return this.connections().find(({ id }) => id === brokerId)?.settings ?? null;
  }

  /** Settings to try that are not kept. With the `broker_id` of a kept one, what is absent is as there. */
  testSettings(input: unknown): TestSettings {
    const { table, clientIdBase } = this.#deps;
    const { broker_id: given, ...fields } = (input ?? {}) as Record<string, unknown>;
    const stored = typeof given === 'string' ? table.one(given) : null;
    const wanted = stored ? this.#patched(stored, fields) : { name: 'test', ...fields };
    const checked = checkInput(brokerInputSchema, Array.isArray(input) ? input : wanted);
    if (!checked.ok) return checked;
    const { config, secrets } = split(checked.value);
    const brokerId = stored?.brokerId ?? 'test';
    return { ok: true, settings: settingsOf({ brokerId, config }, secrets, clientIdBase) };
  }

  /** Checks what other brokers have to say, seals the secrets and stores. */
  #keep(
    { brokerId, createdAt }: Pick<StoredBroker, 'brokerId' | 'createdAt'>,
    input: BrokerInput,
    keptSeal?: Uint8Array | null,
  ): BrokerResult {
    const { table, seal, clientIdBase, onChange } = this.#deps;
    const { config, secrets } = split(input);
    const isNamed = Object.values<string>(NAMES).includes(config.name);
    const others = table.list().filter((one) => one.brokerId !== brokerId);
    if (isNamed || others.some((one) => one.config.name === config.name)) {
      return { status: 'taken', message: 'Another broker has this name' };
    }
    const { url, clientId } = settingsOf({ brokerId, config }, secrets, clientIdBase);
    const rival = this.connections().find(
      ({ id, settings }) => id !== brokerId && settings.url === url && settings.clientId === clientId,
    );
    if (rival) {
      const message = `is that of "${rival.id}" at the same url: they would take the connection from each other`;
      return { status: 'invalid', errors: [{ path: 'client_id', message }] };
    }
    const hasSecrets = secrets.password !== null || secrets.key !== null;
    const sealed =
      keptSeal === undefined
        ? hasSecrets
          ? seal(JSON.stringify(secrets), about(brokerId))
          : null
        : keptSeal;
    const stored = { brokerId, config, sealed, createdAt };
    table.save(stored);
    onChange(brokerId);
    return { status: 'saved', broker: this.#view(stored) };
  }

  #patched(stored: StoredBroker, patch: unknown): unknown {
    const { password, key } = this.#secretsOf(stored) ?? NO_SECRETS;
    const current = { ...stored.config, password, tls: { ...stored.config.tls, key } };
    return withPatch(current, patch, ['tls']);
  }

  /** null: they cannot be opened. */
  #secretsOf({ brokerId, sealed }: StoredBroker): Secrets | null {
    if (sealed === null) return NO_SECRETS;
    const text = this.#deps.unseal(sealed, about(brokerId));
    return text === null ? null : (JSON.parse(text) as Secrets);
  }

  #view(stored: StoredBroker): Broker {
    const secrets = this.#secretsOf(stored);
    return storedView(stored, secrets, this.#deps.clientIdBase, this.#facts(stored.brokerId));
  }

  #facts(brokerId: string) {
    const { state, devicesOf, subscriptions } = this.#deps;
    return {
      state: state(brokerId),
      devices: devicesOf(brokerId),
      subscriptions: subscriptions.countOf(brokerId),
    };
  }
}

function split({ password, tls: { key, ...tls }, ...rest }: BrokerInput) {
  return { config: { ...rest, tls }, secrets: { password, key } satisfies Secrets };
}
