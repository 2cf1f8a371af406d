import { type CheckOf, type DiagnosedMachine, type Finding, NOT_APPLICABLE, OK, subjectOf } from './facts.ts';
import { similarTopics } from './similar-topics.ts';

const DAY_MS = 86_400_000;
/** A machine may be off for a while before anybody wonders. */
const UNHEARD_MS = 300_000;
export const LATELY_DAYS = 7;
const TIMEOUTS_MIN = 3;

const watts = (power: number) => `${Math.round(power * 10) / 10} W`;
const seconds = (ms: number) => `${ms / 1000} s`;
const isHeard = ({ summary }: DiagnosedMachine) => summary.last_message_at !== null;

export const configuration: CheckOf = ({ devices, machines }) => {
  if (devices === 0) return { status: 'fault', case: 'none' };
  if (machines.length === 0) return { status: 'warning', case: 'none_runs', parameters: { devices } };
  return { ...OK, parameters: { devices, machines: machines.length } };
};

/** A finding about `machines`, or that all is well. */
function about(
  machines: readonly DiagnosedMachine[],
  found: DiagnosedMachine[],
  name: string,
  noteOf: (machine: DiagnosedMachine) => string,
): Finding {
  if (machines.length === 0) return NOT_APPLICABLE;
  if (found.length === 0) return OK;
  const subjects = found.map((machine) => subjectOf(machine, noteOf(machine)));
  return { status: 'warning', case: name, parameters: { number: found.length }, subjects };
}

export const never_heard: CheckOf = ({ machines, strayTopics, upForMs }) => {
  const silent = machines.filter((machine) => !isHeard(machine) && machine.summary.power_w === null);
  if (machines.length === 0 || (silent.length > 0 && upForMs < UNHEARD_MS)) return NOT_APPLICABLE;
  if (silent.length === 0) return OK;
  const subjects = silent.map((machine) => {
    const { mqttTopic } = machine.device.parser;
    return subjectOf(machine, mqttTopic, similarTopics(mqttTopic, strayTopics));
  });
  const isTypo = subjects.some(({ similar = [] }) => similar.length > 0);
  const parameters = { number: silent.length };
  return { status: 'warning', case: isTypo ? 'similar' : 'silent', parameters, subjects };
};

export const retained_only: CheckOf = ({ machines }) => {
  const found = machines.filter((machine) => !isHeard(machine) && machine.summary.power_w !== null);
  return about(machines, found, 'retained', ({ device }) => device.parser.mqttTopic);
};

/** Its last message could not be read, and none that could has come since. */
function isUnusable({ summary: { last_problem, last_message_at } }: DiagnosedMachine): boolean {
  return last_problem !== null && (last_message_at === null || last_problem.at >= last_message_at);
}

export const unusable: CheckOf = ({ machines }) =>
  about(machines, machines.filter(isUnusable), 'unusable', ({ summary: { last_problem }, device }) =>
    [device.parserType, last_problem?.reason, last_problem?.detail].filter(Boolean).join(': '),
  );

export const thresholds: CheckOf = ({ machines, nowMs }) => {
  const always = machines.filter(
    ({ lately }) => lately.openSince !== null && lately.openSince < nowMs - LATELY_DAYS * DAY_MS,
  );
  const days = { days: LATELY_DAYS };
  if (always.length > 0) {
    const found = about(machines, always, 'always_on', ({ device }) =>
      watts(device.detector.standbyThresholdW),
    );
    return { ...found, parameters: { ...found.parameters, ...days } };
  }
  const found = machines.filter(
    ({ device, lately, highestW }) =>
      lately.sessions === 0 && highestW !== null && highestW > device.detector.standbyThresholdW,
  );
  const finding = about(
    machines,
    found,
    'no_session',
    ({ highestW, device }) => `${watts(highestW ?? 0)} > ${watts(device.detector.standbyThresholdW)}`,
  );
  return { ...finding, parameters: { ...finding.parameters, ...days } };
};

/** It is given up although it need not report so often. */
function isImpatient({ device, reportIntervalMs }: DiagnosedMachine): boolean {
  const { messageTimeoutMs } = device.detector;
  return reportIntervalMs !== null && messageTimeoutMs !== null && messageTimeoutMs < reportIntervalMs;
}

export const message_timeout: CheckOf = ({ machines }) => {
  const impatient = machines.filter(isImpatient);
  if (impatient.length > 0) {
    return about(
      machines,
      impatient,
      'too_short',
      ({ device, reportIntervalMs }) =>
        `${seconds(device.detector.messageTimeoutMs ?? 0)} < ${seconds(reportIntervalMs ?? 0)}`,
    );
  }
  const often = machines.filter(
    ({ lately: { timeouts, sessions } }) => timeouts >= TIMEOUTS_MIN && timeouts * 2 > sessions,
  );
  return about(machines, often, 'often', ({ lately }) => `${lately.timeouts} / ${lately.sessions}`);
};
