import { Button, Switch, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiFault, at, call } from '../../api/client.ts';
import { FormDrawer } from '../../components/form-drawer.tsx';
import { useNotices } from '../../components/notices.tsx';
import { ActionFields } from './action-fields.tsx';
import { fieldPaths, PlacedFaults } from './faults.ts';
import {
  ACTIONS_MAX,
  type ActionDraft,
  bodyOf,
  draftOf,
  type FlowDraft,
  type FlowView,
  newAction,
  newDraft,
} from './flow-draft.ts';
import classes from './flow-form.module.css';
import { TrialBox } from './trial-box.tsx';
import { useFlowsChanged } from './use-flows.ts';
import { WhenFields } from './when-fields.tsx';

type FlowFormProps = {
  /** null: a new one. */
  flow: FlowView | null;
  onSaved(flowId: string): void;
  onClose(): void;
};

function useSave({ flow, onSaved, onClose }: FlowFormProps) {
  const { t } = useTranslation();
  const notices = useNotices();
  const changed = useFlowsChanged();
  return useMutation({
    mutationFn: (draft: FlowDraft) =>
      flow
        ? call<FlowView>('PUT', at('flows', flow.flow_id), bodyOf(draft))
        : call<FlowView>('POST', '/api/flows', bodyOf(draft)),
    onSuccess: async ({ flow_id, name }) => {
      notices.done(t('flows.saved', { name }));
      await changed();
      onSaved(flow_id);
      onClose();
    },
  });
}

/** Makes or changes a flow, and tries it before it is saved. */
export function FlowForm(props: FlowFormProps) {
  const { flow, onClose } = props;
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => (flow ? draftOf(flow) : newDraft()));
  const save = useSave(props);
  // What the trial found wrong stands beside the fields too, until the next try.
  const [tried, setTried] = useState<ApiFault | null>(null);
  const error = save.error ?? tried;
  const faults = new PlacedFaults(error instanceof ApiFault ? error.errors : [], 'flow.');
  const kinds = draft.actions.map(({ kind }) => kind);
  const set = (change: Partial<FlowDraft>) => setDraft({ ...draft, ...change });
  return (
    <FormDrawer.Form
      error={error}
      rest={faults.elsewhere(fieldPaths(draft.whenKind, kinds))}
      busy={save.isPending}
      isReady
      onSubmit={() => save.mutate(draft)}
      onClose={onClose}
    >
      <TextInput
        label={t('flows.name')}
        value={draft.name}
        error={faults.at('name')}
        onChange={(event) => set({ name: event.currentTarget.value })}
        required
        data-autofocus
      />
      <Switch
        label={t('flows.enabled')}
        checked={draft.enabled}
        onChange={(event) => set({ enabled: event.currentTarget.checked })}
      />
      <WhenFields draft={draft} faults={faults} onChange={set} />
      <Textarea
        label={t('flows.if')}
        description={t('flows.if_hint')}
        placeholder={t('flows.if_placeholder')}
        value={draft.condition}
        error={faults.at('if')}
        onChange={(event) => set({ condition: event.currentTarget.value })}
        classNames={{ input: classes.code }}
        spellCheck={false}
        autosize
        minRows={1}
      />
      <ActionList draft={draft} faults={faults} onChange={(actions) => set({ actions })} />
      <TrialBox draft={draft} onFault={setTried} onTry={save.reset} />
    </FormDrawer.Form>
  );
}

type ActionListProps = {
  draft: FlowDraft;
  faults: PlacedFaults;
  onChange(actions: readonly ActionDraft[]): void;
};

function ActionList({ draft: { actions }, faults, onChange }: ActionListProps) {
  const { t } = useTranslation();
  return (
    <fieldset className={classes.group}>
      <legend className={classes.legend}>{t('flows.do')}</legend>
      {actions.map((action, i) => (
        <ActionFields
          key={action.key}
          action={action}
          place={`do[${i}].${action.kind}`}
          number={i + 1}
          faults={faults}
          onChange={(change) =>
            onChange(actions.map((one) => (one.key === action.key ? Object.assign({}, one, change) : one)))
          }
          onRemove={
            actions.length > 1 ? () => onChange(actions.filter((one) => one.key !== action.key)) : null
          }
        />
      ))}
      {actions.length < ACTIONS_MAX && (
        <Button variant="default" onClick={() => onChange([...actions, newAction()])}>
          {t('flows.add_action')}
        </Button>
      )}
    </fieldset>
  );
}
