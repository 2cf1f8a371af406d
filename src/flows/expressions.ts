import jsonata from 'jsonata';
import type { FlowInput } from '../model/flow.ts';
import type { Finding } from '../model/validation.ts';

const NO_REGEX =
  'a regular expression is not allowed: a short one can run for hours. Use $contains, $split, $substring';

/** The expressions of a flow: its condition, and those of its actions in their order. */
export type Program = { condition: string | null; expressions: { path: string; text: string }[] };

export function programOf(flow: FlowInput): Program {
  const expressions = flow.do.flatMap((action, i) => {
    const { publish, webhook, odoo_event, set_attribute } = action;
    const at = (path: string, text: string | undefined) =>
      text === undefined ? [] : [{ path: `do[${i}].${path}`, text }];
    return [
      ...at('publish.topic_expression', publish?.topic_expression),
      ...at('publish.body', publish?.body),
      ...at('webhook.body', webhook?.body),
      ...at('odoo_event.data', odoo_event?.data),
      ...at('set_attribute.value', set_attribute?.value),
    ];
  });
  return { condition: flow.if ?? null, expressions };
}

/** Whether there is a regular expression anywhere in `tree`, bodies of functions included. */
function hasRegex(tree: unknown): boolean {
  const seen = new Set<object>();
  const open: unknown[] = [tree];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== 'object' || node === null || seen.has(node)) continue;
    if (node instanceof RegExp) return true;
    seen.add(node);
    open.push(...Object.values(node));
  }
  return false;
}

function problemOf(text: string): string | null {
  try {
    return hasRegex(jsonata(text).ast()) ? NO_REGEX : null;
  } catch (error) {
    if (error instanceof RangeError) return 'is nested too deeply';
    const { message, position } = error as { message?: string; position?: number };
    const where = position === undefined ? '' : ` (at character ${position})`;
    return `is not JSONata: ${(message ?? String(error)).slice(0, 300)}${where}`;
  }
}

/** Which expressions of a flow cannot be used, and why. */
export function expressionProblems(flow: FlowInput): Finding[] {
  const { condition, expressions } = programOf(flow);
  const all = condition === null ? expressions : [{ path: 'if', text: condition }, ...expressions];
  return all.flatMap(({ path, text }) => {
    const message = problemOf(text);
    return message === null ? [] : [{ path, message }];
  });
}
