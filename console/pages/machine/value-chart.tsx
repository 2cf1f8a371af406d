import { useTranslation } from 'react-i18next';
import { useFormat } from '../../components/format.ts';
import classes from './value-chart.module.css';

const WIDTH = 360;
const HEIGHT = 140;

type ValueChartProps = { values: readonly { atMs: number; value: number }[]; label: string };

/** Numbers over time as a stepped line, with the least and the most of them; oldest first, at least two. */
export function ValueChart({ values, label }: ValueChartProps) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const number = new Intl.NumberFormat(i18n.language, { maximumSignificantDigits: 7 });
  const numbers = values.map(({ value }) => value);
  const least = Math.min(...numbers);
  const most = Math.max(...numbers);
  const fromMs = values[0]?.atMs ?? 0;
  const toMs = values.at(-1)?.atMs ?? 1;
  const x = (atMs: number) => ((atMs - fromMs) / (toMs - fromMs || 1)) * WIDTH;
  const y = (value: number) => HEIGHT - 2 - ((value - least) / (most - least || 1)) * (HEIGHT - 4);
  const path = values
    .map(
      ({ atMs, value }, i) =>
        `${i === 0 ? 'M' : 'H'}${x(atMs).toFixed(1)}${i === 0 ? ` ${y(value).toFixed(1)}` : `V${y(value).toFixed(1)}`}`,
    )
    .join('');
  const words = t('machine.least_most', { least: number.format(least), most: number.format(most) });
  return (
    <figure className={`${classes.figure} figures`}>
      <figcaption>{words}</figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: ${words}`}
      >
        <path d={path} />
      </svg>
      <div className={classes.times}>
        <span>{format.moment(fromMs)}</span>
        <span>{format.moment(toMs)}</span>
      </div>
    </figure>
  );
}
