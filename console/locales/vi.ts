const files = import.meta.glob<{ default: Record<string, unknown> }>('./vi/*.json', { eager: true });

/** The words of a language: one file a page, under its name. */
export const words: Record<string, unknown> = Object.fromEntries(
  Object.entries(files).map(([path, { default: page }]) => [path.replace(/^.*\/|\.json$/g, ''), page]),
);
