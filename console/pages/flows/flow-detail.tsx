import { Alert, Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { at, call } from '../../api/client.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { useFormat } from '../../components/format.ts';
import classes from './flow-detail.module.css';
import type { FlowView } from './flow-draft.ts';
import { FlowState, useWhenText } from './flow-list.tsx';
import { useFlowsChanged, useSwitch } from './use-flows.ts';

const COUNTS = ['runs', 'matched', 'actions', 'errors', 'timeouts', 'throttled', 'dropped', 'loops'] as const;

/** What a flow says and how it fares. */
export function FlowDetail({ flow, onEdit }: { flow: FlowView; onEdit(): void }) {
  const { t } = useTranslation();
  const whenText = useWhenText();
  const changed = useFlowsChanged();
  const remove = async () => {
    await call('DELETE', at('flows', flow.flow_id));
    await changed();
    return t('flows.removed', { name: flow.name });
  };
  return (
    <div className={classes.detail}>
      <FlowState state={flow.report.state} />
      {flow.report.state === 'suspended' && <Suspended flow={flow} />}
      <dl className={classes.says}>
        <dt>{t('flows.when')}</dt>
        <dd>{whenText(flow.when)}</dd>
        {flow.if !== undefined && (
          <>
            <dt>{t('flows.if')}</dt>
            <dd>
              <code>{flow.if}</code>
            </dd>
          </>
        )}
        <dt>{t('flows.do')}</dt>
        <dd>
          <Actions flow={flow} />
        </dd>
      </dl>
      <Counts flow={flow} />
      <div className={classes.buttons}>
        <ConfirmButton
          label={t('list.delete')}
          destroys
          consequence={t('flows.remove_what', { name: flow.name })}
          act={remove}
        />
        <Button onClick={onEdit}>{t('flows.edit_and_test')}</Button>
      </div>
    </div>
  );
}

function Suspended({ flow }: { flow: FlowView }) {
  const { t } = useTranslation();
  const change = useSwitch(flow);
  return (
    <Alert color="red" title={t('flows.suspended_because')}>
      <p className={classes.reason}>{flow.report.suspended_because}</p>
      <Button variant="default" loading={change.isPending} onClick={() => change.mutate(true)}>
        {t('flows.go_on')}
      </Button>
    </Alert>
  );
}

function Actions({ flow }: { flow: FlowView }) {
  const { t } = useTranslation();
  return (
    <ol className={classes.actions}>
      {flow.do.map(({ publish, webhook, odoo_event, set_attribute }, i) => {
        const kind = publish ? 'publish' : webhook ? 'webhook' : odoo_event ? 'odoo_event' : 'set_attribute';
        const target =
          publish?.topic ??
          publish?.topic_expression ??
          webhook?.url ??
          odoo_event?.name ??
          set_attribute?.key ??
          '';
        const expression = publish?.body ?? webhook?.body ?? odoo_event?.data ?? set_attribute?.value;
        return (
          <li key={`${i} ${kind}`}>
            {t(`flows.do_${kind}`)}: {target}
            <code>{expression}</code>
          </li>
        );
      })}
    </ol>
  );
}

function Counts({ flow: { report } }: { flow: FlowView }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <>
      <dl className={classes.counts}>
        {COUNTS.map((name) => (
          <div key={name} title={t(`flows.count_${name}_hint`)}>
            <dt>{t(`flows.count_${name}`)}</dt>
            <dd className="figures">{format.count(report[name])}</dd>
          </div>
        ))}
        <div>
          <dt>{t('flows.last_run')}</dt>
          <dd className="figures">{format.moment(report.last_run_at)}</dd>
        </div>
      </dl>
      {report.last_error && (
        <p className={classes.error}>
          <strong>{t('flows.last_error')}</strong> {format.moment(report.last_error.at)}:{' '}
          {report.last_error.message}
        </p>
      )}
    </>
  );
}
