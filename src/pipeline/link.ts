/** A source of messages: a broker we are connected to, or the one inside. */
export type PipelineLink = {
  /** What devices name in `broker`. */
  id: string;
  /** Whether devices that name no broker are heard here. */
  general: boolean;
  /** When the broker was last heard, on the steady clock. */
  heardAt(): number;
  /** Asks the broker for a sign of life; `proven()` or `linkLost()` is called in the end. */
  prove(): void;
  /** Just these filters are listened to for devices from now on. */
  setFilters(filters: ReadonlySet<string>): void;
};

/** Where devices are that name a broker which is not there: nothing is ever heard. */
export const NOWHERE: PipelineLink = {
  id: '',
  general: false,
  heardAt: () => Number.NEGATIVE_INFINITY,
  prove: () => undefined,
  setFilters: () => undefined,
};

/** Whether a device that names `broker` (null: none) listens to `link`. */
export function listensTo(broker: string | null, link: PipelineLink): boolean {
  return broker === null ? link.general : broker === link.id;
}
