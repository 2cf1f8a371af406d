import { z } from 'zod';
import { topicFilterProblem } from './topic.ts';

const NO_SHARED =
  'must not be a shared subscription ($share): each member would hear a part of the messages only, and a machine needs all of its own';
/** The largest variable byte integer of MQTT. */
const IDENTIFIER_MAX = 268_435_455;

/** One filter that a connection is to listen to. Options besides `qos` need MQTT 5. */
export type WantedSubscription = {
  filter: string;
  qos: 0 | 1 | 2;
  /** Messages that we published ourselves do not come back. */
  noLocal?: boolean;
  /** The retain flag arrives as it was published; machines cannot be listened to this way. */
  retainAsPublished?: boolean;
  /** Retained messages: 0 at every subscribe, 1 when the subscription is new, 2 never. */
  retainHandling?: 0 | 1 | 2;
  /** Arrives with every message that the subscription brings. */
  identifier?: number;
};

/** How the broker sees a wanted subscription. */
export type SubscriptionState =
  | { state: 'active'; note?: string }
  /** A wider filter brings its messages already. */
  | { state: 'covered'; by: string; note?: string }
  | { state: 'refused'; reason: string }
  /** Not asked yet: there is no connection, or the answer is on its way. */
  | { state: 'waiting' };

/** What a person says about a subscription. */
export const subscriptionInputSchema = z
  .object({
    broker_id: z
      .string()
      .min(1)
      .max(64)
      .nullable()
      .default(null)
      .describe('null: the main one, else the embedded'),
    topic: z
      .string()
      .superRefine((filter, ctx) => {
        const problem = filter.startsWith('$share/') ? NO_SHARED : topicFilterProblem(filter);
        if (problem) ctx.addIssue({ code: 'custom', message: problem });
      })
      .describe('A topic filter; + and # as in MQTT'),
    qos: z.literal([0, 1, 2]).default(1),
    no_local: z
      .boolean()
      .default(false)
      .describe('What the bridge publishes itself does not come back (MQTT 5)'),
    retain_as_published: z
      .boolean()
      .default(false)
      .describe('Keep the retain flag of live messages (MQTT 5)'),
    retain_handling: z
      .literal([0, 1, 2])
      .default(0)
      .describe('Retained messages: 0 at every subscribe, 1 when it is new, 2 never (MQTT 5)'),
    identifier: z
      .int()
      .min(1)
      .max(IDENTIFIER_MAX)
      .nullable()
      .default(null)
      .describe('Comes back with every message of it (MQTT 5)'),
    enabled: z.boolean().default(true),
    note: z.string().max(4000).default(''),
  })
  .strict();
export type SubscriptionInput = z.infer<typeof subscriptionInputSchema>;

/** A subscription as it is kept: its broker is known. */
export type StoredSubscription = Omit<SubscriptionInput, 'broker_id'> & {
  subscriptionId: string;
  brokerId: string;
  /** ms since the epoch */
  createdAt: number;
};

/** A subscription as the API shows it. */
export const subscriptionSchema = subscriptionInputSchema.extend({
  subscription_id: z.string(),
  broker_id: z.string(),
  topic: z.string(),
  state: z.object({
    state: z
      .enum(['active', 'covered', 'refused', 'waiting', 'off'])
      .describe('covered: a wider one brings its messages; waiting: for a connection; off: disabled'),
    by: z.string().nullable().describe('The wider filter'),
    reason: z.string().nullable().describe("The broker's, when it refused"),
    note: z.string().nullable(),
  }),
  warnings: z.array(z.string()).describe('What a person should know about its settings'),
  created_at: z.iso.datetime({ precision: 3 }),
});
export type Subscription = z.infer<typeof subscriptionSchema>;
