import { TopicRoutes } from '../mqtt/topic-routes.ts';
import { listensTo, type PipelineLink } from './link.ts';
import { filtersOf, type LiveDevice } from './live-device.ts';

/** Whom a topic concerns, and what must be listened to on each link for it. */
export function hearing(devices: Iterable<LiveDevice>, links: Iterable<PipelineLink>) {
  const routes = new TopicRoutes<LiveDevice>();
  const filters = new Map(Array.from(links, (link) => [link, new Set<string>()]));
  for (const live of devices) {
    const heardOn = [...filters].filter(([link]) => listensTo(live.device.broker, link));
    for (const filter of filtersOf(live.device, live.parser)) {
      routes.add(filter, live);
      for (const [, heard] of heardOn) heard.add(filter);
    }
  }
  return { routes, filters };
}
