import { z } from 'zod';
import { ATTRIBUTE_SCOPES, attributeSchema } from '../model/attribute.ts';
import { deviceDetailSchema, ownConfigSchema } from '../model/own-device.ts';
import { templateInputSchema, templateSchema, templateWithSecretSchema } from '../model/template.ts';
import { deviceSummary, limit } from './schemas.ts';

export const deviceDetail = deviceDetailSchema.meta({ id: 'DeviceDetail' });
export const devicesList = z.object({ devices: z.array(deviceSummary), total: z.int() });

/** A device to be made; judged by the same rules as one of a configuration. */
export const newDeviceBody = ownConfigSchema.partial().extend({
  device_id: z.string().optional().describe('Made when left out'),
  machine_name: z.string().describe('What people call it'),
});
/** Fields to change; null takes one back to its default, or to what is configured. */
export const devicePatchBody = z.record(z.string(), z.unknown());
export const deleted = z.object({ status: z.literal('success'), message: z.string() });
export const tokenAnswer = z.object({ device_id: z.string(), token: z.string() });

const attribute = attributeSchema.meta({ id: 'Attribute' });
export const attributesList = z.object({ attributes: z.array(attribute) });
export const attributesBody = z.record(z.string(), z.unknown());
export const attributeParams = z.object({ id: z.string(), key: z.string() });
export const attributeHistoryQuery = z.object({
  scope: z.enum(ATTRIBUTE_SCOPES).default('device'),
  limit,
});
export const attributeHistory = z.object({ key: z.string(), values: z.array(attribute) });

export const templateParams = z.object({ id: z.string() });
export const templateBody = templateInputSchema;
export const template = templateSchema.meta({ id: 'Template' });
export const templateWithSecret = templateWithSecretSchema.meta({ id: 'TemplateWithSecret' });
export const templatesList = z.object({ templates: z.array(template) });

export const hookAnswer = z.object({
  result: z.enum(['allow', 'deny', 'ignore']),
  is_superuser: z.boolean(),
  ok: z.boolean(),
  error: z.string(),
});
