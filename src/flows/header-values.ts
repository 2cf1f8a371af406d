import { type FlowAction, type FlowInput, MASK } from '../model/flow.ts';
import type { Finding } from '../model/validation.ts';

type Webhook = NonNullable<FlowAction['webhook']>;
type Headers = Webhook['headers'];

function withHeaders(flow: FlowInput, change: (webhook: Webhook, i: number) => Headers): FlowInput {
  const actions = flow.do.map((action, i) => {
    const { webhook } = action;
    return webhook ? { ...action, webhook: { ...webhook, headers: change(webhook, i) } } : action;
  });
  return { ...flow, do: actions };
}

/** `flow` as it may be shown: without the values of its webhooks' headers. */
export function masked(flow: FlowInput): FlowInput {
  return withHeaders(flow, ({ headers }) =>
    Object.fromEntries(Object.keys(headers).map((name) => [name, MASK])),
  );
}

const originOf = (webhook: Webhook) => new URL(webhook.url).origin;

/**
 * `flow` with the values of `before` where it shows the mask. A value stays with its server only, so that nobody
 * learns it by sending it elsewhere.
 */
export function unmasked(
  flow: FlowInput,
  before: FlowInput | null,
): { flow: FlowInput; problems: Finding[] } {
  const problems: Finding[] = [];
  const known = before?.do ?? [];
  const changed = withHeaders(flow, (webhook, i) => {
    const candidates = [known[i], ...known].flatMap((action) => action?.webhook ?? []);
    const sameServer = candidates.filter((other) => originOf(other) === originOf(webhook));
    const entries = Object.entries(webhook.headers).map(([name, value]) => {
      if (value !== MASK) return [name, value];
      const kept = sameServer.map(({ headers }) => headers[name]).find((old) => old !== undefined);
      if (kept === undefined) {
        const message = `needs a value: ${MASK} keeps one that this flow has for the same server`;
        problems.push({ path: `do[${i}].webhook.headers.${name}`, message });
      }
      return [name, kept ?? value];
    });
    return Object.fromEntries(entries);
  });
  return { flow: changed, problems };
}
