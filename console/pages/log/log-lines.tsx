import { Paper, Skeleton } from '@mantine/core';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../components/format.ts';
import { fieldsText, type Line, valueText } from './log-book.ts';
import classes from './log-lines.module.css';

/** A line of the log while it loads. */
export const LineSkeleton = () => <Skeleton height={22} />;

/** The log; a line opens to show each of its fields. */
export function LogLines({ lines }: { lines: readonly Line[] }) {
  const { t } = useTranslation();
  return (
    <Paper withBorder component="ol" className={classes.lines} aria-label={t('log.title')}>
      {lines.map((line) => (
        <LogLine key={line.id} line={line} />
      ))}
    </Paper>
  );
}

const LogLine = memo(({ line: { at, level, event, fields } }: { line: Line }) => {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <li className={classes.item} data-level={level}>
      <details>
        <summary className={classes.line}>
          <time className={`${classes.at} figures`} dateTime={at}>
            {format.time(at)}
          </time>
          <span className={classes.level}>{t(`log.level_${level}`)}</span>
          <span className={classes.event}>{event}</span>
          <span className={classes.fields}>{fieldsText(fields)}</span>
        </summary>
        <dl className={classes.detail}>
          <dt>{t('log.time')}</dt>
          <dd className="figures">
            {format.moment(at)} · {at}
          </dd>
          {Object.entries(fields).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{valueText(value)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </li>
  );
});
