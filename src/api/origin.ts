import type { IncomingHttpHeaders } from 'node:http';

/** Host and port of `host` under `protocol`, the default port left out; null when it is no host. */
function normalHost(protocol: string, host: string): string | null {
  if (/[/?#@\\\s]/.test(host)) return null;
  return URL.parse(`${protocol}//${host}`)?.host ?? null;
}

/** Whether the request was made by a page of the very host it goes to. Without an Origin it is not known: false. */
export function sameOrigin(headers: IncomingHttpHeaders): boolean {
  const origin = URL.parse(headers.origin ?? '');
  if (!origin || (origin.protocol !== 'http:' && origin.protocol !== 'https:')) return false;
  return headers.host !== undefined && normalHost(origin.protocol, headers.host) === origin.host;
}

/** Whether the Host header names this machine itself; a name that was re-bound to 127.0.0.1 does not. */
export function loopbackHost(headers: IncomingHttpHeaders): boolean {
  const host = headers.host === undefined ? null : normalHost('http:', headers.host);
  if (host === null) return false;
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}
