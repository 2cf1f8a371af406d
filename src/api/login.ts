import type { FastifyRequest } from 'fastify';
import { type Access, refuse, SESSION_COOKIE } from './access.ts';
import type { Server } from './deps.ts';
import { fault, faults } from './faults.ts';
import { LOGIN_MS_MAX } from './login-sessions.ts';
import { sameOrigin } from './origin.ts';
import { loginAnswer, loginBody, logoutAnswer } from './schemas.ts';

const tags = ['login'];

/** A proxy that ends TLS says so; a client that claims it falsely harms only itself. */
function cameByTls(request: FastifyRequest): boolean {
  return request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https';
}

function cookieOptions(request: FastifyRequest) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: cameByTls(request) } as const;
}

/** `/api/login` and `/api/logout`: a browser changes the token for a cookie that pages cannot read. */
export function loginRoutes(app: Server, access: Access): void {
  app.post('/api/login', {
    config: { access: 'open' },
    schema: {
      summary: 'Log in',
      description: 'Sets the cookie iot_bridge_session for 12 hours. With the view token it may look only.',
      tags,
      security: [],
      body: loginBody,
      response: { 200: loginAnswer, ...faults(400, 401, 413, 415, 422, 429) },
    },
    handler: async (request, reply) => {
      if (access.isOff) return reply.send({ status: 'success', message: 'No token is needed', role: 'full' });
      const role = access.roleOfToken(request.body.token, request.ip);
      if (typeof role !== 'string') {
        refuse(reply, role);
        return reply;
      }
      void reply.setCookie(SESSION_COOKIE, access.logins.begin(role), {
        ...cookieOptions(request),
        maxAge: LOGIN_MS_MAX / 1000,
      });
      return reply.send({ status: 'success', message: 'Logged in', role });
    },
  });

  app.post('/api/logout', {
    config: { access: 'open' },
    schema: {
      summary: 'Log out',
      description: 'Ends the session of the cookie and removes the cookie.',
      tags,
      security: [{}, { session: [] }],
      response: { 200: logoutAnswer, ...faults(403, 429) },
    },
    handler: async (request, reply) => {
      const id = request.cookies[SESSION_COOKIE];
      if (id !== undefined) {
        if (!sameOrigin(request.headers)) return reply.code(403).send(fault('Refused: this is another site'));
        access.logins.end(id);
      }
      void reply.clearCookie(SESSION_COOKIE, cookieOptions(request));
      return reply.send({ status: 'success', message: 'Logged out' });
    },
  });
}
