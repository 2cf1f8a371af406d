import type { Page } from '@playwright/test';

/** What a page is shown at, in CSS pixels. */
export const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
const QUALITY = 60;

/** WebP, which Playwright does not write by itself. */
export async function capture(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  await session.detach();
  return Buffer.from(data, 'base64');
}

/**
 * The page that shows pictures of each place in each size, and the names of their files.
 * @param looks of which there is a picture each, `<place>-<size>-<look>.webp`; none: `<place>-<size>.webp`
 */
export function indexOf(
  heading: string,
  places: readonly { name: string; says: string }[],
  looks: readonly string[] = [],
): { text: string; files: string[] } {
  const sizes = Object.keys(SIZES);
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = (head: readonly string[], name: string, files: readonly string[]) =>
    [row(head), `|${' --- |'.repeat(head.length)}`, row(files.map((file) => `![${name}](${file})`))].join(
      '\n',
    );
  const tables = (name: string) =>
    looks.length === 0
      ? [
          table(
            sizes,
            name,
            sizes.map((size) => `${name}-${size}.webp`),
          ),
        ]
      : sizes.map((size) =>
          table(
            looks,
            `${name}, ${size}`,
            looks.map((look) => `${name}-${size}-${look}.webp`),
          ),
        );
  const sections = places.map(({ name, says }) => `## ${name}\n\n${says}\n\n${tables(name).join('\n\n')}\n`);
  const text = [heading, ...sections].join('\n');
  return { text, files: Array.from(text.matchAll(/\]\(([^)]+\.webp)\)/g), ([, file = '']) => file) };
}
