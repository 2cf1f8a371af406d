import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ConfigurationDiffAnswer } from '../../../src/api/configurations.ts';
import classes from './diff-view.module.css';

type Changed = ConfigurationDiffAnswer['changed'][number];
type Whole = ConfigurationDiffAnswer['added'][number];

/** A value of a configuration as it is written there; what was not given is a dash. */
const shown = (value: unknown): string =>
  value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value);

/** What differs, device by device and field by field. */
export function DiffView({ diff: { added, removed, changed, counts } }: { diff: ConfigurationDiffAnswer }) {
  const { t } = useTranslation();
  const isSame = counts.added + counts.removed + counts.changed === 0;
  const left =
    counts.added + counts.removed + counts.changed - added.length - removed.length - changed.length;
  return (
    <div className={classes.diff}>
      <Text size="sm" className="figures" role="status">
        {isSame ? t('configuration.no_difference') : t('configuration.counts', counts)}
      </Text>
      {changed.map((device) => (
        <ChangedDevice key={device.device_id} device={device} />
      ))}
      {added.map((device) => (
        <WholeDevice key={device.device_id} device={device} kind="added" />
      ))}
      {removed.map((device) => (
        <WholeDevice key={device.device_id} device={device} kind="removed" />
      ))}
      {left > 0 && <Text size="sm">{t('configuration.not_shown', { left })}</Text>}
    </div>
  );
}

function Head({
  device,
  kind,
}: {
  device: { device_id: string; machine_name: string };
  kind: keyof typeof SIGNS;
}) {
  const { t } = useTranslation();
  return (
    <>
      <span aria-hidden="true" className={classes.sign} data-kind={kind}>
        {SIGNS[kind]}
      </span>
      <span className={classes.name}>{device.machine_name}</span>
      <span className={classes.kind} data-kind={kind}>
        {t(`configuration.${kind}`)}
      </span>
    </>
  );
}
const SIGNS = { added: '+', removed: '−', changed: '≠' } as const;

function ChangedDevice({ device }: { device: Changed }) {
  const { t } = useTranslation();
  return (
    <section className={classes.device}>
      <h3 className={classes.head}>
        <Head device={device} kind="changed" />
      </h3>
      <dl className={classes.fields}>
        {device.fields.map(({ path, before, after }) => (
          <div key={path}>
            <dt>{path}</dt>
            <dd className="figures">
              <span className="spoken">{t('configuration.before')}</span>
              <del className={classes.before}>{shown(before)}</del> <span aria-hidden="true">→</span>{' '}
              <span className="spoken">{t('configuration.after')}</span>
              <ins className={classes.after}>{shown(after)}</ins>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function WholeDevice({ device, kind }: { device: Whole; kind: 'added' | 'removed' }) {
  return (
    <details className={classes.device}>
      <summary className={classes.head}>
        <Head device={device} kind={kind} />
      </summary>
      <dl className={classes.fields}>
        {device.fields.map(({ path, value }) => (
          <div key={path}>
            <dt>{path}</dt>
            <dd className="figures">{shown(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
