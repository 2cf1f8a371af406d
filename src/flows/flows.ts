import { randomUUID } from 'node:crypto';
import type { Flow, FlowInput, FlowReport, FlowSample, FlowTrial } from '../model/flow.ts';
import type { Finding } from '../model/validation.ts';
import type { FlowsTable } from '../store/flows.ts';
import { FlowEngine, type FlowEngineDeps } from './engine.ts';
import { expressionProblems } from './expressions.ts';
import { masked, unmasked } from './header-values.ts';

export const FLOWS_MAX = 200;

export type FlowsDeps = FlowEngineDeps & { table: FlowsTable };

/** A flow as it may be shown, header values masked, and how it fares. */
export type FlowView = Flow & { report: FlowReport };

export type SaveResult =
  | { status: 'saved'; flow: FlowView }
  | { status: 'invalid'; problems: Finding[] }
  | { status: 'name_taken' | 'full' };

/** The flows: kept in the database, and at work in the engine. */
export function createFlows({ table, ...deps }: FlowsDeps) {
  const engine = new FlowEngine(deps);
  const flows = new Map<string, Flow>();

  const viewOf = (flow: Flow): FlowView => ({ ...flow, ...masked(flow), report: engine.report(flow.flowId) });

  function save(input: FlowInput, before: Flow | null): SaveResult {
    const { flow: kept, problems: hidden } = unmasked(input, before);
    const problems = [...hidden, ...expressionProblems(input)];
    if (problems.length > 0) return { status: 'invalid', problems };
    if ([...flows.values()].some(({ name, flowId }) => name === input.name && flowId !== before?.flowId)) {
      return { status: 'name_taken' };
    }
    if (!before && flows.size >= FLOWS_MAX) return { status: 'full' };
    const { flowId = randomUUID() as string, createdAt = deps.clock.wallMs() } = before ?? {};
    const flow = { ...kept, flowId, createdAt };
    table.save(flow);
    flows.set(flowId, flow);
    engine.put(flow);
    return { status: 'saved', flow: viewOf(flow) };
  }

  return {
    /** Reads the flows and sets them going. */
    start(): void {
      for (const flow of table.list()) flows.set(flow.flowId, flow);
      engine.put(...flows.values());
    },
    stop: () => engine.stop(),

    message: engine.message.bind(engine),
    event: engine.event.bind(engine),
    attribute: engine.attribute.bind(engine),

    list: (): FlowView[] => [...flows.values()].map(viewOf),
    one(flowId: string): FlowView | null {
      const flow = flows.get(flowId);
      return flow ? viewOf(flow) : null;
    },
    create: (input: FlowInput): SaveResult => save(input, null),
    /** Replaces what a person says about a flow. Masked header values stay; a suspended flow starts afresh. */
    update(flowId: string, input: FlowInput): SaveResult | null {
      const before = flows.get(flowId);
      return before ? save(input, before) : null;
    },
    remove(flowId: string): boolean {
      if (!table.remove(flowId)) return false;
      flows.delete(flowId);
      engine.remove(flowId);
      return true;
    },
    /** What a flow would do with `sample`. Null: too many are being tried. */
    async test(input: FlowInput, sample: FlowSample): Promise<FlowTrial | { problems: Finding[] } | null> {
      const problems = expressionProblems(input);
      return problems.length > 0 ? { problems } : engine.test(input, sample);
    },
  };
}
export type Flows = ReturnType<typeof createFlows>;
