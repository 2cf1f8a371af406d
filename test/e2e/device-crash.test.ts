import { test } from 'node:test';
import { killWhileTalking } from './device-crash.ts';

test('ten kills: no acknowledged transition, attribute or event is lost', (t) => killWhileTalking(t, 10, 1));
