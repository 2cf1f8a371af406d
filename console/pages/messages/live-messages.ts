import { useEffect, useEffectEvent } from 'react';
import { live } from '../../api/live.ts';
import type { Message } from './message.ts';

const BATCH_MS = 400;
/** The history is written half a second behind the stream. */
const SETTLED_MS = 1000;

/** Messages as they come, some at a time; `onAnew` when some may have been missed. */
export function useLiveMessages(
  onMessages: (messages: readonly Message[]) => void,
  onAnew: () => void,
): void {
  const tell = useEffectEvent(onMessages);
  const anew = useEffectEvent(onAnew);
  useEffect(() => {
    let batch: Message[] = [];
    let settled: ReturnType<typeof setTimeout> | undefined;
    const timer = setInterval(() => {
      if (batch.length > 0) tell(batch);
      batch = [];
    }, BATCH_MS);
    const offMessage = live.on('message', (message) => batch.push(message as Message));
    const offHello = live.on('hello', () => {
      clearTimeout(settled);
      settled = setTimeout(() => anew(), SETTLED_MS);
    });
    return () => {
      clearInterval(timer);
      clearTimeout(settled);
      offMessage();
      offHello();
    };
  }, []);
}
