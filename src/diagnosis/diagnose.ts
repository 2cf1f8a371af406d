import { CHECK_IDS, type Check, type CheckId } from '../model/diagnosis.ts';
import * as connection from './connection-checks.ts';
import type { CheckOf, DiagnosisFacts } from './facts.ts';
import * as machine from './machine-checks.ts';
import * as surroundings from './surroundings-checks.ts';
import { CHECK_WORDS, worded } from './words.ts';

/** Devices that a check names. */
const SUBJECTS_MAX = 20;

const CHECKS: Record<CheckId, CheckOf> = {
  service: connection.service,
  broker: connection.broker,
  client_id: connection.client_id,
  subscriptions: connection.subscriptions,
  further_brokers: connection.further_brokers,
  messages: connection.messages,
  configuration: machine.configuration,
  never_heard: machine.never_heard,
  retained_only: machine.retained_only,
  unusable: machine.unusable,
  thresholds: machine.thresholds,
  message_timeout: machine.message_timeout,
  odoo: surroundings.odoo,
  parked: surroundings.parked,
  clock: surroundings.clock,
  disk: surroundings.disk,
  data_directory: surroundings.data_directory,
  history: surroundings.history,
};

function check(id: CheckId, facts: DiagnosisFacts): Check {
  const { status, case: name, parameters = {}, subjects = [] } = CHECKS[id](facts);
  const { title, cases } = CHECK_WORDS[id];
  const { explanation = '', remedy = '' } = cases[name] ?? {};
  return {
    id,
    status,
    case: name,
    title,
    explanation: worded(explanation, parameters),
    remedy: worded(remedy, parameters),
    parameters,
    subjects: subjects
      .slice(0, SUBJECTS_MAX)
      .map(({ device_id, name: of, note = '', similar = [] }) => ({ device_id, name: of, note, similar })),
  };
}

/** Every check, in the order in which a person would look. */
export function diagnose(facts: DiagnosisFacts): Check[] {
  return CHECK_IDS.map((id) => check(id, facts));
}
