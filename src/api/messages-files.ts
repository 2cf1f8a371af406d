import type { KeptMessage, MessagesPage, MessagesQuery } from '../model/message-record.ts';
import type { Log } from '../platform/log.ts';
import { type MessagesFileQuery, type MessageView, messageView, searchOf } from './message-view.ts';
import { csvCell } from './sessions-csv.ts';

const PAGE_ROWS = 500;
/** More than this comes in several files, each from the last id of the one before. */
export const FILE_ROWS_MAX = 1_000_000;

export type MessagesFileDeps = {
  history: { messages(query: MessagesQuery): Promise<MessagesPage> };
  log: Log;
};

/** The columns of the CSV file, in their order; new ones are added at the end. */
const COLUMNS = [
  'id',
  'at',
  'broker_id',
  'direction',
  'topic',
  'device_id',
  'qos',
  'retain',
  'bytes',
  'payload',
  'payload_format',
  'truncated',
  'properties',
] as const satisfies (keyof MessageView)[];

function cell(value: MessageView[(typeof COLUMNS)[number]]): string {
  if (typeof value === 'boolean') return String(value);
  return csvCell(typeof value === 'object' && value !== null ? JSON.stringify(value) : value);
}

/** How one kind of file writes messages. */
export type FileForm = { head: string; line(message: MessageView): string };

export const JSON_LINES: FileForm = { head: '', line: (message) => `${JSON.stringify(message)}\n` };
export const CSV: FileForm = {
  head: `${COLUMNS.join(',')}\r\n`,
  line: (message) => `${COLUMNS.map((column) => cell(message[column])).join(',')}\r\n`,
};

/**
 * The messages that a search finds, newest first, as pieces of a file; a page at a time is asked for and held,
 * the next one when the reader has taken it.
 * The head comes with the first page; the page of a narrow search may be empty.
 * @throws what the history throws; a file that was begun is then seen as an aborted download
 */
export async function* messagesFile(
  { history, log }: MessagesFileDeps,
  query: MessagesFileQuery,
  form: FileForm,
): AsyncGenerator<string> {
  const search = searchOf(query);
  let { before } = search;
  let { head } = form;
  for (let rows = 0; rows < FILE_ROWS_MAX; ) {
    const page = await pageOf(() =>
      history.messages({ ...search, before, limit: Math.min(PAGE_ROWS, FILE_ROWS_MAX - rows) }),
    );
    rows += page.messages.length;
    yield `${head}${page.messages.map(lineOf).join('')}`;
    head = '';
    if (page.nextBefore === null) return;
    before = page.nextBefore;
  }

  function lineOf(message: KeptMessage): string {
    return form.line(messageView(message, query.format));
  }

  async function pageOf(ask: () => Promise<MessagesPage>): Promise<MessagesPage> {
    try {
      return await ask();
    } catch (error) {
      // After the first page the head of the answer is out: nobody else can tell what went wrong.
      log.error('messages_file_failed', { error: (error as Error).message });
      throw error;
    }
  }
}
