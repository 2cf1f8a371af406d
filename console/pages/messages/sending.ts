import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { SavedMessage } from '../../../src/model/saved-message.ts';
import { at, call } from '../../api/client.ts';
import { useFormat } from '../../components/format.ts';
import { useNotices } from '../../components/notices.tsx';
import { useBrokerName } from '../service/brokers.ts';
import { isRefused } from '../service/form-fault.tsx';
import { bodyOf, type Draft } from './draft.ts';

const SAVED = ['saved-messages'];
/** The answer of `POST /api/messages`. */
type Sent = { at: string; broker_id: string; topic: string; note: string | null };

export function useSavedMessages() {
  return useQuery({
    queryKey: SAVED,
    queryFn: async ({ signal }) =>
      (await call<{ saved_messages: SavedMessage[] }>('GET', at('saved-messages'), undefined, signal))
        .saved_messages,
  });
}

/** What became of a message, in a sentence. */
function useSentText() {
  const { t } = useTranslation();
  const f = useFormat();
  const nameOf = useBrokerName();
  return ({ at: when, broker_id, topic, note }: Sent) => {
    const text = t('messages.sent', { broker: nameOf(broker_id), topic, time: f.time(when) });
    return note === null ? text : `${text} ${note}`;
  };
}

/** Sends a draft. */
export function useSend() {
  const notices = useNotices();
  const sentText = useSentText();
  return useMutation({
    mutationFn: async (draft: Draft) => sentText(await call<Sent>('POST', at('messages'), bodyOf(draft))),
    onSuccess: (text) => notices.done(text),
    onError: (error) => isRefused(error) || notices.failed(error),
  });
}

/** Sends a saved message as it is kept. */
export function useSendSaved() {
  const notices = useNotices();
  const sentText = useSentText();
  return useMutation({
    mutationFn: async (id: string) => sentText(await call<Sent>('POST', at('saved-messages', id, 'send'))),
    onSuccess: (text) => notices.done(text),
    onError: (error) => notices.failed(error),
  });
}

/** Keeps a draft: as a new saved message, or in place of the one it came from. */
export function useSave(onSaved: (saved: SavedMessage) => void) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const notices = useNotices();
  return useMutation({
    mutationFn: ({ draft, isNew }: { draft: Draft; isNew: boolean }) => {
      const body = { ...bodyOf(draft), name: draft.name.trim() };
      return isNew || draft.savedId === null
        ? call<SavedMessage>('POST', at('saved-messages'), body)
        : call<SavedMessage>('PATCH', at('saved-messages', draft.savedId), body);
    },
    onSuccess: (saved) => {
      void queries.invalidateQueries({ queryKey: SAVED });
      notices.done(t('messages.saved_done', { name: saved.name }));
      onSaved(saved);
    },
    onError: (error) => isRefused(error) || notices.failed(error),
  });
}

/** Forgets a saved message; resolves to what happened. */
export function useForget() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return async ({ saved_message_id, name }: SavedMessage) => {
    await call('DELETE', at('saved-messages', saved_message_id));
    void queries.invalidateQueries({ queryKey: SAVED });
    return t('messages.forgotten', { name });
  };
}
