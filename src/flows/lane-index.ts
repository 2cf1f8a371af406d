import { topicMatches } from '../model/topic.ts';
import type { Lane } from './lane.ts';

/** Topics whose lanes are remembered, so that filters are searched once per topic. */
const REMEMBERED_TOPICS_MAX = 20_000;
const NONE: readonly Lane[] = [];

/** Finds the lanes that something concerns; made anew when the flows change. */
export class LaneIndex {
  readonly #withTopic: { filter: string; lane: Lane }[] = [];
  readonly #byTopic = new Map<string, readonly Lane[]>();
  readonly #byEvent = new Map<string, Lane[]>();
  readonly #byAttribute = new Map<string, Lane[]>();

  constructor(lanes: Iterable<Lane>) {
    const add = (map: Map<string, Lane[]>, key: string, lane: Lane) =>
      map.set(key, [...(map.get(key) ?? []), lane]);
    for (const lane of lanes) {
      const { topic, event, attribute } = lane.flow.when;
      if (topic !== undefined) this.#withTopic.push({ filter: topic, lane });
      for (const type of new Set(event)) add(this.#byEvent, type, lane);
      if (attribute !== undefined) add(this.#byAttribute, attribute, lane);
    }
  }

  /** Whose filter matches; the broker is not looked at. */
  ofTopic(topic: string): readonly Lane[] {
    if (this.#withTopic.length === 0) return NONE;
    const known = this.#byTopic.get(topic);
    if (known) return known;
    const found = this.#withTopic.filter(({ filter }) => topicMatches(filter, topic));
    const lanes = found.length === 0 ? NONE : found.map(({ lane }) => lane);
    if (this.#byTopic.size >= REMEMBERED_TOPICS_MAX) this.#byTopic.clear();
    this.#byTopic.set(topic, lanes);
    return lanes;
  }

  ofEvent(type: string): readonly Lane[] {
    return this.#byEvent.get(type) ?? NONE;
  }

  ofAttribute(key: string): readonly Lane[] {
    return this.#byAttribute.get(key) ?? NONE;
  }
}
