import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { ApiFault } from './api/client.ts';
import { LoginGate } from './components/login-gate.tsx';
import { Notices } from './components/notices.tsx';
import { router } from './router.tsx';
import { theme, variables } from './theme/theme.ts';

const TRIES = 2;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      // What the bridge refused it will refuse again.
      retry: (count, error) => count < TRIES && (!(error instanceof ApiFault) || error.status >= 500),
    },
    mutations: { retry: false },
  },
});

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Notices>
          <LoginGate>
            <RouterProvider router={router} />
          </LoginGate>
        </Notices>
      </QueryClientProvider>
    </MantineProvider>
  );
}
