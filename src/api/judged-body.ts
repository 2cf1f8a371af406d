import { z } from 'zod';

/** For bodies that the part behind a route judges as a whole: the route's schema only describes them. */
export const judgedBehind = () => (value: unknown) => ({ value: value ?? {} });

/** Fields to change; null takes one back. */
export const patchBody = z.record(z.string(), z.unknown());
