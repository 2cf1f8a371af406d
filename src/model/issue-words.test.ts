import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { issueWords } from './issue-words.ts';

const CASES: { name: string; schema: z.ZodType; input: unknown; words: string }[] = [
  { name: 'a missing field', schema: z.object({ a: z.string() }), input: {}, words: 'is missing' },
  { name: 'a missing choice', schema: z.object({ a: z.enum(['x', 'y']) }), input: {}, words: 'is missing' },
  { name: 'text', schema: z.string(), input: 5, words: 'must be text' },
  { name: 'a number', schema: z.number(), input: '5', words: 'must be a number' },
  { name: 'a whole number', schema: z.int(), input: 1.5, words: 'must be a whole number' },
  { name: 'yes or no', schema: z.boolean(), input: 'yes', words: 'must be true or false' },
  { name: 'a list', schema: z.array(z.string()), input: {}, words: 'must be a list' },
  { name: 'an object', schema: z.object({}), input: [], words: 'must be an object' },
  { name: 'a choice', schema: z.enum(['x', 'y']), input: 'z', words: 'must be one of x, y' },
  { name: 'a constant', schema: z.literal('x'), input: 'z', words: 'must be x' },
  { name: 'a UUID', schema: z.uuid(), input: 'z', words: 'must be a UUID' },
  { name: 'a pattern', schema: z.string().regex(/^a$/), input: 'z', words: 'is not written as it must be' },
  { name: 'an empty text', schema: z.string().min(1), input: '', words: 'must not be empty' },
  { name: 'a short text', schema: z.string().min(3), input: 'a', words: 'must have at least 3 characters' },
  { name: 'a long text', schema: z.string().max(3), input: 'abcd', words: 'must have at most 3 characters' },
  { name: 'an empty list', schema: z.array(z.string()).min(1), input: [], words: 'must not be empty' },
  {
    name: 'a long list',
    schema: z.array(z.int()).max(1),
    input: [1, 2],
    words: 'must have at most 1 entries',
  },
  { name: 'a small number', schema: z.number().min(5), input: 4, words: 'must be at least 5' },
  { name: 'a number at its bound', schema: z.number().gt(5), input: 5, words: 'must be more than 5' },
  { name: 'a great number', schema: z.number().max(5), input: 6, words: 'must be at most 5' },
  { name: 'a number below its bound', schema: z.number().lt(5), input: 5, words: 'must be less than 5' },
  { name: 'a step', schema: z.number().multipleOf(2), input: 3, words: 'must be a multiple of 2' },
  {
    name: 'none of several',
    schema: z.union([z.string(), z.number()]),
    input: true,
    words: 'has none of the forms that are allowed here',
  },
  { name: 'words of its own', schema: z.string({ error: 'needs a name' }), input: 5, words: 'needs a name' },
];

for (const { name, schema, input, words } of CASES) {
  test(`a fault in ${name} is told in our words`, () => {
    const result = schema.safeParse(input, { error: issueWords });
    assert.equal(result.error?.issues[0]?.message, words);
  });
}
