import { z } from 'zod';
import { ownConfigSchema } from './own-device.ts';
import { topicFilterProblem } from './topic.ts';

const time = z.iso.datetime({ precision: 3 });
const PLACEHOLDER = /\{(device_id|device_key)\}/g;

export const TEMPLATE_TOPIC_DEFAULT = 'messages/{device_id}/attribute';

/** The topic of a device of a template; null when the pattern needs a device_key and there is none. */
export function topicOfPattern(pattern: string, deviceId: string, deviceKey: string | null): string | null {
  if (deviceKey === null && pattern.includes('{device_key}')) return null;
  return pattern.replaceAll(PLACEHOLDER, (_match, name) =>
    name === 'device_id' ? deviceId : (deviceKey ?? ''),
  );
}

const topicPattern = z.string().superRefine((pattern, ctx) => {
  const problem = topicFilterProblem(pattern.replaceAll(PLACEHOLDER, 'x'));
  if (problem) ctx.addIssue({ code: 'custom', message: problem });
  else if (/[{}]/.test(pattern.replaceAll(PLACEHOLDER, ''))) {
    ctx.addIssue({ code: 'custom', message: 'knows {device_id} and {device_key} only' });
  }
});

/** What a device gets that is provisioned under a template. */
const defaultsSchema = ownConfigSchema
  .omit({ machine_name: true })
  .extend({ mqtt_topic: topicPattern.default(TEMPLATE_TOPIC_DEFAULT) })
  .strict();

/** What a person says about a template. */
export const templateInputSchema = z
  .object({
    name: z.string().min(1).max(128),
    enabled: z.boolean().default(true),
    defaults: defaultsSchema.prefault({}),
    key_policy: z
      .enum(['refuse', 'new_token', 'same_token'])
      .default('refuse')
      .describe('What a device_key gets that was provisioned before'),
    allowed_keys: z
      .array(z.string().min(1).max(128))
      .max(10_000)
      .nullable()
      .default(null)
      .describe('Only these device_keys; null: any'),
    approval_required: z
      .boolean()
      .default(false)
      .describe('Devices wait for a person before their first use'),
  })
  .strict();
export type TemplateInput = z.infer<typeof templateInputSchema>;

/** A template as the API shows it; its secret is told when it is made or rotated, and never again. */
export const templateSchema = templateInputSchema.extend({
  template_id: z.string(),
  provision_key: z.string(),
  devices: z.int().describe('Devices that were provisioned under it'),
  created_at: time,
});
export const templateWithSecretSchema = templateSchema.extend({
  provision_secret: z.string().describe('Shown this once'),
});

/** A template with what the program knows of it. */
export type Template = TemplateInput & {
  templateId: string;
  provisionKey: string;
  /** SHA-256 of the secret, hex. */
  secretHash: string;
  /** ms since the epoch */
  createdAt: number;
};
