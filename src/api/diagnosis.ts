import { type Diagnosis, diagnosisSchema } from '../model/diagnosis.ts';
import type { Server } from './deps.ts';
import { faults } from './faults.ts';

const RUNS_PER_MINUTE_MAX = 60;

export type DiagnosisDeps = { diagnosis(): Promise<Diagnosis> };

/** `/api/diagnosis`: the common faults, each as a check that is run now. */
export function diagnosisRoutes(app: Server, { diagnosis }: DiagnosisDeps): void {
  app.get('/api/diagnosis', {
    config: { access: 'view', rateLimit: { max: RUNS_PER_MINUTE_MAX } },
    schema: {
      summary: 'Look for the common faults',
      description:
        'Each check says what it found and what to do. Texts are English; case and parameters are for others.',
      tags: ['health'],
      response: { 200: diagnosisSchema, ...faults(401, 429) },
    },
    handler: () => diagnosis(),
  });
}
