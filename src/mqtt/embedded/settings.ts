import type { EmbeddedLimits } from './limits.ts';

/** Where the embedded broker listens. */
export type ListenerSettings = {
  host: string;
  /** 0: any free one. */
  port: number;
  /** null: not listened on. */
  tlsPort: number | null;
  webSocketPort: number | null;
  /** PEM texts; with `tlsPort`. */
  tls: { cert: string; key: string } | null;
};

export type EmbeddedBrokerSettings = ListenerSettings & { limits: EmbeddedLimits };
