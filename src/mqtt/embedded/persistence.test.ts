import { test } from 'node:test';
// @ts-expect-error the suite has no types
import abstractSuite from 'aedes-persistence/abstract.js';
import { brokerIncomingTable } from '../../store/broker-incoming.ts';
import { brokerOutgoingTable } from '../../store/broker-outgoing.ts';
import { brokerRetainedTable } from '../../store/broker-retained.ts';
import { brokerSessionsTable } from '../../store/broker-sessions.ts';
import { brokerWillsTable } from '../../store/broker-wills.ts';
import { openMemoryDatabase } from '../../store/database.ts';
import { SqlPersistence } from './persistence.ts';

type Suite = (options: { test: typeof test; persistence(): SqlPersistence; testAsync: true }) => void;

/** What Aedes' authors ask of every persistence. */
const suite = abstractSuite as Suite;

suite({
  test,
  testAsync: true,
  persistence() {
    const database = openMemoryDatabase();
    return new SqlPersistence({
      sessions: brokerSessionsTable(database),
      outgoing: brokerOutgoingTable(database),
      incoming: brokerIncomingTable(database),
      retained: brokerRetainedTable(database),
      wills: brokerWillsTable(database),
    });
  },
});
