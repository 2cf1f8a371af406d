import { Paper, Switch, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../components/format.ts';
import whole from '../../components/whole-row.module.css';
import type { FlowView } from './flow-draft.ts';
import classes from './flow-list.module.css';
import { useSwitch } from './use-flows.ts';

const SIGNS: Record<FlowView['report']['state'], string> = { enabled: '●', disabled: '○', suspended: '⊘' };

/** Whether a flow is at work, by word, sign and colour. */
export function FlowState({ state }: { state: FlowView['report']['state'] }) {
  const { t } = useTranslation();
  return (
    <span className={classes.state} data-state={state}>
      <span aria-hidden="true">{SIGNS[state]}</span> {t(`flows.state_${state}`)}
    </span>
  );
}

/** What sets a flow off, in a few words. */
export function useWhenText(): (when: FlowView['when']) => string {
  const { t } = useTranslation();
  return ({ topic, event, attribute, device_id, broker_id }) => {
    const what = topic ?? attribute ?? event?.join(', ') ?? '';
    const kind = topic !== undefined ? 'topic' : event ? 'event' : 'attribute';
    const where = device_id ?? broker_id;
    return `${t(`flows.when_${kind}`)}: ${what}${where === undefined ? '' : ` (${where})`}`;
  };
}

type FlowListProps = { flows: readonly FlowView[]; chosenId: string | null; onChoose(id: string): void };

export function FlowList({ flows, chosenId, onChoose }: FlowListProps) {
  return (
    <Paper withBorder component="ul" className={classes.list}>
      {flows.map((flow) => (
        <Row
          key={flow.flow_id}
          flow={flow}
          isChosen={flow.flow_id === chosenId}
          onChoose={() => onChoose(flow.flow_id)}
        />
      ))}
    </Paper>
  );
}

type RowProps = { flow: FlowView; isChosen: boolean; onChoose(): void };

function Row({ flow, isChosen, onChoose }: RowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const whenText = useWhenText();
  const change = useSwitch(flow);
  const { name, when, report } = flow;
  return (
    <li className={`${whole.row} ${whole.tinted} ${classes.row}`} data-chosen={isChosen || undefined}>
      <div className={classes.main}>
        <UnstyledButton
          className={`${whole.opener} ${classes.name}`}
          aria-expanded={isChosen}
          onClick={onChoose}
        >
          {name}
        </UnstyledButton>
        <div className={`${classes.when} quiet`}>{whenText(when)}</div>
        {report.last_error && (
          <div className={classes.error}>
            <span aria-hidden="true">✕</span> {format.moment(report.last_error.at)}:{' '}
            {report.last_error.message}
          </div>
        )}
      </div>
      <div className={`${classes.counts} figures quiet`}>
        {t('flows.short_counts', {
          runs: format.count(report.runs),
          matched: format.count(report.matched),
          errors: format.count(report.errors),
        })}
      </div>
      <FlowState state={report.state} />
      <Switch
        className={classes.switch}
        aria-label={t('flows.switch', { name })}
        checked={report.state === 'enabled'}
        disabled={change.isPending}
        onChange={(event) => change.mutate(event.currentTarget.checked)}
      />
    </li>
  );
}
