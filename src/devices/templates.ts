import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { Template, TemplateInput } from '../model/template.ts';
import type { Clock } from '../platform/clock.ts';
import type { TemplatesTable } from '../store/templates.ts';
import { randomText, sha256 } from './secret-seal.ts';

const KEY_LENGTH = 20;
const SECRET_LENGTH = 20;
/** Compared with when no template has the key, so that this takes as long. */
const NOBODY = sha256('');

export type TemplatesDeps = { table: TemplatesTable; clock: Pick<Clock, 'wallMs'> };

/** A secret that is told once: what is kept of it is a hash. */
export type WithSecret = { template: Template; secret: string };

/** The templates under which devices provision themselves. */
export function createTemplates({ table, clock }: TemplatesDeps) {
  function keep(template: Omit<Template, 'secretHash'>): WithSecret {
    const secret = randomText(SECRET_LENGTH);
    const kept = { ...template, secretHash: sha256(secret).toString('hex') };
    table.save(kept);
    return { template: kept, secret };
  }

  return {
    list: () => table.list(),
    one: (templateId: string) => table.one(templateId),
    isNameTaken: (name: string, by: string | null = null) => {
      const owner = table.byName(name);
      return owner !== null && owner.templateId !== by;
    },
    create: (input: TemplateInput): WithSecret =>
      keep({
        ...input,
        templateId: randomUUID(),
        provisionKey: randomText(KEY_LENGTH),
        createdAt: clock.wallMs(),
      }),
    /** Replaces what a person says about it; key and secret stay. */
    update(template: Template, input: TemplateInput): Template {
      const changed = { ...template, ...input };
      table.save(changed);
      return changed;
    },
    /** A new secret; the old one ends. */
    rotate: (template: Template): WithSecret => keep(template),
    remove: (templateId: string) => table.remove(templateId),

    /** The template with this key and this secret, in constant time; null: one of them is wrong. */
    byCredentials(provisionKey: string, secret: string): Template | null {
      const template = table.byKey(provisionKey);
      const expected = template ? Buffer.from(template.secretHash, 'hex') : NOBODY;
      return timingSafeEqual(expected, sha256(secret)) ? template : null;
    },
  };
}
export type Templates = ReturnType<typeof createTemplates>;
