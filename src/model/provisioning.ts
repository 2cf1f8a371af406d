import { z } from 'zod';

export const PROVISION_ERRORS = [
  'INVALID_KEY',
  'INVALID_REQUEST',
  'NAME_TAKEN',
  'ALREADY_PROVISIONED',
  'RATE_LIMITED',
  'DISABLED',
] as const;
export type ProvisionError = (typeof PROVISION_ERRORS)[number];

/** A device's request in our field names; topics are built of `device_key`, so it is one plain level. */
export const provisionRequestSchema = z.object({
  device_name: z.string().trim().min(1).max(256),
  device_key: z
    .string()
    .min(1)
    .max(128)
    .regex(/^(?!\$)[^/+#\p{Cc}]+$/u)
    .optional(),
  provision_key: z.string().min(1).max(128),
  provision_secret: z.string().min(1).max(128),
});
export type ProvisionRequest = z.infer<typeof provisionRequestSchema>;

/** The answer, over MQTT and HTTP alike. */
export const provisionSuccessSchema = z.object({
  device_id: z.string(),
  status: z.literal('SUCCESS'),
  token: z.string().describe('32 characters: the password of the device'),
});
export const provisionFailureSchema = z.object({
  status: z.literal('FAILURE'),
  error: z.enum(PROVISION_ERRORS),
  errorMsg: z.string(),
});
export type ProvisionAnswer = z.infer<typeof provisionSuccessSchema> | z.infer<typeof provisionFailureSchema>;
