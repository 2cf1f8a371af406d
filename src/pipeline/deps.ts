import type { AttributeChange } from '../model/attribute.ts';
import type { BridgeEvent } from '../model/event.ts';
import type { Message } from '../model/message.ts';
import type { Parser, Probe } from '../parse/parser.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { BatchWriter, Written } from '../store/batch.ts';
import type { DeviceStatesTable } from '../store/device-states.ts';
import type { PipelineLink } from './link.ts';
import type { Observer } from './observer.ts';

/** What the pipeline needs; bridge.ts hands it in. */
export type PipelineDeps = {
  clock: Clock;
  log: Log;
  metrics: Metrics;
  installationId: string;
  parserOf(type: string, mqttTopic: string): Parser | undefined;
  writer: BatchWriter;
  states: DeviceStatesTable;
  /** The attributes that a message sets, if it does. `machine`: the first that listens to its topic. */
  onMessage(message: Message, link: PipelineLink, machine: string | null): readonly AttributeChange[];
  /** What a commit put on disk, and what it did to the outbox. */
  onCommitted(written: Written, events: readonly BridgeEvent[]): void;
  observer: Observer;
  /** Sends a question to a device over its link. */
  ask(link: PipelineLink, probe: Probe): void;
  /** Where messages come from; a device belongs to the first it may until another one brings a message of it. */
  links: readonly PipelineLink[];
};
