import type { Page } from '@playwright/test';

const MACHINE_TABS = ['chart', 'sessions', 'attributes', 'messages', 'configuration', 'tune', 'why'];
const DEVICE_TABS = ['devices', 'heard', 'templates', 'approvals'];
const PLACES = ['sessions', 'messages', 'delivery', 'service', 'flows', 'configuration', 'log', 'about'];
/** The path of every page and tab. */
export const ALL_PAGES = (deviceId: string) => [
  '/',
  ...MACHINE_TABS.map((tab) => `/machines/${deviceId}?tab=${tab}`),
  ...DEVICE_TABS.map((tab) => `/devices?tab=${tab}`),
  ...PLACES.map((place) => `/${place}`),
];

/** Resolved when the page shows what it has. */
export async function loaded(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor();
  await page.locator('[aria-busy="true"], .mantine-Skeleton-root').first().waitFor({ state: 'detached' });
}
