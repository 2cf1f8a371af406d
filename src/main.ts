#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Compiled code from a former start halves the time and a sixth of the memory of this one.
enableCompileCache();
const { runCommand } = await import('./command.ts');
process.exitCode = await runCommand(process.argv.slice(2), process.env);
