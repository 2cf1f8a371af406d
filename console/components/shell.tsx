import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { live } from '../api/live.ts';
import { Lamps } from './lamps.tsx';
import { Preferences } from './preferences.tsx';
import classes from './shell.module.css';
import { Sign } from './sign.tsx';

/** The rail: nine words. What is seldom needed is behind "About". */
const PLACES = [
  { to: '/', word: 'overview', sign: 'tiles' },
  { to: '/sessions', word: 'sessions', sign: 'clock' },
  { to: '/messages', word: 'messages', sign: 'letter' },
  { to: '/devices', word: 'devices', sign: 'plug' },
  { to: '/delivery', word: 'delivery', sign: 'upload' },
  { to: '/service', word: 'service', sign: 'power' },
  { to: '/flows', word: 'flows', sign: 'arrows' },
  { to: '/log', word: 'log', sign: 'lines' },
  { to: '/about', word: 'about', sign: 'info' },
] as const;

function Rail() {
  const { t } = useTranslation();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const isHere = (to: string) =>
    to === '/' ? path === '/' || path.startsWith('/machines') : path.startsWith(to);
  const rail = useRef<HTMLElement>(null);
  // On a phone the rail is wider than the screen: where we are is to be seen.
  useEffect(() => {
    const [bar, here] = [rail.current, rail.current?.querySelector<HTMLElement>('[aria-current="page"]')];
    if (bar && here) bar.scrollLeft = here.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
  }, [path]);
  return (
    <nav ref={rail} className={classes.rail} aria-label={t('shell.places')}>
      {PLACES.map(({ to, word, sign }) => (
        <Link key={to} to={to} className={classes.place} aria-current={isHere(to) ? 'page' : undefined}>
          <Sign name={sign} className={classes.sign} />
          <span>{t(`shell.${word}`)}</span>
        </Link>
      ))}
    </nav>
  );
}

/** Says that what is shown may be old, and goes away when the stream is back. */
function StreamBanner() {
  const { t } = useTranslation();
  const state = useSyncExternalStore(live.watch, live.state);
  return state === 'lost' ? (
    <div className={classes.banner} role="alert">
      {t('shell.stream_lost')}
    </div>
  ) : null;
}

export function Shell() {
  const { t } = useTranslation();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useEffect(() => {
    document.title = t('shell.name');
  }, [t, path]);
  return (
    <div className={classes.frame}>
      <a href="#page" className={classes.skip}>
        {t('shell.skip')}
      </a>
      <header className={classes.header}>
        <span className={classes.name}>{t('shell.name')}</span>
        <Lamps />
        <Preferences />
      </header>
      <Rail />
      <main id="page" className={classes.page} tabIndex={-1}>
        <StreamBanner />
        <Outlet />
      </main>
    </div>
  );
}
