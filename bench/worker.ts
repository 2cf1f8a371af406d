import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a process of the benchmark can be asked: names of calls, each with one argument. */
export type Calls = { [call: string]: (argument: never) => unknown };

type Question = { id: number; call: string; argument: unknown };
type Answer = { id: number; result: unknown; error?: string };

/** Answers the parent process with `calls` until it is gone. */
export function serve(calls: Calls): void {
  process.on('message', (question: Question) => {
    void answer(calls, question).then((reply) => process.send?.(reply));
  });
  process.once('disconnect', () => process.exit());
}

async function answer(calls: Calls, { id, call, argument }: Question): Promise<Answer> {
  try {
    return { id, result: await calls[call]?.(argument as never) };
  } catch (error) {
    return { id, result: null, error: String(error) };
  }
}

/** A process of the benchmark, so that what it costs is not counted where it does not belong. */
export class Worker<C extends Calls> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: Answer) => void>();
  #asked = 0;

  constructor(file: URL) {
    this.#child = fork(file);
    this.#child.on('message', (reply: Answer) => {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
    this.#child.once('exit', () => {
      for (const [id, resolve] of this.#waiting) resolve({ id, result: null, error: `${file} ended` });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask<K extends keyof C & string>(
    call: K,
    ...[argument]: Parameters<C[K]>
  ): Promise<Awaited<ReturnType<C[K]>>> {
    const id = this.#asked++;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#child.send({ id, call, argument });
    const { result, error } = await answered;
    if (error !== undefined) throw new Error(`${call}: ${error}`);
    return result as Awaited<ReturnType<C[K]>>;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}
