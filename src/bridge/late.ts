import type { Flows } from '../flows/flows.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Found } from './discovery.ts';
import type { Identities } from './identities.ts';
import type { Messaging } from './messaging.ts';

/** Parts that are built after those that need them; to be asked when the bridge runs. */
export type Late = () => {
  pipeline: Pipeline;
  identities: Identities;
  messaging: Messaging;
  flows: Flows;
  found: Found;
};
