/** One line of a table; what is no text is a number of its column's own unit. */
export type Row = (string | number)[];
export type Table = { title: string; columns: string[]; rows: Row[]; notes: string[] };

/** The value below which the share `part` of all lies. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

function shown(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  if (cell >= 1000) return Math.round(cell).toLocaleString('en').replaceAll(',', ' ');
  return cell >= 100 ? cell.toFixed(0) : cell.toFixed(cell >= 10 ? 1 : 2);
}

/** The table as text: Markdown that a terminal shows well too. */
export function asText({ title, columns, rows, notes }: Table): string {
  const cells = [columns, ...rows.map((row) => row.map(shown))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => (row[i] ?? '').length)));
  const line = (row: string[]) => `| ${widths.map((width, i) => (row[i] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const [head = [], ...body] = cells;
  return [`## ${title}`, '', line(head), rule, ...body.map(line), '', ...notes].join('\n');
}
