import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SidePanel } from '../../components/side-panel.tsx';
import { ComposeForm } from './compose-form.tsx';
import { type Draft, draftOfMessage, draftOfSaved, EMPTY_DRAFT } from './draft.ts';
import type { Message } from './message.ts';
import { MessageDetail } from './message-detail.tsx';
import { SavedList } from './saved-list.tsx';
import type { useTopics } from './use-topics.ts';

type Shown = { kind: 'message'; message: Message } | { kind: 'compose' } | { kind: 'saved' } | null;

/** What lies beside the list, and the message that is being written: it stays when something else is shown. */
export function usePanel() {
  const [shown, show] = useState<Shown>(null);
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  /** How often the form was filled: each time it begins afresh. */
  const [filled, setFilled] = useState(0);
  const write = (next: Draft) => {
    setDraft(next);
    setFilled((n) => n + 1);
    show({ kind: 'compose' });
  };
  return { shown, show, draft, setDraft, filled, write };
}

type PanelProps = {
  panel: ReturnType<typeof usePanel>;
  topics: ReturnType<typeof useTopics>;
  onTopic(topic: string): void;
};
const TITLES = { message: 'messages.message', compose: 'messages.new', saved: 'messages.saved' } as const;

/** A message, the form or the saved ones. */
export function Panel({
  panel: { shown, show, draft, setDraft, filled, write },
  topics,
  onTopic,
}: PanelProps) {
  const { t } = useTranslation();
  const names = useMemo(() => topics.data?.topics.map(({ topic }) => topic) ?? [], [topics.data]);
  if (!shown) return null;
  const of = shown.kind === 'message' ? String(shown.message.id) : shown.kind;
  return (
    <SidePanel title={t(TITLES[shown.kind])} of={of} onClose={() => show(null)}>
      {shown.kind === 'message' && (
        <MessageDetail
          message={shown.message}
          onSendAgain={(message) => write(draftOfMessage(message))}
          onTopic={onTopic}
        />
      )}
      {shown.kind === 'compose' && (
        <ComposeForm
          key={filled}
          draft={draft}
          onChange={setDraft}
          onClear={() => write(EMPTY_DRAFT)}
          topics={names}
        />
      )}
      {shown.kind === 'saved' && (
        <SavedList onOpen={(saved) => write(draftOfSaved(saved))} onNew={() => write(EMPTY_DRAFT)} />
      )}
    </SidePanel>
  );
}
