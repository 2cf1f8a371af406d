/** A source of messages: a broker we are connected to, or the one inside. */
export type PipelineLink = {
  /** When the broker was last heard, on the steady clock. */
  heardAt(): number;
  /** Asks the broker for a sign of life; `proven()` or `linkLost()` is called in the end. */
  prove(): void;
  /** Just these filters are listened to from now on. */
  setFilters(filters: Iterable<string>): void;
};
