import type { FoundMeter } from '../model/discovery.ts';
import type { Message } from '../model/message.ts';
import { isObject, parseJson } from './json.ts';

/** Gen1 models that measure, and the topics of their meters below `shellies/<id>/`. */
const GEN1_METERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['SHSW-PM', ['relay/0']],
  ['SHPLG-1', ['relay/0']],
  ['SHPLG2-1', ['relay/0']],
  ['SHPLG-S', ['relay/0']],
  ['SHPLG-U1', ['relay/0']],
  ['SHSW-21', ['relay']],
  ['SHSW-25', ['relay/0', 'relay/1']],
  ['SHSW-44', ['relay/0', 'relay/1', 'relay/2', 'relay/3']],
  ['SHEM', ['emeter/0', 'emeter/1']],
  ['SHEM-3', ['emeter/0', 'emeter/1', 'emeter/2']],
]);

/** What later generations are called, and the components that measure; the first that matches. */
const GEN2_METERS: readonly [id: RegExp, components: (count: number) => string[]][] = [
  [/^shelly(?:plus|pro)?3em/, () => ['em:0']],
  [/^shelly(?:plus|pro)?em/, () => ['em1:0', 'em1:1']],
  [
    /^shelly(?:plus|pro)?([1-4])pm/,
    (count) => Array.from({ length: count }, (_, number) => `switch:${number}`),
  ],
  [/^shelly(?:plus|pro)?pmmini/, () => ['pm1:0']],
  [/^shelly(?:plus|pro)?plug/, () => ['switch:0']],
];

/** The meters of a Shelly that says what it is, on `shellies/announce` or `<its prefix>/announce`. */
export function metersOfShelly({ topic, payload }: Message): FoundMeter[] {
  const json = parseJson(payload);
  if ('reason' in json || !isObject(json.value)) return [];
  const { id, model, gen, name: given } = json.value;
  if (typeof id !== 'string' || !/^[^/+#]+$/.test(id)) return [];
  const isShared = /(?:^|\/)shellies\/announce$/.test(topic);
  const prefix = topic.slice(0, -'/announce'.length);
  const about = {
    name: typeof given === 'string' && given !== '' ? given : id,
    ...(typeof model === 'string' && { model }),
  };
  if (typeof gen === 'number' && gen >= 2) {
    const own = isShared ? id : prefix;
    const topics = gen2ComponentsOf(id).map((component) => `${own}/status/${component}`);
    return metersOf('shelly_pm', topics, about);
  }
  const own = isShared ? `${prefix}/${id}` : prefix;
  const meters = GEN1_METERS.get(typeof model === 'string' ? model : '') ?? [];
  const topics = meters.map((meter) => `${own}/${meter}/power`);
  return metersOf('shelly_gen1', topics, about);
}

function metersOf(
  parserType: string,
  topics: readonly string[],
  about: Pick<FoundMeter, 'name' | 'model'>,
): FoundMeter[] {
  return topics.map((mqttTopic) => Object.assign({ parserType, mqttTopic }, about));
}

function gen2ComponentsOf(id: string): string[] {
  for (const [pattern, components] of GEN2_METERS) {
    const found = pattern.exec(id.toLowerCase());
    if (found) return components(Number(found[1] ?? 1));
  }
  return [];
}
