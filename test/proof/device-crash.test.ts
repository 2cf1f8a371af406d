import { test } from 'node:test';
import { killWhileTalking } from '../e2e/device-crash.ts';

test('fifty kills: no acknowledged transition, attribute or event is lost', (t) =>
  killWhileTalking(t, 50, 2));
