import type { Settings } from '../config/settings.ts';
import type { Message } from '../model/message.ts';
import { EmbeddedBroker } from '../mqtt/embedded-broker.ts';
import { Link, type LinkStatus } from '../mqtt/link.ts';
import type { PipelineLink } from '../pipeline/link.ts';
import type { Surroundings } from './surroundings.ts';

/** What the pipeline is told by the brokers. */
export type Receiver = {
  receive(message: Message, link: PipelineLink): void;
  linkUp(link: PipelineLink, backlog: boolean): void;
  linkLost(link: PipelineLink, steadyAt: number): void;
  proven(link: PipelineLink): void;
};

/** The brokers messages come from: one in the network, the one inside, or both. */
export function createReception(settings: Settings, receiver: () => Receiver, surroundings: Surroundings) {
  const { clock } = surroundings;
  const link: Link | null =
    settings.mqtt &&
    new Link({
      ...surroundings,
      settings: settings.mqtt,
      onMessage: (message) => receiver().receive(message, link as Link),
      onUp: (sessionPresent) => receiver().linkUp(link as Link, sessionPresent),
      onDown: (heardAt) => receiver().linkLost(link as Link, heardAt),
      onProven: () => receiver().proven(link as Link),
    });
  // The broker inside is there as long as we are, and hears everything itself.
  const inside: PipelineLink = {
    heardAt: () => clock.steadyMs(),
    prove: () => clock.soon(() => receiver().proven(inside)),
    setFilters: () => undefined,
  };
  const embedded =
    settings.embedded &&
    new EmbeddedBroker({
      ...surroundings,
      settings: settings.embedded,
      onMessage: (message) => receiver().receive(message, inside),
    });
  let embeddedPort: number | null = null;
  const links: readonly [PipelineLink, ...PipelineLink[]] = link
    ? embedded
      ? [link, inside]
      : [link]
    : [inside];

  return {
    links,
    /** @returns the port of the embedded broker, null without one */
    async start(): Promise<number | null> {
      if (embedded) {
        embeddedPort = await embedded.start();
        receiver().linkUp(inside, false);
      }
      link?.start();
      return embeddedPort;
    },
    async stop(): Promise<void> {
      await link?.stop();
      if (!embedded) return;
      await embedded.stop();
      if (embeddedPort !== null) receiver().linkLost(inside, clock.steadyMs());
      embeddedPort = null;
    },
    status(): { link: LinkStatus | null; embedded: { listening: boolean } | null } {
      return { link: link?.status() ?? null, embedded: embedded && { listening: embeddedPort !== null } };
    },
  };
}
