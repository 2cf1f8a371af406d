/** The history cannot answer just now; the message is a sentence for people. */
export class HistoryError extends Error {
  override name = 'HistoryError';
}
