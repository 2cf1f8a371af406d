import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { NotFound } from './components/not-found.tsx';
import { Shell } from './components/shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

/** A page that is loaded when it is opened. */
const page = <P extends string>(path: P, load: () => Promise<{ Page: () => React.ReactNode }>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, 'Page') });

const routes = [
  page('/', () => import('./pages/overview/page.tsx')),
  page('/machines/$deviceId', () => import('./pages/machine/page.tsx')),
  page('/sessions', () => import('./pages/sessions/page.tsx')),
  page('/messages', () => import('./pages/messages/page.tsx')),
  page('/service', () => import('./pages/service/page.tsx')),
  page('/devices', () => import('./pages/devices/page.tsx')),
  page('/delivery', () => import('./pages/delivery/page.tsx')),
  page('/flows', () => import('./pages/flows/page.tsx')),
  page('/configuration', () => import('./pages/configuration/page.tsx')),
  page('/log', () => import('./pages/log/page.tsx')),
  page('/about', () => import('./pages/about/page.tsx')),
];

export const router = createRouter({ routeTree: root.addChildren(routes), defaultPreload: 'intent' });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
