import { useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type { templateSchema, templateWithSecretSchema } from '../../../src/model/template.ts';
import { call } from '../../api/client.ts';

export type TemplateView = z.infer<typeof templateSchema>;
export type TemplateWithSecret = z.infer<typeof templateWithSecretSchema>;

export const useTemplates = () =>
  useQuery({
    queryKey: ['templates'],
    queryFn: ({ signal }) => call<{ templates: TemplateView[] }>('GET', '/api/templates', undefined, signal),
  });
