import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../format.ts';
import { type ChartData, summaries } from './chart-data.ts';
import classes from './power-chart.module.css';
import type { TimeRange } from './time-range.ts';

const ROWS = 12;

/** What a chart shows, as a table: for who cannot see it, or wants the figures. */
export function ChartSummary({ data, range }: { data: ChartData; range: TimeRange }) {
  const { t } = useTranslation();
  const format = useFormat();
  const rows = useMemo(() => summaries(data, range, ROWS), [data, range]);
  const lengthMs = (range.toMs - range.fromMs) / ROWS;
  return (
    <details>
      <summary>{t('machine.as_table')}</summary>
      <table className={`${classes.summary} figures`}>
        <thead>
          <tr>
            {['from', 'least', 'mean', 'most'].map((word) => (
              <th key={word} scope="col">
                {t(`machine.${word}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={ROWS - i}>
              <td>{format.moment(range.fromMs + i * lengthMs)}</td>
              <td>{format.power(row?.minW)}</td>
              <td>{format.power(row?.avgW)}</td>
              <td>{format.power(row?.maxW)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
