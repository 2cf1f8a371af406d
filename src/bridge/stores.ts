import { randomUUID } from 'node:crypto';
import type { Settings } from '../config/settings.ts';
import { History } from '../history/history.ts';
import { attributesTable } from '../store/attributes.ts';
import { brokersTable } from '../store/brokers.ts';
import { configurationsTable } from '../store/configurations.ts';
import { openStore } from '../store/database.ts';
import { deviceStatesTable } from '../store/device-states.ts';
import { devicesTable } from '../store/devices.ts';
import { factsTable, INSTALLATION_ID } from '../store/facts.ts';
import { flowsTable } from '../store/flows.ts';
import { outboxTable } from '../store/outbox.ts';
import { savedMessagesTable } from '../store/saved-messages.ts';
import { sessionsTable } from '../store/sessions.ts';
import { subscriptionsTable } from '../store/subscriptions.ts';
import { templatesTable } from '../store/templates.ts';
import { tokensTable } from '../store/tokens.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Opens the databases in DATA_DIR and their tables. A new database is a new installation, so that its ids
 * differ from those of a lost one.
 * @throws StoreError when the folder cannot be used
 */
export function openStores({ dataDir, keep }: Settings, surroundings: Surroundings) {
  const { clock, log } = surroundings;
  const { database, notices, close } = openStore(dataDir, clock.wallMs());
  const facts = factsTable(database);
  const installationId = facts.get(INSTALLATION_ID) ?? randomUUID();
  facts.set(INSTALLATION_ID, installationId);
  const history = new History({ ...surroundings, folder: dataDir, keep });
  notices.push(...history.start());
  for (const notice of notices) log.error('store_notice', { notice });
  return {
    database,
    installationId,
    /** What a person should know about how the database was found. */
    notices,
    facts,
    sessions: sessionsTable(database),
    states: deviceStatesTable(database),
    outbox: outboxTable(database),
    configurations: configurationsTable(database),
    devices: devicesTable(database),
    tokens: tokensTable(database),
    templates: templatesTable(database),
    attributes: attributesTable(database, { history: keep.attributesDays > 0 }),
    brokers: brokersTable(database),
    subscriptions: subscriptionsTable(database),
    savedMessages: savedMessagesTable(database),
    flows: flowsTable(database),
    history,
    async close(): Promise<void> {
      await history.stop();
      close();
    },
  };
}
export type Stores = ReturnType<typeof openStores>;
