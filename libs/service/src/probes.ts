import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { register } from '@prometheus-io/client';

/** The readiness of a process by part, as returned by `/readyz`. */
export class Readiness {
  readonly #parts = new Map<string, { ready: boolean; detail?: string }>();

  /** @param parts all must be ready for the process to be ready; initially none is. */
  constructor(parts: string[]) {
    for (const part of parts) this.#parts.set(part, { ready: false });
  }

  set(part: string, ready: boolean, detail?: string): void {
    this.#parts.set(part, detail === undefined ? { ready } : { ready, detail });
  }

  /** Makes the process unready until it ends. */
  drain(): void {
    this.set('shutdown', false, 'stopping');
  }

  get ready(): boolean {
    return [...this.#parts.values()].every((part) => part.ready);
  }

  report(): Record<string, { ready: boolean; detail?: string }> {
    return Object.fromEntries(this.#parts);
  }
}

/** Whether a process must be restarted, as returned by `/healthz`. */
export class Liveness {
  /** Why only a restart helps; undefined if the process is well. */
  fault: string | undefined;
}

interface Response {
  status(code: number): Response;
  json(body: unknown): void;
  send(body: string): void;
}

/** Liveness, readiness and metrics of every process. */
@Controller()
export class ProbesController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Liveness) private readonly liveness: Liveness,
  ) {}

  /** 200 unless the process must be restarted. Depends on nothing else, so that an outage does not restart processes. */
  @Get('healthz')
  healthz(@Res() response: Response): void {
    const { fault } = this.liveness;
    response.status(fault === undefined ? 200 : 503).send(fault ?? 'ok');
  }

  /** 200 if every part is ready, else 503; the parts by name. */
  @Get('readyz')
  readyz(@Res() response: Response): void {
    const { ready } = this.readiness;
    response.status(ready ? 200 : 503).json({ ready, parts: this.readiness.report() });
  }

  @Get('metrics')
  @Header('content-type', register.contentType)
  metrics(): Promise<string> {
    return register.metrics();
  }
}
