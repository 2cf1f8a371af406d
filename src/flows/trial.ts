import { type FlowInput, type FlowSample, type FlowTrial, MASK } from '../model/flow.ts';
import type { EvaluationOutcome, Evaluator } from './evaluator.ts';
import { type Program, programOf } from './expressions.ts';
import { type FlowFault, renderActions } from './rendering.ts';
import { isSetOffBy, triggerOf } from './trigger.ts';

function faultOf(
  outcome: Exclude<EvaluationOutcome, { status: 'done' }>,
  { expressions }: Program,
): FlowFault {
  if (outcome.status === 'failed') {
    const path = outcome.index === null ? 'if' : (expressions[outcome.index]?.path ?? '');
    return { path, message: outcome.message };
  }
  return { path: '', message: outcome.status === 'timeout' ? 'took longer than 200 ms' : outcome.message };
}

/** What `flow` would do with `sample`, headers of webhooks masked; nothing is carried out. */
export async function tryFlow(
  flow: FlowInput,
  sample: FlowSample,
  evaluator: Evaluator,
  nowMs: number,
): Promise<FlowTrial> {
  const trigger = triggerOf(sample, nowMs);
  const trial: FlowTrial = { matched: false, condition: null, actions: [], error: null };
  if (!isSetOffBy(flow.when, trigger)) return trial;
  const program = programOf(flow);
  const expressions = program.expressions.map(({ text }) => text);
  const outcome = await evaluator.evaluate({ trigger, condition: program.condition, expressions });
  if (outcome.status !== 'done') return { ...trial, matched: true, error: faultOf(outcome, program) };
  const { condition, values } = outcome;
  if (condition === false) return { ...trial, matched: true, condition };
  const rendered = renderActions(flow, program, values, trigger.deviceId);
  if ('fault' in rendered) return { ...trial, matched: true, condition, error: rendered.fault };
  const actions = rendered.actions.map((action) =>
    'webhook' in action
      ? { webhook: { ...action.webhook, headers: maskOf(action.webhook.headers) } }
      : action,
  );
  return { ...trial, matched: true, condition, actions };
}

const maskOf = (headers: Record<string, string>) =>
  Object.fromEntries(Object.keys(headers).map((name) => [name, MASK]));
