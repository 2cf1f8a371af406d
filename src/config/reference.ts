import { describeFields } from './device-fields.ts';
import { describeVariables } from './environment-variables.ts';

const tableRow = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function markdownTable(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map(tableRow).join('\n');
}

const code = (text: string) => `\`${text}\``;

/** The table of all variables in docs/configuration.md. */
export function environmentTable(): string {
  const rows = describeVariables().map((variable) => [
    [variable.name, ...variable.aliases, ...(variable.fileName ? [variable.fileName] : [])]
      .map(code)
      .join(', '),
    variable.default,
    variable.allowed,
    variable.meaning,
  ]);
  return markdownTable(['variable', 'default', 'allowed', 'meaning'], rows);
}

/** The table of all fields of a device in docs/configuration.md. */
export function deviceTable(): string {
  const rows = describeFields().map((field) => [
    code(field.path),
    field.default,
    field.expected,
    field.meaning,
  ]);
  return markdownTable(['field', 'default', 'allowed', 'meaning'], rows);
}

/** The variables as `--help` prints them. */
export function environmentHelp(): string {
  return describeVariables()
    .map(({ name, fileName, default: standard, allowed, meaning }) => {
      const names = fileName ? `${name} (or ${fileName})` : name;
      return `  ${names}\n      ${meaning}\n      ${allowed}${standard === '' ? '' : `; default: ${standard}`}`;
    })
    .join('\n');
}
